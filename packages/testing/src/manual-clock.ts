interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** More callbacks than this without time moving on is a loop that would never end. */
const ENDLESS = 100_000;
/** Promise jobs that may follow one another without touching the clock before `settle` believes that all is quiet. */
const PROMISE_TURNS = 200;

/**
 * Time and later-ness by hand: nothing happens until the test says so, and always in the same order. It fits wherever
 * a clock with `now`, `wall`, `microtask` and `timer` is taken; milliseconds throughout.
 */
export class ManualClock {
  #now: number;
  /** In the order in which they will run. */
  readonly #timers: Timer[] = [];
  #microtasks: (() => void)[] = [];

  /** @param now where time starts; default 0 */
  constructor(now: number = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** The time for people, in milliseconds since 1970: here it begins then. */
  wall(): number {
    return this.#now;
  }

  /** Runs a function when microtasks are next flushed: by {@link flush}, {@link advance} or {@link settle}. */
  microtask(run: () => void): void {
    this.#microtasks.push(run);
  }

  /** Runs a function when time has reached `at`; one in the past runs with the next {@link advance}, even of 0. */
  timer(at: number, run: () => void): { clear(): void } {
    const timer: Timer = { at, run };
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.at > at) index--;
    this.#timers.splice(index, 0, timer);
    return { clear: () => this.#remove(timer) };
  }

  /** Timers that have neither run nor been cleared: 0 means that nothing was left behind. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** When the next timer is due. */
  get nextTimer(): number | undefined {
    return this.#timers[0]?.at;
  }

  /** Runs microtasks until there are none. */
  flush(): void {
    let left = ENDLESS;
    while (this.#microtasks.length > 0) {
      const microtasks = this.#microtasks;
      this.#microtasks = [];
      for (const run of microtasks) run();
      if ((left -= microtasks.length) < 0) throw new Error("microtasks keep queueing microtasks");
    }
  }

  /** Lets time pass: every timer that becomes due runs at its own time, in order, with its microtasks before the next. */
  advance(ms: number): void {
    const end = this.#endOf(ms);
    this.flush();
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#run(timer);
      this.flush();
    }
    this.#now = end;
  }

  /** The machine sleeps: all this time passes at once, then what should have run meanwhile runs, late. */
  sleep(ms: number): void {
    this.#now = this.#endOf(ms);
    this.advance(0);
  }

  /** Runs microtasks, of this clock and of promises, until all is quiet. No time passes. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < PROMISE_TURNS; quiet++) {
      if (this.#microtasks.length > 0) quiet = 0;
      this.flush();
      await undefined;
    }
  }

  /** As {@link advance}, for code that awaits: promises {@link settle} between timers. */
  async elapse(ms: number): Promise<void> {
    const end = this.#endOf(ms);
    await this.settle();
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#run(timer);
      await this.settle();
    }
    this.#now = end;
  }

  #endOf(ms: number): number {
    if (!(ms >= 0)) throw new Error(`time passes forwards; ${ms} ms is backwards`);
    return this.#now + ms;
  }

  #due(end: number): Timer | undefined {
    const timer = this.#timers[0];
    return timer !== undefined && timer.at <= end ? timer : undefined;
  }

  #ranAt = -Infinity;
  #ranWithoutMoving = 0;

  #run(timer: Timer): void {
    this.#timers.shift();
    this.#now = Math.max(this.#now, timer.at);
    this.#ranWithoutMoving = this.#now === this.#ranAt ? this.#ranWithoutMoving + 1 : 0;
    this.#ranAt = this.#now;
    if (this.#ranWithoutMoving > ENDLESS) throw new Error(`timers keep setting timers for now (${this.#now})`);
    timer.run();
  }

  #remove(timer: Timer): void {
    const index = this.#timers.indexOf(timer);
    if (index !== -1) this.#timers.splice(index, 1);
  }
}
