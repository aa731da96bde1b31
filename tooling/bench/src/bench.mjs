// bench codec [--json FILE] [--processes N] [--rounds N] [--milliseconds N] [--only TEXT]
// bench session [--json FILE] [--processes N] [--rounds N] [--milliseconds N]
// bench client [--json FILE] [--rounds N] [--only TEXT]
// bench client-routing [--json FILE] [--rounds N]
// bench latency [--json FILE] [--rounds N]
// bench cli [--json FILE] [--rounds N] [--only TEXT]
//
// Codec: each case runs in processes of its own, one after the other: some to time it, with the young generation that Node
// comes with, because compilers don't decide alike in each; and one to count what it allocates, with a young generation
// so large that nothing is collected in between.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchClient } from "./client/bench.mjs";
import { CASES } from "./cases.mjs";
import { COUNTS_PROCESSOR_TIME } from "./clock.mjs";
import { benchLatency } from "./latency/bench.mjs";
import { median } from "./measure.mjs";
import { machine, printCase, printNotes, printSummary } from "./report.mjs";
import { benchRouting } from "./routing/bench.mjs";
import { benchSession } from "./session/bench.mjs";
import { ROOM_FOR_ALL, work } from "./work.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
/** Those that have to get every case right: without them there is nothing to compare. */
const REQUIRED = ["petrel", "mqtt-packet", "minimum"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    processes: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    milliseconds: { type: "string", default: "40" },
    only: { type: "string", default: "" },
  },
});
const topic = positionals.filter((word) => word !== "--")[0];

const settings = {
  processes: Number(values.processes),
  rounds: Number(values.rounds),
  milliseconds: Number(values.milliseconds),
};

if (topic === "codec") {
  await codec(settings);
} else if (topic === "session") {
  await benchSession({ ...settings, json: values.json });
} else if (topic === "client") {
  await benchClient({ rounds: Number(values.rounds), only: values.only, json: values.json });
} else if (topic === "client-routing") {
  await benchRouting({ rounds: Number(values.rounds), json: values.json });
} else if (topic === "latency") {
  await benchLatency({ rounds: Number(values.rounds), json: values.json });
} else if (topic === "cli") {
  const { benchCli } = await import("./cli/bench.mjs");
  await benchCli({ rounds: Number(values.rounds), only: values.only, json: values.json });
} else {
  console.error(`usage: bench codec [--json FILE] [--processes N] [--rounds N] [--milliseconds N] [--only TEXT]
       bench session [--json FILE] [--processes N] [--rounds N] [--milliseconds N]
       bench client [--json FILE] [--rounds N] [--only TEXT]
       bench client-routing [--json FILE] [--rounds N]
       bench latency [--json FILE] [--rounds N]
       bench cli [--json FILE] [--rounds N] [--only TEXT]`);
  process.exitCode = 2;
}

async function codec({ processes, ...settings }) {
  const environment = machine();
  const excluded = await work(WORKER, { mode: "check" });
  const broken = excluded.find(({ who }) => REQUIRED.includes(who));
  if (broken !== undefined) {
    throw new Error(`${broken.who}, ${broken.how}, gets "${broken.name}" wrong: ${broken.problem}`);
  }

  console.log(`${environment.node}, V8 ${environment.v8}, ${environment.cpu} (${environment.cores} cores)`);
  console.log(
    `medians of ${processes * settings.rounds} interleaved rounds of ${settings.milliseconds} ms, in ${processes} processes`,
  );
  console.log(`a second is one ${COUNTS_PROCESSOR_TIME ? "of processor time" : "of wall clock"}\n`);
  const results = [];
  for (const { name } of CASES.filter((each) => each.name.includes(values.only))) {
    const timed = [];
    for (let index = 0; index < processes; index++)
      timed.push(await work(WORKER, { mode: "time", name, excluded, ...settings }));
    const counted = await work(WORKER, { mode: "allocations", name, excluded, ...settings }, ROOM_FOR_ALL);
    const measurements = counted.measurements.map((each, index) => {
      const rounds = timed.flatMap((one) => one.measurements[index].rounds);
      return { ...each, operationsPerSecond: median(rounds), rounds };
    });
    results.push({ ...counted, measurements });
    printCase(results.at(-1));
  }
  printSummary(results);
  printNotes(excluded);
  if (values.json !== undefined) {
    const report = {
      ...environment,
      processes,
      ...settings,
      processorTime: COUNTS_PROCESSOR_TIME,
      excluded,
      cases: results,
    };
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}
