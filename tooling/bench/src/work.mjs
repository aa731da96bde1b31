import { spawn } from "node:child_process";

/**
 * Flags for who counts allocations: a young generation with room for all, in MiB, is not collected; the worker makes sure
 * of it.
 */
export const ROOM_FOR_ALL = ["--expose-gc", "--min-semi-space-size=512", "--max-semi-space-size=512"];

/** Has a process of its own do something, and returns what it sends. */
export function work(worker, task, flags = []) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, worker, JSON.stringify(task)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let report;
    child.on("message", (message) => (report = message));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0 && report !== undefined) resolve(report);
      else reject(new Error(`a worker ended with exit code ${code}: ${JSON.stringify(task)}`));
    });
  });
}
