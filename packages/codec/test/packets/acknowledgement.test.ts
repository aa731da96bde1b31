import { describe } from "vitest";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import { pubrelVectors, refusals, vectors, violations } from "../vectors/acknowledgement.ts";

describe("PUBACK, PUBREC, PUBREL and PUBCOMP", () => {
  testVectors(vectors);
  testVectors(pubrelVectors);
  testViolations(violations);
  testRefusals(refusals);
});
