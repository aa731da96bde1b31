import { describe } from "vitest";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import { refusals, vectors, violations } from "../vectors/publish.ts";

describe("PUBLISH", () => {
  testVectors(vectors);
  testViolations(violations);
  testRefusals(refusals);
});
