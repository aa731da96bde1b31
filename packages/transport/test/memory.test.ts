import { describe, test } from "vitest";
import { transportConformance } from "../src/testing/index.ts";
import { memoryLink } from "./links.ts";

describe.each([
  ["whole writes", {}],
  ["chunks of 1,447 bytes", { chunkSize: 1_447 }],
  ["a high-water mark of one byte", { highWaterMark: 1 }],
  ["a scheduler of its own", { schedule: (run: () => void) => setImmediate(run) }],
])("the memory pair with %s", (_, options) => {
  for (const { name, run } of transportConformance(() => memoryLink(options))) test(name, run);
});
