import { describe, expect, test } from "vitest";
import { quoted } from "../src/quoted.ts";
import { shown } from "../src/refusal.ts";

describe("a text from a packet in a message", () => {
  test.each([
    ["a", '"a"'],
    ["", '""'],
    ['say "hi"\\', String.raw`"say \"hi\"\\"`],
    ["a\nb\u001b[2J", String.raw`"a\nb\u001b[2J"`],
    ["\u007f\u0080\u009f\u2028\u2029", String.raw`"\u007f\u0080\u009f\u2028\u2029"`],
    ["ä温度 ", '"ä温度 "'],
    ["\ud834", String.raw`"\ud834"`],
    ["x".repeat(64), `"${"x".repeat(64)}"`],
    ["x".repeat(65), `"${"x".repeat(64)}"…`],
  ])("%j is %s", (text, line) => {
    expect(quoted(text)).toBe(line);
  });

  test("is cut where the caller says", () => {
    expect(quoted("12345678", 8)).toBe('"12345678"');
    expect(quoted("123456789", 8)).toBe('"12345678"…');
  });
});

describe("a value of any type in a message", () => {
  test.each([
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [true, "true"],
    [undefined, "undefined"],
    [null, "null"],
    [7n, "7"],
    ["a\n", String.raw`"a\n"`],
    [[1, 2], "a list"],
    [{ password: "secret" }, "an object"],
    [Object.create(null), "an object"],
    [Symbol("s"), "a symbol"],
    [() => 1, "a function"],
  ])("%o is %s", (value, words) => {
    expect(shown(value)).toBe(words);
  });
});
