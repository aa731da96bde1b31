import { type Client, type QoS, validateTopicFilter } from "@petrel/client";
import type { Command } from "commander";
import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import { clientAsTyped, noteAmongPackets } from "../connecting.ts";
import { UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { outputOption, type OutputOption, writeJson } from "../options/output.ts";
import { collect, parseQos, parseSeconds, parseWhole } from "../options/parsers.ts";
import { unwritable } from "../output/files.ts";
import { StdoutWriter } from "../output/stdout.ts";
import { recordingLine } from "../recording.ts";
import { note, StatusLine } from "../output/status-line.ts";

interface RecordOptions extends ConnectionOptions, OutputOption {
  readonly topic: readonly string[];
  readonly qos: QoS;
  readonly out?: string;
  readonly count?: number;
  readonly duration?: number;
  readonly retained: boolean;
}

export function defineRecord(command: Command): void {
  command
    .requiredOption("-t, --topic <filter>", "what to record, repeatable", collect)
    .option("-o, --out <file>", "where to write (default: stdout)")
    .option("-q, --qos <qos>", "0, 1 or 2: the highest to receive with", parseQos, 2)
    .option("-R, --no-retained", "leave out what the server had kept already")
    .option("-C, --count <n>", "end after n messages", parseWhole("--count", 1, Number.MAX_SAFE_INTEGER))
    .option("--duration <seconds>", "end after this time from the subscription", parseSeconds)
    .addOption(outputOption("json: with --out, at the end how many messages were recorded, as an object"))
    .addHelpText("after", EXAMPLES)
    .action((options: RecordOptions) => record(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel record -t 'kitchen/#' -o kitchen.ndjson
  petrel record -t '#' --duration 60 | gzip > all.ndjson.gz

A line is a message as petrel sub --output json prints it, and "offset":
milliseconds since the recording began.`;

async function record(options: RecordOptions): Promise<void> {
  for (const filter of options.topic) {
    const problem = validateTopicFilter(filter);
    if (problem !== undefined) throw new UsageError(`topic filter "${filter}" ${problem}`);
  }
  using interruption = new Interruption();
  const output = options.out === undefined ? new StdoutWriter() : new FileWriter(options.out);
  const timeUp = new AbortController();
  const end = AbortSignal.any([interruption.signal, timeUp.signal, output.closed]);
  const client = clientAsTyped(options, end);
  client.on("error", () => undefined); // the iteration ends with it, too
  end.addEventListener("abort", () => void client.disconnect());
  let count = 0;
  let begin = Date.now(); // until it is subscribed
  let timer: NodeJS.Timeout | undefined;
  try {
    using _status = new StatusLine(() => `recording: ${count} message${count === 1 ? "" : "s"}; Ctrl-C ends it`, {
      atOnce: true,
      wanted: options.out !== undefined && options.quiet !== true,
    });
    await client.connect();
    const subscription = await subscribe(client, options, end);
    if (options.debug === true) noteAmongPackets(`subscribed to ${options.topic.join(", ")}`);
    if (options.duration !== undefined) timer = setTimeout(() => timeUp.abort(), options.duration * 1_000);
    begin = Date.now();
    for await (const batch of subscription.batches()) {
      const wanted = options.retained ? batch : batch.filter(({ retain }) => !retain);
      const messages = wanted.slice(0, (options.count ?? Infinity) - count);
      const lines = messages.map((message) => recordingLine(message, Math.max(0, message.receivedAt - begin)));
      count += messages.length;
      if (!(await output.write(lines, end)) || count === options.count) break;
    }
  } catch (error) {
    if (!end.aborted) throw error; // after the end, what it cut off is no error
  } finally {
    clearTimeout(timer);
    await client.disconnect();
    if (output instanceof FileWriter) await output.end();
  }
  if (options.out !== undefined && options.output === "json") {
    const seconds = Math.round(Date.now() - begin) / 1_000;
    writeJson({ file: options.out, messages: count, seconds });
  } else if (options.out !== undefined && options.quiet !== true) {
    note(`${count} message${count === 1 ? "" : "s"} recorded in ${options.out}`);
  }
  const limited = options.count !== undefined || options.duration !== undefined;
  if (limited && count !== options.count && !timeUp.signal.aborted) interruption.throwIfInterrupted();
}

function subscribe(client: ReturnType<typeof clientAsTyped>, options: RecordOptions, signal: AbortSignal) {
  const { topic, qos, retained } = options;
  if (client.version !== "5.0") return client.subscribe(topic, { qos, signal });
  // What was published as retained is to be replayed as retained.
  const kept = { retainAsPublished: true, retainHandling: retained ? 0 : 2 } as const;
  return (client as Client).subscribe(topic, { qos, signal, ...kept });
}

/** A file, written as it takes it. */
class FileWriter {
  readonly closed: AbortSignal;
  readonly #file: WriteStream;
  #error: Error | undefined;

  constructor(path: string) {
    const closed = new AbortController();
    this.closed = closed.signal;
    this.#file = createWriteStream(path);
    this.#file.on("error", (error) => {
      this.#error = unwritable(path, error);
      closed.abort();
    });
  }

  async write(parts: readonly Uint8Array[], end: AbortSignal): Promise<boolean> {
    if (this.closed.aborted) return false;
    if (this.#file.write(Buffer.concat(parts))) return !end.aborted;
    await once(this.#file, "drain", { signal: this.closed }).catch(() => undefined); // `closed` says why
    return !end.aborted;
  }

  /** Throws what went wrong meanwhile. */
  async end(): Promise<void> {
    if (this.#error === undefined) {
      this.#file.end();
      await once(this.#file, "close").catch(() => undefined); // the error is kept
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
