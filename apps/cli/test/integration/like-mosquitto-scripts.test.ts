import { describeServer, type Mosquitto, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { besideMosquitto, type Tool, TOOLS } from "../support/beside-mosquitto.ts";
import type { Ending } from "../support/petrel.ts";

describeServer(["mosquitto", "mosquitto-clients"], () => {
  let server: Mosquitto;
  let folder: string;
  const { start, publish, subscriber, bothPrint } = besideMosquitto(() => server);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "petrel-scripts-"));
    await writeFile(join(folder, "acl"), "topic deny closed/#\ntopic readwrite #\n", { mode: 0o600 });
    await writeFile(join(folder, "bytes"), Uint8Array.of(0, 0xff, 0x61, 0, 0x0a, 0xc3, 0x28));
    await writeFile(join(folder, "empty"), "");
    server = await startMosquitto({ config: ["log_type all", `acl_file ${join(folder, "acl")}`] });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** How both end with the same words. */
  async function bothEnd(
    command: "pub" | "sub",
    args: readonly string[],
    input = "",
  ): Promise<Readonly<Record<Tool, Ending>>> {
    await using theirs = start("mosquitto", command, args);
    await using ours = start("petrel", command, args);
    for (const one of [theirs, ours]) one.endInput(input);
    return { mosquitto: await theirs.ended, petrel: await ours.ended };
  }

  describe.concurrent("the same bytes", () => {
    test.each([
      ["as they are", []],
      ["-v", ["-v"]],
      ["-N", ["-N"]],
      ["-F with payloads and hexadecimal", ["-F", "%p|%x|%X|%l|%t"]],
    ])("NUL and what is no UTF-8, %s", async (what, form) => {
      const topic = `bytes/${what.replaceAll(" ", "-")}`;
      const [theirs, ours] = await bothPrint(["-t", topic, "-q", "1", "-C", "4", ...form], async () => {
        for (const tool of TOOLS) {
          await publish(tool, ["-t", topic, "-f", join(folder, "bytes")]);
          await publish(tool, ["-t", topic, "-s"], Uint8Array.of(0x80, 0, 0));
        }
      });
      expect(ours).toBe(theirs);
      expect(ours).toContain(form[0] === "-F" ? "00ff6100 0ac328".replaceAll(" ", "") : "\0\xffa\0\n\xc3(");
    });

    test("a line with NUL, which mosquitto_pub 2.0.11 cuts there", async () => {
      const [theirs, ours] = await bothPrint(["-t", "nul", "-q", "1", "-C", "2", "-F", "%x"], async () => {
        await publish("mosquitto", ["-t", "nul", "-l"], "a\0b\n");
        await publish("petrel", ["-t", "nul", "--lines"], "a\0b\n");
      });
      expect(ours).toBe(theirs);
      expect(ours).toBe("61\n610062\n");
    });

    test("an empty file is an empty message", async () => {
      const [theirs, ours] = await bothPrint(["-t", "empty", "-q", "1", "-v", "-C", "2"], async () => {
        for (const tool of TOOLS) await publish(tool, ["-t", "empty", "-f", join(folder, "empty")]);
      });
      expect(ours).toBe(theirs);
      expect(ours).toBe("empty (null)\n".repeat(2));
    });

    test("-F with the time it came: %I, and letters of strftime", async () => {
      const format = "%I|%30I|%-30I|@Y-@m-@d|@H:@M:@S|@F @T|@j @a @b|@Z @z|@y@e|@@";
      const [theirs, ours] = await bothPrint(["-t", "time", "-q", "1", "-C", "1", "-F", format], () =>
        publish("petrel", ["-t", "time", "-m", "x"]),
      );
      const masked = (text: string): string => text.replaceAll(/\d/g, "0"); // they run at times of their own
      expect(masked(ours)).toBe(masked(theirs));
    });

    test("--pretty", async () => {
      const [theirs, ours] = await bothPrint(["-t", "pretty", "-q", "1", "-C", "1", "-F", "%J", "--pretty"], () =>
        publish("petrel", ["-t", "pretty", "-m", '{"a":[1]}']),
      );
      const payload = (text: string): unknown => (JSON.parse(text) as { payload: unknown }).payload;
      expect(payload(ours)).toEqual(payload(theirs));
      for (const text of [theirs, ours]) expect(text.split("\n").length).toBeGreaterThan(5);
    });
  });

  describe.concurrent("the same messages", () => {
    test.each(TOOLS)("-r keeps a message and -n removes it, with %s", async (tool) => {
      const topic = `kept/${tool}`;
      await publish(tool, ["-t", topic, "-r", "-m", "kept"]);
      const [theirs, ours] = await bothPrint(["-t", topic, "-C", "1", "-F", "%p %r"], async () => undefined);
      expect([theirs, ours]).toEqual(["kept 1\n", "kept 1\n"]);
      await publish(tool, ["-t", topic, "-r", "-n"]);
      const left = await bothEnd("sub", ["-t", topic, "--retained-only", "-W", "1"]);
      expect([left.mosquitto.stdout, left.petrel.stdout]).toEqual(["", ""]);
    });

    test.each(["0", "1", "2"])("QoS %s goes both ways", async (qos) => {
      const topic = `qos/${qos}`;
      const [theirs, ours] = await bothPrint(["-t", topic, "-q", qos, "-C", "2", "-F", "%q %p"], async () => {
        for (const tool of TOOLS) await publish(tool, ["-t", topic, "-q", qos, "-m", "x"]);
      });
      expect([theirs, ours]).toEqual([`${qos} x\n`.repeat(2), `${qos} x\n`.repeat(2)]);
    });

    test("--repeat with --repeat-delay", async () => {
      const [theirs, ours] = await bothPrint(["-t", "again", "-q", "1", "-C", "6"], async () => {
        for (const tool of TOOLS) {
          await publish(tool, ["-t", "again", "-m", tool, "--repeat", "3", "--repeat-delay", "0.05"]);
        }
      });
      expect(ours).toBe(theirs);
      expect(ours).toBe("mosquitto\n".repeat(3) + "petrel\n".repeat(3));
    });

    test("-C counts what -R and -T leave, over several topics", async () => {
      await publish("petrel", ["-t", "count/a", "-r", "-m", "kept"]);
      const args = ["-t", "count/+", "-t", "more/#", "-R", "-T", "count/b", "-q", "1", "-v", "-C", "3"];
      const [theirs, ours] = await bothPrint(args, async () => {
        for (const topic of ["count/a", "count/b", "more/x", "count/c"]) {
          await publish("petrel", ["-t", topic, "-m", "new"]);
        }
      });
      expect(ours).toBe(theirs);
      expect(ours).toBe("count/a new\nmore/x new\ncount/c new\n");
    });

    test("-C is reached before -W is over", async () => {
      const [theirs, ours] = await bothPrint(["-t", "soon", "-q", "1", "-C", "1", "-W", "60"], () =>
        publish("petrel", ["-t", "soon", "-m", "x"]),
      );
      expect([theirs, ours]).toEqual(["x\n", "x\n"]);
    });

    test.each(TOOLS)("-U takes a filter out of the session of %s", async (tool) => {
      // A session that both know how to keep: of 3.1.1, not clean.
      const session = ["-V", "311", "-i", `unsubscriber-${tool}`, "-q", "1", tool === "petrel" ? "--no-clean" : "-c"];
      const old = start(tool, "sub", [...session, "-t", "U/old", "-t", "U/kept", "-E"]);
      expect((await old.endInput().ended).status).toBe(0);
      await using sub = start(tool, "sub", [...session, "-t", "U/kept", "-U", "U/old", "-C", "1", "-v"]);
      const granted = `Sending UNSUBACK to unsubscriber-${tool}\n`;
      await vi.waitFor(() => expect(server.log()).toContain(granted), { timeout: 20_000 });
      await publish("petrel", ["-t", "U/old", "-m", "old"]);
      await publish("petrel", ["-t", "U/kept", "-m", "kept"]);
      expect(await sub.ended).toMatchObject({ status: 0, stdout: "U/kept kept\n" });
    });

    test.each(TOOLS)("the will of %s, which is killed", async (tool) => {
      await using heard = await subscriber("petrel", ["-t", `will/${tool}`, "-q", "1", "-C", "1", "-F", "%p %q"]);
      const will = ["--will-topic", `will/${tool}`, "--will-payload", "gone", "--will-qos", "1"];
      await using sub = await subscriber(tool, ["-t", "nothing", ...will]);
      sub.signal("SIGKILL");
      expect((await heard.ended).stdout).toBe("gone 1\n");
    });

    test.each(TOOLS)("CONNECT has what mosquitto's options say, with %s", async (tool) => {
      const args = ["--id", `named-${tool}`, "-k", "77", "-V", "mqttv31", "-u", "anna", "-P", "x", "-t", "a", "-E"];
      await using sub = start(tool, "sub", args);
      expect(await sub.endInput().ended).toMatchObject({ status: 0 });
      expect(server.log()).toMatch(new RegExp(`as named-${tool} \\(p1, c1, k77, u'anna'\\)`));
    });
  });

  describe.concurrent("how it ends", () => {
    test("alike: done, nothing to send, and the time of -W", async () => {
      const done = await bothEnd("pub", ["-t", "a", "-m", "x"]);
      const time = await bothEnd("sub", ["-t", "a/b", "-W", "1"]);
      const granted = await bothEnd("sub", ["-t", "a/b", "-E"]);
      expect([done.mosquitto.status, done.petrel.status]).toEqual([0, 0]);
      expect([time.mosquitto.status, time.petrel.status]).toEqual([27, 27]);
      expect([granted.mosquitto.status, granted.petrel.status]).toEqual([0, 0]);
    });

    test("alike: no lines at all are a success, and an empty stdin with -s is none", async () => {
      await publish("mosquitto", ["-t", "a", "-l"], "");
      await publish("petrel", ["-t", "a", "--lines"], "");
      const { mosquitto, petrel } = await bothEnd("pub", ["-t", "a", "-s"], "");
      expect([mosquitto.status, petrel.status]).toEqual([1, 2]);
    });

    test.each([
      ["two messages at once", "pub", ["-t", "a", "-m", "x", "-n"]],
      ["no topic", "pub", ["-m", "x"]],
      ["an unknown option", "sub", ["-t", "a", "--nothing"]],
      ["a filter that is none", "sub", ["-t", "a/#/b"]],
      ["a topic with a wildcard", "pub", ["-t", "a/+", "-m", "x"]],
      ["an unknown specifier", "sub", ["-t", "a", "-F", "%z"]],
      ["-R and --retained-only", "sub", ["-t", "a", "-R", "--retained-only"]],
      ["-C 0", "sub", ["-t", "a", "-C", "0"]],
      ["a file that is not there", "pub", ["-t", "a", "-f", "/nowhere"]],
    ] as const)("wrong usage is 1 there and 2 here: %s", async (_what, command, args) => {
      const { mosquitto, petrel } = await bothEnd(command, args);
      expect([mosquitto.status, petrel.status]).toEqual([1, 2]);
    });

    test("a refused message is 0 there, though it is lost, and 5 here", async () => {
      const { mosquitto, petrel } = await bothEnd("pub", ["-V", "5", "-t", "closed/a", "-q", "1", "-m", "x"]);
      expect([mosquitto.status, petrel.status]).toEqual([0, 5]);
    });

    test("nobody there is 1 there and 3 here", async () => {
      const { mosquitto, petrel } = await bothEnd("pub", ["-t", "a", "-m", "x", "-p", "9"]);
      expect([mosquitto.status, petrel.status]).toEqual([1, 3]);
    });

    test.each([
      ["311", 5],
      ["5", 0x87],
    ])("a refused connection is the reason code there and 4 here (-V %s)", async (version, reason) => {
      await using secured = await startMosquitto({ users: { anna: "right" } });
      const beside = besideMosquitto(() => secured);
      for (const [tool, expected] of [["mosquitto", reason] as const, ["petrel", 4] as const]) {
        await using pub = beside.start(tool, "pub", ["-V", version, "-t", "a", "-m", "x", "-u", "anna", "-P", "wrong"]);
        expect((await pub.endInput().ended).status).toBe(expected);
      }
    });

    test.each(["SIGINT", "SIGTERM"] as const)("%s ends sub with 0, and says goodbye to the server", async (signal) => {
      for (const tool of TOOLS) {
        await using sub = await subscriber(tool, ["-t", "signals"]);
        expect(await sub.signal(signal).ended).toMatchObject({ status: 0, stdout: "" });
      }
    });
  });
});
