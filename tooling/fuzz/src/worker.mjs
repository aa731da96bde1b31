import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { readCorpus, save } from "./corpus.mjs";
import { createDifferential } from "./differential.mjs";
import { Finding } from "./finding.mjs";
import { createFuzzer } from "./fuzzer.mjs";
import { createProgress } from "./progress.mjs";
import { countLines, findingLines } from "./report.mjs";

/** Cases before the heap is measured for the first time, so that the code is compiled and the tables are full. */
const WARM_UP = 5_000;
/** What the heap may grow by: the counts grow with what is found, packets must not stay. */
const GROWTH = 8 * 1024 * 1024;

const { memory, minutes, packets, seed } = workerData;
const say = (line) => parentPort.postMessage(line, []);

const corpus = readCorpus();
let kept = 0;
function keep(entry) {
  kept++;
  if (workerData.save) save(entry);
}
const differential = workerData.differential ? createDifferential() : undefined;
const fuzzer = createFuzzer({ seed, corpus, differential, watch: createProgress(memory), keep });
say(`strict and lenient, seed ${seed}, ${minutes} min, ${corpus.length} inputs in the corpus`);
if (differential !== undefined) say("differential: mqtt-packet 9.0.2");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
function heap() {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

const started = performance.now();
const end = started + minutes * 60_000;
let index = 0;
let before;
let longest = 0;
try {
  fuzzer.replay();
  while (index < WARM_UP || performance.now() < end || fuzzer.fewest() < packets) {
    const from = performance.now();
    fuzzer.step(index++);
    longest = Math.max(longest, performance.now() - from);
    if (index === WARM_UP) before = heap();
  }
  const after = heap();
  const seconds = (performance.now() - started) / 1_000;
  for (const line of countLines(fuzzer, differential)) say(line);
  say(
    `each type and version: ${fuzzer.fewest()} valid packets or more, read whole and in chunks, strictly and leniently`,
  );
  say(`${kept} new pairs of type, version and outcome${workerData.save ? ", saved" : ""}`);
  say(
    `${index} cases in ${seconds.toFixed(0)} s, ${(index / seconds).toFixed(0)} a second; the longest ${longest.toFixed(0)} ms`,
  );
  say(`heap after collection: ${mebibytes(before)} MiB at the start, ${mebibytes(after)} MiB at the end`);
  if (after - before > GROWTH) throw new Finding("the heap grew");
  say(`nothing found (seed ${seed})`);
} catch (error) {
  for (const line of findingLines(error, seed)) say(line);
  process.exitCode = 1;
}

function mebibytes(bytes) {
  return (bytes / 1024 / 1024).toFixed(1);
}
