import type { Milliseconds } from "@petrel/session";

/** Where the client gets its time from; tests give it another one. */
export interface Clock {
  /** Monotonic; the origin does not matter. */
  now(): Milliseconds;
  /** Since 1970, for people. */
  wall(): Milliseconds;
  /** Runs after the current turn's synchronous work, before any input or output. */
  microtask(run: () => void): void;
  /** Runs a function when {@link Clock.now} has reached `at`; at once if it has. */
  timer(at: Milliseconds, run: () => void): Timer;
}

/** What a {@link Clock} waits for. */
export interface Timer {
  /** It does not run any more. Harmless after it has. */
  clear(): void;
}

// What every runtime has and lib ES2023 does not know; declared here for the reason given in the codec's utf8.ts.
declare const performance: { now(): number };
declare const queueMicrotask: (run: () => void) => void;
declare const setTimeout: (run: () => void, ms: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

/** Timers of more milliseconds than this overflow in every runtime and fire at once. */
const LONGEST_TIMER = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  microtask: (run) => queueMicrotask(run),
  timer: (at, run) => new SystemTimer(at, run),
};

class SystemTimer implements Timer {
  readonly #at: Milliseconds;
  readonly #run: () => void;
  #handle: unknown;

  constructor(at: Milliseconds, run: () => void) {
    this.#at = at;
    this.#run = run;
    this.#start();
  }

  clear(): void {
    clearTimeout(this.#handle);
  }

  #start(): void {
    const wait = Math.max(Math.ceil(this.#at - performance.now()), 0);
    this.#handle = setTimeout(() => this.#handleTimeout(), Math.min(wait, LONGEST_TIMER));
  }

  #handleTimeout(): void {
    // Early, because the wait was cut in pieces, or because the runtime rounds down: wait for the rest.
    if (performance.now() < this.#at) this.#start();
    else this.#run();
  }
}
