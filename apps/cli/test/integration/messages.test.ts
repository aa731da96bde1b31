import { describeServer, startAedes, startMosquitto } from "@petrel/servers";
import { describe, expect, test } from "vitest";
import { numbers, petrel, runPetrel, subscribed } from "../support/petrel.ts";

const VERSIONS = ["5.0", "3.1.1"] as const;
const COMBINATIONS = VERSIONS.flatMap((version) => (["0", "1", "2"] as const).map((qos) => [version, qos] as const));

/** Mosquitto drops what a subscriber is too slow for, unless it is told not to. */
const KEEPS_EVERYTHING = ["max_queued_messages 0", "max_queued_bytes 0"];

async function pipe(url: string, version: string, qos: string, count: number): Promise<void> {
  const common = ["-L", url, "-V", version, "-t", "numbers", "-q", qos];
  await using sub = await subscribed([...common, "-C", String(count)]);
  const pub = await runPetrel(["pub", ...common, "--lines"], numbers(count));
  expect(pub).toEqual({ status: 0, stdout: "", stderr: "" });
  const { status, stdout } = await sub.ended;
  expect(stdout).toBe(numbers(count));
  expect(status).toBe(0);
}

describeServer("mosquitto", () => {
  test.each(COMBINATIONS)("5,000 lines over %s at QoS %s arrive once and in order", async (version, qos) => {
    await using server = await startMosquitto({ config: KEEPS_EVERYTHING });
    await pipe(server.url, version, qos, 5_000);
  });
});

describe("aedes", () => {
  test.each(COMBINATIONS)("300 lines over %s at QoS %s arrive once and in order", async (version, qos) => {
    await using server = await startAedes();
    await pipe(server.url, version, qos, 300);
  });
});

describe("lines", () => {
  test("pass through untouched: NUL, bytes that are no UTF-8, CR LF, empty ones, a last one without a line feed", async () => {
    await using server = await startAedes();
    const bytes = Buffer.from("a\0b\n\xff\xfe\r\n\n\x1b[31m\nlast", "latin1");
    await using sub = await subscribed(["-L", server.url, "-t", "b", "-v", "-C", "5"]);
    expect((await runPetrel(["pub", "-L", server.url, "-t", "b", "--lines"], bytes)).status).toBe(0);
    await sub.ended;
    expect(sub.bytes.toString("latin1")).toBe("b a\0b\nb \xff\xfe\r\nb (null)\nb \x1b[31m\nb last\n");
  });

  test("none are no message and no error", async () => {
    await using server = await startAedes();
    expect(await runPetrel(["pub", "-L", server.url, "-t", "a", "--lines"], "")).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("of 20 MiB pass, with short ones around them, in order", async () => {
    await using server = await startAedes();
    const long = Buffer.alloc(20 * 1_048_576, "x");
    const lines = Buffer.concat([Buffer.from("first\n"), long, Buffer.from("\nlast\n")]);
    const common = ["-L", server.url, "-t", "long", "-q", "1"];
    await using sub = await subscribed([...common, "-C", "3", "--maximum-packet-size", "30000000"]);
    expect(await runPetrel(["pub", ...common, "--lines"], lines)).toMatchObject({ status: 0, stderr: "" });
    expect((await sub.ended).status).toBe(0);
    expect(sub.bytes.equals(lines)).toBe(true);
  });
});

describe("one message", () => {
  test.each([
    ["-m", ["-m", "21.5 °C"], "", "a 21.5 °C\n"],
    ["-m that looks like options", ["-m", "--version"], "", "a --version\n"],
    ["-m that looks like a short option of several letters", ["-m", "-se"], "", "a -se\n"],
    ["an empty -m", ["-m", ""], "", "a (null)\n"],
    ["-n", ["-n"], "", "a (null)\n"],
    ["-s, line feeds and all", ["-s"], "one\ntwo\n", "a one\ntwo\n\n"],
  ])("%s", async (_what, source, input, expected) => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "-v", "-C", "1"]);
    expect(await runPetrel(["pub", "-L", server.url, "-t", "a", ...source], input)).toMatchObject({ status: 0 });
    expect((await sub.ended).stdout).toBe(expected);
  });

  test("is retained with -r, and removed with -r -n", async () => {
    await using server = await startAedes();
    const common = ["-L", server.url, "-t", "kept", "-q", "1"];
    await runPetrel(["pub", ...common, "-r", "-m", "old"]);
    expect((await runPetrel(["sub", ...common, "-C", "1"])).stdout).toBe("old\n");
    await runPetrel(["pub", ...common, "-r", "-n"]);
    await using sub = await subscribed([...common, "-C", "1"]);
    await runPetrel(["pub", ...common, "-m", "new"]);
    expect((await sub.ended).stdout).toBe("new\n");
  });
});

