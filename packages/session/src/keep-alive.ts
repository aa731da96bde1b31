import type { Milliseconds } from "./events.ts";

/**
 * Keep Alive (section 3.1.2.10): when to send PINGREQ, and when to give up waiting for its answer. Sending and
 * receiving cost one store; the deadline moves only when it fires, so a busy connection re-arms its timer once an
 * interval, not once a packet.
 */
export class KeepAlive {
  readonly #interval: Milliseconds;
  readonly #responseTimeout: Milliseconds;
  #lastSent: Milliseconds;
  #lastReceived: Milliseconds;

  /** Since when a PINGREQ waits for its answer; undefined: none does. */
  #askedAt: Milliseconds | undefined;
  /** The PINGREQ is in the output up to this position, and nobody has taken it yet. */
  #unsentUpTo: number | undefined;
  #readingPaused = false;

  /** `keepAlive` in seconds, as in CONNECT; 0 is off. */
  constructor(keepAlive: number, responseTimeout: Milliseconds, now: Milliseconds) {
    // A little early, so that the timer's own lateness does not stretch the interval past what was promised.
    this.#interval = keepAlive * 1_000 - Math.min(keepAlive * 50, 500);
    this.#responseTimeout = responseTimeout;
    this.#lastSent = now;
    this.#lastReceived = now;
  }

  /** Output was taken, up to this position. */
  handleSent(now: Milliseconds, position: number): void {
    this.#lastSent = now;
    if (this.#unsentUpTo === undefined) return;
    // The network is slow but takes something: the answer can not be due before the question is out.
    this.#askedAt = now;
    if (((position - this.#unsentUpTo) | 0) >= 0) this.#unsentUpTo = undefined;
  }

  /** A whole packet came. Bytes alone don't count: a packet that never ends would keep the connection for ever. */
  handleReceived(now: Milliseconds): void {
    this.#lastReceived = now;
  }

  /** A PINGREQ was written; it ends at this position of the output. While one waits, another changes little. */
  handleAsked(now: Milliseconds, position: number): void {
    this.#lastSent = now;
    if (this.#askedAt !== undefined) return;
    this.#askedAt = now;
    this.#unsentUpTo = position;
  }

  handleAnswered(): void {
    this.#askedAt = this.#unsentUpTo = undefined;
  }

  /** The application is slow and reading has stopped: the answer may be waiting in the network, so its deadline waits too. */
  handleReadingPaused(): void {
    this.#readingPaused = true;
  }

  handleReadingResumed(now: Milliseconds): void {
    this.#readingPaused = false;
    if (this.#askedAt !== undefined) this.#askedAt = now;
  }

  /** A PINGREQ has no answer yet. */
  get isAsking(): boolean {
    return this.#askedAt !== undefined;
  }

  /** When to look again. */
  nextDeadline(): Milliseconds | undefined {
    return this.#interval === 0 ? undefined : Math.min(this.#pingDue(), this.#answerDue());
  }

  /** "If Keep Alive is non-zero and in the absence of sending any other MQTT Control Packets, the Client MUST send a PINGREQ packet" [MQTT-3.1.2-20] */
  isPingDue(now: Milliseconds): boolean {
    return this.#interval > 0 && now >= this.#pingDue();
  }

  isAnswerOverdue(now: Milliseconds): boolean {
    return now >= this.#answerDue();
  }

  /**
   * An interval after the last packet was sent, or received: a client that only publishes at QoS 0 hears nothing, so
   * without a PINGREQ now and then it would never learn that the server is gone.
   */
  #pingDue(): Milliseconds {
    return (this.isAsking ? this.#lastSent : Math.min(this.#lastSent, this.#lastReceived)) + this.#interval;
  }

  /** Other packets that still come prove that the server lives: the answer queues behind them. */
  #answerDue(): Milliseconds {
    if (this.#askedAt === undefined || this.#readingPaused) return Infinity;
    return Math.max(this.#askedAt, this.#lastReceived) + this.#responseTimeout;
  }
}
