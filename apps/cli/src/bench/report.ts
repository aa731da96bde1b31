import { withCommas } from "../output/status-line.ts";
import type { BenchKind } from "./bench-options.ts";
import type { Measurements } from "./measurements.ts";

/** One line while it runs. */
export function progressText(kind: BenchKind, now: Measurements, before: number, seconds: number): string {
  const { connected, connectFailed, connectionsLost } = now;
  const rate = withCommas((countOf(kind, now) - before) / Math.max(seconds, 0.001));
  const p50 = now.latencies.quantile(0.5);
  const trouble = connectFailed + connectionsLost === 0 ? "" : `, ${connectFailed} failed, ${connectionsLost} lost`;
  const what = {
    conn: "",
    pub: `, sent ${withCommas(now.sent)}`,
    sub: `, received ${withCommas(now.received)}`,
    rtt: `, back ${withCommas(now.received)} of ${withCommas(now.sent)}`,
  }[kind];
  return `connected ${withCommas(connected)}${trouble}${what}, ${rate}/s${p50 === undefined ? "" : `, p50 ${milliseconds(p50)}`}`;
}

/** What a benchmark is about. */
export function countOf(kind: BenchKind, { connected, sent, received }: Measurements): number {
  return kind === "conn" ? connected : kind === "pub" ? sent : received;
}

/** The table at the end. */
export function reportRows(kind: BenchKind, result: Measurements): readonly (readonly string[])[] {
  const count = countOf(kind, result);
  const rows: string[][] = [
    [
      "connections",
      `${withCommas(result.connected)} connected, ${withCommas(result.connectFailed)} failed, ${withCommas(result.connectionsLost)} lost`,
    ],
  ];
  if (kind === "pub" || kind === "rtt") {
    rows.push(
      ["sent", withCommas(result.sent)],
      ["acknowledged", withCommas(result.acknowledged)],
      ["failed", withCommas(result.failed)],
    );
  }
  if (kind === "sub" || kind === "rtt") {
    const whole = result.received - result.duplicates + result.lost;
    const part = whole === 0 ? 0 : (100 * result.lost) / whole;
    rows.push(
      ["received", withCommas(result.received)],
      ["lost", `${withCommas(result.lost)} (${part.toFixed(part > 0 && part < 0.01 ? 4 : 2)} %)`],
      ["duplicates", withCommas(result.duplicates)],
    );
  }
  rows.push([
    "rate",
    `${withCommas(rateOf(count, result))} ${kind === "conn" ? "connections" : "messages"}/s over ${result.seconds.toFixed(1)} s`,
  ]);
  if (kind !== "conn")
    rows.push(["throughput", `${(result.bytes / Math.max(result.seconds, 0.001) / 1e6).toFixed(2)} MB/s of payload`]);
  rows.push(["latency", latencyText(result)]);
  if (result.failure !== undefined) rows.push(["first failure", result.failure]);
  return rows;
}

const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99, "p99.9": 0.999 } as const;

function latencyText({ latencies }: Measurements): string {
  if (latencies.total === 0) return "not measured";
  const parts = Object.entries(QUANTILES).map(([name, part]) => `${name} ${milliseconds(latencies.quantile(part)!)}`);
  return [...parts, `longest ${milliseconds(latencies.maximum)}`].join("  ");
}

function milliseconds(value: number): string {
  return `${value >= 100 ? withCommas(value) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

function rateOf(count: number, { seconds }: Measurements): number {
  return seconds > 0 ? count / seconds : 0;
}

/** The same as an object. */
export function reportObject(kind: BenchKind, result: Measurements): object {
  const { latencies, first: _first, last: _last, ...counts } = result;
  const rounded = (part: number): number | null => {
    const value = latencies.quantile(part);
    return value === undefined ? null : Math.round(value * 1_000) / 1_000;
  };
  return {
    bench: kind,
    ...counts,
    seconds: result.seconds,
    rate: rateOf(countOf(kind, result), result),
    latencyMs:
      latencies.total === 0
        ? null
        : {
            p50: rounded(0.5),
            p90: rounded(0.9),
            p99: rounded(0.99),
            p999: rounded(0.999),
            maximum: latencies.maximum,
          },
  };
}