describe("sub", () => {
  test("counts the messages of all its topics, and prints no more than --count", async () => {
    await using server = await startAedes();
    await using sub = await subscribed([
      "-L",
      server.url,
      "-t",
      "a/+",
      "-t",
      "b",
      "-q",
      "1",
      "-q",
      "0",
      "-v",
      "-C",
      "3",
    ]);
    for (const topic of ["a/1", "other", "b", "a/2", "b"]) {
      await runPetrel(["pub", "-L", server.url, "-t", topic, "-m", topic, "-q", "1"]);
    }
    expect(await sub.ended).toMatchObject({ status: 0, stdout: "a/1 a/1\nb b\na/2 a/2\n" });
  });

  test("with -N prints payloads and nothing else", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "-N", "-C", "3"]);
    await runPetrel(["pub", "-L", server.url, "-t", "a", "--lines"], "1\n\n2\n");
    expect((await sub.ended).stdout).toBe("12");
  });

  test("with --output json prints one object a line: text, and what is no text", async () => {
    await using server = await startAedes();
    const common = ["-L", server.url, "-t", "a", "-q", "1"];
    await using sub = await subscribed([...common, "--output", "json", "-C", "3"]);
    await runPetrel(["pub", ...common, "--lines"], Buffer.from("text\n\xff\n\n", "latin1"));
    const objects = (await sub.ended).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    const shared = {
      topic: "a",
      qos: 1,
      retain: false,
      duplicate: false,
      packetIdentifier: expect.any(Number),
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    };
    expect(objects).toEqual([
      { ...shared, payload: "text" },
      { ...shared, payload: "/w==", encoding: "base64" },
      { ...shared, payload: "" },
    ]);
  });

  test("with --output json shows the properties of 5.0", async () => {
    await using server = await startAedes();
    await using sub = await subscribed(["-L", server.url, "-t", "a", "--output", "json", "-C", "1"]);
    server.broker.publish(
      {
        cmd: "publish",
        topic: "a",
        payload: "x",
        qos: 0,
        retain: false,
        dup: false,
        properties: {
          contentType: "text/plain",
          correlationData: Buffer.from([0, 255]),
          userProperties: { k: ["1", "2"] },
        },
      },
      () => undefined,
    );
    expect(JSON.parse((await sub.ended).stdout)).toMatchObject({
      payload: "x",
      properties: {
        contentType: "text/plain",
        correlationData: "AP8=",
        userProperties: [
          ["k", "1"],
          ["k", "2"],
        ],
      },
    });
  });
});

describeServer("mosquitto", () => {
  test.each(["1", "2"])(
    "a session gets at QoS %s what came while it was away, and keeps what is beyond --count",
    async (qos) => {
      await using server = await startMosquitto({ config: KEEPS_EVERYTHING });
      const session = ["-L", server.url, "-i", "away", "--no-clean", "-t", "a", "-q", qos];
      await using first = await subscribed(session);
      expect(await first.signal("SIGINT").ended).toMatchObject({ status: 0 });
      await runPetrel(["pub", "-L", server.url, "-t", "a", "-q", qos, "--lines"], numbers(300));
      expect(await runPetrel(["sub", ...session, "-C", "7"])).toEqual({ status: 0, stdout: numbers(7), stderr: "" });
      expect(await runPetrel(["sub", ...session, "-C", "293"])).toEqual({
        status: 0,
        stdout: numbers(300, 8),
        stderr: "",
      });
    },
  );

  test("says so when the session brings messages that no -t asks for", async () => {
    await using server = await startMosquitto();
    const session = ["sub", "-L", server.url, "-i", "changed", "--no-clean", "-q", "1"];
    await using first = await subscribed([...session.slice(1), "-t", "old"]);
    await first.signal("SIGINT").ended;
    await runPetrel(["pub", "-L", server.url, "-t", "old", "-q", "1", "-m", "x"]);
    await using second = petrel([...session, "-t", "new"]);
    await second.said(/^petrel: a message on "old" is dropped: .*\n$/);
    expect(await second.signal("SIGINT").ended).toMatchObject({ stdout: "" });
  });
});
