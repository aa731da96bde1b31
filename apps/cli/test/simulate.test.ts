import { describe, expect, test } from "vitest";
import { EXAMPLE_SCENARIO } from "../src/simulate/example.ts";
import type { Scenario } from "../src/simulate/scenario.ts";
import { type Shape, shapeProblem, valuesOf } from "../src/simulate/shape.ts";
import { Traffic } from "../src/simulate/traffic.ts";

/** The first values of a shape, for the first device, with a message a second. */
function first(count: number, shape: Shape, random: () => number = () => 0.25): readonly unknown[] {
  const values = valuesOf(shape);
  return Array.from({ length: count }, (_, at) => values({ device: 1, count: at, time: at * 1_000, random }));
}

describe("a shape", () => {
  test("of each kind goes on as its name says", () => {
    expect(first(2, { shape: "constant", value: null })).toEqual([null, null]);
    expect(first(1, { shape: "text", text: "device-%i" })).toEqual(["device-1"]);
    expect(first(3, { shape: "counter", start: 5, step: 2 })).toEqual([5, 7, 9]);
    expect(first(1, { shape: "uniform", minimum: 0, maximum: 10 })).toEqual([2.5]);
    expect(first(3, { shape: "walk", minimum: 0, maximum: 10, step: 2, start: 2 })).toEqual([1, 0, 0]);
    expect(first(1, { shape: "choice", of: ["a", "b", "c", "d"] })).toEqual(["b"]);
    expect(first(1, { shape: "boolean", probability: 0.3 })).toEqual([true]);
    expect(first(1, { shape: "object", fields: { n: { shape: "counter" } } })).toEqual([{ n: 0 }]);
    expect(first(1, { shape: "time" })[0]).toMatch(/^\d{4}-.*Z$/);
  });

  test("of a sine stays within its range, and comes back after its period", () => {
    const values = first(11, { shape: "sine", minimum: 10, maximum: 20, period: 10_000 }) as number[];
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...values)).toBeLessThanOrEqual(20);
    expect(values[10]).toBeCloseTo(values[0]!);
  });

  test.each([
    [undefined, '"value" is not an object'],
    [{ shape: "sinus" }, 'there is no shape "sinus"; known are constant, text'],
    [{ shape: "sine", minimum: 1, maximum: 2 }, 'the shape sine needs a number "period"'],
    [{ shape: "choice", of: [] }, 'needs a list "of"'],
    [{ shape: "text" }, 'needs a "text"'],
    [{ shape: "object" }, 'needs "fields"'],
    [{ shape: "object", fields: { a: { shape: "b" } } }, 'there is no shape "b"'],
  ])("%j is none, and it says why", (value, expected) => {
    expect(shapeProblem(value)).toContain(expected);
  });
});

describe("traffic", () => {
  const scenario = { devices: 5, ...EXAMPLE_SCENARIO } as Scenario;
  const take = (count: number, seed: number) => {
    const traffic = new Traffic({ ...scenario, devices: 5 }, seed);
    return Array.from({ length: count }, () => traffic.next());
  };

  test("comes in the order of time, from all devices, each at its rate", () => {
    const messages = take(2_000, 1);
    const times = messages.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(messages.map(({ topic }) => topic)).size).toBe(5 * scenario.topics.length);
    const seconds = times.at(-1)! / 1_000;
    const temperatures = messages.filter(({ topic }) => topic === "home/2/temperature").length;
    expect(temperatures / seconds).toBeCloseTo(1, 1);
  });

  test("is the same for the same seed, and another for another", () => {
    const values = (seed: number) =>
      take(50, seed).map(({ topic, payload }) => (payload.includes("time") ? topic : payload));
    expect(values(7)).toEqual(values(7));
    expect(values(7)).not.toEqual(values(8));
  });

  test("takes what a function returns: text as it is, anything else as JSON", () => {
    const topics = [
      { topic: "t/%i", every: 10, value: ({ count }: { count: number }) => (count === 0 ? "text" : { count }) },
    ];
    const traffic = new Traffic({ devices: 1, topics }, 1);
    expect([traffic.next().payload, traffic.next().payload]).toEqual(["text", '{"count":1}']);
  });
});
