import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** The example as its user runs it: against the built packages. */
async function runLoop(...args: readonly string[]) {
  const path = fileURLToPath(new URL("../../../../examples/foreign-loop/loop.mjs", import.meta.url));
  const loop = spawn(process.execPath, [path, ...args]);
  const [stdout, stderr, [exitCode]] = await Promise.all([text(loop.stdout), text(loop.stderr), once(loop, "close")]);
  return { lines: stdout.trimEnd().split("\n"), stderr, exitCode: exitCode as number };
}

test("a loop that knows nothing of Petrel drives a session over the pipes of a child process", async () => {
  const { lines, stderr, exitCode } = await runLoop();
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(lines.toSorted()).toEqual(
    [
      ...["said three", "said two", "said one"],
      ...["heard three at QoS 0", "heard two at QoS 1", "heard one at QoS 2"],
      ...["lift-off", "goodbye"],
    ].toSorted(),
  );
  expect(lines.slice(-2)).toEqual(["lift-off", "goodbye"]);
});

test("a child that ends says so", async () => {
  const { lines, exitCode } = await runLoop(process.execPath, "-e", "process.stdin.once('data', () => process.exit())");
  expect(lines).toEqual([expect.stringContaining("closed the connection without answering CONNECT")]);
  expect(exitCode).toBe(1);
});
