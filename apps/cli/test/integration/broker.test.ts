import { describeServer, makeCertificates, type Certificates } from "@petrel/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

describeServer("openssl", () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterAll(() => certificates.remove());

  test("broker listens for TCP, TLS and WebSocket, and prints where", async () => {
    const pair = ["--cert", certificates.file("server.pem"), "--key", certificates.file("server.key")];
    const ports = ["-p", "0", "--tls-port", "0", "--ws-port", "0", "--wss-port", "0"];
    await using broker = petrel(["broker", ...ports, ...pair]);
    await broker.printed(/wss:.*\n/);
    const urls = broker.stdout.trim().split("\n");
    expect(urls.map((url) => url.slice(0, url.indexOf(":")))).toEqual(["mqtt", "mqtts", "ws", "wss"]);
    await using sub = await subscribed(["-L", urls[0]!, "-t", "from/+", "-C", "3", "-q", "1"]);
    const ca = ["--ca", certificates.file("ca.pem")];
    const publish = (url: string, ...args: string[]) =>
      runPetrel(["pub", "-L", url, ...args, "-t", "from/x", "-q", "1", "-m", url.slice(0, url.indexOf(":"))]);
    const published = await Promise.all([
      publish(urls[1]!, ...ca),
      publish(urls[2]!, "-V", "3.1.1"),
      publish(urls[3]!, ...ca),
    ]);
    for (const pub of published) expect(pub).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await sub.ended).stdout.trim().split("\n").sort()).toEqual(["mqtts", "ws", "wss"]);
    expect((await broker.signal("SIGINT").ended).status).toBe(0);
  });
});

test("broker's URLs come as JSON, too", async () => {
  await using broker = petrel(["broker", "-p", "0", "--output", "json"]);
  await broker.printed(/\n/);
  expect(JSON.parse(broker.stdout)).toEqual({ urls: [expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/)] });
});

test.each([
  [["--cert", "c.pem"], "--cert and --key are of use only together"],
  [["--tls-port", "0"], "TLS needs a certificate: give --cert and --key"],
  [["-p", "0", "--cert", "/nowhere.pem", "--key", "k.pem"], "/nowhere.pem cannot be read"],
])("broker %j is status 2", async (args, expected) => {
  const { status, stdout, stderr } = await runPetrel(["broker", ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
  expect(stderr).toContain(expected);
});
