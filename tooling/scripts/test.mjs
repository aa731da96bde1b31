// npm test [-- ARGUMENTS FOR VITEST]: every check and every test. A failure does not stop what follows, so that one
// run shows all of them. The last line is the count of tests.

import { attached, install, run } from "./bootstrap.mjs";
import { AFTER_TESTS, BEFORE_TESTS, runChecks } from "./checks.mjs";
import { countTests, forgetReport, readReport, REPORT } from "./test-report.mjs";

await run(async () => {
  await install();
  const failed = [];
  await runChecks(BEFORE_TESTS, failed);
  if ((await vitest()) !== 0) failed.push("tests");
  await runChecks(AFTER_TESTS, failed);

  const report = readReport();
  if (report === undefined) failed.push("test report (vitest wrote none)");
  if (failed.length > 0) console.log(`failed: ${failed.join(", ")}`);
  const count = countTests(report ?? { testResults: [] });
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return failed.length > 0 || count.failed > 0 ? 1 : 0;
});

function vitest() {
  forgetReport();
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
  const own = process.argv.slice(2).filter((argument) => argument !== "--verbose");
  return attached("vitest", ["run", "--config", "tooling/vitest/vitest.config.ts", ...reporters, ...own]);
}
