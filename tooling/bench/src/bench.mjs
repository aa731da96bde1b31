// bench codec [--json FILE] [--rounds N] [--milliseconds N] [--only TEXT]
//
// Each case runs in a process of its own, one after the other: once to time it, with the young generation that Node
// comes with, and once to count what it allocates, with one so large that nothing is collected in between.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CASES } from "./cases.mjs";
import { COUNTS_PROCESSOR_TIME } from "./clock.mjs";
import { machine, printCase, printNotes, printSummary } from "./report.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
/** In MiB. With room for all that is allocated the young generation is not collected; the worker makes sure of it. */
const ROOM_FOR_ALL = ["--expose-gc", "--min-semi-space-size=512", "--max-semi-space-size=512"];
/** Those that have to get every case right: without them there is nothing to compare. */
const REQUIRED = ["petrel", "mqtt-packet", "minimum"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    rounds: { type: "string", default: "9" },
    milliseconds: { type: "string", default: "40" },
    only: { type: "string", default: "" },
  },
});
const topic = positionals.filter((word) => word !== "--")[0];

if (topic === "codec") {
  await codec();
} else {
  console.error("usage: bench codec [--json FILE] [--rounds N] [--milliseconds N] [--only TEXT]");
  process.exitCode = 2;
}

async function codec() {
  const settings = { rounds: Number(values.rounds), milliseconds: Number(values.milliseconds) };
  const environment = machine();
  const excluded = await work({ mode: "check" });
  const broken = excluded.find(({ who }) => REQUIRED.includes(who));
  if (broken !== undefined) {
    throw new Error(`${broken.who}, ${broken.how}, gets "${broken.name}" wrong: ${broken.problem}`);
  }

  console.log(`${environment.node}, V8 ${environment.v8}, ${environment.cpu} (${environment.cores} cores)`);
  console.log(`medians of ${settings.rounds} interleaved rounds of at least ${settings.milliseconds} ms each`);
  console.log(`a second is one ${COUNTS_PROCESSOR_TIME ? "of processor time" : "of wall clock"}\n`);
  const results = [];
  for (const { name } of CASES.filter((each) => each.name.includes(values.only))) {
    const timed = await work({ mode: "time", name, excluded, ...settings });
    const counted = await work({ mode: "allocations", name, excluded, ...settings });
    const measurements = timed.measurements.map((each, index) => ({ ...each, ...counted.measurements[index] }));
    results.push({ ...timed, measurements });
    printCase(results.at(-1));
  }
  printSummary(results);
  printNotes(excluded);
  if (values.json !== undefined) {
    const report = { ...environment, ...settings, processorTime: COUNTS_PROCESSOR_TIME, excluded, cases: results };
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}

/** Has a process of its own do something, and returns what it sends. */
function work(task) {
  const flags = task.mode === "allocations" ? ROOM_FOR_ALL : [];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, WORKER, JSON.stringify(task)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let report;
    child.on("message", (message) => (report = message));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0 && report !== undefined) resolve(report);
      else reject(new Error(`${task.mode} ${task.name ?? ""} ended with exit code ${code}`));
    });
  });
}
