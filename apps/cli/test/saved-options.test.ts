import { Command, type Option } from "commander";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { defineBench } from "../src/commands/bench.ts";
import { defineConn } from "../src/commands/conn.ts";
import { defineProbe } from "../src/commands/probe.ts";
import { definePub } from "../src/commands/pub.ts";
import { defineRecord } from "../src/commands/record.ts";
import { defineReplay } from "../src/commands/replay.ts";
import { defineRequest } from "../src/commands/request.ts";
import { defineSimulate } from "../src/commands/simulate.ts";
import { defineSub } from "../src/commands/sub.ts";
import { readSavedOptions } from "../src/options/saved.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "petrel-saved-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const COMMANDS: Readonly<Record<string, (command: Command) => void>> = {
  pub: definePub,
  sub: defineSub,
  request: defineRequest,
  record: defineRecord,
  replay: defineReplay,
  conn: defineConn,
  probe: defineProbe,
  simulate: defineSimulate,
  ...Object.fromEntries(
    ["conn", "pub", "sub", "rtt"].map((kind) => [
      `bench ${kind}`,
      (command: Command) => defineBench(command), // the benchmark is looked up in commandFor
    ]),
  ),
};

function commandFor(section: string): Command {
  const command = new Command(section.split(" ")[0]).exitOverride().configureOutput({ writeErr: () => undefined });
  COMMANDS[section]!(command);
  return command.commands.find((one) => one.name() === section.split(" ")[1]) ?? command;
}

beforeEach(() => vi.spyOn(Math, "random").mockReturnValue(0.5)); // the client identifiers of benchmarks have some of it

/** What the command's action would get. */
function parsed(section: string, words: readonly string[]): Readonly<Record<string, unknown>> {
  const command = commandFor(section);
  command.parseOptions([...words]);
  return command.opts();
}

/** Those that are not themselves about saving, and no secrets. */
const LEFT_OUT = ["--profile", "--load-options", "--save-options", "--ask-password", "--password", "--key-passphrase"];

const VALUES = ["7", "a: b", "0.5", "1KB", "4096", "2026-01-31T12:00Z", "--x", "text"];

/** How somebody would type it: with values that it takes, twice if it collects them. */
function typed(option: Option): readonly string[] {
  const long = option.long!;
  if (!option.required && !option.optional) return [long];
  const takes = (value: string, before?: unknown): unknown => {
    if (option.argChoices !== undefined && !option.argChoices.includes(value)) return undefined;
    try {
      return option.parseArg === undefined ? value : option.parseArg(value, before);
    } catch {
      return undefined;
    }
  };
  const last = option.argChoices?.at(-1);
  const value = [...(last === undefined ? [] : [last]), ...VALUES, "1"].find((one) => takes(one) !== undefined);
  if (value === undefined && option.optional) return [long, `${long}=false`];
  expect(value, `a value for ${long}`).toBeDefined();
  return Array.isArray(takes(value!)) ? [`${long}=${value}`, `${long}=${value}`] : [`${long}=${value}`];
}

describe.each(Object.keys(COMMANDS))("each option of %s", (section) => {
  const options = commandFor(section).options.filter(({ long }) => !LEFT_OUT.includes(long!));

  test.each(section === "sub" ? ["json", "yaml"] : ["json"])("comes back from %s as it was typed", async (form) => {
    for (const option of options) {
      const file = join(folder, `${section}${option.long}.${form}`);
      const words = typed(option);
      const { save } = await readSavedOptions(commandFor(section), section, [...words, `--save-options=${file}`]);
      await save!();
      const { loaded } = await readSavedOptions(commandFor(section), section, [`--load-options=${file}`]);
      expect({ words, options: parsed(section, loaded) }).toEqual({ words, options: parsed(section, words) });
    }
    expect(options.length).toBeGreaterThan(40);
  });
});

test("secrets are not saved, and are said not to be; what else was typed is", async () => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const file = join(folder, "secrets.json");
  const secrets = [
    ["--password=geheim", "--key-passphrase=geheim", "--url=mqtt://anna:geheim@h", "--proxy=http://a:geheim@p"],
    ["--ws-headers=Authorization: geheim", "--ws-headers=Cookie: geheim", "--ws-headers=X-Name: shown"],
  ].flat();
  const { save } = await readSavedOptions(commandFor("conn"), "conn", [...secrets, `--save-options=${file}`]);
  await save!();
  const text = await readFile(file, "utf8");
  expect(text).not.toContain("geheim");
  expect(JSON.parse(text)).toEqual({
    conn: { url: "mqtt://anna@h", proxy: "http://a@p", "ws-headers": "X-Name: shown" },
  });
  const names = ["--password", "--key-passphrase", "--url", "--proxy", "--ws-headers"];
  expect(said.mock.calls.join("")).toBe(
    `petrel: not saved: ${names.map((name) => `the secret in ${name}`).join(", ")}\n`,
  );
});
