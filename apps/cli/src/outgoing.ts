import type { Client, Payload, PublishOptions, Version } from "@petrel/client";
import { CommandError, errorLine, exitCodeOf } from "./exit-codes.ts";
import { sleep } from "./pacer.ts";

/** Milliseconds that what is on its way has at the end. */
const DRAIN = 30_000;

/** Messages of a command that publishes many: none is awaited, and all are accounted for at the end. */
export class Outgoing {
  count = 0;
  failed = 0;
  /** Aborted by `stop`, and when the connection is gone for good. */
  readonly stopped: AbortSignal;
  readonly #client: Client<Version>;
  readonly #lost = new AbortController();
  #firstFailure: Error | undefined;
  #loss: Error | undefined;

  constructor(client: Client<Version>, stop: AbortSignal) {
    this.#client = client;
    this.stopped = AbortSignal.any([stop, this.#lost.signal]);
    client.on("disconnected", ({ cause, willReconnectIn }) => {
      if (cause === undefined || willReconnectIn !== undefined) return;
      this.#loss = cause;
      this.#lost.abort();
    });
    client.on("error", (error) => {
      if (error === this.#loss) return;
      this.failed++;
      this.#firstFailure ??= error;
    });
  }

  /** Publishes when there is room; resolves with false when it is stopped first. */
  async publish(topic: string, payload: Payload, options: PublishOptions<Version>): Promise<boolean> {
    if (this.stopped.aborted) return false;
    if (!this.#client.writable) {
      try {
        await this.#client.drained();
      } catch {
        return false; // closed meanwhile, which is told elsewhere
      }
    }
    this.count++;
    this.#client.publish(topic, payload, options); // not awaited: a failure is an "error" event
    return true;
  }

  /** Waits for all acknowledgements, and says goodbye. Throws if a message failed, or the connection was lost. */
  async end(): Promise<void> {
    await this.#client.disconnect({ drain: DRAIN });
    if (this.#loss !== undefined) throw this.#loss;
    const failure = this.#firstFailure;
    if (failure === undefined) return;
    throw new CommandError(
      `${this.failed} of ${this.count} messages were not published: ${errorLine(failure)}`,
      exitCodeOf(failure),
      { cause: failure },
    );
  }
}

/** Resolves with true at this time of `performance.now()`, and with false when `signal` comes first. */
export async function waitUntil(time: number, signal: AbortSignal): Promise<boolean> {
  const delay = time - performance.now();
  return delay > 0 ? await sleep(delay, signal) : !signal.aborted;
}
