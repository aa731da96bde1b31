import { EncodeError } from "./errors.ts";
import { quoted } from "./quoted.ts";

/** Throws the EncodeError for a value that a field cannot have: `qos is 3; it must be 0, 1 or 2 [MQTT-3.3.1-4]`. */
export function refuseValue(field: string, value: unknown, requirement: string, clause?: string): never {
  refuse(field, `is ${shown(value)}; ${requirement}`, value, clause);
}

/** Throws the EncodeError about a field whose value is not shown: it is long or secret, or is not what is wrong. */
export function refuse(field: string, problem: string, value?: unknown, clause?: string): never {
  throw new EncodeError(`${field} ${problem}`, { field, value, clause });
}

/** Throws {@link EncodeError} unless `value` is a list with something in it. */
export function requireList(field: string, value: unknown, requirement: string, clause?: string): void {
  if (!Array.isArray(value) || value.length === 0)
    refuseValue(field, value, `it must be a list ${requirement}`, clause);
}

/** A value of any type in a message. What is in an object may be large, or secret. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    default:
      return String(value);
  }
}
