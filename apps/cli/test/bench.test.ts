import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  benchOptionsOf,
  connectionNumbers,
  dueAfter,
  fillIn,
  limitOf,
  type TypedBenchOptions,
} from "../src/bench/bench-options.ts";
import { Latencies } from "../src/bench/latencies.ts";
import { Measurements } from "../src/bench/measurements.ts";
import { Sequences } from "../src/bench/sequences.ts";
import { readStamp, stampedPayload } from "../src/bench/stamp.ts";

describe("latencies", () => {
  const values = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1 });

  test("a quantile is never below the true one, and at most 2.2 % above", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
        const latencies = new Latencies();
        for (const value of all) latencies.add(value);
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(part * all.length) - 1)]!;
        const told = latencies.quantile(part)!;
        expect(told).toBeGreaterThanOrEqual(exact * 0.999_999);
        expect(told).toBeLessThanOrEqual(exact * 1.022);
      }),
    );
  });

  test("of two processes are those of one", () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const [a, b, all] = [new Latencies(), new Latencies(), new Latencies()];
        for (const value of one) a.add(value);
        for (const value of other) b.add(value);
        for (const value of [...one, ...other]) all.add(value);
        a.addCounts(b.toCounts());
        for (const part of [0, 0.5, 0.9, 1]) expect(a.quantile(part)).toBe(all.quantile(part));
        expect([a.total, a.maximum]).toEqual([all.total, all.maximum]);
      }),
    );
  });

  test("there is no quantile of nothing", () => {
    expect(new Latencies().quantile(0.5)).toBeUndefined();
  });
});

describe("sequences", () => {
  const run = (...numbers: number[]) => {
    const sequences = new Sequences();
    for (const sequence of numbers) sequences.add({ run: 1, connection: 1, sequence, time: 0 });
    return { lost: sequences.lost, duplicates: sequences.duplicates };
  };

  test.each([
    ["in order", [0, 1, 2], { lost: 0, duplicates: 0 }],
    ["one missing", [0, 2, 3], { lost: 1, duplicates: 0 }],
    ["one late", [0, 2, 1], { lost: 0, duplicates: 0 }],
    ["one twice", [0, 1, 1, 2], { lost: 0, duplicates: 1 }],
    ["a late one twice", [0, 2, 1, 1], { lost: 0, duplicates: 1 }],
    ["joined later", [7, 8], { lost: 0, duplicates: 0 }],
  ])("%s", (_what, numbers, expected) => {
    expect(run(...numbers)).toEqual(expected);
  });

  test("each connection counts for itself", () => {
    const sequences = new Sequences();
    for (const connection of [1, 2]) sequences.add({ run: 1, connection, sequence: connection * 5, time: 0 });
    expect(sequences.lost).toBe(0);
  });
});

test("a stamp comes back from the payload; others have none", () => {
  const stamp = { run: 4_294_967_295, connection: 3, sequence: 7, time: 1_767_225_600_000.125 };
  expect(stampedPayload(stamp, 100)).toHaveLength(100);
  expect(readStamp(stampedPayload(stamp, 24))).toEqual(stamp);
  expect(readStamp(new Uint8Array(24))).toBeUndefined();
  expect(readStamp(Buffer.from("ptrl"))).toBeUndefined();
});

test("shares add up to the whole, whatever the number of workers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 20 }), (whole, workers) => {
      const shares = Array.from({ length: workers }, (_, worker) => ({ worker, workers }));
      const numbers = shares.flatMap((share) => connectionNumbers(whole, share)).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: whole }, (_, index) => index + 1));
      expect(shares.reduce((sum, share) => sum + limitOf(whole, share), 0)).toBe(whole);
      expect(limitOf(undefined, shares[0]!)).toBe(Infinity);
    }),
  );
});

test("%i, %c and %u are filled in, also more than once", () => {
  expect(fillIn("%u/%c/%i/%i/%x", { i: 3, c: "id", u: "anna" })).toBe("anna/id/3/3/%x");
});

test("measurements of two processes add up, from the first to the last", () => {
  const [a, b] = [new Measurements(), new Measurements()];
  a.note(1_000);
  a.note(2_000);
  b.note(1_500);
  b.note(4_000);
  a.sent = 1;
  b.sent = 2;
  b.failure = "why";
  a.addCounts(b.toCounts());
  expect([a.sent, a.seconds, a.failure]).toEqual([3, 3, "why"]);
});

describe("how fast", () => {
  const typed = (more: object): TypedBenchOptions => ({ count: 10, ...more }) as TypedBenchOptions;

  test("a rate is that of all connections together", () => {
    expect(benchOptionsOf("pub", typed({ rate: 100 }))).toMatchObject({ messageInterval: 100, ramp: 0 });
    expect(benchOptionsOf("pub", typed({}))).toMatchObject({ messageInterval: 1_000 });
    expect(benchOptionsOf("rtt", typed({ messageInterval: 0 }))).toMatchObject({ messageInterval: 0 });
  });

  test("without a ramp, messages are evenly apart", () => {
    expect([0, 1, 2].map((sequence) => dueAfter(sequence, 10, 0))).toEqual([0, 10, 20]);
  });

  test("a ramp begins slowly, never turns back, and leads to the interval with half of the messages behind it", () => {
    const times = Array.from({ length: 200 }, (_, sequence) => dueAfter(sequence, 10, 1_000));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.filter((time) => time < 1_000)).toHaveLength(50);
    expect(times[1]! - times[0]!).toBeGreaterThan(100);
    expect(times[150]! - times[149]!).toBeCloseTo(10);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 100 }), (ramp, interval) => {
        // The rate at its end is the one it leads to.
        const last = Math.ceil(ramp / interval / 2) + 1;
        expect(dueAfter(last + 1, interval, ramp) - dueAfter(last, interval, ramp)).toBeCloseTo(interval);
      }),
    );
  });

  test.each([
    [{ rate: 1, messageInterval: 1 }, "each say how fast"],
    [{ ramp: 1, messageInterval: 0 }, "leads up to a rate"],
    [{ message: "x", payloadSize: 100 }, "-m and -S each say what to publish"],
    [{ message: "x", file: "f" }, "-m and -f each say what to publish"],
  ])("%j is refused", (more, expected) => {
    expect(() => benchOptionsOf("pub", typed(more))).toThrow(expected);
  });
});
