import { describeServer, type Mosquitto, startMosquitto } from "@petrel/servers";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { numbers, petrel, runPetrel, subscribed } from "../support/petrel.ts";

describeServer("mosquitto", () => {
  let server: Mosquitto;
  let folder: string;
  beforeAll(async () => {
    server = await startMosquitto({ config: ["max_queued_messages 0"] });
    folder = await mkdtemp(join(tmpdir(), "petrel-subscribing-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function publish(topic: string, payload: string, ...args: readonly string[]): Promise<void> {
    const pub = await runPetrel(["pub", "-L", server.url, "-t", topic, "-q", "1", "-m", payload, ...args]);
    expect(pub).toEqual({ status: 0, stdout: "", stderr: "" });
  }

  /** What sub prints when these messages are published once it is there. */
  async function printed(
    args: readonly string[],
    messages: readonly (readonly [topic: string, payload: string, ...rest: string[]])[],
  ): Promise<string> {
    await using sub = await subscribed(["-L", server.url, ...args]);
    for (const [topic, payload, ...rest] of messages) await publish(topic, payload, ...rest);
    const { status, stdout } = await sub.ended;
    expect(status).toBe(0);
    return stdout;
  }

  describe.concurrent("sub", () => {
    test("-T leaves topics out, and does not count them", async () => {
      const messages = [
        ["out/a", "1"],
        ["out/b", "2"],
        ["out/c", "3"],
      ] as const;
      expect(await printed(["-t", "out/+", "-T", "out/b", "-T", "nothing/#", "-C", "2"], messages)).toBe("1\n3\n");
    });

    test("-E ends when the server has granted the subscription", async () => {
      expect(await runPetrel(["sub", "-L", server.url, "-t", "e", "-E"])).toEqual({
        status: 0,
        stdout: "",
        stderr: "",
      });
    });

    test("-U takes a filter out of a session", async () => {
      const session = ["-L", server.url, "-i", "unsubscriber", "--no-clean", "-q", "1"];
      await runPetrel(["sub", ...session, "-t", "u/old", "-t", "u/kept", "-E"]);
      expect(await runPetrel(["sub", ...session, "-U", "u/old"])).toMatchObject({ status: 0, stderr: "" });
      await publish("u/old", "1");
      await publish("u/kept", "2");
      expect(await runPetrel(["sub", ...session, "-t", "u/kept", "-C", "1"])).toMatchObject({
        status: 0,
        stdout: "2\n",
      });
    });

    test.each([["5.0"], ["3.1.1"], ["auto"]])("-R prints nothing that the server had kept (%s)", async (version) => {
      const topic = `R/${version}`;
      await publish(topic, "kept", "-r");
      expect(await printed(["-V", version, "-t", topic, "-R", "-C", "1"], [[topic, "new"]])).toBe("new\n");
    });

    test("--retained-only prints what the server had kept, and ends with the first that it had not", async () => {
      await publish("only/a", "kept", "-r");
      expect(await printed(["-t", "only/#", "--retained-only"], [["only/b", "new"]])).toBe("kept\n");
    });

    test("--remove-retained removes what it gets, but for -T, before it ends", async () => {
      for (const name of ["a", "b", "c"]) await publish(`remove/${name}`, name, "-r");
      const removing = ["sub", "-L", server.url, "-t", "remove/#", "-T", "remove/b", "--remove-retained"];
      expect((await runPetrel([...removing, "-C", "2"])).stdout).toBe("a\nc\n");
      const { stdout } = await runPetrel([
        "sub",
        "-L",
        server.url,
        "-t",
        "remove/#",
        "-v",
        "--retained-only",
        "-W",
        "0.5",
      ]);
      expect(stdout).toBe("remove/b b\n");
    });

    test("--random-filter 100 prints all, and 0 none; both count all", async () => {
      const lines = ["pub", "-L", server.url, "-t", "random", "--lines"];
      await using all = await subscribed(["-L", server.url, "-t", "random", "-C", "200", "--random-filter", "100"]);
      await using none = await subscribed(["-L", server.url, "-t", "random", "-C", "200", "--random-filter", "0"]);
      await runPetrel(lines, numbers(200));
      expect(await all.ended).toMatchObject({ status: 0, stdout: numbers(200) });
      expect(await none.ended).toMatchObject({ status: 0, stdout: "" });
    });

    test("-nl, -rap, -rh, -si and -up of 5.0", async () => {
      await publish("five", "kept", "-r");
      const args = ["-t", "five", "-nl", "-rap", "-rh", "2", "-si", "7", "-up", "a: b", "-C", "1", "-F", "%p %r %S"];
      expect(await printed(args, [["five", "new", "-r"]])).toBe("new 1 7\n");
    });

    test("-rap and -rh for each -t in turn", async () => {
      await publish("turn/a", "kept a", "-r");
      await publish("turn/b", "kept b", "-r");
      const args = [
        "-t",
        "turn/a",
        "-t",
        "turn/b",
        "-rh",
        "2",
        "-rh",
        "0",
        "-rap",
        "true",
        "-rap",
        "false",
        "-C",
        "3",
        "-F",
        "%p %r",
      ];
      const messages = [
        ["turn/a", "new a", "-r"],
        ["turn/b", "new b", "-r"],
      ] as const;
      expect(await printed(args, messages)).toBe("kept b 1\nnew a 1\nnew b 0\n");
    });

    test("--delimiter stands for the line feed, and its escapes are known", async () => {
      const messages = [
        ["delimited", "1"],
        ["delimited", "2"],
      ] as const;
      expect(await printed(["-t", "delimited", "--delimiter", ";\\0", "-C", "2"], messages)).toBe("1;\x002;\0");
    });

    test.each([
      ["base64", "hi", "aGk=\n"],
      ["hex", "hi", "6869\n"],
      ["json", '{\n "a": 1.50\n}', '{"a": 1.50}\n'],
    ])("--format %s", async (format, payload, expected) => {
      expect(await printed(["-t", `f/${format}`, "--format", format, "-C", "1"], [[`f/${format}`, payload]])).toBe(
        expected,
      );
    });

    test.each([
      ["json", "[1]", { payload: [1] }],
      ["hex", "hi", { payload: "6869", encoding: "hex" }],
    ])("--format %s within JSON", async (format, payload, expected) => {
      const topic = `fj/${format}`;
      const line = await printed(["-t", topic, "--format", format, "--output", "json", "-C", "1"], [[topic, payload]]);
      expect(JSON.parse(line)).toMatchObject(expected);
    });

    test("a payload that is not of the format is told on stderr, and the others are printed", async () => {
      await using sub = await subscribed(["-L", server.url, "-t", "mixed", "--format", "json", "-C", "3"]);
      for (const payload of ["1", "no", "3"]) await publish("mixed", payload);
      const { status, stdout, stderr } = await sub.ended;
      expect(stdout).toBe("1\n3\n");
      expect(stderr).toContain(
        'petrel: a message on "mixed" is not what was announced, and not printed: it is no JSON',
      );
      expect(status).toBe(0);
    });

    test("--output clean is MQTTX's object", async () => {
      const object = await printed(
        ["-t", "clean", "-q", "1", "--output-mode", "clean", "-C", "1"],
        [["clean", "x", "-ct", "a"]],
      );
      expect(object).toMatch(/^\{\n {2}"topic": "clean",\n/);
      expect(JSON.parse(object)).toEqual({
        topic: "clean",
        payload: "x",
        packet: {
          cmd: "publish",
          topic: "clean",
          qos: 1,
          retain: false,
          dup: false,
          messageId: expect.any(Number),
          payloadLength: 1,
          properties: { contentType: "a" },
        },
      });
    });

    test("--pretty is JSON over several lines; ndjson is one a line", async () => {
      expect(await printed(["-t", "pretty", "--output", "json", "--pretty", "-C", "1"], [["pretty", "x"]])).toMatch(
        /^\{\n {2}"topic": "pretty",\n/,
      );
      expect(await printed(["-t", "nd", "--output", "ndjson", "-C", "1"], [["nd", "x"]])).toMatch(
        /^\{"topic":"nd",.*\}\n$/,
      );
    });

    test("--file-write appends what would be printed, and prints nothing", async () => {
      const file = join(folder, "log");
      await writeFile(file, "before\n");
      const args = ["-t", "written", "--file-write", file, "-v", "-C", "2"];
      const messages = [
        ["written", "1"],
        ["written", "2"],
      ] as const;
      expect(await printed(args, messages)).toBe("");
      expect(await readFile(file, "utf8")).toBe("before\nwritten 1\nwritten 2\n");
    });

    test("--file-save saves each payload in a file of its own, and touches none that is there", async () => {
      const directory = await mkdtemp(join(folder, "saved-"));
      await writeFile(join(directory, "data(1).bin"), "mine");
      await using sub = await subscribed([
        "-L",
        server.url,
        "-t",
        "saved",
        "--file-save",
        join(directory, "data.bin"),
        "-C",
        "2",
      ]);
      await runPetrel(["pub", "-L", server.url, "-t", "saved", "--lines"], Buffer.from("\xff\x00\nsecond\n", "latin1"));
      expect(await sub.ended).toMatchObject({ status: 0, stdout: "" });
      expect((await readdir(directory)).toSorted()).toEqual(["data(1).bin", "data(2).bin", "data.bin"]);
      expect(await readFile(join(directory, "data.bin"))).toEqual(Buffer.from([0xff, 0]));
      expect(await readFile(join(directory, "data(1).bin"), "utf8")).toBe("mine");
      expect(await readFile(join(directory, "data(2).bin"), "utf8")).toBe("second");
    });

    test("a file that can not be written is one line, before anything is subscribed to", async () => {
      const { status, stderr } = await runPetrel(["sub", "-L", server.url, "-t", "a", "--file-write", "/nowhere/log"]);
      expect(stderr).toMatch(/^petrel: \/nowhere\/log cannot be written: .*\n$/);
      expect(status).toBe(1);
    });

    test("Ctrl-C while a file is written is status 0, and the file has all", async () => {
      const file = join(folder, "interrupted");
      await using sub = await subscribed(["-L", server.url, "-t", "interrupted", "-q", "1", "--file-write", file]);
      await using printing = await subscribed(["-L", server.url, "-t", "interrupted", "-C", "1"]);
      await publish("interrupted", "x");
      await printing.ended;
      await runPetrel(["pub", "-L", server.url, "-t", "interrupted", "-q", "1", "-m", "y"]);
      expect((await sub.signal("SIGINT").ended).status).toBe(0);
      expect(await readFile(file, "utf8")).toMatch(/^x\n/);
    });
  });

  test("an escape that there is not is status 2", async () => {
    await using sub = petrel(["sub", "-t", "a", "--delimiter", "\\q"]);
    expect(await sub.endInput().ended).toMatchObject({ status: 2, stderr: expect.stringContaining("no escape \\q") });
  });
});
