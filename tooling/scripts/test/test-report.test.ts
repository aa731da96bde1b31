import { expect, test } from "vitest";
import { countTests } from "../test-report.mjs";

function file(status: string, ...outcomes: string[]): object {
  return { status, assertionResults: outcomes.map((outcome) => ({ status: outcome })) };
}

test("sums the outcomes over all files", () => {
  const testResults = [file("passed", "passed", "passed", "skipped"), file("failed", "failed", "passed", "todo")];
  expect(countTests({ testResults })).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test("counts a test that never ended as failed", () => {
  expect(countTests({ testResults: [file("failed", "passed", "pending")] })).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
});

test("counts a file that could not be loaded as one failure", () => {
  expect(countTests({ testResults: [file("failed")] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countTests({ testResults: [file("failed", "skipped")] })).toEqual({ passed: 0, failed: 1, skipped: 1 });
});
