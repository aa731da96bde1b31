import type { Milliseconds } from "./events.ts";

/** A deadline noticed later than this was slept through. */
export const SLEPT = 1_000;
/** What was slept through is looked at again after this. */
const GRACE = 1_000;

interface Timer<Name> {
  readonly name: Name;
  readonly deadline: Milliseconds;
  /** The deadline, or a little later if that was slept through. */
  at: Milliseconds;
}

const NONE: readonly never[] = [];

/** Named deadlines. The driver is told the earliest one and calls back; it needs one timer, however many there are. */
export class TimerTable<Name extends string> {
  /** There are a few at most. */
  #timers: readonly Timer<Name>[] = NONE;

  /** Infinity: never. */
  set(name: Name, deadline: Milliseconds): void {
    if (this.#timers.some((timer) => timer.name === name && timer.deadline === deadline)) return;
    this.clear(name);
    if (deadline === Infinity) return;
    const timer: Timer<Name> = { name, deadline, at: deadline };
    this.#timers = this.#timers.concat(timer); // a spread, a push() or a filter() would leave room for sixteen more
  }

  clear(name: Name): void {
    const index = this.#timers.findIndex((timer) => timer.name === name);
    if (index !== -1) this.#timers = this.#timers.toSpliced(index, 1);
  }

  /** The earliest deadline. */
  next(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { at } of this.#timers) {
      if (earliest === undefined || at < earliest) earliest = at;
    }
    return earliest;
  }

  /**
   * Takes the names whose time has come out of the table.
   *
   * A deadline that is noticed late says nothing at first: the machine slept or the process was busy, and what it
   * waited for may be here, unread. It gets, once, the moment that reading takes.
   */
  takeExpired(now: Milliseconds): readonly Name[] {
    const expired: Name[] = [];
    for (const timer of this.#timers) {
      if (timer.at > now) continue;
      if (now - timer.deadline > SLEPT && timer.at === timer.deadline) timer.at = now + GRACE;
      else expired.push(timer.name);
    }
    for (const name of expired) this.clear(name);
    return expired;
  }
}
