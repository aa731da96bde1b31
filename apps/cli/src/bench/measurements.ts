import { Latencies, type LatencyCounts } from "./latencies.ts";

/** Counts as they go between processes. */
export interface MeasurementCounts {
  readonly connected: number;
  readonly connectFailed: number;
  readonly connectionsLost: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly received: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly bytes: number;
  /** Milliseconds since 1970, from the first thing that was counted to the last; 0 if there was none. */
  readonly first: number;
  readonly last: number;
  readonly latencies: LatencyCounts;
  readonly failure: string | undefined;
}

/** What a benchmark has seen so far. */
export class Measurements {
  connected = 0;
  connectFailed = 0;
  connectionsLost = 0;
  sent = 0;
  acknowledged = 0;
  /** Publishing failed. */
  failed = 0;
  received = 0;
  lost = 0;
  duplicates = 0;
  bytes = 0;
  first = 0;
  last = 0;
  /** The first thing that went wrong. */
  failure: string | undefined;
  readonly latencies: Latencies = new Latencies();

  /** @param time milliseconds since 1970 */
  note(time: number): void {
    if (this.first === 0) this.first = time;
    this.last = time;
  }

  get seconds(): number {
    return (this.last - this.first) / 1_000;
  }

  toCounts(): MeasurementCounts {
    const { first, last, failure } = this;
    const sums = Object.fromEntries(SUMS.map((name) => [name, this[name]])) as Record<(typeof SUMS)[number], number>;
    return { ...sums, first, last, failure, latencies: this.latencies.toCounts() };
  }

  addCounts(counts: MeasurementCounts): void {
    for (const name of SUMS) this[name] += counts[name];
    this.failure ??= counts.failure;
    this.latencies.addCounts(counts.latencies);
    if (counts.first === 0) return;
    this.first = this.first === 0 ? counts.first : Math.min(this.first, counts.first);
    this.last = Math.max(this.last, counts.last);
  }
}

const SUMS = [
  "connected",
  "connectFailed",
  "connectionsLost",
  "sent",
  "acknowledged",
  "failed",
  "received",
  "lost",
  "duplicates",
  "bytes",
] as const;
