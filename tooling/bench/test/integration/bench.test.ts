import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const BENCH = fileURLToPath(new URL("../../src/bench.mjs", import.meta.url));

// What they find out is for people. But the checks that they make on the way are tests, and they shall run when needed.
test.each([
  ["codec", ["--only", "PUBACK", "--rounds", "1", "--processes", "1", "--milliseconds", "1"], "petrel, writer"],
  ["session", ["--rounds", "1", "--processes", "1", "--milliseconds", "1"], "receive QoS 2, 256 B"],
  ["client", ["--only", "publish QoS 2", "--rounds", "1"], "publish QoS 2, 1,000 awaiting"],
])(
  "npm run bench -- %s measures something",
  async (topic, options, row) => {
    const { stdout } = await promisify(execFile)(process.execPath, [BENCH, topic, ...options]);
    expect(stdout).toContain(row);
  },
  120_000,
);
