// How long one thing takes when nothing else is under way, beside MQTT.js: a message there and back through Mosquitto, a
// connection, loading the client. Who goes first changes with each round; each turn is a new process.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { interleaved } from "../interleaved.mjs";
import { median } from "../measure.mjs";
import { startMosquitto } from "../mosquitto.mjs";
import { machine, printTable, ratio } from "../report.mjs";
import { work } from "../work.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
const CONTESTANTS = [{ who: "petrel" }, { who: "MQTT.js" }];
const TASK = { roundTrips: 2_000, connections: 200 };

const FIGURES = [
  { name: "QoS 0, there and back, p50", of: ({ qos0 }) => percentile(qos0, 0.5), unit: "µs" },
  { name: "QoS 0, there and back, p99", of: ({ qos0 }) => percentile(qos0, 0.99), unit: "µs" },
  { name: "QoS 1, there and back, p50", of: ({ qos1 }) => percentile(qos1, 0.5), unit: "µs" },
  { name: "QoS 1, there and back, p99", of: ({ qos1 }) => percentile(qos1, 0.99), unit: "µs" },
  { name: "QoS 2, there and back, p50", of: ({ qos2 }) => percentile(qos2, 0.5), unit: "µs" },
  { name: "QoS 2, there and back, p99", of: ({ qos2 }) => percentile(qos2, 0.99), unit: "µs" },
  { name: "connect and disconnect, p50", of: ({ connecting }) => percentile(connecting, 0.5), unit: "µs" },
  { name: "import", of: ({ loading }) => loading, unit: "µs" },
];

export async function benchLatency({ rounds, json }) {
  const environment = machine();
  console.log(
    `${environment.node}, ${environment.cpu} (${environment.cores} cores); medians of ${rounds} interleaved rounds\n`,
  );
  const mosquitto = await startMosquitto();
  let results;
  try {
    const url = `mqtt://127.0.0.1:${mosquitto.port}`;
    results = await interleaved(rounds, CONTESTANTS, ({ who }) => work(WORKER, { ...TASK, who, url }));
  } finally {
    mosquitto.end();
  }
  const lines = FIGURES.map(({ name, of, unit }) => {
    const [petrel, other] = CONTESTANTS.map(({ who }) => median(results[who].map(of)));
    return [`${name}, ${unit}`, petrel.toFixed(0), other.toFixed(0), ratio(other / petrel)];
  });
  printTable([["", "Petrel", "MQTT.js", "x"], ...lines]);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...environment, rounds, results }, undefined, 2)}\n`);
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
