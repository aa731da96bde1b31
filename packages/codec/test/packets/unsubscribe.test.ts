import { describe } from "vitest";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import {
  unsubackRefusals,
  unsubackVectors,
  unsubackViolations,
  unsubscribeRefusals,
  unsubscribeVectors,
  unsubscribeViolations,
} from "../vectors/unsubscribe.ts";

describe("UNSUBSCRIBE", () => {
  testVectors(unsubscribeVectors);
  testViolations(unsubscribeViolations);
  testRefusals(unsubscribeRefusals);
});

describe("UNSUBACK", () => {
  testVectors(unsubackVectors);
  testViolations(unsubackViolations);
  testRefusals(unsubackRefusals);
});
