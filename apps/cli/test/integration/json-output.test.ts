import { describeServer, startMosquitto, type Mosquitto } from "@petrel/servers";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

const objects = (stdout: string): readonly unknown[] => {
  expect(stdout).toMatch(/\n$/);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
};
const some = (type: NumberConstructor | ObjectConstructor): unknown => expect.any(type);
const summary = (messages: number, more: object = {}): object => {
  return { messages, acknowledged: messages, failed: 0, seconds: some(Number), ...more };
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "petrel-json-"));
});
afterAll(() => rm(folder, { recursive: true }));

describeServer("mosquitto", () => {
  let server: Mosquitto;
  beforeAll(async () => {
    await writeFile(join(folder, "acl"), "topic readwrite open/#\n", { mode: 0o600 });
    server = await startMosquitto({ config: [`acl_file ${join(folder, "acl")}`] });
  });
  afterAll(() => server.stop());

  /** What a command has printed, that has done what it should. */
  async function printed(args: readonly string[], input = ""): Promise<readonly unknown[]> {
    const { status, stdout, stderr } = await runPetrel([...args, "--output", "json"], input);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return objects(stdout);
  }

  describe.concurrent("--output json", () => {
    test("pub: how many messages were acknowledged", async () => {
      const at = ["-L", server.url, "-t", "open/pub"];
      expect(await printed(["pub", ...at, "-q", "1", "--lines"], "1\n2\n3\n")).toEqual([
        summary(3, { topic: "open/pub", qos: 1 }),
      ]);
      expect(await printed(["pub", ...at, "-m", "x"])).toEqual([summary(1, { topic: "open/pub", qos: 0 })]);
    });

    test("pub: what was refused is counted, the error line says why, and the status is 5", async () => {
      const args = ["pub", "-L", server.url, "-t", "closed", "-q", "1", "--lines", "--output", "json"];
      const { status, stdout, stderr } = await runPetrel(args, "1\n2\n");
      expect(objects(stdout)).toEqual([
        { topic: "closed", qos: 1, messages: 2, acknowledged: 0, failed: 2, seconds: some(Number) },
      ]);
      expect(stderr).toMatch(/^petrel: 2 of 2 messages failed; [^\n]+\n$/);
      expect(status).toBe(5);
    });

    test("sub, record and replay", async () => {
      const file = join(folder, "recording.ndjson");
      const at = ["-L", server.url, "-t", "open/recorded", "-q", "1", "-C", "2"];
      await using sub = await subscribed([...at, "--output", "json"]);
      await using record = petrel(["record", ...at, "-o", file, "--output", "json", "--debug"]);
      await record.said(/subscribed to/);
      await runPetrel(["pub", "-L", server.url, "-t", "open/recorded", "-q", "1", "--lines"], "1\n2\n");
      expect(objects((await sub.ended).stdout)).toMatchObject([{ payload: "1" }, { payload: "2" }]);
      expect(objects((await record.ended).stdout)).toEqual([{ file, messages: 2, seconds: some(Number) }]);
      expect(objects(await readFile(file, "utf8"))).toMatchObject([{ offset: some(Number) }, { payload: "2" }]);
      expect(await printed(["replay", file, "--speed", "0", "-L", server.url])).toEqual([summary(2)]);
    });

    test("request", async () => {
      await using responder = await subscribed(["-L", server.url, "-t", "open/ask", "-C", "1", "-F", "%R %D"]);
      const args = ["-L", server.url, "-t", "open/ask", "-e", "open/answer", "-cd", "id", "-n", "--output", "json"];
      await using request = petrel(["request", ...args]);
      expect((await responder.ended).stdout).toBe("open/answer id\n");
      await runPetrel(["pub", "-L", server.url, "-t", "open/answer", "-cd", "id", "-m", "reply"]);
      expect(objects((await request.ended).stdout)).toMatchObject([{ topic: "open/answer", payload: "reply" }]);
    });

    test("conn, probe and bench", async () => {
      const at = ["-L", server.url];
      expect(await printed(["conn", "--once", ...at])).toMatchObject([{ version: "5.0", sessionPresent: false }]);
      expect(await printed(["probe", server.url])).toMatchObject([{ notes: some(Object) }]);
      const bench = ["--url", server.url, "-c", "1", "-i", "1"];
      expect(await printed(["bench", "conn", ...bench, "--once"])).toMatchObject([{ bench: "conn", connected: 1 }]);
    });

    test("simulate: how many messages were published, and without a server the messages themselves", async () => {
      const args = ["simulate", "--scenario", "factory", "-L", "5", "--speed", "1000"];
      expect(await printed([...args, "--url", server.url, "--prefix", "open/"])).toEqual([summary(5)]);
      expect(await printed([...args, "--dry-run"])).toHaveLength(5);
    });
  });
});

describe.concurrent("--output json without a server", () => {
  test("broker", async () => {
    await using broker = petrel(["broker", "-p", "0", "--output", "json"]);
    await broker.printed(/\n/);
    const { stdout } = await broker.signal("SIGINT").ended;
    expect(objects(stdout)).toEqual([{ urls: [expect.stringMatching(/^mqtt:\/\//)] }]);
  });

  test("decode", async () => {
    const { stdout } = await runPetrel(["decode", "-V", "3.1.1", "--output", "json"], "c0 00");
    expect(objects(stdout)).toMatchObject([{ packet: { type: "pingreq" } }]);
  });

  test("demo: a step a line", async () => {
    const { status, stdout, stderr } = await runPetrel(["demo", "--output", "json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const steps = objects(stdout) as readonly { version?: string; who: string; what: string }[];
    expect(new Set(steps.map(({ who }) => who))).toEqual(new Set(["broker", "subscriber", "publisher", "demo"]));
    for (const version of ["5.0", "3.1.1"]) {
      expect(steps.filter((step) => step.version === version && step.what.includes("arrived"))).toHaveLength(3);
    }
  });

  test("profile: what was saved, listed, shown and removed, without secrets", async () => {
    const run = async (...args: readonly string[]): Promise<unknown> => {
      await using running = petrel(["profile", ...args, "--output", "json"], { XDG_CONFIG_HOME: folder });
      const { status, stdout, stderr } = await running.endInput().ended;
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return objects(stdout)[0];
    };
    const file = join(folder, "petrel/profiles/home.json");
    const options = { host: "h", password: "***" };
    expect(await run("save", "home", "-h", "h", "-P", "geheim", "--with-password")).toEqual({
      name: "home",
      file,
      options,
    });
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ host: "h", password: "geheim" });
    expect(await run("list")).toEqual([{ name: "home", ...options }]);
    expect(await run("show", "home")).toEqual(options);
    expect(await run("remove", "home")).toEqual({ name: "home", file });
    expect(await run("list")).toEqual([]);
  });
});
