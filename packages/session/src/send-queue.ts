import { SendQueueFullError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import type { OutgoingEntry } from "./outgoing-entry.ts";

/**
 * Messages that were accepted and not sent yet. QoS 0 waits only for the network, QoS 1 and 2 also for the send
 * quota, so they wait in two lines; within a line the order is kept.
 */
export class SendQueue<Context> {
  readonly #limits: { readonly messages: number; readonly bytes: number };
  readonly #qos0 = new Fifo<OutgoingEntry<Context>>();
  readonly #acknowledged = new Fifo<OutgoingEntry<Context>>();
  #bytes = 0;

  constructor(limits: { readonly messages: number; readonly bytes: number }) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#qos0.length + this.#acknowledged.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing can ever wait here. */
  get isClosed(): boolean {
    return this.#limits.messages === 0 || this.#limits.bytes === 0;
  }

  /** The point where a publisher should pause: half full. */
  get isHigh(): boolean {
    return this.count > 0 && (this.count >= this.#limits.messages / 2 || this.#bytes >= this.#limits.bytes / 2);
  }

  /** The point where a paused publisher may go on: a quarter full. */
  get isLow(): boolean {
    return this.count <= this.#limits.messages / 4 && this.#bytes <= this.#limits.bytes / 4;
  }

  /** Throws {@link SendQueueFullError}. */
  push(entry: OutgoingEntry<Context>): void {
    if (this.count >= this.#limits.messages) throw new SendQueueFullError("messages", this.#limits.messages);
    if (this.#bytes + entry.size > this.#limits.bytes) throw new SendQueueFullError("bytes", this.#limits.bytes);
    this.#bytes += entry.size;
    (entry.qos === 0 ? this.#qos0 : this.#acknowledged).push(entry);
  }

  /** Messages that come before all others and were accepted long ago: the limits don't apply to them. */
  putBack(entries: readonly OutgoingEntry<Context>[]): void {
    for (const entry of entries) this.#bytes += entry.size;
    this.#acknowledged.putBack(entries);
  }

  /** The next QoS 0 message. */
  takeQos0(): OutgoingEntry<Context> | undefined {
    return this.#taken(this.#qos0.take());
  }

  /** The next QoS 1 or 2 message. */
  takeAcknowledged(): OutgoingEntry<Context> | undefined {
    return this.#taken(this.#acknowledged.take());
  }

  get hasQos0(): boolean {
    return this.#qos0.length > 0;
  }

  get hasAcknowledged(): boolean {
    return this.#acknowledged.length > 0;
  }

  takeAll(): readonly OutgoingEntry<Context>[] {
    this.#bytes = 0;
    return [...this.#acknowledged.takeAll(), ...this.#qos0.takeAll()];
  }

  takeAllQos0(): readonly OutgoingEntry<Context>[] {
    const entries = this.#qos0.takeAll();
    for (const entry of entries) this.#bytes -= entry.size;
    return entries;
  }

  #taken(entry: OutgoingEntry<Context> | undefined): OutgoingEntry<Context> | undefined {
    if (entry !== undefined) this.#bytes -= entry.size;
    return entry;
  }
}
