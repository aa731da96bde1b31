/** Random numbers that are the same in every run (mulberry32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** A whole number from 0 to `below` - 1. */
  integer(below) {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.integer(256));
  }

  pick(list) {
    return list[this.integer(list.length)];
  }
}
