import { startAedes } from "@petrel/servers";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { petrel, runPetrel, subscribed } from "../support/petrel.ts";

test("--version prints the version of the package", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(await runPetrel(["--version"])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.each([["--help"], ["-h"], ["help"]])("%s lists the commands, on stdout", async (word) => {
  const { status, stdout, stderr } = await runPetrel([word]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const command of ["pub", "sub", "broker", "demo"]) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
});

test.each(["pub", "sub", "broker", "demo"])("help %s and %s --help are the same", async (command) => {
  const help = await runPetrel(["help", command]);
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toMatch(new RegExp(`^Usage: petrel ${command} `));
  expect(await runPetrel([command, "--help"])).toEqual(help);
});

test.each([["--help"], ["--version"], ["nothing"]])("%s loads neither the client nor the broker", async (word) => {
  // They are in the bundle; a sentence of the client tells its chunk.
  const hook = `export async function load(url, context, next) {
    const loaded = await next(url, context);
    if (/aedes/.test(url) || /the client was destroyed before this was done/.test(loaded.source)) throw new Error("loaded " + url);
    return loaded;
  }`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(asModule(hook))});`;
  await using running = petrel([word], { NODE_OPTIONS: `--import=${asModule(register)}` });
  const { status, stderr } = await running.endInput().ended;
  expect(stderr).not.toContain("loaded");
  expect(status).toBe(word === "nothing" ? 2 : 0);
  await using publishing = petrel(["pub", "--help"], { NODE_OPTIONS: `--import=${asModule(register)}` });
  expect((await publishing.endInput().ended).stderr).toContain("loaded"); // the hook works
});

function asModule(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

test("demo shows every QoS over both versions, and ends by itself", async () => {
  const { status, stdout, stderr } = await runPetrel(["demo"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const version of ["5.0", "3.1.1"]) {
    expect(stdout).toContain(`\nMQTT ${version}\n`);
    for (const qos of [0, 1, 2]) {
      expect(stdout).toContain(`"hello over ${version} at QoS ${qos}" arrived on petrel/demo at QoS ${qos}`);
    }
  }
  expect(stdout).toMatch(/done: every message arrived once, at the QoS it was sent with\n$/);
});

test.each(["SIGINT", "SIGTERM"] as const)("broker prints its URL, serves, and ends on %s with 0", async (signal) => {
  await using broker = petrel(["broker", "-p", "0"]);
  await broker.hasPrinted("mqtt://127.0.0.1:1\n".length);
  const url = broker.stdout.trim();
  expect(url).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
  await using sub = await subscribed(["-L", url, "-t", "a", "-q", "1", "--reconnect-period", "0"]);
  await runPetrel(["pub", "-L", url, "-V", "3.1.1", "-t", "a", "-q", "1", "-m", "served"]);
  await sub.hasPrintedLine("served");
  expect((await broker.signal(signal).ended).status).toBe(0); // though somebody is connected
  expect(broker.stdout).toBe(`${url}\n`);
  expect((await sub.ended).status).toBe(3);
});

test("broker says in one line that its port is taken", async () => {
  await using server = await startAedes();
  expect(await runPetrel(["broker", "-p", String(server.port)])).toEqual({
    status: 3,
    stdout: "",
    stderr: `petrel: the broker cannot listen on 127.0.0.1:${server.port}: something else listens there already; try another --port\n`,
  });
});
