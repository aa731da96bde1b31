import { describeServer, startMosquitto } from "@petrel/servers";
import { expect, test } from "vitest";
import { petrel, Running } from "../support/petrel.ts";

const LINES = Buffer.from("one\n\n two \r\n\xff\xfe\nlast, without a line feed", "latin1");

/** What a subscriber prints for LINES. The message "ready" comes first, retained: it says that the subscription stands. */
async function exchange(
  url: string,
  pub: "petrel" | "mosquitto",
  sub: "petrel" | "mosquitto",
  form: string[],
): Promise<string> {
  const { hostname, port } = new URL(url);
  const server = ["-h", hostname, "-p", port];
  const start = (tool: string, command: string, args: string[]): Running =>
    tool === "petrel" ? petrel([command, ...args]) : new Running(`mosquitto_${command}`, args);

  await using ready = petrel(["pub", ...server, "-t", "lines", "-q", "1", "-r", "-m", "ready"]);
  await ready.endInput().ended;
  await using subscriber = start(sub, "sub", [...server, "-t", "lines", "-q", "1", "-C", "6", ...form]);
  await subscriber.hasPrinted("ready".length);
  await using publisher = start(pub, "pub", [...server, "-t", "lines", "-q", "1", pub === "petrel" ? "--lines" : "-l"]);
  expect((await publisher.endInput(LINES).ended).status).toBe(0);
  expect((await subscriber.ended).status).toBe(0);
  return subscriber.bytes.toString("latin1");
}

describeServer("mosquitto", () => {
  describeServer("mosquitto-clients", () => {
    test.each([
      ["payloads", []],
      ["-v", ["-v"]],
      ["-N", ["-N"]],
      ["-v -N", ["-v", "-N"]],
    ])("lines in, %s out", async (_what, form) => {
      await using server = await startMosquitto();
      const theirs = await exchange(server.url, "mosquitto", "mosquitto", form);
      expect(await exchange(server.url, "petrel", "petrel", form)).toBe(theirs);
      expect(await exchange(server.url, "mosquitto", "petrel", form)).toBe(theirs);
      expect(await exchange(server.url, "petrel", "mosquitto", form)).toBe(theirs);
    });
  });
});
