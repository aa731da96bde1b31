import { type Client, type QoS, validateTopicName, type Version } from "@petrel/client";
import type { Command } from "commander";
import { clientAsTyped } from "../connecting.ts";
import { UsageError } from "../exit-codes.ts";
import { lineBatches, readAll } from "../input/lines.ts";
import { checkSource, parseSize, readPayload, type SourceOptions } from "../input/source.ts";
import { stdinChunks } from "../input/stdin.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { outputOption, type OutputOption, publishSummary, writeJson } from "../options/output.ts";
import { parsePositive, parseQos, parseSeconds, parseWhole, single } from "../options/parsers.ts";
import {
  addPublishPropertyOptions,
  firstPublishProperty,
  publishPropertiesOf,
  type PublishPropertyOptions,
} from "../options/publish.ts";
import { needingV5 } from "../options/version.ts";
import { bar, StatusLine, withCommas } from "../output/status-line.ts";
import { encoderOf } from "../payload/encoding.ts";
import { addPayloadOptions, FORMATS, type PayloadOptions } from "../payload/options.ts";
import type { Outgoing } from "../outgoing.ts";
import { Publishing } from "../publishing.ts";

interface PubOptions extends ConnectionOptions, OutputOption, SourceOptions, PayloadOptions, PublishPropertyOptions {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain?: boolean;
  readonly repeat?: number;
  readonly repeatDelay?: number;
  readonly rate?: number;
  readonly progress?: boolean;
}

