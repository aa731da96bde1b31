import type { SessionConfig } from "./config.ts";
import { DeadlineHeap } from "./deadlines.ts";
import { SendQueueFullError } from "./errors.ts";
import type { Milliseconds } from "./events.ts";
import { Fifo } from "./fifo.ts";
import type { OutgoingEntry } from "./outgoing-entry.ts";

type Limits = Pick<SessionConfig["queue"], "messages" | "bytes" | "maximumAge" | "overflow">;

const NONE: readonly never[] = [];

/**
 * Messages that were accepted and not sent yet. QoS 0 waits only for the network, QoS 1 and 2 also for the send
 * quota, so they wait in two lines; within a line the order is kept.
 */
export class SendQueue<Context> {
  readonly #limits: Limits;
  readonly #qos0 = new Line<Context>();
  readonly #acknowledged = new Line<Context>();
  readonly #deadlines = new DeadlineHeap<OutgoingEntry<Context>>();
  #bytes = 0;

  constructor(limits: Limits) {
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

  /**
   * Takes a message, and returns what had to be dropped for that, by policy; it may be the message itself.
   *
   * @throws SendQueueFullError if the policy is to reject
   */
  push(entry: OutgoingEntry<Context>, now: Milliseconds): readonly OutgoingEntry<Context>[] {
    const full = this.#fullFor(entry, this.count, this.#bytes);
    const dropped = full === undefined || this.#limits.overflow === "wait" ? NONE : this.#makeRoom(entry, full);
    if (dropped.at(-1) === entry) return dropped;
    const { maximumAge } = this.#limits;
    const { expiresAt } = entry;
    if (expiresAt !== undefined || maximumAge !== Infinity) {
      entry.deadline = Math.min(expiresAt ?? Infinity, now + maximumAge);
      this.#deadlines.add(entry);
    }
    this.#bytes += entry.size;
    (entry.qos === 0 ? this.#qos0 : this.#acknowledged).push(entry);
    return dropped;
  }

  /** Messages that come before all others and were accepted long ago: the limits don't apply to them. */
  putBack(entries: readonly OutgoingEntry<Context>[]): void {
    for (const entry of entries) {
      this.#bytes += entry.size;
      entry.deadline = entry.expiresAt;
      if (entry.deadline !== undefined) this.#deadlines.add(entry);
    }
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

  /** Takes a message out, wherever it is. It must be in here. */
  remove(entry: OutgoingEntry<Context>): void {
    (entry.qos === 0 ? this.#qos0 : this.#acknowledged).remove(entry);
    this.#taken(entry);
  }

  /** When the first message is too old to be sent. */
  nextDeadline(): Milliseconds | undefined {
    return this.#deadlines.peek()?.deadline;
  }

  /** The next message that is too old to be sent. */
  takeTooOld(now: Milliseconds): OutgoingEntry<Context> | undefined {
    const first = this.#deadlines.peek();
    if (first === undefined || first.deadline! > now) return undefined;
    this.remove(first);
    return first;
  }

  takeAll(): readonly OutgoingEntry<Context>[] {
    this.#bytes = 0;
    this.#deadlines.clear();
    return [...this.#acknowledged.takeAll(), ...this.#qos0.takeAll()];
  }

  takeAllQos0(): readonly OutgoingEntry<Context>[] {
    const entries = this.#qos0.takeAll();
    for (const entry of entries) this.#taken(entry);
    return entries;
  }

  #taken(entry: OutgoingEntry<Context> | undefined): OutgoingEntry<Context> | undefined {
    if (entry === undefined) return undefined;
    this.#bytes -= entry.size;
    this.#deadlines.remove(entry);
    return entry;
  }

  /** What is full, for a message that comes to so many others. */
  #fullFor({ size }: OutgoingEntry<Context>, count: number, bytes: number): "messages" | "bytes" | undefined {
    if (count >= this.#limits.messages) return "messages";
    return bytes + size > this.#limits.bytes ? "bytes" : undefined;
  }

  #makeRoom(entry: OutgoingEntry<Context>, full: "messages" | "bytes"): readonly OutgoingEntry<Context>[] {
    const { overflow } = this.#limits;
    if (overflow === "reject") throw new SendQueueFullError(full, this.#limits[full]);
    const neverFits = this.#fullFor(entry, 0, 0) !== undefined;
    if (overflow === "drop-newest" || neverFits) return [entry];
    const dropped: OutgoingEntry<Context>[] = [];
    while (this.#fullFor(entry, this.count, this.#bytes) !== undefined) {
      const victim = this.#victimFor(entry);
      dropped.push(victim);
      if (victim === entry) break;
      this.remove(victim);
    }
    return dropped;
  }

  /** Who goes next. QoS 0 first: the oldest of those, and the others only for one of their own. */
  #victimFor(entry: OutgoingEntry<Context>): OutgoingEntry<Context> {
    const qos0 = this.#qos0.peek();
    const acknowledged = this.#acknowledged.peek();
    if (this.#limits.overflow === "drop-qos0-first") return qos0 ?? (entry.qos === 0 ? entry : acknowledged!);
    if (qos0 === undefined || acknowledged === undefined) return (qos0 ?? acknowledged)!;
    return qos0.number < acknowledged.number ? qos0 : acknowledged;
  }
}

/** First in, first out; what is taken out of the middle leaves its place behind until there are more places than messages. */
class Line<Context> {
  readonly #places = new Fifo<OutgoingEntry<Context>>();
  /** Made with the first of them, for few are ever taken out, and an idle client shall be small. */
  #removed: Set<OutgoingEntry<Context>> | undefined;

  /** Without those that were taken out. */
  length = 0;

  push(entry: OutgoingEntry<Context>): void {
    this.length++;
    this.#places.push(entry);
  }

  putBack(entries: readonly OutgoingEntry<Context>[]): void {
    this.length += entries.length;
    this.#places.putBack(entries);
  }

  peek(): OutgoingEntry<Context> | undefined {
    this.#skipRemoved();
    return this.#places.peek();
  }

  take(): OutgoingEntry<Context> | undefined {
    if (this.length === 0) return undefined;
    this.#skipRemoved();
    this.length--;
    return this.#places.take();
  }

  remove(entry: OutgoingEntry<Context>): void {
    this.length--;
    if (this.#places.peek() === entry) {
      this.#places.take();
      return;
    }
    const removed = (this.#removed ??= new Set());
    removed.add(entry);
    if (removed.size > this.length) this.putBack(this.takeAll());
  }

  takeAll(): readonly OutgoingEntry<Context>[] {
    this.length = 0;
    const entries = this.#places.takeAll();
    const removed = this.#removed;
    if (removed === undefined) return entries;
    this.#removed = undefined;
    return entries.filter((entry) => !removed.has(entry));
  }

  #skipRemoved(): void {
    const removed = this.#removed;
    if (removed === undefined) return;
    for (let first = this.#places.peek(); first !== undefined; first = this.#places.peek()) {
      if (!removed.delete(first)) return;
      this.#places.take();
    }
  }
}
