import type { Milliseconds } from "./events.ts";

/**
 * Keep Alive (section 3.1.2.10): when to send PINGREQ. Sending costs one store; the deadline moves only when it
 * fires, so a busy connection re-arms its timer once an interval, not once a packet.
 */
export class KeepAlive {
  readonly #interval: Milliseconds;
  #lastSent: Milliseconds;
  #lastReceived: Milliseconds;

  /** `keepAlive` in seconds, as in CONNECT; 0 is off. */
  constructor(keepAlive: number, now: Milliseconds) {
    // A little early, so that the timer's own lateness does not stretch the interval past what was promised.
    this.#interval = keepAlive * 1_000 - Math.min(keepAlive * 50, 500);
    this.#lastSent = now;
    this.#lastReceived = now;
  }

  handleSent(now: Milliseconds): void {
    this.#lastSent = now;
  }

  handleReceived(now: Milliseconds): void {
    this.#lastReceived = now;
  }

  /** We asked: until the next interval has passed, not having heard anything is no reason to ask again. */
  handleAsked(now: Milliseconds): void {
    this.#lastReceived = now;
  }

  /**
   * When to look again: an interval after the last packet was sent, or received. A client that only publishes at
   * QoS 0 hears nothing, so without a PINGREQ now and then it would never learn that the server is gone.
   */
  nextDeadline(): Milliseconds | undefined {
    if (this.#interval === 0) return undefined;
    return Math.min(this.#lastSent, this.#lastReceived) + this.#interval;
  }

  /** Whether a PINGREQ is due: "in the absence of sending any other MQTT Control Packets, the Client MUST send a PINGREQ packet" [MQTT-3.1.2-20]. */
  isDue(now: Milliseconds): boolean {
    const deadline = this.nextDeadline();
    return deadline !== undefined && now >= deadline;
  }
}
