import type { QoS } from "@petrel/client";
import type { ConnectionOptions } from "../options/connection.ts";

export type BenchKind = "conn" | "pub" | "sub" | "rtt";

export interface BenchOptions extends ConnectionOptions {
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
  readonly payloadSize: number;
  readonly retain?: boolean;
  readonly duration?: number;
  readonly once?: boolean;
  readonly workers: number;
  readonly output: "text" | "json";
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
