import type { OptionsV5 } from "@petrel/client";
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, clientOptionsOf, type ConnectionOptions, urlOf } from "../options/connection.ts";
import { outputOption, type OutputOption, writeJson } from "../options/output.ts";
import { parseSeconds, parseWhole } from "../options/parsers.ts";
import { colourYesNo, wantsColour } from "../output/colour.ts";
import { StatusLine, withCommas } from "../output/status-line.ts";
import { writeTable } from "../output/table.ts";
import { Probing } from "../probe/probing.ts";
import { type Finding, findings } from "../probe/questions.ts";

interface ProbeOptions extends ConnectionOptions, OutputOption {
  readonly timeout: number;
  readonly largest: number;
}

export function defineProbe(command: Command): void {
  command
    .argument("[url]", "the server, as for -L")
    .option("-W, --timeout <seconds>", "for the answer to each question", parseSeconds, 5)
    .option("--largest <bytes>", "largest packet to try", parseWhole("--largest", 128, 268_435_455), 1_048_576)
    .addOption(outputOption("how to print it"))
    .addHelpText("after", EXAMPLES)
    .action((url: string | undefined, options: ProbeOptions) => probe(url, options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel probe mqtt://localhost
  petrel probe mqtts://example.net -u anna -P --output json

It connects some dozen times, and publishes below petrel-probe/.
It leaves nothing behind.`;

async function probe(argument: string | undefined, typed: ProbeOptions): Promise<void> {
  if (argument !== undefined && typed.url !== undefined) {
    throw new UsageError("the argument and --url each say where to connect; give one");
  }
  const options = argument === undefined ? typed : { ...typed, url: argument };
  const url = urlOf(options);
  using interruption = new Interruption();
  const probing = new Probing({
    url,
    options: clientOptionsOf({ ...options, mqttVersion: "5.0" }) as OptionsV5,
    timeout: options.timeout * 1_000,
    signal: interruption.signal,
  });
  const found: Finding[] = [];
  let question = "";
  try {
    using _status = new StatusLine(() => `asking for ${question} …`, { wanted: options.quiet !== true });
    for await (const finding of findings(probing, options, (next) => (question = next))) found.push(finding);
  } catch (error) {
    interruption.throwIfInterrupted();
    throw error;
  }
  if (options.output === "json") writeJson(asObject(found));
  else
    writeTable(
      found.map(({ label, value, unit, note }) => [label, valueText(value, unit), note ?? ""]),
      wantsColour(process.stdout) ? (cell, column) => (column === 1 ? colourYesNo(cell) : cell) : undefined,
    );
}

function valueText(value: Finding["value"], unit = ""): string {
  if (value === null) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? `${withCommas(value)} ${unit}`.trim() : value;
}

function asObject(found: readonly Finding[]): Readonly<Record<string, unknown>> {
  const notes = found.filter(({ note }) => note !== undefined).map(({ name, note }) => [name, note]);
  return {
    ...Object.fromEntries(found.map(({ name, value }) => [name, value])),
    notes: Object.fromEntries(notes) as unknown,
  };
}
