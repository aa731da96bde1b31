// Connects and disconnects many times over each transport, and prints what is left of it: the long form of a test that
// `npm test` runs with a hundred connections. The argument is how many.

import { spawnSync } from "node:child_process";

const [count = "10000"] = process.argv.slice(2);
const vitest = "node_modules/vitest/vitest.mjs";
const test = "packages/client/test/integration/connects.test.ts";
const args = [vitest, "run", test, "--config", "tooling/vitest/vitest.config.ts", "--disable-console-intercept"];
const env = { ...process.env, PETREL_SOAK_CONNECTS: count, PETREL_REQUIRE_SERVERS: "1" };
process.exitCode = spawnSync(process.execPath, args, { env, stdio: "inherit" }).status ?? 1;
