import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many connections are opened and closed: a few in `npm test`, 10,000 with `npm run soak:connects` and its like. */
export const COUNT = Number(process.env["PETREL_SOAK_CONNECTS"] ?? 100);

/** Before the first look: for some thousand connections V8 compiles, and keeps what it learns. */
export const WARM_UP = Math.max(50, 0.3 * COUNT);

/** What the heap may grow by, in bytes, from beginning to end: of 10,000 connections, a hundred bytes each show up. */
export const LEEWAY = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

export interface Remains {
  /** What would keep the process alive, as Node names it. */
  readonly resources: readonly string[];
  /** Bytes. */
  readonly heap: number;
  /** Bytes. */
  readonly resident: number;
}

/** What is there once everything that was closed is gone. */
export async function look(): Promise<Remains> {
  for (let turn = 0; turn < 4; turn++) {
    await setImmediate();
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { resources: process.getActiveResourcesInfo().sort(), heap: heapUsed + external, resident: rss };
}

/** Prints the figures of a soak; nothing in `npm test`. */
export function report(name: string, seconds: number, before: Remains, after: Remains): void {
  if (process.env["PETREL_SOAK_CONNECTS"] === undefined) return;
  const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
  console.log(
    `${name}: ${COUNT} connects in ${seconds.toFixed(1)} s, heap ${kib(before.heap)} → ${kib(after.heap)}, ` +
      `resident ${kib(before.resident)} → ${kib(after.resident)}, ` +
      `handles and timers ${before.resources.length} → ${after.resources.length}`,
  );
}

/** Handles and timers that are there afterwards and were not before. */
export function grown(before: Remains, after: Remains): readonly string[] {
  const known = [...before.resources];
  return after.resources.filter((resource) => {
    const at = known.indexOf(resource);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}
