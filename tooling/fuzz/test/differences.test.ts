import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createDifferential } from "../src/differential.mjs";
import { DIFFERENCES, differenceOf, documentationRow } from "../src/differences.mjs";
import { createFuzzer } from "../src/fuzzer.mjs";

test("the documentation shows the table of known differences, and no others", () => {
  const text = readFileSync(new URL("../../../docs/codec-differences.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows).toEqual(DIFFERENCES.map((difference) => documentationRow(difference)));
});

test("mqtt-packet disagrees only where a row says why, in some thousand cases that are the same each time", () => {
  const differential = createDifferential();
  const fuzzer = createFuzzer({ seed: 20_260_704, corpus: [], differential });
  for (let index = 0; index < 1_500; index++) fuzzer.step(index);
  const { counts } = differential;
  expect(counts.get("agreed: valid packet read")).toBeGreaterThan(1_000);
  expect(counts.get("agreed: their packet read")).toBeGreaterThan(1_000);
}, 60_000);

test("a disagreement that no row explains has no name", () => {
  expect(differenceOf({ what: "we accept, mqtt-packet refuses", type: "pingreq", version: 5 })).toBeUndefined();
  expect(differenceOf({ what: "valid packet read differently", type: "publish", theirs: "topic" })).toBeUndefined();
});
