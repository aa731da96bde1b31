import { describe, expect, test } from "vitest";
import { expandShortOptions } from "../src/argv.ts";

const takesValue = (option: string): boolean => ["-m", "-t", "--session-expiry-interval"].includes(option);

describe("MQTTX's short options of several letters", () => {
  test.each([
    [
      ["-se", "60"],
      ["--session-expiry-interval", "60"],
    ],
    [
      ["-rp", "0", "-Wr"],
      ["--reconnect-period", "0", "--will-retain"],
    ],
    [
      ["-Cup", "a: b", "-Cup", "c: d"],
      ["--conn-user-properties", "a: b", "--conn-user-properties", "c: d"],
    ],
    [
      ["-Wt", "a", "-Wm", "b", "-Wq", "1", "-Wd", "5"],
      ["--will-topic", "a", "--will-message", "b", "--will-qos", "1", "--will-delay-interval", "5"],
    ],
  ])("%j is %j", (typed, expected) => {
    expect(expandShortOptions(typed, takesValue)).toEqual(expected);
  });

  test.each([
    ["the value of an option", ["-m", "-se", "-t", "-Wt"]],
    ["the value of an expanded option's own kind", ["--session-expiry-interval", "-rp"]],
    ["what follows --", ["--", "-se"]],
    ["a message that begins with two dashes", ["-m", "--", "-x"]],
    ["the name of something every object has", ["constructor", "__proto__"]],
    ["an option at the end that lacks its value", ["-m"]],
  ])("%s stays as typed", (_what, typed) => {
    expect(expandShortOptions(typed, takesValue)).toEqual(typed);
  });

  test("expands again after a value", () => {
    expect(expandShortOptions(["-m", "-se", "-se", "1"], takesValue)).toEqual([
      "-m",
      "-se",
      "--session-expiry-interval",
      "1",
    ]);
  });
});
