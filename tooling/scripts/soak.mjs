// npm run soak:transport [-- CONNECTIONS]: opens and ends so many connections (default 10,000) over each transport, and
// fails when one leaves a handle, a listener or an object behind. The tests do the same with a few hundred.

import { attached, install, run } from "./bootstrap.mjs";

await run(async () => {
  await install();
  process.env.PETREL_SOAK = process.argv[2] ?? "10000";
  return attached("vitest", [
    "run",
    "--config",
    "tooling/vitest/vitest.config.ts",
    "--project",
    "integration",
    "leaks",
  ]);
});
