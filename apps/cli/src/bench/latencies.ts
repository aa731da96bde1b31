/** Buckets for each doubling: a value is right to 2.2 %. */
const PER_DOUBLING = 32;
/** Milliseconds; what is shorter counts as this. */
const SHORTEST = 0.001;

/** What a histogram comes to, as it goes between processes: bucket and count, in turn. */
export type LatencyCounts = readonly number[];

/** Latencies in milliseconds, any number of them in little memory. */
export class Latencies {
  #total = 0;
  #maximum = 0;
  readonly #counts = new Map<number, number>();

  get total(): number {
    return this.#total;
  }

  get maximum(): number {
    return this.#maximum;
  }

  add(milliseconds: number): void {
    const bucket = Math.floor(Math.log2(Math.max(milliseconds, SHORTEST) / SHORTEST) * PER_DOUBLING);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#total++;
    if (milliseconds > this.#maximum) this.#maximum = milliseconds;
  }

  /** The latency that this part of all, from 0 to 1, does not exceed; undefined if there are none. */
  quantile(part: number): number | undefined {
    if (this.#total === 0) return undefined;
    let left = Math.ceil(part * this.#total);
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.#maximum, SHORTEST * 2 ** ((bucket + 1) / PER_DOUBLING));
    }
    return this.#maximum;
  }

  toCounts(): LatencyCounts {
    return [this.#maximum, ...[...this.#counts].flat()];
  }

  addCounts([maximum = 0, ...counts]: LatencyCounts): void {
    this.#maximum = Math.max(this.#maximum, maximum);
    for (let at = 0; at + 1 < counts.length; at += 2) {
      const [bucket, count] = [counts[at]!, counts[at + 1]!];
      this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
      this.#total += count;
    }
  }
}
