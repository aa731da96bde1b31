import type { Client, PublishOptions, Version } from "@petrel/client";
import { CommandError, ExitCode, UsageError } from "./exit-codes.ts";
import { Outgoing } from "./outgoing.ts";
import { Pacer, sleep } from "./pacer.ts";
import type { Encode } from "./payload/encoding.ts";

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

/** Reads messages, and publishes them to one topic, no faster than the plan says and the client takes them. */
export class Publishing {
  readonly outgoing: Outgoing;
  readonly #client: Client<Version>;
  readonly #plan: PublishingPlan;
  readonly #pacer: Pacer | undefined;
  readonly #interrupted: AbortSignal;
  /** Reading the messages failed. */
  #inputError: Error | undefined;
  #complete = false;

  constructor(client: Client<Version>, plan: PublishingPlan, interrupted: AbortSignal) {
    this.outgoing = new Outgoing(client, interrupted);
    this.#client = client;
    this.#plan = plan;
    this.#pacer = plan.rate === undefined ? undefined : new Pacer(plan.rate);
    this.#interrupted = interrupted;
  }

  /** Waits for all acknowledgements, too, and says goodbye. */
  async publishAll(batches: AsyncIterable<Iterable<Uint8Array>> | Iterable<Iterable<Uint8Array>>): Promise<void> {
    const leave = (): void => {
      if (this.#client.state === "closed") {
        this.#complete = false; // all was handed over, but the network has not taken it
        this.#client.destroy();
      } else {
        void this.#client.disconnect();
      }
    };
    this.#interrupted.addEventListener("abort", leave, { once: true });
    const { outgoing } = this;
    const { delay } = this.#plan;
    try {
      for await (const payloads of batches) {
        if (delay !== undefined && outgoing.count > 0 && !(await sleep(delay * 1_000, outgoing.stopped))) break;
        if (!(await this.#publishBatch(payloads))) break;
        if (delay !== undefined) await outgoing.untilSettled();
      }
      this.#complete = !outgoing.stopped.aborted;
    } catch (error) {
      this.#inputError = error as Error; // what was read before is published all the same
    }
    await this.#client.disconnect({ drain: this.#interrupted.aborted ? 0 : Infinity });
    this.#interrupted.removeEventListener("abort", leave);
  }

  /** What went wrong, the most telling first. */
  throwUnlessComplete(): void {
    const { outgoing } = this;
    if (outgoing.failed > 0 || !this.#complete) {
      outgoing.throwIfLost();
      if (this.#interrupted.aborted) {
        throw new CommandError(`interrupted${outgoing.notAcknowledged}`, ExitCode.interrupted);
      }
    }
    if (this.#inputError !== undefined) throw this.#inputError;
    outgoing.throwIfFailed();
  }

  /** False: no more can be published. */
  async #publishBatch(batch: Iterable<Uint8Array>): Promise<boolean> {
    const { outgoing } = this;
    if (outgoing.stopped.aborted) return false; // stdin was cut off: what came last may be half a line
    const payloads = batch[Symbol.iterator]();
    while (!this.#publishSome(payloads)) {
      if (!(await outgoing.untilReady())) return false;
      if (outgoing.stopped.aborted) return false;
      if (this.#pacer !== undefined && !(await this.#pacer.untilReady(outgoing.stopped))) return false;
    }
    return !outgoing.stopped.aborted;
  }

  /** Not asynchronous, for nearly all time goes by in here. False: it is time to wait, and more of them may be left. */
  #publishSome(payloads: Iterator<Uint8Array, unknown>): boolean {
    const { outgoing } = this;
    const { topic, options, encode } = this.#plan;
    const pacer = this.#pacer;
    while (outgoing.ready && (pacer === undefined || pacer.ready())) {
      const next = payloads.next();
      if (next.done === true) return true;
      pacer?.take();
      const payload = encode === undefined ? next.value : this.#encoded(encode, next.value);
      if (payload !== undefined) outgoing.publish(topic, payload, options);
    }
    return false;
  }

  /** A message that is not of the format fails alone. */
  #encoded(encode: Encode, typed: Uint8Array): Uint8Array | undefined {
    try {
      return encode(typed);
    } catch (error) {
      const why = (error as Error).message;
      this.outgoing.fail(
        new UsageError(`the message is not what --format or the schema says: ${why}`, { cause: error }),
      );
      return undefined;
    }
  }
}
