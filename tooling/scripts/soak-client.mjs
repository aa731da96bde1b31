// Connects ("connects"), or loses its connection and connects again ("reconnects"), many times, and prints what is left
// of it: the long form of a test that `npm test` runs with a hundred connections. The second argument is how many.

import { spawnSync } from "node:child_process";

const [what = "connects", count = "10000"] = process.argv.slice(2);
const vitest = "node_modules/vitest/vitest.mjs";
const test = `packages/client/test/integration/${what}.test.ts`;
const args = [vitest, "run", test, "--config", "tooling/vitest/vitest.config.ts", "--disable-console-intercept"];
const env = { ...process.env, PETREL_SOAK_CONNECTS: count, PETREL_REQUIRE_SERVERS: "1" };
process.exitCode = spawnSync(process.execPath, args, { env, stdio: "inherit" }).status ?? 1;
