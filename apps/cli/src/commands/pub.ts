import { type Client, type PublishOptions, type QoS, validateTopicName, type Version } from "@petrel/client";
import type { Command } from "commander";
import { connectAsTyped } from "../connecting.ts";
import { CommandError, ExitCode, exitCodeOf, UsageError } from "../exit-codes.ts";
import { lineBatches, readAll } from "../input/lines.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { parseQos } from "../options/parsers.ts";

interface PubOptions extends ConnectionOptions {
  readonly topic: string;
  readonly message?: string;
  readonly nullMessage?: boolean;
  readonly stdin?: boolean;
  readonly lines?: boolean;
  readonly qos: QoS;
  readonly retain?: boolean;
}

export function definePub(command: Command): void {
  command
    .requiredOption("-t, --topic <topic>", "where to publish")
    .option("-m, --message <text>", "the message")
    .option("-n, --null-message", "an empty message (with -r it removes a retained one)")
    .option("-s, --stdin", "all of stdin is one message")
    .option("--lines", "each line of stdin is a message")
    .option("-q, --qos <qos>", "0, 1 or 2", parseQos, 0)
    .option("-r, --retain", "the server keeps the message for later subscribers")
    .addHelpText("after", EXAMPLES)
    .action((options: PubOptions) => pub(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel pub -t kitchen/temperature -m 21.5 -q 1 -r
  seq 1 1000 | petrel pub -t numbers -q 1 --lines

It ends when every message has been acknowledged (QoS 0: sent). A message that the server refuses makes the status 5.`;

async function pub(options: PubOptions): Promise<void> {
  const problem = validateTopicName(options.topic);
  if (problem !== undefined) throw new UsageError(`topic "${options.topic}" ${problem}`);
  checkSource(options);

  using interruption = new Interruption();
  const client = await connectAsTyped(options, interruption);
  const outcome = new Outcome(client);
  try {
    for await (const payloads of messagesOf(options)) {
      await publishAll(client, options, payloads, outcome);
      if (outcome.fatal !== undefined || interruption.signal.aborted) break;
    }
    await drain(client, interruption);
  } finally {
    client.destroy();
  }
  outcome.throwIfFailed();
  if (interruption.signal.aborted)
    throw new CommandError("interrupted before all messages were acknowledged", ExitCode.interrupted);
}

function checkSource({ message, nullMessage, stdin, lines }: PubOptions): void {
  const given = [
    message === undefined ? undefined : "-m",
    nullMessage === true ? "-n" : undefined,
    stdin === true ? "-s" : undefined,
    lines === true ? "--lines" : undefined,
  ].filter((name) => name !== undefined);
  if (given.length === 0) throw new UsageError("what to publish? give one of -m, -n, -s, --lines");
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} each say what to publish; give one`);
}

/** The payloads, in batches as they come. */
async function* messagesOf({ message, stdin, lines }: PubOptions): AsyncGenerator<readonly (string | Uint8Array)[]> {
  if (lines === true) yield* lineBatches(process.stdin);
  else if (stdin === true) yield [await readAll(process.stdin)];
  else yield [message ?? ""];
}

/** Publishes as fast as the client takes it: a pipe of any length is read no faster than the server acknowledges. */
async function publishAll(
  client: Client<Version>,
  { topic, qos, retain }: PubOptions,
  payloads: readonly (string | Uint8Array)[],
  outcome: Outcome,
): Promise<void> {
  const publishOptions: PublishOptions<Version> = { qos, retain };
  for (const payload of payloads) {
    if (!client.writable) await outcome.untilWritable();
    if (outcome.fatal !== undefined) return;
    client.publish(topic, payload, publishOptions); // not awaited: a failure is an "error" event, which the outcome counts
  }
}

/** Waits for all acknowledgements, and says goodbye. */
async function drain(client: Client<Version>, interruption: Interruption): Promise<void> {
  const stop = (): void => client.destroy();
  interruption.signal.addEventListener("abort", stop, { once: true });
  if (interruption.signal.aborted) stop();
  await client.disconnect({ drain: Infinity });
  interruption.signal.removeEventListener("abort", stop);
}

/** What failed so far. */
class Outcome {
  /** The connection is gone for good. */
  fatal: Error | undefined;
  readonly #client: Client<Version>;
  #failed = 0;
  #first: Error | undefined;

  constructor(client: Client<Version>) {
    this.#client = client;
    client.on("error", (error) => {
      this.#failed++;
      this.#first ??= error;
    });
    client.on("disconnected", ({ cause, willReconnectIn }) => {
      if (cause !== undefined && willReconnectIn === undefined) this.fatal = cause;
    });
  }

  async untilWritable(): Promise<void> {
    try {
      await this.#client.drained();
    } catch (error) {
      this.fatal ??= error as Error;
    }
  }

  throwIfFailed(): void {
    if (this.fatal !== undefined) throw this.fatal;
    if (this.#first === undefined) return;
    if (this.#failed === 1) throw this.#first;
    throw new CommandError(
      `${this.#failed} messages failed; the first: ${this.#first.message}`,
      exitCodeOf(this.#first),
      { cause: this.#first },
    );
  }
}
