import type { Milliseconds } from "@petrel/session";
import type { Clock, Timer } from "./clock.ts";
import type { Message } from "./message.ts";

/** A call of a handler that has returned a promise. Used again for the next one. */
export interface Waiting {
  /** When its time is over; Infinity: it has settled. */
  due: Milliseconds;
  /** What it works on; undefined: it was given up. */
  message: Message | undefined;
  readonly giveUp: (waiting: Waiting) => void;
}

const NONE: readonly never[] = [];

/**
 * Gives up calls of handlers that don't settle in time. One timer serves a client: one for each call, and a promise that
 * races against it, would cost as much as the message.
 */
export class HandlerWatch {
  readonly #clock: Clock;
  /** Made with the first: an idle client shall be small. */
  #waiting: Set<Waiting> | undefined;
  #timer: Timer | undefined;
  #timerAt: Milliseconds = Infinity;
  /** The client rests: no timer shall keep a process alive. */
  #paused = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The call may take so long; Infinity: for ever. */
  wait(waiting: Waiting, timeout: Milliseconds): void {
    if (timeout === Infinity) return;
    waiting.due = this.#clock.now() + timeout;
    (this.#waiting ??= new Set()).add(waiting);
    if (waiting.due < this.#timerAt) this.#arm(waiting.due);
  }

  /** There is no further call. */
  forget(waiting: Waiting): void {
    this.#waiting?.delete(waiting);
    if (this.#waiting?.size === 0) this.#disarm();
  }

  pause(): void {
    this.#paused = true;
    this.#disarm();
  }

  resume(): void {
    this.#paused = false;
    this.#armForNext();
  }

  #look(): void {
    this.#disarm();
    const now = this.#clock.now();
    for (const waiting of [...(this.#waiting ?? NONE)]) {
      if (waiting.due > now) continue;
      this.#waiting!.delete(waiting);
      waiting.giveUp(waiting);
    }
    this.#armForNext();
  }

  #armForNext(): void {
    let next = Infinity;
    for (const { due } of this.#waiting ?? NONE) next = Math.min(next, due);
    if (next < this.#timerAt) this.#arm(next);
  }

  #arm(at: Milliseconds): void {
    if (this.#paused) return;
    this.#disarm();
    this.#timerAt = at;
    this.#timer = this.#clock.timer(at, () => this.#look());
  }

  #disarm(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }
}
