import type { Milliseconds } from "./events.ts";

/** Something with an end. */
export interface Perishable {
  /** Undefined: none, and then it is never added. */
  readonly deadline: Milliseconds | undefined;
  /** Where it is among the others; -1: nowhere. The heap's own business. */
  place: number;
}

/** A binary heap: the earliest deadline is on top, and any item leaves in logarithmic time, because it knows its place. */
export class DeadlineHeap<Item extends Perishable> {
  #items: Item[] = [];

  /** The one whose deadline comes first. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** No harm if it is not in here. */
  remove(item: Item): void {
    const { place } = item;
    if (place === -1) return;
    item.place = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#rise(last, place);
    if (last.place === place) this.#sink(last, place);
  }

  clear(): void {
    for (const item of this.#items) item.place = -1;
    this.#items = [];
  }

  #rise(item: Item, from: number): void {
    const items = this.#items;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = items[parent]!;
      if (above.deadline! <= item.deadline!) break;
      items[place] = above;
      above.place = place;
      place = parent;
    }
    items[place] = item;
    item.place = place;
  }

  #sink(item: Item, from: number): void {
    const items = this.#items;
    let place = from;
    for (let child = 2 * place + 1; child < items.length; child = 2 * place + 1) {
      if (child + 1 < items.length && items[child + 1]!.deadline! < items[child]!.deadline!) child++;
      const below = items[child]!;
      if (item.deadline! <= below.deadline!) break;
      items[place] = below;
      below.place = place;
      place = child;
    }
    items[place] = item;
    item.place = place;
  }
}
