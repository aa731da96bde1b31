import { describe, expect, test } from "vitest";
import { expandShortOptions } from "../src/argv.ts";

const OPTIONS = ["-m", "-t", "-P", "--password", "--session-expiry-interval"];
const options = {
  has: (word: string): boolean => [...OPTIONS, "--ask-password", "-r"].includes(word),
  takesValue: (word: string): boolean => OPTIONS.includes(word),
};

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
    expect(expandShortOptions(typed, options)).toEqual(expected);
  });

  test.each([
    ["the value of an option", ["-m", "-se", "-t", "-Wt"]],
    ["the value of an expanded option's own kind", ["--session-expiry-interval", "-rp"]],
    ["what follows --", ["--", "-se"]],
    ["a message that begins with two dashes", ["-m", "--", "-x"]],
    ["the name of something every object has", ["constructor", "__proto__"]],
    ["an option at the end that lacks its value", ["-m"]],
  ])("%s stays as typed", (_what, typed) => {
    expect(expandShortOptions(typed, options)).toEqual(typed);
  });

  test("expands again after a value", () => {
    expect(expandShortOptions(["-m", "-se", "-se", "1"], options)).toEqual([
      "-m",
      "-se",
      "--session-expiry-interval",
      "1",
    ]);
  });
});

describe("-P without a value asks for the password", () => {
  test.each([
    [["-P"], ["--ask-password"]],
    [
      ["-P", "-r"],
      ["--ask-password", "-r"],
    ],
    [
      ["--password", "-se", "60"],
      ["--ask-password", "--session-expiry-interval", "60"],
    ],
    [
      ["-P", "-secret", "-r"],
      ["-P", "-secret", "-r"],
    ],
    [
      ["-m", "-P"],
      ["-m", "-P"],
    ],
  ])("%j is %j", (typed, expected) => {
    expect(expandShortOptions(typed, options)).toEqual(expected);
  });
});

describe("names that other command lines have for the same", () => {
  const here = ["--client-id", "--lines", "--stdin", "-l", "--ca", "--will-message"];
  const command = {
    has: (word: string): boolean => here.includes(word),
    takesValue: (word: string): boolean => here.includes(word) && !["--lines", "--stdin"].includes(word),
  };

  test.each([
    ["mosquitto's --id", ["--id", "me"], ["--client-id", "me"]],
    ["with a value behind =", ["--cafile=ca.pem"], ["--ca=ca.pem"]],
    ["mosquitto's --will-payload", ["--will-payload", "-lm"], ["--will-message", "-lm"]],
    ["MQTTX's lines", ["-M"], ["--lines"]],
    ["its line mode", ["-lm"], ["--lines"]],
    ["its --multiline", ["--multiline"], ["--lines"]],
    ["none that the command has not", ["-sc", "--hostname"], ["-sc", "--hostname"]],
  ])("%s", (_what, typed, expected) => {
    expect(expandShortOptions(typed, command)).toEqual(expected);
  });

  test("an option of the command's own keeps its name", () => {
    const own = { has: (word: string) => word === "-M" || word === "--lines", takesValue: () => false };
    expect(expandShortOptions(["-M"], own)).toEqual(["-M"]);
  });
});
