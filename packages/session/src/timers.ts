import type { Milliseconds } from "./events.ts";

/** Named deadlines. The driver is told the earliest one and calls back; it needs one timer, however many there are. */
export class TimerTable<Name extends string> {
  readonly #deadlines = new Map<Name, Milliseconds>();

  set(name: Name, at: Milliseconds): void {
    this.#deadlines.set(name, at);
  }

  clear(name: Name): void {
    this.#deadlines.delete(name);
  }

  has(name: Name): boolean {
    return this.#deadlines.has(name);
  }

  /** The earliest deadline. */
  next(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const at of this.#deadlines.values()) {
      if (earliest === undefined || at < earliest) earliest = at;
    }
    return earliest;
  }

  /** Takes the names whose time has come out of the table. */
  takeExpired(now: Milliseconds): readonly Name[] {
    const expired: Name[] = [];
    for (const [name, at] of this.#deadlines) {
      if (at <= now) expired.push(name);
    }
    for (const name of expired) this.#deadlines.delete(name);
    return expired;
  }
}
