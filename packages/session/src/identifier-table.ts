/** What has a Packet Identifier. */
export interface Identified {
  readonly packetIdentifier: number;
}

const FIRST_ROOM = 16;
/** A ring that was once longer than this gives its room back when it is empty. */
const KEPT_ROOM = 1_024;

/** The ring of a table that has nothing. It is never written to. */
const NO_ROOM: never[] = [];

/**
 * Items by Packet Identifier, for identifiers that the peer chooses: a ring that doubles until no two of them meet.
 * Peers count upwards and start again, so it is about as long as there are items. A Map would have to
 * hash each of them.
 */
export class IdentifierTable<Item extends Identified> {
  /** Length: a power of two, or 0. The place of an item is its identifier, modulo the length. */
  #ring: (Item | undefined)[] = NO_ROOM;
  #count = 0;

  get(packetIdentifier: number): Item | undefined {
    const item = this.#ring[packetIdentifier & (this.#ring.length - 1)];
    return item?.packetIdentifier === packetIdentifier ? item : undefined;
  }

  /** Takes the place of one with the same identifier. */
  set(item: Item): void {
    const { packetIdentifier } = item;
    if (this.#ring.length === 0) this.#ring = emptyRing(FIRST_ROOM);
    let place = packetIdentifier & (this.#ring.length - 1);
    for (let other = this.#ring[place]; other !== undefined; other = this.#ring[place]) {
      if (other.packetIdentifier === packetIdentifier) {
        this.#ring[place] = item;
        return;
      }
      this.#grow();
      place = packetIdentifier & (this.#ring.length - 1);
    }
    this.#ring[place] = item;
    this.#count++;
  }

  delete(packetIdentifier: number): void {
    if (this.get(packetIdentifier) === undefined) return;
    this.#ring[packetIdentifier & (this.#ring.length - 1)] = undefined;
    if (--this.#count === 0 && this.#ring.length > KEPT_ROOM) this.#ring = NO_ROOM;
  }

  clear(): void {
    this.#ring = NO_ROOM;
    this.#count = 0;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const item of this.#ring) if (item !== undefined) yield item;
  }

  /** Items that have a place each have one in twice the room. */
  #grow(): void {
    const ring = emptyRing<Item>(this.#ring.length * 2);
    for (const item of this) ring[item.packetIdentifier & (ring.length - 1)] = item;
    this.#ring = ring;
  }
}

function emptyRing<Item>(length: number): (Item | undefined)[] {
  return Array.from({ length }, () => undefined);
}
