import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();
let listening = false;

/** Makes sure that a child does not outlive this process, even when a test runner ends it with a signal. */
export function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once("close", () => children.delete(child));
  if (listening) return;
  listening = true;
  process.once("exit", killAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      killAll();
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal); // what it would have done without us
    });
  }
}

function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}
