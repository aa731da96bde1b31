// The command line beside mosquitto's and MQTT.js's: lines in, messages out, and how long it takes to begin. Each turn is
// a process as a user would start it; who goes first changes with the round.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { interleaved } from "../interleaved.mjs";
import { median } from "../measure.mjs";
import { startMosquitto } from "../mosquitto.mjs";
import { machine, printTable, quantity, ratio } from "../report.mjs";
import { publishers, subscribers, PETREL } from "./contestants.mjs";

const SINK = fileURLToPath(new URL("../client/server.mjs", import.meta.url));

export async function benchCli({ rounds, only, json }) {
  const environment = machine();
  console.log(
    `${environment.node}, ${environment.cpu} (${environment.cores} cores); medians of ${rounds} interleaved rounds`,
  );
  console.log(
    "messages per second of wall clock, seconds of processor time for a million, and the largest resident set in MiB\n",
  );
  const sink = await startSink();
  const mosquitto = await startMosquitto();
  const results = [];
  let start;
  try {
    const cases = [
      ...[0, 1].flatMap((qos) => [
        { name: `pub --lines, QoS ${qos}, to a sink`, contestants: publishers({ port: sink.port, qos }) },
        {
          name: `pub --lines, QoS ${qos}, to Mosquitto`,
          contestants: publishers({ port: mosquitto.port, qos, version: "5" }),
        },
      ]),
      ...[0, 1].map((qos) => ({ name: `sub -C, QoS ${qos}`, contestants: subscribers({ port: sink.port, qos }) })),
    ].filter(({ name }) => name.includes(only));
    for (const { name, contestants } of cases) {
      results.push({ name, results: await interleaved(rounds, contestants, run) });
      print(results.at(-1));
    }
    start = "start".includes(only) ? await benchStart(Math.max(rounds, 9)) : undefined;
  } finally {
    sink.end();
    mosquitto.end();
  }
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ ...environment, rounds, results, start }, undefined, 2)}\n`);
  }
}

/** Runs a command with `count` lines as its input, if it takes any, until it ends. */
async function run({ who, command, args, count, takesLines }) {
  const input = takesLines ? linesUpTo(count) : undefined; // before the clock runs
  const output = openSync("/dev/null", "w");
  const began = performance.now();
  const child = spawn(command, args, { stdio: [takesLines ? "pipe" : "ignore", output, "inherit"] });
  let resident = 0;
  let processor = 0;
  const look = setInterval(() => {
    resident = Math.max(resident, residentBytes(child.pid));
    processor = Math.max(processor, processorSeconds(child.pid));
  }, 10);
  const ended = once(child, "exit");
  if (input !== undefined) void feed(child.stdin, input);
  const [code] = await ended;
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(look);
  closeSync(output);
  if (code !== 0) throw new Error(`${who} ended with exit code ${code}: ${args.join(" ")}`);
  return { perSecond: count / seconds, processor: (processor * 1e6) / count, resident };
}

const inputs = new Map();

/** 1 to `count`, a line each: made once, so that making them takes nobody's time. */
function linesUpTo(count) {
  let input = inputs.get(count);
  if (input === undefined) {
    input = Buffer.from(Array.from({ length: count }, (_, index) => `${index + 1}\n`).join(""));
    inputs.set(count, input);
  }
  return input;
}

/** As fast as it is taken. */
async function feed(stdin, input) {
  stdin.on("error", () => undefined);
  for (let at = 0; at < input.length; at += 65_536) {
    if (!stdin.write(input.subarray(at, at + 65_536))) await once(stdin, "drain");
  }
  stdin.end();
}

/** As of the last hundredth of a second. */
function processorSeconds(pid) {
  try {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0; // it has just ended, or this is no Linux
  }
}

function residentBytes(pid) {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1_024;
  } catch {
    return 0; // it has just ended, or this is no Linux
  }
}

function print({ name, results: by }) {
  const figure = (who, unit) => median(by[who].map((each) => each[unit]));
  const base = figure("petrel", "perSecond");
  console.log(name);
  const lines = Object.keys(by).map((who) => {
    const rate = figure(who, "perSecond");
    return [
      who,
      quantity(rate),
      who === "petrel" ? "" : `${ratio(base / rate)}x`,
      figure(who, "processor").toFixed(2),
      (figure(who, "resident") / 1_048_576).toFixed(0),
    ];
  });
  printTable([["", "messages/s", "petrel is", "CPU s/M", "MiB"], ...lines]);
}

/** From the start of the process to the PUBACK of its message, beside a Node that does nothing. */
async function benchStart(rounds) {
  let acknowledged;
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      // One packet comes at a time: each waits for the answer to the one before.
      if (bytes[0] === 0x10) socket.write(Uint8Array.of(0x20, 3, 0, 0, 0));
      else if (bytes[0] >> 4 === 3) {
        const identifier = 4 + bytes.readUInt16BE(2);
        socket.write(
          Uint8Array.of(0x40, 2, bytes[identifier], bytes[identifier + 1]),
          () => (acknowledged = performance.now()),
        );
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const publish = [PETREL, "pub", "-h", "127.0.0.1", "-p", String(port), "-t", "a", "-q", "1", "-m", "x"];
  const contestants = [
    { who: "node -e 0", args: ["-e", "0"], at: () => performance.now() },
    { who: "petrel pub, to PUBACK", args: publish, at: () => acknowledged },
    { who: "petrel --help", args: [PETREL, "--help"], at: () => performance.now() },
    { who: "petrel pub --help", args: [PETREL, "pub", "--help"], at: () => performance.now() },
  ];
  const results = await interleaved(rounds, contestants, async ({ args, at }) => {
    const began = performance.now();
    await once(spawn(process.execPath, args, { stdio: "ignore" }), "exit");
    return at() - began;
  });
  server.close();
  const base = median(results["node -e 0"]);
  const lines = Object.entries(results).map(([who, times]) => [
    who,
    median(times).toFixed(0),
    `${ratio(median(times) / base)}x`,
  ]);
  printTable([["start", "ms", "of node"], ...lines]);
  return results;
}

async function startSink() {
  const server = spawn(process.execPath, [SINK], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await once(createInterface(server.stdout), "line");
  return { port, end: () => server.stdin.end() };
}
