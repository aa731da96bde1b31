import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const SCHEDSTAT = "/proc/thread-self/schedstat";
const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * Milliseconds for which this thread has had a processor, where Linux counts them: on a machine that others use at the
 * same time the wall clock counts their work, too. What helper threads do, as in a collection, is not in it.
 */
function threadTime() {
  // The kernel brings the figure up to date when the thread stops running, so it stops for a moment.
  Atomics.wait(nobody, 0, 0, 0.05);
  return Number(readFileSync(SCHEDSTAT, "latin1").split(" ")[0]) / 1e6;
}

function isCounted() {
  try {
    return threadTime() > 0;
  } catch {
    return false;
  }
}

/** Whether figures are per second of processor time; otherwise they are per second. */
export const COUNTS_PROCESSOR_TIME = isCounted();

export const now = COUNTS_PROCESSOR_TIME ? threadTime : () => performance.now();
