import { validateTopicName } from "@petrel/client";
import { describe, expect, test } from "vitest";
import { EXAMPLE_SCENARIO } from "../src/simulate/example.ts";
import type { Scenario } from "../src/simulate/scenario.ts";
import { SCENARIOS } from "../src/simulate/scenarios.ts";
import { type Shape, shapeProblem, valuesOf } from "../src/simulate/shape.ts";
import { Traffic } from "../src/simulate/traffic.ts";

const BEGIN = Date.UTC(2026, 0, 31, 12);

/** The first values of a shape, for the first device, with a message a second. */
function first(count: number, shape: Shape, random: () => number = () => 0.25): readonly unknown[] {
  const values = valuesOf(shape, BEGIN);
  return Array.from({ length: count }, (_, at) => values({ device: 1, count: at, time: at * 1_000, random }));
}

describe("a shape", () => {
  test("of each kind goes on as its name says", () => {
    expect(first(2, { shape: "constant", value: null })).toEqual([null, null]);
    expect(first(1, { shape: "text", text: "device-%i" })).toEqual(["device-1"]);
    expect(first(3, { shape: "counter", start: 5, step: 2 })).toEqual([5, 7, 9]);
    expect(first(1, { shape: "uniform", minimum: 0, maximum: 10 })).toEqual([2.5]);
    expect(first(3, { shape: "walk", minimum: 0, maximum: 10, step: 2, start: 2 })).toEqual([1, 0, 0]);
    expect(first(2, { shape: "walk", minimum: 0, maximum: 10, step: 2 })).toEqual([1.5, 0.5]);
    expect(first(1, { shape: "choice", of: ["a", "b", "c", "d"] })).toEqual(["b"]);
    expect(first(1, { shape: "boolean", probability: 0.3 })).toEqual([true]);
    expect(first(1, { shape: "object", fields: { n: { shape: "counter" } } })).toEqual([{ n: 0 }]);
    expect(first(2, { shape: "time" })).toEqual(["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:01.000Z"]);
    expect(first(2, { shape: "time", form: "unix" })).toEqual([BEGIN, BEGIN + 1_000]);
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
    const traffic = new Traffic({ ...scenario, devices: 5 }, seed, BEGIN);
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
    const values = (seed: number) => take(50, seed).map(({ payload }) => payload);
    expect(values(7)).toEqual(values(7));
    expect(values(7)).not.toEqual(values(8));
  });

  test("takes what a function returns: text as it is, anything else as JSON", () => {
    const topics = [
      { topic: "t/%i", every: 10, value: ({ count }: { count: number }) => (count === 0 ? "text" : { count }) },
    ];
    const traffic = new Traffic({ devices: 1, topics }, 1, BEGIN);
    expect([traffic.next().payload, traffic.next().payload]).toEqual(["text", '{"count":1}']);
  });
});

describe("the scenarios that need no file", () => {
  test.each(Object.entries(SCENARIOS))("%s has topics and shapes of the right kinds", (_name, scenario) => {
    for (const { topic, every, jitter = 0, value } of scenario.topics) {
      expect(validateTopicName(topic)).toBeUndefined();
      expect(topic).toContain("%i");
      expect(every).toBeGreaterThan(0);
      expect(jitter).toBeLessThanOrEqual(1);
      expect(shapeProblem(value)).toBeUndefined();
    }
    const messages = (seed: number): readonly object[] => {
      const traffic = new Traffic(scenario, seed, BEGIN);
      return Array.from({ length: 200 }, () => traffic.next());
    };
    expect(messages(1)).toEqual(messages(1));
    expect(messages(1)).not.toEqual(messages(2));
  });
});