export function definePub(command: Command): void {
  command
    .requiredOption("-t, --topic <topic>", "where to publish", single)
    .option("-q, --qos <qos>", "0, 1 or 2", parseQos, 0)
    .option("-r, --retain", "the server keeps the message for later subscribers")
    .optionsGroup("What to publish (one of these):")
    .option("-m, --message <text>", "the message", single)
    .option("-n, --null-message", "an empty message (with -r it removes a retained one)")
    .option("-s, --stdin", "all of stdin is one message")
    .option("--lines", "each line of stdin is a message (also -M, -lm)")
    .option("-f, --file <file>", "the file is the message", single)
    .option("-S, --payload-size <size>", "random bytes, as in 100, 10KB or 1MB", parseSize)
    .optionsGroup("How often:")
    .option("--repeat <n>", "publish it so often", parseWhole("--repeat", 1, Number.MAX_SAFE_INTEGER))
    .option("--repeat-delay <seconds>", "wait so long after each acknowledgement", parseSeconds)
    .option("--rate <n>", "at most so many messages a second", parsePositive)
    .option("--progress", "show a bar, on a terminal")
    .addOption(outputOption("json: at the end, how many messages were acknowledged and failed, as an object"));
  addPayloadOptions(command, "what was typed or read is text (as it is), json (checked), or stands for bytes");
  addPublishPropertyOptions(command);
  command.addHelpText("after", EXAMPLES).action((options: PubOptions) => pub(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel pub -t kitchen/temperature -m 21.5 -q 1 -r
  seq 1 1000 | petrel pub -t numbers -q 1 --lines
  petrel pub -t camera/picture -f picture.jpg -ct image/jpeg
  petrel pub -t load -S 1KB --repeat 10000 --rate 500 --progress
  petrel pub -t state -m '{"on":true}' --format cbor

It ends when every message has been acknowledged (QoS 0: sent). A message that
the server refuses makes the status 5.`;

async function pub(typed: PubOptions): Promise<void> {
  checkOptions(typed);
  const options = needingV5(typed, firstPublishProperty(typed));
  const { topic, qos, retain, repeatDelay } = options;
  const plan = {
    topic,
    options: { qos, retain, properties: publishPropertiesOf(options) },
    encode: await encoderOf(options),
    rate: options.rate,
    delay: repeatDelay,
  };
  using interruption = new Interruption();
  const once = await wholeMessage(options, interruption);
  const client = clientAsTyped(options, interruption.signal);
  try {
    await connect(client, interruption);
    const work = new Publishing(client, plan, interruption.signal);
    const begin = performance.now();
    {
      using _status = statusOf(work.outgoing, options);
      await work.publishAll(
        once === undefined
          ? lineBatches(stdinChunks(work.outgoing.stopped))
          : repeated(once, options.repeat ?? 1, repeatDelay === undefined ? 1_000 : 1),
      );
    }
    if (options.output === "json") writeJson({ topic, qos, ...publishSummary(work.outgoing, begin) });
    work.throwUnlessComplete();
  } finally {
    client.destroy();
  }
}

function checkOptions(options: PubOptions): void {
  const { topic, lines, repeat, repeatDelay, rate, format, payloadSize, file, message, stdin } = options;
  const problem = validateTopicName(topic);
  if (problem !== undefined) throw new UsageError(`topic "${topic}" ${problem}`);
  if (file !== undefined && FORMATS.some((name) => name === file) && (message ?? stdin ?? lines) !== undefined) {
    throw new UsageError(`-f is the file to publish; --format ${file} says what the message is`);
  }
  checkSource(options);
  if (lines === true && (repeat ?? repeatDelay) !== undefined) {
    throw new UsageError("--repeat and --repeat-delay are for one message, not for --lines; --rate is for both");
  }
  if (repeatDelay !== undefined && rate !== undefined) {
    throw new UsageError("--repeat-delay and --rate each say how fast; give one");
  }
  if (payloadSize !== undefined && format !== undefined) {
    throw new UsageError("-S makes random bytes, which are of no --format");
  }
}

/** Makes the payload of a message that is not a line; undefined for lines. */
async function wholeMessage(options: PubOptions, interruption: Interruption): Promise<(() => Uint8Array) | undefined> {
  const { message = "", lines, stdin, file, payloadSize } = options;
  if (lines === true) return undefined;
  if (payloadSize !== undefined) {
    const { randomBytes } = await import("node:crypto");
    return () => randomBytes(payloadSize);
  }
  const payload =
    stdin === true
      ? await readStdin(interruption)
      : file === undefined
        ? Buffer.from(message)
        : await readPayload(file);
  return () => payload;
}

/** In batches, for a promise for each would cost more than the message; one by one if each has to be waited for. */
function* repeated(
  once: () => Uint8Array,
  times: number,
  batch: number,
): Generator<Iterable<Uint8Array>, void, undefined> {
  for (let left = times; left > 0; left -= batch) yield run(once, Math.min(left, batch));
}

/** Each is made when it is asked for: a batch of random ones may be larger than the memory. */
function* run(once: () => Uint8Array, times: number): Generator<Uint8Array, void, undefined> {
  for (let left = times; left > 0; left--) yield once();
}

/** Before connecting: a pipe that brings nothing, as after a command that failed, must not clear a retained message. */
async function readStdin(interruption: Interruption): Promise<Uint8Array> {
  const payload = await readAll(stdinChunks(interruption.signal));
  interruption.throwIfInterrupted();
  if (payload.length === 0)
    throw new UsageError("stdin is empty, and -s sends what is there; -n sends an empty message");
  return payload;
}

async function connect(client: Client<Version>, interruption: Interruption): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    interruption.throwIfInterrupted();
    throw error;
  }
}

function statusOf(outgoing: Outgoing, { lines, repeat, progress = false, quiet }: PubOptions): StatusLine {
  const typing = lines === true && process.stdin.isTTY; // somebody types there
  const describe = (seconds: number, columns: number): string => {
    const { settled, count } = outgoing;
    const rate = seconds > 0 ? `, ${withCommas(settled / seconds)}/s` : "";
    if (repeat === undefined) return `${withCommas(settled)} of ${withCommas(count)} read are acknowledged${rate}`;
    return bar(settled, repeat, `${withCommas(settled)} of ${withCommas(repeat)}${rate}`, columns);
  };
  return new StatusLine(describe, { atOnce: progress, wanted: progress || (quiet !== true && !typing) });
}
