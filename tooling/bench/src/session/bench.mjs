// The session beside the codec it is made on: what the rules of the protocol cost.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COUNTS_PROCESSOR_TIME } from "../clock.mjs";
import { median } from "../measure.mjs";
import { machine, printTable, quantity } from "../report.mjs";
import { ROOM_FOR_ALL, work } from "../work.mjs";
import { SUBJECTS } from "./subjects.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

export async function benchSession({ processes, rounds, milliseconds, json }) {
  const environment = machine();
  console.log(`${environment.node}, V8 ${environment.v8}, ${environment.cpu} (${environment.cores} cores)`);
  console.log(`medians of ${processes * rounds} interleaved rounds of ${milliseconds} ms, in ${processes} processes`);
  console.log(`a second is one ${COUNTS_PROCESSOR_TIME ? "of processor time" : "of wall clock"}\n`);

  const timed = [];
  for (let index = 0; index < processes; index++)
    timed.push(await work(WORKER, { mode: "time", rounds, milliseconds }));
  const counted = await work(WORKER, { mode: "allocations", rounds, milliseconds }, ROOM_FOR_ALL);
  const results = SUBJECTS.map(({ name, base }, index) => {
    const all = timed.flatMap((process) => process[index].rounds);
    return { name, base, messagesPerSecond: median(all), rounds: all, ...counted[index] };
  });

  const lines = results.map(({ name, base, messagesPerSecond, allocatedBytes }) => {
    const own = results.find((each) => each.name === base)?.messagesPerSecond;
    return [
      name,
      quantity(messagesPerSecond),
      (1e6 / messagesPerSecond).toFixed(2),
      allocatedBytes === undefined ? "-" : String(Math.round(allocatedBytes)),
      own === undefined ? "" : `${Math.round((messagesPerSecond / own) * 100)} %`,
    ];
  });
  printTable([["", "messages/s", "s per million", "B allocated", "of the codec's"], ...lines]);
  if (json !== undefined) {
    const report = { ...environment, processes, rounds, milliseconds, processorTime: COUNTS_PROCESSOR_TIME, results };
    writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}
