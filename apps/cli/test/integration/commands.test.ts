import { startAedes } from "@petrel/servers";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { petrel, Running, runPetrel, subscribed } from "../support/petrel.ts";

const COMPILED = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));

const COMMANDS = [
  ...["pub", "sub", "request", "record", "replay", "conn", "probe", "broker", "decode"],
  ...["bench", "simulate", "demo", "profile", "completion"],
];

test("--version prints the version of the package", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(await runPetrel(["--version"])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.each([["--help"], ["-h"], ["help"]])("%s lists the commands, on stdout", async (word) => {
  const { status, stdout, stderr } = await runPetrel([word]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
});

test("help for a command and its --help are the same, with examples", async () => {
  const helps = await Promise.all(
    COMMANDS.flatMap((command) => [runPetrel(["help", command]), runPetrel([command, "--help"])]),
  );
  for (const [index, command] of COMMANDS.entries()) {
    const [help, other] = [helps[2 * index]!, helps[2 * index + 1]!];
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^Usage: petrel ${command} `));
    expect(other).toEqual(help);
  }
});

const SECOND_LEVEL = ["bench conn", "bench pub", "bench sub", "bench rtt"].concat(
  ["save", "list", "show", "remove"].map((name) => `profile ${name}`),
);

test.each([...COMMANDS, ...SECOND_LEVEL])(
  "the help of %s has examples, fits 80 columns, and says nothing twice",
  async (name) => {
    const { stdout } = await runPetrel([...name.split(" "), "--help"]);
    expect(stdout).toContain("\nExamples:\n  ");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toMatch(/preset:|default: ""|default: undefined|\(default: [^)]*\)\s+\(choices/);
  },
);

/** What each command stands on besides commander, by the names of packages; and parts of our own that not all need. */
const LOADED: Readonly<Record<string, readonly string[]>> = {
  "--help": [],
  "--version": [],
  nothing: [],
  "broker --help": ["aedes"],
  "demo --help": ["aedes", "client"],
  "decode --help": ["codec"],
  "profile list": [],
  "completion --help": ["aedes", "client", "codec"], // which knows the options of all
  "bench pub --help": [],
  "pub --help": ["client"],
  "sub --help": ["client"],
  "conn --help": ["client"],
  "request --help": ["client"],
  "record --help": ["client"],
  "replay --help": ["client"],
  "probe --help": ["client"],
  "simulate --help": ["client"],
};

test("no command loads what another one needs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "petrel-modules-"));
  const loaded = async (line: string): Promise<readonly string[]> => {
    const list = join(folder, line.replaceAll(/\W/g, "-"));
    const hook = `import { appendFileSync } from "node:fs";
      export async function load(url, context, next) {
        appendFileSync(${JSON.stringify(list)}, url + "\\n");
        return next(url, context);
      }`;
    const register = `import { register } from "node:module"; register(${JSON.stringify(asModule(hook))});`;
    // As tsc has compiled it: there each module is a file.
    const args = [`--import=${asModule(register)}`, COMPILED, ...line.split(" ")];
    await using running = new Running(process.execPath, args, { XDG_CONFIG_HOME: folder });
    await running.endInput().ended;
    return (await readFile(list, "utf8")).trim().split("\n");
  };
  try {
    const lines = Object.keys(LOADED);
    for (const [index, urls] of (await Promise.all(lines.map(loaded))).entries()) {
      const line = lines[index]!;
      const command = line.split(" ")[0]!;
      const has = (part: string): boolean => urls.some((url) => url.includes(part));
      const packages = ["aedes", "client", "codec"].filter((name) =>
        name === "aedes" ? has("/node_modules/aedes/") : has(`/packages/${name}/`),
      );
      const expected = LOADED[line]!.includes("client") ? [...LOADED[line]!, "codec"] : LOADED[line]!;
      expect({ line, packages }).toEqual({ line, packages: [...new Set(expected)].sort() });
      if (command === "completion") continue;
      const commands = urls.flatMap((url) => /\/dist\/commands\/(\w+)\.js$/.exec(url)?.[1] ?? []);
      expect({ line, commands }).toEqual({ line, commands: COMMANDS.includes(command) ? [command] : [] });
      for (const lazy of ["yaml", "/ws/", "dist/input/secret.js", "dist/bench/bench.js", "options/authentication.js"]) {
        if (command !== "profile" || lazy !== "dist/input/secret.js")
          expect({ line, lazy, has: has(lazy) }).toEqual({ line, lazy, has: false });
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
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
