import { expect, test } from "vitest";
import { checkAllVectors } from "./vectors/check-all.ts";

test("every vector holds by the check that other runtimes run, too", () => {
  const { checks, failures } = checkAllVectors();
  expect(failures).toEqual([]);
  expect(checks).toBeGreaterThan(1_000);
});
