/** Taken items in front are cut off when there are more of them than this, and than of those that wait. */
const CUT_AFTER = 1_024;

/** What waits for a consumer, first in, first out. */
export class Backlog<Item> {
  #items: Item[] = [];
  /** Where the first one that waits is. */
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  take(): Item | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#items.length) this.takeAll();
    else if (this.#next > CUT_AFTER && this.#next > this.length) this.#items = this.takeAll();
    return item;
  }

  /** The list is the caller's. */
  takeAll(): Item[] {
    const items = this.#next === 0 ? this.#items : this.#items.slice(this.#next);
    this.#items = [];
    this.#next = 0;
    return items;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let index = this.#next; index < this.#items.length; index++) yield this.#items[index]!;
  }
}
