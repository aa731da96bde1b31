import { describe, expect, test } from "vitest";
import { collectQos, parseQos, parseSeconds, parseUserProperty, parseWhole, single } from "../src/options/parsers.ts";

describe("whole numbers", () => {
  const parse = parseWhole("--port", 0, 65_535);

  test.each([
    ["0", 0],
    ["1883", 1_883],
    ["65535", 65_535],
    ["007", 7],
  ])("%s is %d", (text, value) => {
    expect(parse(text)).toBe(value);
  });

  test.each(["", " ", "-1", "65536", "1.5", "1e3", "0x10", "ten", "1 ", "９"])(
    "%j is refused, with the range",
    (text) => {
      expect(() => parse(text)).toThrow("--port takes a whole number from 0 to 65535.");
    },
  );
});

describe("seconds", () => {
  test.each([
    ["1", 1],
    ["0.25", 0.25],
    [".5", 0.5],
    ["2147483", 2_147_483],
  ])("%s is %d", (text, value) => {
    expect(parseSeconds(text)).toBe(value);
  });

  test.each(["0", "-1", "1e9", "", "1s", "Infinity", "NaN", "5."])("%j is refused", (text) => {
    expect(() => parseSeconds(text)).toThrow("a number of seconds above 0");
  });

  test("more than a timer can wait is refused, for it would elapse at once", () => {
    expect(() => parseSeconds("2147484")).toThrow("at most 2147483");
  });
});

describe("QoS", () => {
  test("is 0, 1 or 2", () => {
    expect(["0", "1", "2"].map(parseQos)).toEqual([0, 1, 2]);
  });

  test.each(["3", "-1", "", "one", "1.0"])("%j is refused", (text) => {
    expect(() => parseQos(text)).toThrow("QoS is 0, 1 or 2.");
  });

  test("is collected, one for each topic", () => {
    expect(collectQos("2", collectQos("0"))).toEqual([0, 2]);
  });
});

describe("user properties", () => {
  test("are pairs in the order given, and names may repeat", () => {
    expect(parseUserProperty("a: 2", parseUserProperty("a: 1"))).toEqual([
      ["a", "1"],
      ["a", "2"],
    ]);
  });

  test("the value may contain colons, and be empty", () => {
    expect(parseUserProperty("url:mqtt://localhost:1883")).toEqual([["url", "mqtt://localhost:1883"]]);
    expect(parseUserProperty("a:")).toEqual([["a", ""]]);
  });

  test.each(["a", ":b", ""])("%j has no name and value", (text) => {
    expect(() => parseUserProperty(text)).toThrow('A user property is "name: value".');
  });
});

test("what can be said once is refused the second time", () => {
  expect(single("a")).toBe("a");
  expect(() => single("b", "a")).toThrow("It can be given once.");
});
