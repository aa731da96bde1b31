import type { QoS } from "@petrel/client";
import { UsageError } from "../exit-codes.ts";
import type { ConnectionOptions } from "../options/connection.ts";
import type { OutputOption } from "../options/output.ts";
import { STAMP_SIZE } from "./stamp.ts";

export type BenchKind = "conn" | "pub" | "sub" | "rtt";

export interface BenchOptions extends ConnectionOptions, OutputOption {
  readonly count: number;
  /** Milliseconds between the beginnings of two connections. */
  readonly interval: number;
  readonly clientId: string;
  readonly topic: string;
  readonly qos: QoS;
  /** Milliseconds between two messages of a connection; 0: as fast as it goes. */
  readonly messageInterval: number;
  /** Messages of all connections; undefined: no limit. */
  readonly limit?: number;
  /** Milliseconds in which a connection's rate rises from nothing to its own. */
  readonly ramp: number;
  readonly payloadSize: number;
  /** What is published instead of stamped bytes, in one of two ways. */
  readonly message?: string;
  readonly file?: string;
  readonly retain?: boolean;
  readonly duration?: number;
  readonly once?: boolean;
  readonly workers: number;
}

/** The same as it was typed: not every benchmark has all of them. */
export interface TypedBenchOptions extends Omit<
  BenchOptions,
  "topic" | "qos" | "messageInterval" | "ramp" | "payloadSize"
> {
  readonly topic?: string;
  readonly qos?: QoS;
  readonly messageInterval?: number;
  /** Messages a second of all connections. */
  readonly rate?: number;
  /** Seconds. */
  readonly ramp?: number;
  readonly payloadSize?: number;
}

/** Milliseconds between two messages of a connection, if nothing is typed. */
export const MESSAGE_INTERVALS: Readonly<Record<BenchKind, number>> = { conn: 0, pub: 1_000, sub: 0, rtt: 100 };

/** Throws UsageError for what contradicts itself. */
export function benchOptionsOf(kind: BenchKind, typed: TypedBenchOptions): BenchOptions {
  const { topic = "", qos = 0, messageInterval, rate, ramp = 0, message, file, payloadSize, count } = typed;
  if (messageInterval !== undefined && rate !== undefined) {
    throw new UsageError("--message-interval and --rate each say how fast; give one");
  }
  if (ramp > 0 && messageInterval === 0) {
    throw new UsageError("--ramp leads up to a rate, which --message-interval 0 has not; --rate gives one");
  }
  const payloads = [
    message === undefined ? undefined : "-m",
    file === undefined ? undefined : "-f",
    payloadSize === undefined ? undefined : "-S",
  ].filter((name) => name !== undefined);
  if (payloads.length > 1) throw new UsageError(`${payloads.join(" and ")} each say what to publish; give one`);
  return {
    ...typed,
    topic,
    qos,
    messageInterval: rate === undefined ? (messageInterval ?? MESSAGE_INTERVALS[kind]) : (count * 1_000) / rate,
    ramp: ramp * 1_000,
    payloadSize: payloadSize ?? STAMP_SIZE,
  };
}

/** Which connections are this process's: every `workers`-th one. */
export interface Share {
  readonly worker: number;
  readonly workers: number;
}

/** The numbers of the connections of a share, from 1 on. */
export function connectionNumbers(count: number, { worker, workers }: Share): readonly number[] {
  const numbers: number[] = [];
  for (let number = worker + 1; number <= count; number += workers) numbers.push(number);
  return numbers;
}

/** The part of a limit that is this process's. */
export function limitOf(limit: number | undefined, { worker, workers }: Share): number {
  if (limit === undefined) return Infinity;
  return Math.floor(limit / workers) + (worker < limit % workers ? 1 : 0);
}

/** `%i` is the number of the connection, `%c` its client identifier, `%u` the user name. */
export function fillIn(
  pattern: string,
  { i, c, u }: { readonly i: number; readonly c: string; readonly u: string },
): string {
  return pattern.replaceAll(/%([icu])/g, (_, letter: "i" | "c" | "u") => String({ i, c, u }[letter]));
}

/**
 * When a connection's message is due, in milliseconds since its first one: each `interval` later than the one before,
 * or on a ramp of `ramp` milliseconds, on which the rate rises evenly from nothing to that.
 */
export function dueAfter(sequence: number, interval: number, ramp: number): number {
  // The integral of a rate that rises from 0 is half of what the full rate gives in that time.
  const onRamp = ramp / interval / 2;
  return sequence < onRamp ? Math.sqrt(2 * sequence * ramp * interval) : sequence * interval + ramp / 2;
}
