import { type PublishOptions, type QoS, validateTopicName, type Version } from "@petrel/client";
import { type Command, InvalidArgumentError } from "commander";
import { clientAsTyped, connectOrInterrupt } from "../connecting.ts";
import { UsageError } from "../exit-codes.ts";
import { lineBatches } from "../input/lines.ts";
import { fileChunks } from "../input/file.ts";
import { stdinChunks } from "../input/stdin.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { outputOption, type OutputOption, publishSummary, writeJson } from "../options/output.ts";
import { parseQos, parseWhole } from "../options/parsers.ts";
import { Outgoing, waitUntil } from "../outgoing.ts";
import { type Recorded, recordedMessage } from "../recording.ts";
import { StatusLine } from "../output/status-line.ts";

interface ReplayOptions extends ConnectionOptions, OutputOption {
  readonly speed: number;
  /** true: for ever. */
  readonly loop?: number | true;
  readonly qos?: QoS;
  readonly prefix: string;
}

export function defineReplay(command: Command): void {
  command
    .argument("[file]", "a recording (default: stdin)")
    .option("--speed <factor>", "2: twice as fast as recorded; 0: as fast as it goes", parseSpeed, 1)
    .option("--loop [times]", "again and again, or so many times", parseWhole("--loop", 1, Number.MAX_SAFE_INTEGER))
    .option("-q, --qos <qos>", "0, 1 or 2, instead of what each message was received with", parseQos)
    .option("--prefix <text>", "put before each topic, as replayed/", "")
    .addOption(outputOption("json: at the end, how many messages were published, as an object"))
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: ReplayOptions) => replay(file, options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel replay kitchen.ndjson
  petrel replay kitchen.ndjson --speed 10 --loop --prefix test/
  petrel replay --speed 0 < kitchen.ndjson`;

function parseSpeed(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 1e6) return value;
  throw new InvalidArgumentError("--speed takes a number from 0 to 1000000.");
}

async function replay(file: string | undefined, options: ReplayOptions): Promise<void> {
  if (file === undefined && options.loop !== undefined) {
    throw new UsageError("--loop reads the recording again and again, which stdin can not; give a file");
  }
  using interruption = new Interruption();
  const client = clientAsTyped(options, interruption.signal);
  const outgoing = new Outgoing(client, interruption.signal);
  let begin: number | undefined;
  try {
    await connectOrInterrupt(client, interruption);
    begin = performance.now();
    using _status = new StatusLine(() => `replaying: ${outgoing.count} messages; Ctrl-C ends it`, {
      wanted: options.quiet !== true,
    });
    const rounds = options.loop === undefined ? 1 : options.loop === true ? Infinity : options.loop;
    for (let round = 0; round < rounds; round++) {
      const before = outgoing.count;
      const chunks = file === undefined ? stdinChunks(outgoing.stopped) : fileChunks(file);
      if (!(await replayOnce(lineBatches(chunks), outgoing, options, client.version))) break;
      if (outgoing.count === before) throw new UsageError("the recording is empty");
    }
    await outgoing.end();
  } finally {
    client.destroy();
    if (options.output === "json" && begin !== undefined) writeJson(publishSummary(outgoing, begin));
  }
  if (options.loop !== true) interruption.throwIfInterrupted();
}

/** Resolves with false when it is stopped. */
async function replayOnce(
  batches: AsyncIterable<Iterable<Uint8Array>>,
  outgoing: Outgoing,
  { speed, qos, prefix }: ReplayOptions,
  version: Version,
): Promise<boolean> {
  const begin = performance.now();
  let first: number | undefined;
  let number = 0;
  for await (const lines of batches) {
    for (const line of lines) {
      number++;
      if (line.every((byte) => byte === 0x20 || byte === 0x0d)) continue;
      const message = recordedMessage(line, number);
      first ??= message.offset;
      const topic = `${prefix}${message.topic}`;
      const problem = validateTopicName(topic);
      if (problem !== undefined) throw new UsageError(`line ${number} of the recording: topic "${topic}" ${problem}`);
      if (speed > 0 && !(await waitUntil(begin + (message.offset - first) / speed, outgoing.stopped))) return false;
      if (!outgoing.ready && !(await outgoing.untilReady())) return false;
      outgoing.publish(topic, message.payload, publishOptions(message, qos, version));
    }
  }
  return !outgoing.stopped.aborted;
}

function publishOptions(
  { qos, retain, properties }: Recorded,
  other: QoS | undefined,
  version: Version,
): PublishOptions<Version> {
  const common = { qos: other ?? qos, retain };
  return version === "5.0" ? { ...common, properties } : common;
}
