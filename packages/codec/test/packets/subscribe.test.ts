import { describe } from "vitest";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import {
  subackRefusals,
  subackVectors,
  subackViolations,
  subscribeRefusals,
  subscribeVectors,
  subscribeViolations,
} from "../vectors/subscribe.ts";

describe("SUBSCRIBE", () => {
  testVectors(subscribeVectors);
  testViolations(subscribeViolations);
  testRefusals(subscribeRefusals);
});

describe("SUBACK", () => {
  testVectors(subackVectors);
  testViolations(subackViolations);
  testRefusals(subackRefusals);
});
