import { startAedes } from "@petrel/servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPetrel, subscribed } from "../support/petrel.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "petrel-scenario-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function scenario(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

test("the example that it prints is a scenario, and a seed makes it the same again", async () => {
  const { stdout } = await runPetrel(["simulate", "--example"]);
  const file = await scenario("example.json", stdout);
  const dry = ["simulate", file, "--dry-run", "-L", "20", "--seed", "3", "-c", "2", "--begin", "2026-01-31T12:00Z"];
  const [once, again] = await Promise.all([runPetrel(dry), runPetrel(dry)]);
  expect(once).toMatchObject({ status: 0, stderr: "" });
  const lines = once.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { topic: string; payload: string });
  expect(lines).toHaveLength(20);
  for (const { topic } of lines) expect(topic).toMatch(/^home\/[12]\//);
  expect(again.stdout).toBe(once.stdout);
});

test("scenarios that need no file are listed, printed, and published by their names, below a prefix", async () => {
  const [table, json] = await Promise.all([
    runPetrel(["simulate", "--list"]),
    runPetrel(["simulate", "--list", "--output", "json"]),
  ]);
  const scenarios = JSON.parse(json.stdout) as readonly { name: string; topics: readonly string[] }[];
  expect(scenarios.map(({ name }) => name)).toEqual(["smart-home", "fleet", "factory", "energy", "weather"]);
  for (const { name } of scenarios) expect(table.stdout).toMatch(new RegExp(`^${name} +\\d+ devices  `, "m"));

  const example = await runPetrel(["simulate", "--example", "--scenario", "weather"]);
  const file = await scenario("weather.json", example.stdout);
  const same = ["--dry-run", "-L", "30", "--seed", "1", "--begin", "2026-01-31T12:00Z"];
  const [named, fromFile] = await Promise.all([
    runPetrel(["simulate", "-sc", "weather", ...same]),
    runPetrel(["simulate", file, ...same]),
  ]);
  expect(named.stdout.split("\n")).toHaveLength(31);
  expect(fromFile.stdout).toBe(named.stdout);

  await using server = await startAedes();
  await using sub = await subscribed(["-L", server.url, "-t", "test/factory/#", "-C", "40"]);
  const args = ["simulate", "--scenario", "factory", "--prefix", "test/", "-L", "40", "--speed", "100"];
  expect(await runPetrel([...args, "--url", server.url])).toEqual({ status: 0, stdout: "", stderr: "" });
  expect((await sub.ended).status).toBe(0);
});

test("devices of a JavaScript module publish, at their rate or faster", async () => {
  await using server = await startAedes();
  const file = await scenario(
    "scenario.mjs",
    `export const scenario = {
      devices: 2,
      topics: [{ topic: "d/%i", every: 1000, qos: 1, retain: true, value: ({ device, count }) => ({ device, count }) }],
    };`,
  );
  await using sub = await subscribed(["-L", server.url, "-t", "d/#", "-q", "1", "-v", "-C", "4"]);
  const { status, stdout, stderr } = await runPetrel([
    "simulate",
    file,
    "-L",
    "4",
    "--url",
    server.url,
    "--speed",
    "50",
  ]);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  const lines = (await sub.ended).stdout.trim().split("\n").sort();
  expect(lines).toEqual([
    'd/1 {"device":1,"count":0}',
    'd/1 {"device":1,"count":1}',
    'd/2 {"device":2,"count":0}',
    'd/2 {"device":2,"count":1}',
  ]);
});

test.each([
  ["no file", [], "which scenario? give a file"],
  ["a scenario that there is not", ["--scenario", "tesla"], "Allowed choices are smart-home, fleet, factory"],
  ["two scenarios", ["x.json", "--scenario", "fleet"], "each say which scenario; give one"],
  ["a prefix with a wildcard", ["--scenario", "fleet", "--prefix", "#/"], 'the prefix "#/" must not contain'],
  ["a beginning that is no time", ["--scenario", "fleet", "--begin", "noon"], "It takes a time of ISO 8601"],
  ["a file that is not there", ["/nowhere.json"], "cannot be read"],
])("%s is status 2", async (_what, args, expected) => {
  const { status, stderr } = await runPetrel(["simulate", ...args]);
  expect(status).toBe(2);
  expect(stderr).toContain(expected);
});

test.each([
  ["no-topics.json", "{}", 'has no list of "topics"'],
  [
    "wrong.yaml",
    "topics:\n  - {topic: a/+, every: 1, value: {shape: time}}",
    'says for its topic number 1: "a/+" must not',
  ],
  [
    "rate.json",
    '{"topics":[{"topic":"a","every":0,"value":{"shape":"time"}}]}',
    '"every" is not a number of milliseconds above 0',
  ],
  ["throws.mjs", "throw new Error('oops')", "cannot be loaded: oops"],
])("%s is status 2 and says what is wrong", async (name, text, expected) => {
  const { status, stderr } = await runPetrel(["simulate", await scenario(name, text)]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^petrel: [^\n]+\n$/);
  expect(stderr).toContain(expected);
});
