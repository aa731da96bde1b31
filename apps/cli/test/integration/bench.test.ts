import { describeServer, startAedes, startMosquitto, type Mosquitto } from "@petrel/servers";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

describeServer("mosquitto", () => {
  let server: Mosquitto;
  beforeAll(async () => {
    server = await startMosquitto({ config: ["max_queued_messages 0"] });
  });
  afterAll(() => server.stop());
  const bench = (kind: string, ...args: string[]): readonly string[] => [
    "bench",
    kind,
    "--url",
    server.url,
    "-i",
    "1",
    ...args,
  ];
  const result = (stdout: string): Readonly<Record<string, unknown>> => JSON.parse(stdout) as never;

  test("conn: how long connections took", async () => {
    const { status, stdout, stderr } = await runPetrel(bench("conn", "-c", "20", "--once", "--output", "json"));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(result(stdout)).toMatchObject({
      bench: "conn",
      connected: 20,
      connectFailed: 0,
      latencyMs: { p50: expect.any(Number) as number },
    });
  });

  test("pub and sub: what was sent came, none was lost, none came twice, and how long it took", async () => {
    await using sub = petrel(
      bench("sub", "-c", "2", "-q", "1", "-L", "400", "--debug", "--output", "json", "-t", "b/#"),
    );
    await sub.said(/SUBACK[^]*SUBACK/);
    const pub = await runPetrel(
      bench("pub", "-c", "4", "-im", "1", "-q", "1", "-L", "200", "-t", "b/%u/%c/%i", "-u", "anna", "-S", "100"),
    );
    expect(pub).toMatchObject({ status: 0, stderr: "" });
    expect(pub.stdout).toMatch(/^sent +200$/m);
    expect(pub.stdout).toMatch(/^acknowledged +200$/m);
    expect(pub.stdout).toMatch(/^latency +p50 [\d.]+ ms {2}p90 .* p99 .* p99\.9 .* longest /m);
    const measured = await sub.ended; // by itself: 200 messages, to each of two
    expect(result(measured.stdout)).toMatchObject({
      bench: "sub",
      connected: 2,
      received: 400,
      lost: 0,
      duplicates: 0,
    });
  });

  test("pub: %u, %c and %i stand in topics, and what -m says is published", async () => {
    await using sub = await subscribed(["-L", server.url, "-t", "names/#", "-v"]);
    const args = ["-c", "3", "-I", "client-%i", "-t", "names/%u/%c/%i/%i", "-u", "anna", "-m", "100 %i"];
    await using pub = petrel(bench("pub", ...args, "-im", "10", "-q", "1", "--output", "json"));
    for (const number of [1, 2, 3]) {
      await sub.hasPrintedLine(`names/anna/client-${number}/${number}/${number} 100 %i`);
    }
    const { status, stdout } = await pub.signal("SIGINT").ended;
    const { sent, acknowledged, bytes } = result(stdout) as Readonly<Record<string, number>>;
    expect({ status, acknowledged, bytes }).toEqual({ status: 0, acknowledged: sent, bytes: 6 * sent! });
  });

  test("pub: -f is published byte for byte, and counted by bench sub; --rate and --ramp end as well", async () => {
    const file = fileURLToPath(new URL("../../package.json", import.meta.url));
    const { length } = await readFile(file);
    await using sub = petrel(bench("sub", "-c", "1", "-q", "1", "-L", "20", "--debug", "--output", "json", "-t", "f"));
    await sub.said(/SUBACK/);
    const rate = ["--rate", "1000", "--ramp", "0.1", "--workers", "2"];
    const pub = await runPetrel(bench("pub", "-c", "2", "-f", file, "-t", "f", "-q", "1", "-L", "20", ...rate));
    expect(pub).toMatchObject({ status: 0, stderr: "" });
    expect(pub.stdout).toMatch(/^acknowledged +20$/m);
    expect(result((await sub.ended).stdout)).toMatchObject({ received: 20, bytes: 20 * length, latencyMs: null });
  });

  test("sub: %c, %u and %i stand in filters, and rtt's topic has them, too", async () => {
    const names = ["-c", "2", "-I", "client-%i", "-u", "anna"];
    await using sub = petrel(bench("sub", ...names, "-t", "sub/%u/%c/%i", "--debug", "-L", "2", "--output", "json"));
    await sub.said(/SUBACK[^]*SUBACK/);
    for (const number of [1, 2, 3]) {
      const topic = `sub/anna/client-${number}/${number}`;
      await runPetrel(["pub", "-L", server.url, "-t", topic, "-q", "1", "-m", "x"]);
    }
    expect(result((await sub.ended).stdout)).toMatchObject({ received: 2 });
    await using heard = await subscribed(["-L", server.url, "-t", "rtt/#", "-F", "%t", "-C", "2"]);
    const rtt = bench("rtt", ...names, "-t", "rtt/%u/%c/%i", "-im", "1", "-L", "2", "--output", "json");
    expect(result((await runPetrel(rtt)).stdout)).toMatchObject({ sent: 2, received: 2 });
    for (const topic of (await heard.ended).stdout.trim().split("\n")) {
      expect(topic).toMatch(/^rtt\/anna\/client-(\d)\/\1$/);
    }
  });

  test("rtt: each message comes back", async () => {
    const { status, stdout } = await runPetrel(
      bench("rtt", "-c", "3", "-im", "1", "-q", "1", "-L", "300", "--output", "json"),
    );
    expect(status).toBe(0);
    expect(result(stdout)).toMatchObject({ sent: 300, received: 300, lost: 0, duplicates: 0 });
  });

  test("as fast as it goes, in two processes, which share connections and limit", async () => {
    const args = bench("pub", "-c", "5", "-im", "0", "-q", "1", "-L", "2001", "--workers", "2", "--output", "json");
    const { status, stdout, stderr } = await runPetrel(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(result(stdout)).toMatchObject({ connected: 5, sent: 2_001, acknowledged: 2_001, failed: 0 });
  });

  test("Ctrl-C ends it with what was measured, and with status 130 if there was more to do", async () => {
    await using free = petrel(bench("conn", "-c", "2", "--debug"));
    await using limited = petrel(bench("pub", "-c", "1", "-im", "10", "-L", "1000000", "--workers", "2", "--debug"));
    await Promise.all([free.said(/<- CONNACK/), limited.said(/-> PUBLISH/)]);
    expect(await free.signal("SIGINT").ended).toMatchObject({ status: 0 });
    const { status, stdout } = await limited.signal("SIGINT").ended;
    expect(status).toBe(130);
    expect(stdout).toMatch(/^sent /m);
  });

  test.each([["1"], ["2"]])("with %s process(es), nothing to connect to is status 3", async (workers) => {
    const args = ["bench", "pub", "--url", "mqtt://127.0.0.1:9", "-c", "2", "--workers", workers];
    const { status, stdout, stderr } = await runPetrel(args);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(/^petrel: nothing listens on 127\.0\.0\.1:9 [^\n]+\n$/);
  });

  test.each([
    ["a payload without room for its stamp", ["pub", "-S", "10"], "It takes at least 24 bytes"],
    ["two payloads", ["pub", "-S", "1KB", "-m", "x"], "-m and -S each say what to publish"],
    ["a file that is not there", ["pub", "-f", "/nowhere"], "/nowhere cannot be read"],
    ["no connections", ["conn", "-c", "0"], "--count takes a whole number from 1"],
    ["a topic with a wildcard", ["pub", "-t", "a/#"], 'topic "a/#" must not contain the wildcard'],
    ["a filter that is none", ["sub", "-t", "a/#/b"], 'topic "a/#/b"'],
    ["another benchmark", ["bupp"], "unknown command 'bupp'"],
  ])("%s is status 2", async (_what, args, expected) => {
    const { status, stderr } = await runPetrel(["bench", ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(expected);
  });
});

test.each([["1"], ["2"]])(
  "with %s process(es), a subscription that is refused is status 5, and all end",
  async (workers) => {
    await using server = await startAedes({
      authorizeSubscribe: (_client, subscription, callback) =>
        callback(null, subscription.topic === "no" ? null : subscription),
    });
    const args = ["bench", "sub", "--url", server.url, "-c", "3", "-t", "no", "--workers", workers];
    const { status, stdout, stderr } = await runPetrel(args);
    expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
    expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
  },
);
