import type { Milliseconds } from "./events.ts";

/** A deadline noticed later than this was slept through. */
export const SLEPT = 1_000;
/** What was slept through is looked at again after this. */
const GRACE = 1_000;

interface Timer {
  readonly deadline: Milliseconds;
  /** The deadline, or a little later if that was slept through. */
  at: Milliseconds;
}

/** Named deadlines. The driver is told the earliest one and calls back; it needs one timer, however many there are. */
export class TimerTable<Name extends string> {
  readonly #timers = new Map<Name, Timer>();

  /** Infinity: never. */
  set(name: Name, deadline: Milliseconds): void {
    if (this.#timers.get(name)?.deadline === deadline) return;
    if (deadline === Infinity) this.#timers.delete(name);
    else this.#timers.set(name, { deadline, at: deadline });
  }

  clear(name: Name): void {
    this.#timers.delete(name);
  }

  /** The earliest deadline. */
  next(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { at } of this.#timers.values()) {
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
    for (const [name, timer] of this.#timers) {
      if (timer.at > now) continue;
      if (now - timer.deadline > SLEPT && timer.at === timer.deadline) timer.at = now + GRACE;
      else expired.push(name);
    }
    for (const name of expired) this.#timers.delete(name);
    return expired;
  }
}
