import type { QoS, UserProperty } from "@petrel/client";
import { InvalidArgumentError } from "commander";
import { UsageError } from "../exit-codes.ts";

/** A whole number within a range. */
export function parseWhole(option: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`${option} takes a whole number from ${minimum} to ${maximum}.`);
  };
}

/** Timers of Node go no further: 24 days. */
const LONGEST_SECONDS = 2_147_483;

/** Seconds, fractions allowed. */
export function parseSeconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$|^\.\d+$/.test(text) && value > 0 && value <= LONGEST_SECONDS) return value;
  throw new InvalidArgumentError(`It takes a number of seconds above 0, at most ${LONGEST_SECONDS}.`);
}

/** A number above 0, fractions allowed. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$|^\.\d+$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It takes a number above 0.");
}

export function parsePercentage(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$|^\.\d+$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError("It takes a number from 0 to 100.");
}

export function parseQos(text: string): QoS {
  if (text === "0" || text === "1" || text === "2") return Number(text) as QoS;
  throw new InvalidArgumentError("QoS is 0, 1 or 2.");
}

/** Collects `-q 0 -q 1`, one for each topic. */
export function collectQos(text: string, previous: readonly QoS[] = []): readonly QoS[] {
  return [...previous, parseQos(text)];
}

/** Collects `name: value`; the value may contain colons. */
export function parseUserProperty(text: string, previous: readonly UserProperty[] = []): readonly UserProperty[] {
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidArgumentError('A user property is "name: value".');
  return [...previous, [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]];
}

/** The same for a header of HTTP. Its text may be a secret, so the error does not show it. */
export function parseHeader(text: string, previous: readonly UserProperty[] = []): readonly UserProperty[] {
  if (text.indexOf(":") < 1) throw new UsageError('a header is "name: value"; this one has no colon');
  return parseUserProperty(text, previous);
}

/** An option that says one thing: the second one would silently win. */
export function single(text: string, previous?: string): string {
  if (previous === undefined) return text;
  throw new InvalidArgumentError("It can be given once.");
}

/** Collects an option that may be given several times. */
export function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}
