import { describe } from "vitest";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import { refusals, vectors, violations } from "../vectors/connack.ts";

describe("CONNACK", () => {
  testVectors(vectors);
  testViolations(violations);
  testRefusals(refusals);
});
