import type { Client, Publication, PublishOptions, Version } from "@petrel/client";
import { CommandError, exitCodeOf } from "./exit-codes.ts";
import { sleep } from "./pacer.ts";

/** Bytes that are published before the last of them has to be acknowledged: they bound the memory, whatever a message's length. */
const BYTES_AHEAD = 8 * 1_048_576;

/** Milliseconds that what is on its way has at the end. */
const DRAIN = 30_000;

/** The messages of a command that publishes many: none is awaited, and all are accounted for at the end. */
export class Outgoing {
  /** Aborted by `stop`, and when the connection is gone for good: no more can be published. */
  readonly stopped: AbortSignal;
  readonly #client: Client<Version>;
  readonly #lost = new AbortController();
  #loss: Error | undefined;
  #lossTold = false;
  #count = 0;
  #failed = 0;
  #firstFailure: Error | undefined;
  /** Since the last one that was waited for. */
  #bytesAhead = 0;
  #last: Publication | undefined;

  constructor(client: Client<Version>, stop: AbortSignal) {
    this.#client = client;
    this.stopped = AbortSignal.any([stop, this.#lost.signal]);
    client.on("error", (error) => this.#noteFailure(error));
    client.on("disconnected", ({ cause, willReconnectIn }) => {
      if (cause === undefined || willReconnectIn !== undefined) return;
      this.#loss = cause;
      this.#lost.abort();
    });
  }

  /** Messages so far. */
  get count(): number {
    return this.#count;
  }

  /** Of them, those that the server did not take, or that could not be made. */
  get failed(): number {
    return this.#failed;
  }

  /** Of them, those that the server has acknowledged; at QoS 0 those that are written. */
  get settled(): number {
    const { queued, inflight } = this.#client.statistics();
    return this.#count - this.#failed - queued.messages - inflight;
  }

  /** Whether there is room for another one. */
  get ready(): boolean {
    return this.#client.writable && this.#bytesAhead < BYTES_AHEAD;
  }

  /** Resolves with true when there is room, and with false when there never will be. */
  async untilReady(): Promise<boolean> {
    if (this.#bytesAhead >= BYTES_AHEAD) await this.untilSettled();
    if (this.stopped.aborted) return false;
    try {
      await this.#client.drained();
      return true;
    } catch {
      return false; // interrupted, or lost: both are known elsewhere
    }
  }

  /** Ask for room first. */
  publish(topic: string, payload: Uint8Array | string, options: PublishOptions<Version>): void {
    this.#count++;
    this.#bytesAhead += payload.length;
    this.#last = this.#client.publish(topic, payload, options); // not awaited: a failure is an "error" event
  }

  /** One that could not be made: it fails alone, like one that the server refuses. */
  fail(error: Error): void {
    this.#count++;
    this.#noteFailure(error);
  }

  /** Resolves when the last one is acknowledged, or has failed. */
  async untilSettled(): Promise<void> {
    this.#bytesAhead = 0;
    await this.#last?.catch((error: Error) => this.#noteFailure(error));
  }

  /** Waits for all acknowledgements, and says goodbye. Throws if a message failed, or the connection was lost. */
  async end(): Promise<void> {
    await this.#client.disconnect({ drain: DRAIN });
    this.throwIfLost();
    this.throwIfFailed();
  }

  throwIfLost(): void {
    const loss = this.#loss;
    if (loss === undefined) return;
    throw new CommandError(`${loss.message}${this.notAcknowledged}`, exitCodeOf(loss), { cause: loss });
  }

  throwIfFailed(): void {
    const first = this.#firstFailure;
    if (first === undefined) return;
    if (this.#count === 1) throw first;
    const message = `${this.#failed} of ${this.#count} messages failed; the first: ${first.message}`;
    throw new CommandError(message, exitCodeOf(first), { cause: first });
  }

  /** What to add to the reason for an early end; empty if it left nothing behind. */
  get notAcknowledged(): string {
    return this.#failed === 0 ? "" : `; ${this.#failed} of ${this.#count} messages were not acknowledged`;
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

/** Resolves with true at this time of `performance.now()`, and with false when `signal` comes first. */
export async function waitUntil(time: number, signal: AbortSignal): Promise<boolean> {
  const delay = time - performance.now();
  return delay > 0 ? await sleep(delay, signal) : !signal.aborted;
}
