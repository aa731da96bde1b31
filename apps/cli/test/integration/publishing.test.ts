import { describeServer, type Mosquitto, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

interface Line {
  readonly payload: unknown;
  readonly encoding?: string;
  readonly properties?: object;
}

describeServer("mosquitto", () => {
  let server: Mosquitto;
  let folder: string;
  beforeAll(async () => {
    server = await startMosquitto({ config: ["max_queued_messages 0"] });
    folder = await mkdtemp(join(tmpdir(), "petrel-publishing-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** What a subscriber gets, as JSON, when pub is called with these arguments. */
  async function published(topic: string, args: readonly string[], input = "", count = 1): Promise<readonly Line[]> {
    const common = ["-L", server.url, "-t", topic, "-q", "1"];
    await using sub = await subscribed([...common, "-C", String(count), "--output", "ndjson"]);
    expect(await runPetrel(["pub", ...common, ...args], input)).toEqual({ status: 0, stdout: "", stderr: "" });
    const { stdout } = await sub.ended;
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  }

  describe.concurrent("pub", () => {
    test("-f publishes a file as it is", async () => {
      const file = join(folder, "bytes");
      await writeFile(file, Uint8Array.of(0xff, 0, 0x0a));
      expect(await published("file", ["-f", file])).toMatchObject([{ payload: "/wAK", encoding: "base64" }]);
    });

    test.each([["-M"], ["-s -M"], ["-lm"]])("%s is MQTTX's --lines, blanks and empty lines included", async (typed) => {
      const lines = await published(`mqttx/${typed.replaceAll(" ", "")}`, typed.split(" "), " one \n\ntwo", 3);
      expect(lines).toMatchObject([{ payload: " one " }, { payload: "" }, { payload: "two" }]);
    });

    test("-S publishes random bytes, others each time", async () => {
      const [first, second] = await published("random", ["-S", "1KB", "--repeat", "2"], "", 2);
      expect(Buffer.from(first!.payload as string, "base64")).toHaveLength(1_024);
      expect(second!.payload).not.toBe(first!.payload);
    });

    test("all properties of 5.0 arrive", async () => {
      const properties = [
        "-pf",
        "-e",
        "60",
        "-rt",
        "re/ply",
        "-cd",
        "id",
        "-ct",
        "text/plain",
        "-up",
        "a: 1",
        "-up",
        "a: 2:3",
      ];
      expect(await published("properties", [...properties, "-m", "x"])).toMatchObject([
        {
          payload: "x",
          properties: {
            payloadFormatIndicator: 1,
            messageExpiryInterval: 60,
            responseTopic: "re/ply",
            correlationData: "aWQ=",
            contentType: "text/plain",
            userProperties: [
              ["a", "1"],
              ["a", "2:3"],
            ],
          },
        },
      ]);
    });

    test("a topic alias stands for the topic from the second message on", async () => {
      expect(await published("alias", ["-ta", "5", "--lines"], "1\n2\n3\n", 3)).toMatchObject([
        { payload: "1" },
        { payload: "2" },
        { payload: "3" },
      ]);
    });

    test.each([
      ["hex", "ff 00", "ff00"],
      ["base64", "/wA=", "ff00"],
      ["cbor", '{"a":1}', "a1616101"],
      ["msgpack", '{"a":1}', "81a16101"],
    ])("--format %s makes bytes of what was typed", async (format, typed, hex) => {
      await using sub = await subscribed(["-L", server.url, "-t", format, "-C", "1", "--format", "hex"]);
      expect(await runPetrel(["pub", "-L", server.url, "-t", format, "--format", format, "-m", typed])).toMatchObject({
        status: 0,
      });
      expect((await sub.ended).stdout).toBe(`${hex}\n`);
    });

    test("a line that is not of the format fails alone, and the status is 2", async () => {
      await using sub = await subscribed(["-L", server.url, "-t", "lines", "-C", "2"]);
      const { status, stderr } = await runPetrel(
        ["pub", "-L", server.url, "-t", "lines", "--format", "json", "--lines"],
        '{"a":1}\nno\n[2]\n',
      );
      expect(stderr).toMatch(/^petrel: 1 of 3 messages failed; the first: .*it is no JSON.*\n$/);
      expect(status).toBe(2);
      expect((await sub.ended).stdout).toBe('{"a":1}\n[2]\n');
    });

    test("schemas of protobuf and Avro go both ways, and one bad message does not end sub", async () => {
      const proto = join(folder, "reading.proto");
      const avro = join(folder, "reading.avsc");
      await writeFile(proto, 'syntax = "proto3"; package home; message Reading { string room = 1; int64 at = 2; }');
      await writeFile(avro, '{"type":"record","name":"R","fields":[{"name":"room","type":"string"}]}');
      const schemas = [
        ["protobuf", ["-Pp", proto, "-Pmn", "home.Reading"], '{"room":"hall","at":"9007199254740993"}'],
        ["avro", ["-Ap", avro], '{"room":"hall"}'],
      ] as const;
      for (const [topic, schema, json] of schemas) {
        const common = ["-L", server.url, "-t", topic];
        await using sub = await subscribed([...common, ...schema, "-C", "2"]);
        await runPetrel(["pub", ...common, "-m", "\x0f"]);
        expect(await runPetrel(["pub", ...common, ...schema, "-m", json])).toMatchObject({ status: 0, stderr: "" });
        const { status, stdout, stderr } = await sub.ended;
        expect(stdout).toBe(`${json}\n`);
        expect(stderr).toContain(`petrel: a message on "${topic}" is not what was announced, and not printed: `);
        expect(status).toBe(0);
      }
    });

    test("--repeat publishes it so often; --repeat-delay and --rate don't change what arrives", async () => {
      expect(await published("often", ["-m", "x", "--repeat", "300"], "", 300)).toHaveLength(300);
      expect(await published("later", ["-m", "x", "--repeat", "3", "--repeat-delay", "0.01"], "", 3)).toHaveLength(3);
      expect(await published("evenly", ["--lines", "--rate", "500"], "1\n2\n3\n", 3)).toMatchObject([
        { payload: "1" },
        { payload: "2" },
        { payload: "3" },
      ]);
    });

    test("Ctrl-C ends the waiting of --repeat-delay, with status 130", async () => {
      await using sub = await subscribed(["-L", server.url, "-t", "slowly", "-C", "1"]);
      await using pub = petrel([
        "pub",
        "-L",
        server.url,
        "-t",
        "slowly",
        "-q",
        "1",
        "-m",
        "x",
        "--repeat",
        "2",
        "--repeat-delay",
        "1000",
      ]);
      await sub.ended;
      expect(await pub.signal("SIGINT").ended).toEqual({ status: 130, stdout: "", stderr: "petrel: interrupted\n" });
    });

    test("--progress says nothing where there is no terminal", async () => {
      expect(
        await runPetrel(["pub", "-L", server.url, "-t", "quiet", "-m", "x", "--repeat", "2", "--progress"]),
      ).toEqual({
        status: 0,
        stdout: "",
        stderr: "",
      });
    });
  });
});
