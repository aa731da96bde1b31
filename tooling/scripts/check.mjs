// npm run check: everything that `npm test` does, except the tests.

import { install, run } from "./bootstrap.mjs";
import { AFTER_TESTS, BEFORE_TESTS, runChecks } from "./checks.mjs";

await run(async () => {
  await install();
  const failed = [];
  await runChecks([...BEFORE_TESTS, ...AFTER_TESTS], failed);
  if (failed.length > 0) console.log(`failed: ${failed.join(", ")}`);
  return failed.length > 0 ? 1 : 0;
});
