import type { Client, Publication, PublishOptions, Version } from "@petrel/client";
import { CommandError, ExitCode, exitCodeOf, UsageError } from "./exit-codes.ts";
import { Pacer, sleep } from "./pacer.ts";
import type { Encode } from "./payload/encoding.ts";

/** Bytes that are published before the last of them has to be acknowledged: they bound the memory, whatever a message's length. */
const BYTES_AHEAD = 8 * 1_048_576;

/** What to do with the messages that are read. */
export interface PublishingPlan {
  readonly topic: string;
  readonly options: PublishOptions<"5.0">;
  readonly encode: Encode | undefined;
  /** Messages per second, at most. */
  readonly rate?: number | undefined;
  /** Seconds from the acknowledgement of one batch to the next. */
  readonly delay?: number | undefined;
}

/** A run of messages, and what became of them. */
export class Publishing {
  /** Aborted when no more can be published. */
  readonly stopped: AbortSignal;
  readonly #client: Client<Version>;
  readonly #plan: PublishingPlan;
  readonly #pacer: Pacer | undefined;
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

  constructor(client: Client<Version>, plan: PublishingPlan, interrupted: AbortSignal) {
    this.#client = client;
    this.#plan = plan;
    this.#pacer = plan.rate === undefined ? undefined : new Pacer(plan.rate);
    this.#interrupted = interrupted;
    this.stopped = AbortSignal.any([interrupted, this.#lost.signal]);
    client.on("error", (error) => this.#noteFailure(error));
    client.on("disconnected", ({ cause, willReconnectIn }) => {
      if (cause === undefined || willReconnectIn !== undefined) return;
      this.#loss = cause;
      this.#lost.abort();
    });
  }

  /** Messages that were read and published so far. */
  get count(): number {
    return this.#count;
  }

  /** Of them, those that the server has acknowledged; at QoS 0 those that are written. */
  get settled(): number {
    const { queued, inflight } = this.#client.statistics();
    return this.#count - this.#failed - queued.messages - inflight;
  }

  /** Publishes as fast as the client takes it and the plan allows, waits for all acknowledgements, and says goodbye. */
  async publishAll(batches: AsyncIterable<readonly Uint8Array[]> | Iterable<readonly Uint8Array[]>): Promise<void> {
    const leave = (): void => {
      if (this.#client.state === "closed") {
        this.#complete = false; // all was handed over, but the network has not taken it
        this.#client.destroy();
      } else {
        void this.#client.disconnect();
      }
    };
    this.#interrupted.addEventListener("abort", leave, { once: true });
    const { delay } = this.#plan;
    let first = true;
    try {
      for await (const payloads of batches) {
        if (!first && delay !== undefined && !(await sleep(delay * 1_000, this.stopped))) break;
        first = false;
        if (!(await this.#publishBatch(payloads))) break;
      }
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
  async #publishBatch(payloads: readonly Uint8Array[]): Promise<boolean> {
    const client = this.#client;
    const pacer = this.#pacer;
    const { topic, options, delay } = this.#plan;
    if (this.stopped.aborted) return false; // stdin was cut off: what came last may be half a line
    for (const typed of payloads) {
      if (pacer !== undefined && !pacer.ready() && !(await pacer.untilReady(this.stopped))) return false;
      if (!client.writable && !(await this.#untilWritable())) return false;
      this.#count++;
      const payload = this.#encoded(typed);
      if (payload === undefined) continue;
      const publication = client.publish(topic, payload, options); // not awaited: a failure is an "error" event
      this.#bytesAhead += payload.length;
      if (delay !== undefined || this.#bytesAhead >= BYTES_AHEAD) await this.#untilSettled(publication);
    }
    return !this.stopped.aborted;
  }

  /** A message that is not of the format fails alone, like one that the server refuses. */
  #encoded(typed: Uint8Array): Uint8Array | undefined {
    const { encode } = this.#plan;
    if (encode === undefined) return typed;
    try {
      return encode(typed);
    } catch (error) {
      const why = (error as Error).message;
      this.#noteFailure(
        new UsageError(`the message is not what --format or the schema says: ${why}`, { cause: error }),
      );
      return undefined;
    }
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
