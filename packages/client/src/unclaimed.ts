import { type BufferLimits, isOverfull, sizeOf } from "./buffer-limits.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Congested } from "./congestion.ts";
import type { Message } from "./message.ts";

export interface UnclaimedLimits {
  /** Milliseconds. */
  readonly hold: number;
  readonly buffer: BufferLimits;
}

/** What the hold needs of its client. */
export interface UnclaimedHost {
  onFull(held: UnclaimedMessages, full: boolean): void;
  readsOnThough(held: UnclaimedMessages): boolean;
  onOverflow(message: Message): void;
  /** Nobody has claimed these in time. */
  onExpired(messages: readonly Message[]): void;
}

/**
 * Messages of a resumed session that came before anybody asked for them. They wait, unacknowledged, until somebody
 * does, for some time after CONNACK.
 */
export class UnclaimedMessages implements Congested {
  readonly #clock: Clock;
  readonly #host: UnclaimedHost;
  readonly #holdMs: number;
  readonly #limits: BufferLimits;
  #held: Message[] = [];
  #bytes = 0;
  #passed = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, { hold, buffer }: UnclaimedLimits, host: UnclaimedHost) {
    this.#clock = clock;
    this.#host = host;
    this.#holdMs = hold;
    this.#limits = buffer;
  }

  get length(): number {
    return this.#held.length;
  }

  get passed(): number {
    return this.#passed;
  }

  get isOverfull(): boolean {
    return isOverfull(this.#bytes, this.#limits);
  }

  get #isFull(): boolean {
    return this.#held.length >= this.#limits.messages || this.#bytes >= this.#limits.bytes;
  }

  /** Whether messages are being held. */
  get isOpen(): boolean {
    return this.#timer !== undefined;
  }

  /** A session was resumed by somebody who may not have said yet what to do with its messages. */
  open(): void {
    if (this.#holdMs === 0) return;
    this.#timer?.clear();
    this.#timer = this.#clock.timer(this.#clock.now() + this.#holdMs, () => {
      this.#timer = undefined;
      const expired = this.#held;
      if (expired.length === 0) return;
      this.#keep([]);
      this.#host.onExpired(expired);
    });
  }

  /** The client rests no more, and what it held before may be nobody's now: the time to ask for it begins anew. */
  reopen(): void {
    if (this.#held.length > 0 && !this.isOpen) this.open();
  }

  /** The client rests. What is held stays: the next session may be the same, and then it knows that it was delivered. */
  pause(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  hold(message: Message): void {
    const isFull = this.#isFull;
    if (isFull && message.qos === 0 && this.#host.readsOnThough(this)) {
      this.#host.onOverflow(message);
      return;
    }
    this.#held.push(message);
    this.#bytes += sizeOf(message);
    if (!isFull && this.#isFull) this.#host.onFull(this, true);
  }

  /** Takes what somebody asks for, in the order in which it came. */
  claim(wants: (message: Message) => boolean): readonly Message[] {
    if (this.#held.length === 0) return this.#held;
    const claimed: Message[] = [];
    const left: Message[] = [];
    for (const message of this.#held) (wants(message) ? claimed : left).push(message);
    if (claimed.length > 0) this.#keep(left);
    return claimed;
  }

  #keep(left: Message[]): void {
    const wasFull = this.#isFull;
    this.#passed += this.#held.length - left.length;
    this.#held = left;
    this.#bytes = left.reduce((bytes, message) => bytes + sizeOf(message), 0);
    if (wasFull) this.#host.onFull(this, this.#isFull);
  }
}
