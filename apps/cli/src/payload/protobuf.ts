import type { Enum, Field, Type } from "protobufjs";

/**
 * JSON's value as protobufjs takes it: it would leave out names that it does not know, and make 0 of what is no number.
 * A field goes by the name in the schema, or by the one in lowerCamelCase, and null is as if it were not there, as in
 * protobuf's own mapping of JSON. Throws for what the schema does not have.
 */
export function protobufValue(type: Type, value: unknown, path = ""): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, value, "an object");
  const result: Record<string, unknown> = {};
  for (const [typed, part] of Object.entries(value)) {
    const place = path === "" ? typed : `${path}.${typed}`;
    const name = Object.hasOwn(type.fields, typed) ? typed : camelCase(typed);
    if (!Object.hasOwn(type.fields, name)) {
      if (typed === "@type" && type.fullName === ".google.protobuf.Any") return value as Record<string, unknown>;
      throw new Error(
        `${type.name} has no field ${JSON.stringify(place)}; it has ${Object.keys(type.fields).join(", ")}`,
      );
    }
    if (part !== null) result[name] = fieldValue(type.fields[name]!.resolve(), part, place);
  }
  return result;
}

/** What protobufjs makes of `room_name`. */
function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function fieldValue(field: Field, value: unknown, path: string): unknown {
  if (field.map) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, value, "an object");
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, part]) => [key, oneValue(field, part, `${path}.${key}`)]));
  }
  if (!field.repeated) return oneValue(field, value, path);
  if (!Array.isArray(value)) throw wrong(path, value, "a list");
  return value.map((part, index) => oneValue(field, part, `${path}.${index}`));
}

function oneValue({ type, resolvedType }: Field, value: unknown, path: string): unknown {
  if (resolvedType !== null && "fields" in resolvedType) return protobufValue(resolvedType, value, path);
  if (resolvedType !== null) return enumValue(resolvedType, value, path);
  const kind = KINDS[type];
  if (kind === undefined || kind.fits(value)) return value;
  throw wrong(path, value, kind.name);
}

function enumValue({ values }: Enum, value: unknown, path: string): unknown {
  if (typeof value === "number" || (typeof value === "string" && Object.hasOwn(values, value))) return value;
  throw wrong(path, value, `one of ${Object.keys(values).join(", ")}`);
}

interface Kind {
  readonly name: string;
  fits(value: unknown): boolean;
}

const text: Kind = { name: "a text", fits: (value) => typeof value === "string" };
const flag: Kind = { name: "true or false", fits: (value) => typeof value === "boolean" };
const bytes: Kind = {
  name: "bytes in base64",
  fits: (value) => typeof value === "string" && /^(?:[\w+/-]{4})*(?:[\w+/-]{2,3}={0,2})?$/.test(value),
};
const real: Kind = {
  name: "a number",
  fits: (value) =>
    typeof value === "number" ||
    (typeof value === "string" && (/^-?Infinity$|^NaN$/.test(value) || (value.trim() !== "" && !isNaN(Number(value))))),
};
/** JSON's numbers have been rounded where they are longer. */
const whole: Kind = {
  name: "a whole number, or beyond 2^53 the text of one",
  fits: (value) => Number.isSafeInteger(value) || (typeof value === "string" && /^-?\d+$/.test(value)),
};

/** The types that are written in one word. */
const KINDS: Readonly<Record<string, Kind>> = {
  string: text,
  bool: flag,
  bytes,
  double: real,
  float: real,
  ...Object.fromEntries(
    ["int32", "uint32", "sint32", "fixed32", "sfixed32", "int64", "uint64", "sint64", "fixed64", "sfixed64"].map(
      (type) => [type, whole],
    ),
  ),
};

function wrong(path: string, value: unknown, expected: string): Error {
  const shown = JSON.stringify(value);
  const start = shown.length <= 40 ? shown : `${shown.slice(0, 40)}…`;
  return new Error(path === "" ? `a message is ${expected}, not ${start}` : `"${path}" is ${start}, not ${expected}`);
}
