// fuzz.mjs --minutes N [--packets N] [--seed S] [--differential] [--save]: the fuzzing runs in a worker, and this thread
// watches that no input takes for ever. With --packets it goes on until each packet type of each version has had so many
// valid packets. It runs what `npm run build` has built.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { INPUT_SIZE, viewsOf } from "./progress.mjs";
import { toHex } from "./hex.mjs";

/** Seconds that one input may take; a microsecond is usual. */
const PATIENCE = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    packets: { type: "string", default: "0" },
    seed: { type: "string" },
    differential: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const packets = Number(values.packets);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
if (!(minutes > 0) || !(packets >= 0) || !Number.isSafeInteger(seed)) {
  console.error("usage: pnpm fuzz:codec --minutes N [--packets N] [--seed S] [--differential] [--save]");
  process.exit(2);
}

const memory = new SharedArrayBuffer(16 + INPUT_SIZE);
const { state, input } = viewsOf(memory);
const { differential, save } = values;
const worker = new Worker(new URL("worker.mjs", import.meta.url), {
  workerData: { memory, minutes, packets, seed, differential, save },
});
worker.on("message", (line) => console.log(line));
worker.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
worker.on("exit", (code) => {
  clearInterval(watch);
  process.exitCode ||= code;
});

let seen = -1;
let unchanged = 0;
const watch = setInterval(() => {
  const inputs = Atomics.load(state, 0);
  unchanged = inputs === seen ? unchanged + 1 : 0;
  seen = inputs;
  if (unchanged < PATIENCE) return;
  const [, length, version] = state;
  console.error(`FAILED: no end after ${PATIENCE} s (seed ${seed}, version ${version || "unknown"})`);
  console.error(toHex(Uint8Array.from(input.subarray(0, length))));
  process.exitCode = 1;
  void worker.terminate();
}, 1_000);
