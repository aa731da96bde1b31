import type { Client, Version } from "@petrel/client";
import type { Command } from "commander";
import { clientAsTyped, connectOrInterrupt } from "../connecting.ts";
import { UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { parseSeconds, parseWhole } from "../options/parsers.ts";
import { Outgoing, waitUntil } from "../outgoing.ts";
import { StatusLine, withCommas } from "../output/status-line.ts";
import { EXAMPLE_SCENARIO } from "../simulate/example.ts";
import { loadScenario, type Scenario } from "../simulate/scenario.ts";
import { Traffic } from "../simulate/traffic.ts";

interface SimulateOptions extends ConnectionOptions {
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
    .argument("[scenario]", "JSON, YAML or a JavaScript module")
    .option("-c, --devices <n>", "devices, instead of what the scenario says", parseWhole("--devices", 1, 1_000_000))
    .option("--speed <n>", "so many times as fast", parseWhole("--speed", 1, 1_000_000), 1)
    .option("-L, --limit <n>", "end after n messages", parseWhole("--limit", 1, Number.MAX_SAFE_INTEGER))
    .option("--duration <seconds>", "end after this time", parseSeconds)
    .option("--seed <n>", "the same values and times each run", parseWhole("--seed", 0, 0xffff_ffff))
    .option("--dry-run", "print the messages instead of publishing them")
    .option("--example", "print a scenario to begin with")
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: SimulateOptions) => simulate(file, options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel simulate --example > home.json
  petrel simulate home.json --dry-run -L 20
  petrel simulate home.json -c 100 --speed 10 -h localhost`;

async function simulate(file: string | undefined, options: SimulateOptions): Promise<void> {
  if (options.example === true) {
    process.stdout.write(`${JSON.stringify(EXAMPLE_SCENARIO, undefined, 2)}\n`);
    return;
  }
  if (file === undefined) throw new UsageError("which scenario? give a file; --example prints one to begin with");
  const scenario = await loadScenario(file);
  const traffic = new Traffic(
    options.devices === undefined ? scenario : { ...scenario, devices: options.devices },
    options.seed ?? Math.floor(Math.random() * 2 ** 32),
  );
  using interruption = new Interruption();
  if (options.dryRun === true) await print(traffic, options, interruption);
  else await publish(traffic, scenario, options, interruption);
  if (options.limit !== undefined || options.duration !== undefined) interruption.throwIfInterrupted();
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
    const line = Buffer.from(`${JSON.stringify({ offset: Math.round(offset), topic, payload, qos, retain })}\n`);
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
  try {
    await connectOrInterrupt(client, interruption);
    if (options.duration !== undefined) timer = setTimeout(() => timeUp.abort(), options.duration * 1_000);
    const devices = options.devices ?? scenario.devices;
    const describe = (seconds: number): string =>
      `${withCommas(devices)} devices, ${withCommas(outgoing.count)} messages, ${withCommas(outgoing.count / seconds)}/s; Ctrl-C ends it`;
    using _status = new StatusLine(describe, { wanted: options.quiet !== true });
    const begin = performance.now();
    while (outgoing.count < (options.limit ?? Infinity)) {
      const { time, topic, payload, qos, retain } = traffic.next();
      if (!(await waitUntil(begin + time / options.speed, outgoing.stopped))) break;
      if (!(await outgoing.publish(topic, payload, { qos, retain }))) break;
    }
    await outgoing.end();
  } finally {
    clearTimeout(timer);
    client.destroy();
  }
}
