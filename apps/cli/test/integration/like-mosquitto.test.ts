import { describeServer, type Mosquitto, startMosquitto } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { besideMosquitto, TOOLS } from "../support/beside-mosquitto.ts";
import { numbers, runPetrel, subscribed } from "../support/petrel.ts";

describeServer("mosquitto", () => {
  describeServer("mosquitto-clients", () => {
    let server: Mosquitto;
    let folder: string;
    const { start, publish, subscriber, bothPrint } = besideMosquitto(() => server);
    beforeAll(async () => {
      server = await startMosquitto({ config: ["log_type all", "max_queued_messages 0"] });
      folder = await mkdtemp(join(tmpdir(), "petrel-like-mosquitto-"));
    });
    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    });

    const LINES = Buffer.from("one\n\n two \r\n\xff\xfe\nlast, without a line feed", "latin1");

    describe.concurrent("the same script", () => {
      test.each([
        ["payloads", []],
        ["-v", ["-v"]],
        ["-N", ["-N"]],
        ["-v -N", ["-v", "-N"]],
      ])("lines in, %s out", async (_what, form) => {
        const topic = `lines/${form.join("")}`;
        const [theirs, ours] = await bothPrint(["-t", topic, "-q", "1", "-C", "10", ...form], async () => {
          await publish("mosquitto", ["-t", topic, "-l"], LINES);
          await publish("petrel", ["-t", topic, "--lines"], LINES);
        });
        expect(ours).toBe(theirs);
        // What petrel has published is what mosquitto_pub has.
        expect(theirs.slice(theirs.length / 2)).toBe(theirs.slice(0, theirs.length / 2));
      });

      test.each(TOOLS)("-s, -n, -f and --repeat of %s", async (tool) => {
        const topic = `sources/${tool}`;
        const file = join(folder, `${tool}.bin`);
        await writeFile(file, Uint8Array.of(0xff, 0x0a, 0x80));
        const [theirs, ours] = await bothPrint(["-t", topic, "-q", "1", "-v", "-C", "6"], async () => {
          await publish(tool, ["-t", topic, "-s"], "one\ntwo\n");
          await publish(tool, ["-t", topic, "-n"]);
          await publish(tool, ["-t", topic, "-f", file]);
          await publish(tool, ["-t", topic, "-m", "again", "--repeat", "3"]);
        });
        expect(ours).toBe(theirs);
        expect(ours).toBe(`${topic} one\ntwo\n\n${topic} (null)\n${topic} \xff\n\x80\n${`${topic} again\n`.repeat(3)}`);
      });

      // Not the widths of %x, nor that of a %R that is absent, which 2.0.11 gets wrong.
      test("-F, every specifier and flag that does not tell the time", async () => {
        const format =
          "[%%|%A|%5A|%05A|%C|%12C|%-12C|%.2C|%12.2C|%D|%E|%8E|%-8E|%08E|%F|%3F|%l|%5l|%05l|%-5l|%P|%p|%8p|%-8p|%08p|%2p|" +
          "%q|%R|%6R|%-6R|%r|%S|%4S|%t|%12t|%-12t|%.1t|%5.2t|%x|%X|@@|\\t|\\\\|\\0|\\a|\\e|\\v|\\r|\\n]";
        const properties = [
          ["content-type", "text/plain"],
          ["correlation-data", "cd"],
          ["message-expiry-interval", "60"],
          ["payload-format-indicator", "1"],
          ["response-topic", "re"],
          ["user-property", "a", "1"],
          ["user-property", "a", "2"],
        ].flatMap((property) => ["-D", "publish", ...property]);
        await using theirs = await subscriber("mosquitto", [
          "-V",
          "5",
          "-t",
          "F/+",
          "-C",
          "2",
          "-F",
          format,
          "-q",
          "1",
          "-D",
          "subscribe",
          "subscription-identifier",
          "7",
        ]);
        await using ours = await subscriber("petrel", [
          "-V",
          "5.0",
          "-t",
          "F/+",
          "-C",
          "2",
          "-F",
          format,
          "-q",
          "1",
          "-si",
          "7",
        ]);
        await publish("mosquitto", ["-V", "5", "-t", "F/a", "-m", "hello", ...properties]);
        await publish("mosquitto", ["-t", "F/ä", "-m", "héllo", "-V", "5", "-D", "publish", "response-topic", "ré"]);
        await Promise.all([theirs.ended, ours.ended]);
        expect(ours.bytes.toString("latin1")).toBe(theirs.bytes.toString("latin1"));
        expect(ours.stdout).toContain("|text/plain|  text/plain|");
      });

      test("-F %j and %J, but for how time and user properties are written", async () => {
        const seen = (line: string): unknown => {
          const { tst, ...rest } = JSON.parse(line) as { tst: string; properties?: object };
          expect(tst).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/);
          return rest;
        };
        for (const specifier of ["%j", "%J"]) {
          const topic = `json/${specifier.slice(1)}`;
          const [theirs, ours] = await bothPrint(["-t", topic, "-q", "1", "-C", "1", "-F", specifier], () =>
            publish("petrel", ["-t", topic, "-m", '{"a":[1.5,"é"]}']),
          );
          expect(seen(Buffer.from(ours, "latin1").toString())).toEqual(seen(Buffer.from(theirs, "latin1").toString()));
        }
      });

      test("-R leaves out what was kept", async () => {
        await publish("petrel", ["-t", "R", "-r", "-m", "kept"]);
        const [theirs, ours] = await bothPrint(["-t", "R", "-R", "-C", "1"], () =>
          publish("petrel", ["-t", "R", "-m", "new"]),
        );
        expect([theirs, ours]).toEqual(["new\n", "new\n"]);
      });

      test("--retained-only ends with the first message that was not kept", async () => {
        await publish("petrel", ["-t", "only/a", "-r", "-m", "kept"]);
        const [theirs, ours] = await bothPrint(["-t", "only/#", "--retained-only"], () =>
          publish("petrel", ["-t", "only/b", "-m", "new"]),
        );
        expect([theirs, ours]).toEqual(["kept\n", "kept\n"]);
      });

      test("-T neither prints nor counts", async () => {
        const [theirs, ours] = await bothPrint(["-t", "T/#", "-T", "T/b/+", "-v", "-C", "2"], async () => {
          for (const topic of ["T/a", "T/b/c", "T/d"]) await publish("petrel", ["-t", topic, "-m", "x"]);
        });
        expect(ours).toBe(theirs);
        expect(ours).toBe("T/a x\nT/d x\n");
      });

      test("-E ends when the subscription stands, and -W with status 27", async () => {
        for (const tool of TOOLS) {
          await using granted = start(tool, "sub", ["-t", "E", "-E"]);
          await using waiting = start(tool, "sub", ["-t", "W", "-W", "1"]);
          expect(await granted.ended).toMatchObject({ status: 0, stdout: "" });
          expect(await waiting.ended).toMatchObject({ status: 27, stdout: "" });
        }
      });

      test.each(TOOLS)("--remove-retained of %s leaves what -T names", async (tool) => {
        for (const name of ["a", "b", "c"]) await publish("petrel", ["-t", `${tool}/${name}`, "-r", "-m", name]);
        await using removing = start(tool, "sub", [
          "-t",
          `${tool}/#`,
          "-T",
          `${tool}/b`,
          "--remove-retained",
          "-W",
          "2",
        ]);
        expect(await removing.ended).toMatchObject({ status: 27, stdout: "a\nc\n" });
        await using left = start("petrel", "sub", ["-t", `${tool}/#`, "-W", "1", "--retained-only"]);
        expect((await left.ended).stdout).toBe("b\n");
      });
    });

    test("70,000 lines at QoS 1 arrive, where mosquitto_pub 2.0.11 loses those beyond 65,535 in flight", async () => {
      await using quiet = await startMosquitto({ config: ["max_queued_messages 0"] });
      const common = ["-L", quiet.url, "-t", "many", "-q", "1"];
      await using sub = await subscribed([...common, "-C", "70000"]);
      expect(await runPetrel(["pub", ...common, "--lines"], numbers(70_000))).toMatchObject({ status: 0, stderr: "" });
      expect((await sub.ended).stdout).toBe(numbers(70_000));
    }, 60_000); // it takes what the server takes
  });
});
