import { type Client, validateTopicName, type Version } from "@petrel/client";
import { type Command, InvalidArgumentError, Option } from "commander";
import { clientAsTyped, connectOrInterrupt } from "../connecting.ts";
import { UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { outputOption, type OutputOption, publishSummary, writeJson } from "../options/output.ts";
import { parseSeconds, parseWhole } from "../options/parsers.ts";
import { Outgoing, waitUntil } from "../outgoing.ts";
import { StatusLine, withCommas } from "../output/status-line.ts";
import { writeTable } from "../output/table.ts";
import { EXAMPLE_SCENARIO } from "../simulate/example.ts";
import { loadScenario, type Scenario } from "../simulate/scenario.ts";
import { SCENARIOS } from "../simulate/scenarios.ts";
import { Traffic } from "../simulate/traffic.ts";

interface SimulateOptions extends ConnectionOptions, OutputOption {
  readonly scenario?: string;
  readonly list?: boolean;
  readonly begin?: number;
  readonly prefix: string;
  readonly devices?: number;
  readonly speed: number;
  readonly limit?: number;
  readonly duration?: number;
  readonly seed?: number;
  readonly dryRun?: boolean;
  readonly example?: boolean;
}

export function defineSimulate(command: Command): void {
  command
    .argument("[file]", "a scenario of your own: JSON, YAML or a JavaScript module")
    .addOption(new Option("--scenario <name>", "one that needs no file (also -sc)").choices(Object.keys(SCENARIOS)))
    .option("--list", "show the scenarios that need no file")
    .option("-c, --devices <n>", "devices, instead of what the scenario says", parseWhole("--devices", 1, 1_000_000))
    .option("--speed <n>", "so many times as fast", parseWhole("--speed", 1, 1_000_000), 1)
    .option("-L, --limit <n>", "end after n messages", parseWhole("--limit", 1, Number.MAX_SAFE_INTEGER))
    .option("--duration <seconds>", "end after this time", parseSeconds)
    .option("--seed <n>", "the same values, in the same order, each run", parseWhole("--seed", 0, 0xffff_ffff))
    .option("--begin <time>", "what devices take for the time at first, as 2026-01-31T12:00Z (default: now)", parseTime)
    .option("--prefix <text>", "put before each topic, as test/", "")
    .option("--dry-run", "print the messages instead of publishing them")
    .option("--example", "print a scenario to begin with, with --scenario that one")
    .addOption(outputOption("json: the list, and at the end how many messages were published, as objects"))
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: SimulateOptions) => simulate(file, options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel simulate --list
  petrel simulate --scenario fleet -c 100 --speed 10
  petrel simulate --scenario factory --dry-run -L 20 --seed 1
  petrel simulate --example > home.json
  petrel simulate home.json -h localhost --prefix test/`;

/** Throws InvalidArgumentError for what Date does not know. */
function parseTime(text: string): number {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError("It takes a time of ISO 8601, as in 2026-01-31T12:00Z.");
}

async function simulate(file: string | undefined, options: SimulateOptions): Promise<void> {
  if (options.list === true) {
    list(options);
    return;
  }
  if (options.example === true) {
    const example = options.scenario === undefined ? EXAMPLE_SCENARIO : SCENARIOS[options.scenario]!;
    process.stdout.write(`${JSON.stringify(example, undefined, 2)}\n`);
    return;
  }
  const problem = validateTopicName(`${options.prefix}a`);
  if (problem !== undefined) throw new UsageError(`the prefix "${options.prefix}" ${problem}`);
  const scenario = await scenarioOf(file, options);
  const traffic = new Traffic(
    options.devices === undefined ? scenario : { ...scenario, devices: options.devices },
    options.seed ?? Math.floor(Math.random() * 2 ** 32),
    options.begin ?? Date.now(),
  );
  using interruption = new Interruption();
  if (options.dryRun === true) await print(traffic, options, interruption);
  else await publish(traffic, scenario, options, interruption);
  if (options.limit !== undefined || options.duration !== undefined) interruption.throwIfInterrupted();
}

async function scenarioOf(file: string | undefined, { scenario: name }: SimulateOptions): Promise<Scenario> {
  if (file !== undefined && name !== undefined) {
    throw new UsageError("the file and --scenario each say which scenario; give one");
  }
  if (name !== undefined) return SCENARIOS[name]!;
  if (file !== undefined) return await loadScenario(file);
  throw new UsageError("which scenario? give a file, or one of --list with --scenario; --example prints one");
}

function list({ output }: SimulateOptions): void {
  const scenarios = Object.entries(SCENARIOS).map(([name, { description, devices, topics }]) => {
    return { name, description, devices, topics: topics.map(({ topic }) => topic) };
  });
  if (output === "json") writeJson(scenarios);
  else writeTable(scenarios.map(({ name, description, devices }) => [name, `${devices} devices`, description]));
}

/** As fast as they are read, each with the time it would be published at. */
async function print(traffic: Traffic, options: SimulateOptions, interruption: Interruption): Promise<void> {
  const { StdoutWriter } = await import("../output/stdout.ts");
  const output = new StdoutWriter();
  const last = (options.duration ?? Infinity) * 1_000;
  for (let count = 0; count < (options.limit ?? Infinity); count++) {
    const { time, topic, payload, qos, retain } = traffic.next();
    const offset = time / options.speed;
    if (offset > last) return;
    const message = { offset: Math.round(offset), topic: `${options.prefix}${topic}`, payload, qos, retain };
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    if (!(await output.write([line], interruption.signal))) return;
  }
}

async function publish(
  traffic: Traffic,
  scenario: Scenario,
  options: SimulateOptions,
  interruption: Interruption,
): Promise<void> {
  const timeUp = new AbortController();
  const client: Client<Version> = clientAsTyped(options, interruption.signal);
  const outgoing = new Outgoing(client, AbortSignal.any([interruption.signal, timeUp.signal]));
  let timer: NodeJS.Timeout | undefined;
  let begin: number | undefined;
  try {
    await connectOrInterrupt(client, interruption);
    begin = performance.now();
    if (options.duration !== undefined) timer = setTimeout(() => timeUp.abort(), options.duration * 1_000);
    const devices = options.devices ?? scenario.devices;
    const describe = (seconds: number): string =>
      `${withCommas(devices)} devices, ${withCommas(outgoing.count)} messages, ${withCommas(outgoing.count / seconds)}/s; Ctrl-C ends it`;
    using _status = new StatusLine(describe, { wanted: options.quiet !== true });
    while (outgoing.count < (options.limit ?? Infinity)) {
      const { time, topic, payload, qos, retain } = traffic.next();
      if (!(await waitUntil(begin + time / options.speed, outgoing.stopped))) break;
      if (!outgoing.ready && !(await outgoing.untilReady())) break;
      outgoing.publish(`${options.prefix}${topic}`, payload, { qos, retain });
    }
    await outgoing.end();
  } finally {
    clearTimeout(timer);
    client.destroy();
    if (options.output === "json" && begin !== undefined) writeJson(publishSummary(outgoing, begin));
  }
}
