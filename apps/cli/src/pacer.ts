import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds that may be made up for after a delay: more would be a burst. */
const LENIENCY = 100;

/** Lets so many through in a second, evenly. */
export class Pacer {
  readonly #interval: number;
  /** When the next one may go. */
  #due = performance.now();
  #now = this.#due;

  constructor(perSecond: number) {
    this.#interval = 1_000 / perSecond;
  }

  /** Whether one may go now. */
  ready(): boolean {
    this.#now = performance.now();
    return this.#now >= this.#due;
  }

  /** One goes, for it was {@link Pacer.ready}. */
  take(): void {
    this.#due = Math.max(this.#due, this.#now - LENIENCY) + this.#interval;
  }

  /** Resolves with true when one may go, with false when `signal` comes first. */
  async untilReady(signal: AbortSignal): Promise<boolean> {
    while (!this.ready()) {
      if (!(await sleep(this.#due - this.#now, signal))) return false;
    }
    return true;
  }
}

/** Resolves with true after the time, with false when `signal` comes first. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(Math.max(0, milliseconds), undefined, { signal });
    return true;
  } catch {
    return false; // it only ever rejects for the signal
  }
}
