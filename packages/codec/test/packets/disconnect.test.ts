import { describe } from "vitest";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import {
  authRefusals,
  authVectors,
  authViolations,
  disconnectRefusals,
  disconnectVectors,
  disconnectViolations,
} from "../vectors/disconnect.ts";

describe("DISCONNECT", () => {
  testVectors(disconnectVectors);
  testViolations(disconnectViolations);
  testRefusals(disconnectRefusals);
});

describe("AUTH", () => {
  testVectors(authVectors);
  testViolations(authViolations);
  testRefusals(authRefusals);
});
