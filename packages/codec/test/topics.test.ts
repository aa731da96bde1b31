import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchTopic, parseSharedSubscription, validateTopicFilter, validateTopicName } from "../src/index.ts";
import { topicFilter, topicName } from "./arbitraries.ts";
import { badFilters, badSharedFilters } from "./vectors/subscribe.ts";

/** Section 4.7, word for word, with no thought of speed. */
function matches(filter: string, name: string): boolean {
  const shared = /^\$share\/[^/]+\/(.*)$/s.exec(filter);
  const filterLevels = (shared?.[1] ?? filter).split("/");
  const nameLevels = name.split("/");
  // "The Server MUST NOT match Topic Filters starting with a wildcard character (# or +) with Topic Names beginning with a $ character"
  if (name.startsWith("$") && (filterLevels[0] === "+" || filterLevels[0] === "#")) return false;
  const all = filterLevels.at(-1) === "#";
  if (all) filterLevels.pop();
  if (all ? nameLevels.length < filterLevels.length : nameLevels.length !== filterLevels.length) return false;
  return filterLevels.every((level, index) => level === "+" || level === nameLevels[index]);
}

describe("a topic filter matches", () => {
  // The examples of sections 4.7.1.1, 4.7.1.2, 4.7.1.3 and 4.7.2.
  test.each([
    ["sport/tennis/player1/#", "sport/tennis/player1"],
    ["sport/tennis/player1/#", "sport/tennis/player1/ranking"],
    ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"],
    ["sport/#", "sport"],
    ["#", "sport"],
    ["#", "/"],
    ["#", "a/b/c"],
    ["sport/tennis/+", "sport/tennis/player1"],
    ["sport/tennis/+", "sport/tennis/player2"],
    ["sport/+", "sport/"],
    ["+", "finance"],
    ["+/tennis/#", "sport/tennis/player1"],
    ["+/tennis/#", "sport/tennis"],
    ["sport/+/player1", "sport/tennis/player1"],
    ["+/+", "/finance"],
    ["/+", "/finance"],
    ["$SYS/#", "$SYS/"],
    ["$SYS/#", "$SYS"],
    ["$SYS/monitor/+", "$SYS/monitor/Clients"],
    ["a/+/#", "a/b"],
    ["+/#", "a"],
    ["/#", "/"],
    ["/#", ""],
    ["//", "//"],
    ["a//b", "a//b"],
    ["a/+/b", "a//b"],
    ["Accounts payable", "Accounts payable"],
    ["$share/group/a/+", "a/b"],
    ["$share/group/#", "a"],
    ["$share/group/$SYS/#", "$SYS/a"],
    ["$shared/a", "$shared/a"],
    ["$share", "$share"],
  ])("%s matches %s", (filter, name) => {
    expect(matchTopic(filter, name)).toBe(true);
  });

  test.each([
    ["sport/tennis/+", "sport/tennis/player1/ranking"],
    ["sport/tennis/player1/#", "sport/tennis"],
    ["sport/tennis/player1/#", "sport/tennis/player10"],
    ["sport/+", "sport"],
    ["+", "/finance"],
    ["#", "$SYS/a"],
    ["#", "$"],
    ["+", "$SYS"],
    ["+/monitor/Clients", "$SYS/monitor/Clients"],
    ["$share/group/#", "$SYS/a"],
    ["ACCOUNTS", "Accounts"],
    ["/finance", "finance"],
    ["a", "a/"],
    ["a/", "a"],
    ["a/b", "a"],
    ["a", "ab"],
    ["ab", "a"],
    ["a//b", "a/b"],
    ["a/+", "a"],
    ["a/+/#", "a"],
    ["é", "e\u0301"], // no normalization [MQTT-4.7.3-4]
  ])("%s does not match %s", (filter, name) => {
    expect(matchTopic(filter, name)).toBe(false);
  });

  test("as the specification's words say, for any valid filter and name", () => {
    fc.assert(
      fc.property(topicFilter(5), topicName(), (filter, name) => {
        expect(matchTopic(filter, name)).toBe(matches(filter, name));
      }),
      { numRuns: 3_000 },
    );
  });

  test("also for names made from the filter, which match more often", () => {
    const filterAndName = topicFilter(5).chain((filter) => {
      const plain = parseSharedSubscription(filter)?.topicFilter ?? filter;
      const levels = plain.split("/").map((level) => {
        if (level === "+") return fc.constantFrom("", "a", "b", "$SYS", "c/d");
        if (level === "#") return fc.constantFrom("", "a", "a/b", "/");
        return fc.oneof(
          { weight: 9, arbitrary: fc.constant(level) },
          { weight: 1, arbitrary: fc.constant(`${level}x`) },
        );
      });
      return fc.tuple(
        fc.constant(filter),
        fc.tuple(...levels).map((parts) => parts.join("/")),
        fc.boolean(),
      );
    });
    let matched = 0;
    fc.assert(
      fc.property(filterAndName, ([filter, name, cutEnd]) => {
        // "a/#" made "a/" or "a/b"; its parent "a" is of interest, too.
        const topic = cutEnd && name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : name;
        const expected = matches(filter, topic);
        if (expected) matched++;
        expect(matchTopic(filter, topic)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    expect(matched).toBeGreaterThan(500);
  });
});

describe("a topic name", () => {
  test.each(["a", "/", " ", "a/b", "$SYS/a", "ä/温度/𝄞", "x".repeat(65_535), "\ufeff", "\uffff"])(
    "may be %j",
    (name) => {
      expect(validateTopicName(name)).toBeUndefined();
    },
  );

  test.each([
    ["", "must be at least one character long [MQTT-4.7.3-1]"],
    ["a/+", "must not contain the wildcard characters + and # [MQTT-4.7.0-1]"],
    ["#", "must not contain the wildcard characters + and # [MQTT-4.7.0-1]"],
    ["a\0b", "must not contain the null character U+0000 [MQTT-4.7.3-2]"],
    ["a\ud800", "must be well-formed Unicode: it has a surrogate without its partner [MQTT-1.5.4-1]"],
    ["x".repeat(65_536), "must not be longer than 65,535 bytes: it has 65536 [MQTT-4.7.3-3]"],
    ["ä".repeat(32_768), "must not be longer than 65,535 bytes: it has 65536 [MQTT-4.7.3-3]"],
  ])("cannot be %j", (name, problem) => {
    expect(validateTopicName(name)).toBe(problem);
  });

  test("is valid for each one that is generated", () => {
    fc.assert(fc.property(topicName(), (name) => validateTopicName(name) === undefined));
  });
});

describe("a topic filter", () => {
  test.each([
    ...["a", "/", "+", "#", "+/+", "a/#", "/#", "+/a/+/#", "$SYS/#", "$share/g/a", "$share/g/#", "$share/g//"],
    ...["$share", "$shared/+", "$Share/+/a", "x".repeat(65_535)],
  ])("may be %j", (filter) => {
    expect(validateTopicFilter(filter)).toBeUndefined();
  });

  test.each([...badFilters, ...badSharedFilters])(
    "cannot be $topicFilter [$clause]",
    ({ topicFilter: filter, clause }) => {
      expect(validateTopicFilter(filter)).toMatch(new RegExp(String.raw`^(must|needs) .* \[${clause}\]$`));
    },
  );

  test.each([
    ["a\0b", "MQTT-4.7.3-2"],
    ["a\udc00", "MQTT-1.5.4-1"],
    ["ä".repeat(32_768), "MQTT-4.7.3-3"],
  ])("cannot be %j [%s]", (filter, clause) => {
    expect(validateTopicFilter(filter)).toContain(`[${clause}]`);
  });

  test("is valid for each one that is generated", () => {
    fc.assert(fc.property(topicFilter(5), (filter) => validateTopicFilter(filter) === undefined));
  });
});

describe("a shared subscription", () => {
  test.each([
    ["$share/group/a/+", { shareName: "group", topicFilter: "a/+" }],
    ["$share/g//", { shareName: "g", topicFilter: "/" }],
    ["$share/g/$share/h/a", { shareName: "g", topicFilter: "$share/h/a" }],
  ])("%s has a name and a filter", (filter, parts) => {
    expect(parseSharedSubscription(filter)).toEqual(parts);
  });

  test.each(["a", "$share", "$shared/g/a", "a/$share/g/b", "$share/g"])("is not %s", (filter) => {
    expect(parseSharedSubscription(filter)).toBeUndefined();
  });
});
