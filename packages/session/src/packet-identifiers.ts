const LARGEST = 65_535;

/** Of a session that has sent nothing with an identifier. */
const NO_WORDS: Uint32Array = /* @__PURE__ */ new Uint32Array(0);

/**
 * Packet Identifiers in use (section 2.2.1): PUBLISH, SUBSCRIBE and UNSUBSCRIBE share one set. The lowest free one
 * is given out, so tables indexed by identifier stay as small as the true concurrency.
 */
export class PacketIdentifiers {
  /** Bit n of word w: identifier 32w + n is taken. Identifier 0 does not exist, so it is taken for good. */
  #words: Uint32Array = NO_WORDS;
  /** No word before this one has a free bit. */
  #firstFreeWord = 0;
  #count = 0;

  /** Identifiers in use. */
  get count(): number {
    return this.#count;
  }

  /** The lowest free identifier, now taken; undefined when all 65,535 are. */
  allocate(): number | undefined {
    let index = this.#firstFreeWord;
    while (index < this.#words.length && this.#words[index] === 0xffff_ffff) index++;
    this.#firstFreeWord = index;
    if (index === this.#words.length && !this.#grow()) return undefined;
    const word = this.#words[index]!;
    const bit = 31 - Math.clz32(~word & (word + 1)); // the lowest zero bit
    this.#words[index] = word | (1 << bit);
    this.#count++;
    return index * 32 + bit;
  }

  /** Takes this one, which must be free. */
  take(packetIdentifier: number): void {
    const index = packetIdentifier >>> 5;
    while (index >= this.#words.length) this.#grow();
    this.#words[index] = this.#words[index]! | (1 << (packetIdentifier & 31));
    this.#count++;
  }

  isTaken(packetIdentifier: number): boolean {
    return ((this.#words[packetIdentifier >>> 5] ?? 0) & (1 << (packetIdentifier & 31))) !== 0;
  }

  release(packetIdentifier: number): void {
    if (packetIdentifier === 0 || !this.isTaken(packetIdentifier)) return;
    const index = packetIdentifier >>> 5;
    this.#words[index] = this.#words[index]! & ~(1 << (packetIdentifier & 31));
    if (index < this.#firstFreeWord) this.#firstFreeWord = index;
    this.#count--;
  }

  #grow(): boolean {
    if (this.#words.length * 32 > LARGEST) return false;
    const grown = new Uint32Array(Math.max(1, this.#words.length * 2));
    grown.set(this.#words);
    grown[0]! |= 1;
    this.#words = grown;
    return true;
  }
}
