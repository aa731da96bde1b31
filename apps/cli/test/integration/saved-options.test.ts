import { startAedes, type AedesServer } from "@petrel/servers";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ending, petrel, runPetrel } from "../support/petrel.ts";

let server: AedesServer;
let folder: string;
beforeAll(async () => {
  server = await startAedes();
  folder = await mkdtemp(join(tmpdir(), "petrel-options-"));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** With a configuration folder for this test. */
async function run(config: string, args: readonly string[]): Promise<Ending> {
  await using running = petrel(args, { XDG_CONFIG_HOME: join(folder, config) });
  return await running.endInput().ended;
}

const agreed = ({ stdout }: Ending): unknown => JSON.parse(stdout);

describe("--save-options and --load-options", () => {
  test.each(["options.json", "options.yaml"])("%s brings back what was typed, but no secret", async (name) => {
    const file = join(folder, name);
    const typed = [
      "-p",
      String(server.port),
      "-h",
      "127.0.0.1",
      "-i",
      "me",
      "-k",
      "33",
      "--no-clean",
      "-Cup",
      "a: b",
      "-Cup",
      "c: d",
    ];
    const secret = ["-u", "anna", "-P", "geheim"];
    const saved = await runPetrel(["conn", "--once", ...typed, ...secret, "--save-options", file]);
    expect(saved).toMatchObject({ status: 0, stderr: "petrel: not saved: the secret in --password\n" });
    const text = await readFile(file, "utf8");
    expect(text).not.toContain("geheim");
    expect(text).toContain("a: b");
    expect((await stat(file)).mode & 0o077).toBe(0);

    const [loaded, overridden] = await Promise.all([
      runPetrel(["conn", "--load-options", file, "--output", "json"]),
      runPetrel(["conn", "--load-options", file, "--output", "json", "-k", "44", "-i", "you"]),
    ]);
    expect(loaded.stderr).toBe("");
    expect(agreed(loaded)).toMatchObject({ clientIdentifier: "me", keepAlive: 33, sessionExpiryInterval: 3_600 });
    expect(agreed(overridden)).toMatchObject({ clientIdentifier: "you", keepAlive: 44 });
  });

  test("a file has a section for each command, and options for all of them", async () => {
    const file = join(folder, "all.json");
    await writeFile(
      file,
      JSON.stringify({ url: server.url, pub: { topic: "a", qos: 1 }, conn: { clientId: "mine", once: true } }),
    );
    const [conn, pub] = await Promise.all([
      runPetrel(["conn", "--load-options", file, "--output", "json"]),
      runPetrel(["pub", "--load-options", file, "-m", "x"]),
    ]);
    expect(agreed(conn)).toMatchObject({ clientIdentifier: "mine" });
    expect(pub).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("a command of the second level has a section, too; values that look like options stay values", async () => {
    const file = join(folder, "bench.json");
    await writeFile(
      file,
      JSON.stringify({ url: server.url, "bench rtt": { count: 2, limit: 4, qos: 1 }, pub: { topic: "a" } }),
    );
    const [bench, pub] = await Promise.all([
      runPetrel(["bench", "rtt", "--load-options", file, "-i", "0", "--output", "json"]),
      runPetrel(["pub", "-m", "--", "--load-options", file, "--debug"]),
    ]);
    expect(agreed(bench)).toMatchObject({ connected: 2, received: 4 });
    expect(pub.status).toBe(0);
    expect(pub.stderr).toContain('"--"');
  });

  test.each([
    ["a file that is not there", undefined, "cannot be read: ENOENT"],
    ["a file that is no JSON", "{", "is not JSON"],
    ["an option that does not exist", '{"hots": "x"}', "unknown option '--hots' (Did you mean --host?)"],
    ["a value that can not be", '{"keepalive": "never"}', "--keepalive takes a whole number"],
    ["a value that is no value", '{"host": {"name": {}}, "port": null}', '"port" is neither text, a number'],
  ])("%s is status 2 in one line", async (what, text, expected) => {
    const file = join(folder, `${what}.json`);
    if (text !== undefined) await writeFile(file, text);
    const { status, stdout, stderr } = await runPetrel(["conn", "--once", "--load-options", file]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
    expect(stderr).toContain(expected);
  });
});

describe("profiles", () => {
  test("are saved, listed, shown, used and removed; a password only if asked for", async () => {
    const saved = await run("a", [
      "profile",
      "save",
      "home",
      "-L",
      `mqtt://anna:geheim@127.0.0.1:${server.port}`,
      "-wh",
      "Authorization: x",
      "-i",
      "me",
    ]);
    expect(saved.status).toBe(0);
    expect(saved.stderr).toContain("petrel: not saved: the secret in --url, the secret in --ws-headers\n");
    await run("a", ["profile", "save", "other", "-h", "h", "-u", "anna", "-P", "geheim", "--with-password"]);
    const [list, shown, kept] = await Promise.all([
      run("a", ["profile", "list"]),
      run("a", ["profile", "show", "other", "--output", "json"]),
      readFile(join(folder, "a/petrel/profiles/other.json"), "utf8"),
    ]);
    expect(list.stdout).toBe(`home   mqtt://anna@127.0.0.1:${server.port}\nother  mqtt://h\n`);
    expect(JSON.parse(shown.stdout)).toEqual({ host: "h", username: "anna", password: "***" });
    expect(JSON.parse(kept)).toMatchObject({ password: "geheim" });

    const [used, elsewhere] = await Promise.all([
      run("a", ["conn", "--profile", "home", "--once", "--output", "json"]),
      // What is typed goes before what is saved, also if it says so in other words.
      run("a", ["conn", "--profile", "other", "--once", "--output", "json", "-L", server.url, "-i", "typed"]),
    ]);
    expect(agreed(used)).toMatchObject({ clientIdentifier: "me" });
    expect(agreed(elsewhere)).toMatchObject({ clientIdentifier: "typed" });

    expect(await run("a", ["profile", "remove", "home"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await run("a", ["conn", "--profile", "home"])).toEqual({
      status: 2,
      stdout: "",
      stderr: 'petrel: there is no profile "home"; there are: other\n',
    });
  });

  test("have names that are names of files", async () => {
    const { status, stderr } = await run("b", ["profile", "save", "../x"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'petrel: a profile\'s name has letters, digits, ".", "-" and "_"; "../x" does not fit\n',
    });
    expect((await run("b", ["profile", "list", "--output", "json"])).stdout).toBe("[]\n");
  });
});
