import {
  type Client,
  type Message,
  type QoS,
  type Subscription,
  validateTopicFilter,
  type Version,
} from "@petrel/client";
import { Option, type Command } from "commander";
import { clientAsTyped } from "../connecting.ts";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { collect, collectQos, parseSeconds, parseWhole } from "../options/parsers.ts";
import { jsonLine } from "../output/json.ts";
import { StdoutWriter } from "../output/stdout.ts";
import { appendText } from "../output/text.ts";

interface SubOptions extends ConnectionOptions {
  readonly topic: readonly string[];
  readonly qos?: readonly QoS[];
  readonly verbose?: boolean;
  readonly count?: number;
  readonly timeout?: number;
  /** `-N`: false. */
  readonly newline: boolean;
  readonly output: "text" | "json";
}

export function defineSub(command: Command): void {
  command
    .requiredOption("-t, --topic <filter>", "what to subscribe to, repeatable", collect)
    .option("-q, --qos <qos>", "0, 1 or 2: for each -t in turn, the last one for the rest (default: 0)", collectQos)
    .option("-v, --verbose", "print the topic before each message")
    .option("-C, --count <n>", "end after n messages", parseWhole("--count", 1, Number.MAX_SAFE_INTEGER))
    .option("-W, --timeout <seconds>", "end after this time, with status 27", parseSeconds)
    .option("-N, --no-newline", "no line feed after each message")
    .addOption(
      new Option("--output <form>", "text: the payload; json: one object a line")
        .choices(["text", "json"])
        .default("text"),
    )
    .addHelpText("after", EXAMPLES)
    .action((options: SubOptions) => sub(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel sub -t 'kitchen/#' -v
  petrel sub -t numbers -q 1 -C 1000 -W 60
  petrel sub -t alarms -t 'sensors/+' -q 2 -q 0 --output json`;

async function sub(options: SubOptions): Promise<void> {
  checkOptions(options);
  using interruption = new Interruption();
  using limit = new TimeLimit(options.timeout);
  const output = new StdoutWriter();
  // Each of them ends it; a closed output because the reader of the pipe has got all it wanted.
  const end = AbortSignal.any([interruption.signal, limit.signal, output.closed]);

  const client = clientAsTyped(options, end);
  const receiving = new Receiving(client, options, output, end);
  try {
    await receiving.run();
  } catch (error) {
    if (!end.aborted) throw error; // after the end, what it cut off is no error
  } finally {
    await client.disconnect();
  }
  if (receiving.complete || output.closed.aborted) return;
  if (limit.signal.aborted) throw new CommandError("timed out", ExitCode.timedOut);
  // Without a count or a time, the interruption is how one ends it, once it has begun.
  const endless = options.count === undefined && options.timeout === undefined;
  if (!(endless && receiving.subscribed)) interruption.throwIfInterrupted();
}

function checkOptions({ topic, qos = [], newline, output }: SubOptions): void {
  for (const filter of topic) {
    const problem = validateTopicFilter(filter);
    if (problem !== undefined) throw new UsageError(`topic filter "${filter}" ${problem}`);
  }
  if (qos.length > topic.length) throw new UsageError(`there are more -q (${qos.length}) than -t (${topic.length})`);
  if (!newline && output === "json") throw new UsageError("--output json is one object a line, which -N would join");
}

/** `-W`: from the start, connecting included. */
class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number | undefined) {
    if (seconds !== undefined) this.#timer = setTimeout(() => this.#controller.abort(), seconds * 1_000);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** One subscription, from connecting to its last message. */
class Receiving {
  subscribed = false;
  /** All that `--count` asked for was written. */
  complete = false;
  readonly #client: Client<Version>;
  readonly #options: SubOptions;
  readonly #output: StdoutWriter;
  readonly #end: AbortSignal;

  constructor(client: Client<Version>, options: SubOptions, output: StdoutWriter, end: AbortSignal) {
    this.#client = client;
    this.#options = options;
    this.#output = output;
    this.#end = end;
  }

  async run(): Promise<void> {
    const client = this.#client;
    this.#reportLosses();
    this.#end.addEventListener("abort", () => void client.disconnect());
    // Subscribed before it is connected: a resumed session brings its messages together with the CONNACK.
    // By hand: a message counts as consumed when it was written, and those beyond --count are not.
    const [subscription] = await Promise.all([
      client.subscribe(this.#filters(), { acknowledge: "manual", signal: this.#end }),
      client.connect(),
    ]);
    this.subscribed = true;
    const { topic, debug } = this.#options;
    if (debug === true) process.stderr.write(`petrel: subscribed to ${topic.join(", ")}\n`);
    await this.#printAll(subscription);
  }

  #filters(): Readonly<Record<string, { readonly qos: QoS }>> {
    const { topic, qos = [] } = this.#options;
    return Object.fromEntries(
      topic.map((filter, index) => [filter, { qos: qos[Math.min(index, qos.length - 1)] ?? 0 }]),
    );
  }

  async #printAll(subscription: Subscription): Promise<void> {
    let left = this.#options.count ?? Infinity;
    for await (const batch of subscription.batches()) {
      const messages = batch.length > left ? batch.slice(0, left) : batch;
      if (!(await this.#output.write(this.#partsOf(messages), this.#end))) return;
      for (const message of messages) message.acknowledge();
      left -= messages.length;
      if (left === 0) {
        this.complete = true;
        return;
      }
    }
  }

  #partsOf(messages: readonly Message[]): readonly Uint8Array[] {
    const { verbose = false, newline, output } = this.#options;
    if (output === "json") return messages.map((message) => jsonLine(message));
    const form = { verbose, newline };
    const parts: Uint8Array[] = [];
    for (const message of messages) appendText(parts, message, form);
    return parts;
  }

  /** On stderr: what does not come any more, and what comes and is not printed. */
  #reportLosses(): void {
    const granted = new Set(this.#options.topic);
    this.#client.on("resubscribeFailed", ({ failures }) => {
      for (const { topicFilter } of failures) granted.delete(topicFilter);
      if (granted.size === 0) return; // the iteration ends with an error that says the same
      const lost = failures.map(({ topicFilter }) => `"${topicFilter}"`).join(", ");
      process.stderr.write(`petrel: the server lost the session, and does not grant ${lost} again\n`);
    });
    let told = false;
    this.#client.on("message", ({ topic }) => {
      if (!told) {
        process.stderr.write(
          `petrel: a message on "${topic}" is dropped: the session subscribes to it from earlier, and no -t does now\n`,
        );
      }
      told = true;
    });
    this.#client.on("error", () => undefined); // the iteration ends with it, too
  }
}
