import { open } from "node:fs/promises";
import { CommandError, UsageError } from "../exit-codes.ts";
import { LONGEST_PAYLOAD } from "./lines.ts";

/** What to publish, as it was typed: exactly one of them. */
export interface SourceOptions {
  readonly message?: string;
  readonly nullMessage?: boolean;
  readonly stdin?: boolean;
  readonly lines?: boolean;
  readonly file?: string;
  readonly payloadSize?: number;
}

/** Throws UsageError unless exactly one was typed. */
export function checkSource({ message, nullMessage, stdin, lines, file, payloadSize }: SourceOptions): void {
  const given = [
    message === undefined ? undefined : "-m",
    nullMessage === true ? "-n" : undefined,
    stdin === true && lines !== true ? "-s" : undefined, // MQTTX's -s -M: lines of it
    lines === true ? "--lines" : undefined,
    file === undefined ? undefined : "-f",
    payloadSize === undefined ? undefined : "-S",
  ].filter((name) => name !== undefined);
  if (given.length === 0) throw new UsageError("what to publish? give one of -m, -n, -s, --lines, -f, -S");
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} each say what to publish; give one`);
}

/** The bytes of a file. Throws UsageError if it cannot be read, or is larger than a message can be. */
export async function readPayload(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > LONGEST_PAYLOAD) throw new UsageError(`${path} has ${size} bytes, and no message has so many`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1_024, m: 1_048_576, g: 1_073_741_824 };

/** `100`, `10KB`, `1M`: bytes. */
export function parseSize(text: string): number {
  const [, number, unit] = /^(\d+)\s*([kmg]?)i?b?$/i.exec(text) ?? [];
  const size = number === undefined ? NaN : Number(number) * UNITS[unit!.toLowerCase()]!;
  if (size <= LONGEST_PAYLOAD) return size;
  throw new UsageError(
    `-S takes a number of bytes, as in 100, 10KB or 1MB, at most ${LONGEST_PAYLOAD}; "${text}" is none`,
  );
}
