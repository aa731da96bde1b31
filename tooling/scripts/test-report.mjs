// What vitest's JSON report says about the run.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";

/** Where vitest writes its report, relative to the root. */
export const REPORT = ".reports/vitest.json";

const file = join(root, REPORT);

/** Removes the last run's report, so that it cannot be taken for this run's. */
export function forgetReport() {
  rmSync(file, { force: true });
}

/** This run's report, or undefined when vitest wrote none. */
export function readReport() {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The number of tests by outcome. A test that began and never ended has failed. */
export function countTests(report) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of report.testResults) {
    const outcomes = assertionResults.map((assertion) => OUTCOMES[assertion.status] ?? "failed");
    for (const outcome of outcomes) count[outcome] += 1;
    // A file that could not be loaded, or whose hooks failed, has no failed test to count: it counts itself.
    if (status === "failed" && !outcomes.includes("failed")) count.failed += 1;
  }
  return count;
}

const OUTCOMES = { passed: "passed", skipped: "skipped", todo: "skipped" };
