import {
  type Client,
  type Publication,
  type PublishOptions,
  type QoS,
  validateTopicName,
  type Version,
} from "@petrel/client";
import type { Command } from "commander";
import { clientAsTyped } from "../connecting.ts";
import { CommandError, ExitCode, exitCodeOf, UsageError } from "../exit-codes.ts";
import { lineBatches, readAll } from "../input/lines.ts";
import { stdinChunks } from "../input/stdin.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { parseQos, single } from "../options/parsers.ts";

interface PubOptions extends ConnectionOptions {
  readonly topic: string;
  readonly message?: string;
  readonly nullMessage?: boolean;
  readonly stdin?: boolean;
  readonly lines?: boolean;
  readonly qos: QoS;
  readonly retain?: boolean;
}

type Payload = string | Uint8Array;

export function definePub(command: Command): void {
  command
    .requiredOption("-t, --topic <topic>", "where to publish", single)
    .option("-m, --message <text>", "the message", single)
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
  const whole = options.stdin === true ? await readStdin(interruption) : options.message;
  const client = clientAsTyped(options, interruption.signal);
  try {
    await connect(client, interruption);
    const work = new Publishing(client, options, interruption.signal);
    await work.publishAll(options.lines === true ? lineBatches(stdinChunks(work.stopped)) : [[whole ?? ""]]);
    work.throwUnlessComplete();
  } finally {
    client.destroy();
  }
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

/** Bytes that are published before the last of them has to be acknowledged: they bound the memory, whatever a line's length. */
const BYTES_AHEAD = 8 * 1_048_576;

/** A run of messages, and what became of them. */
class Publishing {
  /** Aborted when no more can be published. */
  readonly stopped: AbortSignal;
  readonly #client: Client<Version>;
  readonly #topic: string;
  readonly #options: PublishOptions<Version>;
  readonly #interrupted: AbortSignal;
  /** The connection is gone for good. */
  readonly #lost = new AbortController();
  #loss: Error | undefined;
  #lossTold = false;
  /** Reading the messages failed. */
  #inputError: Error | undefined;
  #complete = false;
  #count = 0;
  #failed = 0;
  #firstFailure: Error | undefined;
  #bytesAhead = 0;

  constructor(client: Client<Version>, { topic, qos, retain }: PubOptions, interrupted: AbortSignal) {
    this.#client = client;
    this.#topic = topic;
    this.#options = { qos, retain };
    this.#interrupted = interrupted;
    this.stopped = AbortSignal.any([interrupted, this.#lost.signal]);
    client.on("error", (error) => this.#noteFailure(error));
    client.on("disconnected", ({ cause, willReconnectIn }) => {
      if (cause === undefined || willReconnectIn !== undefined) return;
      this.#loss = cause;
      this.#lost.abort();
    });
  }

  /** Publishes as fast as the client takes it, waits for all acknowledgements, and says goodbye. */
  async publishAll(batches: AsyncIterable<readonly Payload[]> | Iterable<readonly Payload[]>): Promise<void> {
    const leave = (): void => {
      if (this.#client.state === "closed") {
        this.#complete = false; // all was handed over, but the network has not taken it
        this.#client.destroy();
      } else {
        void this.#client.disconnect();
      }
    };
    this.#interrupted.addEventListener("abort", leave, { once: true });
    try {
      for await (const payloads of batches) if (!(await this.#publishBatch(payloads))) break;
      this.#complete = !this.stopped.aborted;
    } catch (error) {
      this.#inputError = error as Error; // what was read before is published all the same
    }
    await this.#client.disconnect({ drain: this.#interrupted.aborted ? 0 : Infinity });
    this.#interrupted.removeEventListener("abort", leave);
  }

  /** What went wrong, the most telling first. */
  throwUnlessComplete(): void {
    const unfinished = this.#failed > 0 || !this.#complete;
    if (this.#loss !== undefined && unfinished) {
      throw new CommandError(`${this.#loss.message}${this.#notAcknowledged()}`, exitCodeOf(this.#loss), {
        cause: this.#loss,
      });
    }
    if (this.#interrupted.aborted && unfinished) {
      throw new CommandError(`interrupted${this.#notAcknowledged()}`, ExitCode.interrupted);
    }
    if (this.#inputError !== undefined) throw this.#inputError;
    const first = this.#firstFailure;
    if (first === undefined) return;
    if (this.#count === 1) throw first;
    const message = `${this.#failed} of ${this.#count} messages failed; the first: ${first.message}`;
    throw new CommandError(message, exitCodeOf(first), { cause: first });
  }

  #notAcknowledged(): string {
    return this.#failed === 0 ? "" : `; ${this.#failed} of ${this.#count} messages were not acknowledged`;
  }

  /** False: no more can be published. */
  async #publishBatch(payloads: readonly Payload[]): Promise<boolean> {
    const client = this.#client;
    if (this.stopped.aborted) return false; // stdin was cut off: what came last may be half a line
    for (const payload of payloads) {
      if (!client.writable && !(await this.#untilWritable())) return false;
      this.#count++;
      const publication = client.publish(this.#topic, payload, this.#options); // not awaited: a failure is an "error" event
      this.#bytesAhead += payload.length;
      if (this.#bytesAhead >= BYTES_AHEAD) await this.#untilSettled(publication);
    }
    return !this.stopped.aborted;
  }

  async #untilWritable(): Promise<boolean> {
    try {
      await this.#client.drained();
      return true;
    } catch {
      return false; // interrupted, or lost: both are known elsewhere
    }
  }

  async #untilSettled(publication: Publication): Promise<void> {
    this.#bytesAhead = 0;
    await publication.catch((error: Error) => this.#noteFailure(error));
  }

  #noteFailure(error: Error): void {
    if (error === this.#loss && !this.#lossTold) {
      this.#lossTold = true; // the client tells of the loss itself first, then of each message
      return;
    }
    this.#failed++;
    this.#firstFailure ??= error;
  }
}
