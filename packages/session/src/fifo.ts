/** Many lines never have more than one or two at once, and there are many lines. */
const FIRST_ROOM = 4;
/** A line that was once longer than this gives its room back when it is empty. */
const KEPT_ROOM = 1_024;

/** The ring of a line that never had anything. It is never written to: an idle client has many empty lines, and shall be small. */
const NO_ROOM: never[] = [];

/** First in, first out: a ring that doubles, so that neither putting nor taking moves the rest or allocates. */
export class Fifo<Item extends object> {
  /** Length: a power of two, or 0. */
  #ring: (Item | undefined)[] = NO_ROOM;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  peek(): Item | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  push(item: Item): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length === 0 ? FIRST_ROOM : this.#length * 2);
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  take(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    if (--this.#length === 0 && this.#ring.length > KEPT_ROOM) this.clear();
    return item;
  }

  /** Puts items before all others. */
  putBack(items: readonly Item[]): void {
    if (items.length === 0) return; // and no ring is made
    let room = Math.max(FIRST_ROOM, this.#ring.length);
    while (room < this.#length + items.length) room *= 2;
    if (room !== this.#ring.length) this.#resize(room);
    for (const item of items.toReversed()) {
      this.#head = (this.#head - 1) & (room - 1);
      this.#ring[this.#head] = item;
      this.#length++;
    }
  }

  takeAll(): readonly Item[] {
    const items = [...this];
    this.clear();
    return items;
  }

  clear(): void {
    this.#ring = NO_ROOM;
    this.#head = this.#length = 0;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let index = 0; index < this.#length; index++)
      yield this.#ring[(this.#head + index) & (this.#ring.length - 1)]!;
  }

  #resize(room: number): void {
    const ring: (Item | undefined)[] = room === FIRST_ROOM ? firstRing() : [...this];
    while (ring.length < room) ring.push(undefined);
    this.#ring = ring;
    this.#head = 0;
  }
}

/** With a literal it takes no more room than it needs; push() takes seventeen places at once. */
function firstRing(): undefined[] {
  return [undefined, undefined, undefined, undefined];
}
