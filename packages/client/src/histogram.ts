/** How many times were so long: percentiles that are right to a fifth, whatever the number of samples, in half a kilobyte. */
export class Histogram {
  /** Bucket i counts up to `SMALLEST * 2 ** (i / PER_OCTAVE)`. */
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #maximum = 0;

  get count(): number {
    return this.#count;
  }

  get maximum(): number {
    return this.#maximum;
  }

  add(milliseconds: number): void {
    const octaves = Math.log2(Math.max(milliseconds, SMALLEST) / SMALLEST);
    const bucket = Math.min(Math.ceil(octaves * PER_OCTAVE), BUCKETS - 1);
    this.#buckets[bucket] = this.#buckets[bucket]! + 1;
    this.#count++;
    if (milliseconds > this.#maximum) this.#maximum = milliseconds;
  }

  /** What `share` of the samples (0 to 1) do not exceed; 0 without samples. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#buckets[bucket]!;
      if (left <= 0) return this.#count === 0 ? 0 : Math.min(SMALLEST * 2 ** (bucket / PER_OCTAVE), this.#maximum);
    }
    return this.#maximum;
  }
}

/** Milliseconds. Everything shorter counts as this. */
const SMALLEST = 0.01;
const PER_OCTAVE = 4;
/** Up to twelve days. */
const BUCKETS = 148;
