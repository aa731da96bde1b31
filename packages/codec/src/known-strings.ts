/**
 * Topics, content types and the names of user properties come again and again. Finding the string that the same
 * bytes were last time costs a quarter of decoding and checking them (measured); the other direction gains nearly as
 * much. The tables are small, belong to the process, and forget by being overwritten.
 */

/** Longer strings are not kept. */
const LONGEST = 48;
/** Four bytes are compared at a time; shorter strings are decoded faster than they are found. */
const SHORTEST = 4;
const WORDS = LONGEST / 4;
const SLOT_BITS = 10;
/** Strings that never repeat should not pay for those that do: after so many misses in a row … */
const MISSES_UNTIL_REST = 64;
/** … so many are not looked up; more in encoding, where a miss costs more. */
const DECODING_REST = 512;
const ENCODING_REST = 4_096;
/** 2^32 / golden ratio: multiplying by it spreads the bits upwards, and the slot is taken from the top. */
const SPREAD = 0x9e37_79b1;

/** Bytes → the string they were decoded and validated as. One slot for each hash: the newcomer wins. */
export class KnownStrings {
  readonly #texts: string[] = [];
  readonly #lengths = new Uint8Array(1 << SLOT_BITS);
  readonly #words = new Int32Array(WORDS << SLOT_BITS);
  /** The hash that was last looked for in each slot in vain. */
  readonly #missed = new Int32Array(1 << SLOT_BITS);
  #hash = 0;
  #missesInARow = 0;
  #resting = 0;

  /** Whether to look for a string of so many bytes. */
  takes(length: number): boolean {
    if (length < SHORTEST || length > LONGEST) return false;
    if (this.#resting === 0) return true;
    this.#resting--;
    return false;
  }

  /** The string that these bytes are known as. `length` must be one that the table {@link KnownStrings.takes}. */
  find(bytes: DataView, start: number, length: number): string | undefined {
    // Words of four bytes; the last one overlaps its neighbour unless the length is a multiple of four.
    const last = start + length - 4;
    let hash = length;
    for (let at = start; at < last; at += 4) hash = Math.imul(hash ^ bytes.getInt32(at, true), SPREAD);
    hash = Math.imul(hash ^ bytes.getInt32(last, true), SPREAD);
    this.#hash = hash;
    const slot = hash >>> (32 - SLOT_BITS);
    if (this.#lengths[slot] !== length) return undefined;
    const words = this.#words;
    let word = slot * WORDS;
    for (let at = start; at < last; at += 4) if (words[word++] !== bytes.getInt32(at, true)) return undefined;
    if (words[word] !== bytes.getInt32(last, true)) return undefined;
    this.#missesInARow = 0;
    return this.#texts[slot];
  }

  /**
   * Remembers what the bytes that {@link KnownStrings.find} has just not found turned out to be, if they were not
   * found for the second time: strings that never repeat cost little.
   */
  add(bytes: DataView, start: number, length: number, text: string): void {
    if (++this.#missesInARow === MISSES_UNTIL_REST) {
      this.#missesInARow = 0;
      this.#resting = DECODING_REST;
    }
    const slot = this.#hash >>> (32 - SLOT_BITS);
    if (this.#missed[slot] !== this.#hash) {
      this.#missed[slot] = this.#hash;
      return;
    }
    this.#texts[slot] = text;
    this.#lengths[slot] = length;
    const last = start + length - 4;
    let word = slot * WORDS;
    for (let at = start; at < last; at += 4) this.#words[word++] = bytes.getInt32(at, true);
    this.#words[word] = bytes.getInt32(last, true);
  }
}

/** So many strings are kept in encoded form … */
const ENCODED_LIMIT = 1_024;
/** … until so many others were looked for in vain. */
const MISSES_UNTIL_FORGOTTEN = 512;

/** Strings → their bytes, two-byte length included, as they were validated. */
export class EncodedStrings {
  readonly #bytes = new Map<string, Uint8Array>();
  #misses = 0;
  #missesInARow = 0;
  #resting = 0;

  find(text: string): Uint8Array | undefined {
    if (this.#resting > 0) return undefined;
    const bytes = this.#bytes.get(text);
    if (bytes !== undefined) this.#missesInARow = 0;
    return bytes;
  }

  /** Remembers the encoding of a string that {@link EncodedStrings.find} has just not found, copied from `from[start..end)`. */
  add(text: string, from: Uint8Array, start: number, end: number): void {
    if (this.#resting > 0) {
      this.#resting--;
      return;
    }
    if (++this.#missesInARow === MISSES_UNTIL_REST) {
      this.#missesInARow = 0;
      this.#resting = ENCODING_REST;
    }
    if (this.#bytes.size === ENCODED_LIMIT) {
      if (++this.#misses < MISSES_UNTIL_FORGOTTEN) return;
      this.#misses = 0;
      this.#bytes.clear();
    }
    if (text.length <= LONGEST) this.#bytes.set(text, from.slice(start, end));
  }
}
