import { type Message, type QoS, type Subscription, validateTopicFilter } from "@petrel/client";
import { Option, type Command } from "commander";
import { connectAsTyped } from "../connecting.ts";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { collect, collectQos, parseSeconds, parseWhole } from "../options/parsers.ts";
import { jsonLine } from "../output/json.ts";
import { StdoutWriter } from "../output/stdout.ts";
import { textLine } from "../output/text.ts";

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

export function defineSub(command: Command, setStatus: (status: number) => void): void {
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
    .action(async (options: SubOptions) => setStatus(await sub(options)));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel sub -t 'kitchen/#' -v
  petrel sub -t numbers -q 1 -C 1000 -W 60
  petrel sub -t alarms -t 'sensors/+' -q 2 -q 0 --output json`;

/** Resolves with the exit status. */
async function sub(options: SubOptions): Promise<number> {
  for (const filter of options.topic) {
    const problem = validateTopicFilter(filter);
    if (problem !== undefined) throw new UsageError(`topic filter "${filter}" ${problem}`);
  }
  if (options.qos !== undefined && options.qos.length > options.topic.length) {
    throw new UsageError(`there are more -q (${options.qos.length}) than -t (${options.topic.length})`);
  }

  using interruption = new Interruption();
  const output = new StdoutWriter();
  const end = new AbortController();
  let status: number = ExitCode.success;
  const timer = startTimeout(options.timeout, () => {
    status = ExitCode.timedOut;
    end.abort();
  });
  interruption.signal.addEventListener("abort", () => {
    // Without a count or a time there is no work that the interruption could cut short: it is how one ends it.
    if (options.count !== undefined || options.timeout !== undefined) status = ExitCode.interrupted;
    end.abort();
  });
  output.closed.addEventListener("abort", () => end.abort()); // the reader of the pipe is gone: that is all it wanted

  try {
    await receive(options, interruption, output, end.signal);
  } catch (error) {
    if (!end.signal.aborted) throw error; // after the end, what it cut off is no error
  } finally {
    clearTimeout(timer);
  }
  if (status === ExitCode.timedOut) process.stderr.write("petrel: timed out\n");
  return status;
}

function startTimeout(seconds: number | undefined, run: () => void): NodeJS.Timeout | undefined {
  return seconds === undefined ? undefined : setTimeout(run, seconds * 1_000);
}

async function receive(
  options: SubOptions,
  interruption: Interruption,
  output: StdoutWriter,
  end: AbortSignal,
): Promise<void> {
  const client = await connectAsTyped(options, interruption, end);
  end.addEventListener("abort", () => void client.disconnect());
  try {
    // By hand: a message counts as consumed when it was written, and those beyond --count are not.
    const subscription = await client.subscribe(filtersOf(options), { acknowledge: "manual", signal: end });
    if (options.debug === true) process.stderr.write(`petrel: subscribed to ${options.topic.join(", ")}\n`);
    await printAll(subscription, options, output);
  } finally {
    await client.disconnect();
  }
}

function filtersOf({ topic, qos = [] }: SubOptions): Readonly<Record<string, { readonly qos: QoS }>> {
  return Object.fromEntries(topic.map((filter, index) => [filter, { qos: qos[Math.min(index, qos.length - 1)] ?? 0 }]));
}

async function printAll(subscription: Subscription, options: SubOptions, output: StdoutWriter): Promise<void> {
  const { verbose = false, newline, count = Infinity } = options;
  const format = options.output === "json" ? jsonLine : (message: Message) => textLine(message, { verbose, newline });
  let left = count;
  for await (const batch of subscription.batches()) {
    const messages = batch.length > left ? batch.slice(0, left) : batch;
    await output.write(messages.map((message) => format(message)));
    for (const message of messages) message.acknowledge();
    left -= messages.length;
    if (left === 0) return;
  }
}
