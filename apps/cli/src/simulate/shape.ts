/** How a value goes on from message to message. Numbers are rounded to `decimals`, 2 if it is absent. */
export type Shape =
  | { readonly shape: "constant"; readonly value: unknown }
  /** `%i` is the number of the device. */
  | { readonly shape: "text"; readonly text: string }
  | { readonly shape: "counter"; readonly start?: number; readonly step?: number }
  | ({ readonly shape: "uniform" } & Range)
  /** Up and down once in `period` ms, each device at another point of it; `noise` is added, up or down. */
  | ({ readonly shape: "sine"; readonly period: number; readonly noise?: number } & Range)
  /** Each value is at most `step` from the one before; the first one is `start`, or anywhere. */
  | ({ readonly shape: "walk"; readonly step: number; readonly start?: number } & Range)
  | { readonly shape: "choice"; readonly of: readonly unknown[] }
  | { readonly shape: "boolean"; readonly probability?: number }
  /** The time as ISO 8601, or as milliseconds since 1970. */
  | { readonly shape: "time"; readonly form?: "iso" | "unix" }
  | { readonly shape: "object"; readonly fields: Readonly<Record<string, Shape>> };

interface Range {
  readonly minimum: number;
  readonly maximum: number;
  readonly decimals?: number;
}

const NUMBERS: Readonly<Record<Shape["shape"], readonly string[]>> = {
  constant: [],
  text: [],
  counter: [],
  uniform: ["minimum", "maximum"],
  sine: ["minimum", "maximum", "period"],
  walk: ["minimum", "maximum", "step"],
  choice: [],
  boolean: [],
  time: [],
  object: [],
};

/** What is wrong with it; undefined for a shape. */
export function shapeProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return '"value" is not an object that says a shape';
  const fields = value as Readonly<Record<string, unknown>>;
  const { shape } = fields;
  const known = Object.keys(NUMBERS).join(", ");
  if (typeof shape !== "string" || !Object.hasOwn(NUMBERS, shape))
    return `there is no shape ${JSON.stringify(shape)}; known are ${known}`;
  const missing = NUMBERS[shape as Shape["shape"]].find((name) => typeof fields[name] !== "number");
  if (missing !== undefined) return `the shape ${shape} needs a number "${missing}"`;
  if (shape === "choice" && !(Array.isArray(fields["of"]) && fields["of"].length > 0))
    return 'the shape choice needs a list "of"';
  if (shape === "text" && typeof fields["text"] !== "string") return 'the shape text needs a "text"';
  if (shape !== "object") return undefined;
  const nested = fields["fields"];
  if (typeof nested !== "object" || nested === null) return 'the shape object needs "fields"';
  return Object.values(nested)
    .map(shapeProblem)
    .find((problem) => problem !== undefined);
}

/** What the next value depends on. */
interface ShapeContext {
  readonly device: number;
  readonly count: number;
  /** Milliseconds since the beginning. */
  readonly time: number;
  readonly random: () => number;
}

/** Values of a shape, for one device. */
export type Values = (context: ShapeContext) => unknown;

/** @param begin milliseconds since 1970, when the time is 0 */
export function valuesOf(shape: Shape, begin: number): Values {
  switch (shape.shape) {
    case "constant":
      return () => shape.value;
    case "text":
      return ({ device }) => shape.text.replaceAll("%i", String(device));
    case "counter":
      return ({ count }) => (shape.start ?? 0) + count * (shape.step ?? 1);
    case "uniform":
      return ({ random }) => rounded(shape.minimum + random() * (shape.maximum - shape.minimum), shape);
    case "sine":
      return ({ device, time, random }) => {
        const middle = (shape.minimum + shape.maximum) / 2;
        const turn = time / shape.period + device * GOLDEN;
        const noise = (random() * 2 - 1) * (shape.noise ?? 0);
        return rounded(middle + ((shape.maximum - shape.minimum) / 2) * Math.sin(2 * Math.PI * turn) + noise, shape);
      };
    case "walk":
      return walk(shape);
    case "choice":
      return ({ random }) => shape.of[Math.floor(random() * shape.of.length)];
    case "boolean":
      return ({ random }) => random() < (shape.probability ?? 0.5);
    case "time":
      return ({ time }) => (shape.form === "unix" ? Math.round(begin + time) : new Date(begin + time).toISOString());
    case "object": {
      const fields = Object.entries(shape.fields).map(([name, field]) => [name, valuesOf(field, begin)] as const);
      return (context) => Object.fromEntries(fields.map(([name, values]) => [name, values(context)]));
    }
  }
}

/** Spreads the devices over the period, however many they are. */
const GOLDEN = 0.618_034;

function walk({ step, start, ...range }: Extract<Shape, { shape: "walk" }>): Values {
  let value = start;
  return ({ random }) => {
    value ??= range.minimum + random() * (range.maximum - range.minimum);
    value = Math.min(range.maximum, Math.max(range.minimum, value + (random() * 2 - 1) * step));
    return rounded(value, range);
  };
}

function rounded(value: number, { decimals = 2 }: { readonly decimals?: number }): number {
  return Number(value.toFixed(decimals));
}
