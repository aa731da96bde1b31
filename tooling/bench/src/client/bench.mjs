// The client beside MQTT.js, against the same cheap server in a process of its own. Who goes first changes with each
// round; each turn is a new process, because compilers don't decide alike in each.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { interleaved } from "../interleaved.mjs";
import { median } from "../measure.mjs";
import { machine, printTable, quantity, ratio } from "../report.mjs";
import { work } from "../work.mjs";
import { CASES, IDLE_CASES } from "./cases.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
const IDLE = fileURLToPath(new URL("idle.mjs", import.meta.url));
const SERVER = fileURLToPath(new URL("server.mjs", import.meta.url));
/** MQTT.js gets a share of the messages: it takes longer for each, and its rate does not depend on how many there are. */
const CONTESTANTS = [
  { who: "petrel", share: 1 },
  { who: "MQTT.js", share: 0.1 },
];

export async function benchClient({ rounds, only, json }) {
  const environment = machine();
  console.log(
    `${environment.node}, ${environment.cpu} (${environment.cores} cores); medians of ${rounds} interleaved rounds`,
  );
  console.log("messages per second of wall clock, and per second of the client's processor time\n");
  const server = spawn(process.execPath, [SERVER], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const [port] = await once(createInterface(server.stdout), "line");
    const url = `mqtt://127.0.0.1:${port}`;
    const results = [];
    for (const { name, ...task } of CASES.filter((each) => each.name.includes(only))) {
      const run = ({ who, share }) => work(WORKER, { ...task, who, url, count: task.count * share });
      results.push({ name, results: await interleaved(rounds, CONTESTANTS, run) });
    }
    if (results.length > 0) print(results);
    const idle = [];
    for (const { name, flags, ...task } of IDLE_CASES.filter((each) => each.name.includes(only))) {
      const run = ({ who }) => work(IDLE, { ...task, who, url }, flags);
      idle.push({ name, results: await interleaved(rounds, CONTESTANTS, run) });
    }
    if (idle.length > 0) printIdle(idle);
    if (json !== undefined)
      writeFileSync(json, `${JSON.stringify({ ...environment, rounds, results, idle }, undefined, 2)}\n`);
  } finally {
    server.stdin.end();
  }
}

function print(results) {
  const lines = results.map(({ name, results: by }) => {
    const figure = (who, unit) => median(by[who].map((each) => each[unit]));
    const [petrel, other] = ["petrel", "MQTT.js"].map((who) => [
      figure(who, "perSecond"),
      figure(who, "perProcessorSecond"),
    ]);
    return [
      name,
      quantity(petrel[0]),
      quantity(other[0]),
      `${ratio(petrel[0] / other[0])}x`,
      quantity(petrel[1]),
      quantity(other[1]),
      `${ratio(petrel[1] / other[1])}x`,
    ];
  });
  printTable([["", "Petrel /s", "MQTT.js /s", "x", "Petrel /CPU s", "MQTT.js /CPU s", "x"], ...lines]);
}

function printIdle(cases) {
  const lines = cases.map(({ name, results: by }) => {
    const kilobytes = (who, unit) => (median(by[who].map((each) => each[unit])) / 1_024).toFixed(1);
    return [name, ...["petrel", "MQTT.js"].flatMap((who) => [kilobytes(who, "resident"), kilobytes(who, "heap")])];
  });
  printTable([["KiB for each client", "Petrel resident", "heap", "MQTT.js resident", "heap"], ...lines]);
}
