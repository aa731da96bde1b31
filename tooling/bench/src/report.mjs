// The results as tables for people.

import { cpus } from "node:os";

/** The only machine-dependent facts that the figures need beside them. */
export function machine() {
  const processors = cpus();
  return {
    node: `Node ${process.version}`,
    v8: process.versions.v8,
    cpu: processors[0]?.model.trim(),
    cores: processors.length,
  };
}

/** The encoders that leave joining to the end: many packets, then their bytes. */
const MANY = new Set(["writer", "writeToStream", "slab", "slab, topics looked up"]);

/** What a row is compared with: mqtt-packet's `generate` or parser, and the fastest minimum of the same kind. */
function rows({ measurements, bytesPerPacket }) {
  return measurements.map(({ direction, who, how, operationsPerSecond, allocatedBytes }) => {
    const alike = measurements.filter((each) => each.direction === direction);
    const base = alike.find((each) => each.who === "mqtt-packet");
    const limits = alike.filter((each) => each.who === "minimum" && MANY.has(each.how) === MANY.has(how));
    return {
      direction,
      who: `${who}, ${how}`,
      operationsPerSecond,
      megabytesPerSecond: (operationsPerSecond * bytesPerPacket) / 1e6,
      allocatedBytes,
      toMqttPacket: operationsPerSecond / base.operationsPerSecond,
      toMinimum: operationsPerSecond / Math.max(...limits.map((each) => each.operationsPerSecond)),
    };
  });
}

export function printCase(result) {
  console.log(`${result.name} (${Math.round(result.bytesPerPacket)} bytes a packet)`);
  const lines = rows(result).map((row) => [
    row.direction,
    row.who,
    quantity(row.operationsPerSecond),
    quantity(row.megabytesPerSecond),
    row.allocatedBytes === undefined ? "-" : String(Math.round(row.allocatedBytes)),
    `${ratio(row.toMqttPacket)}x`,
    `${Math.round(row.toMinimum * 100)} %`,
  ]);
  printTable([["", "", "ops/s", "MB/s", "B allocated", "x mqtt-packet", "of minimum"], ...lines]);
}

export function printSummary(results) {
  console.log("Petrel: x mqtt-packet, % of the minimum");
  const cell = (all, direction, who) => {
    const row = all.find((each) => each.direction === direction && each.who === who);
    return row === undefined ? "" : `${ratio(row.toMqttPacket)}x ${Math.round(row.toMinimum * 100)} %`;
  };
  const lines = results.map((result) => {
    const all = rows(result);
    return [
      result.name,
      cell(all, "encode", "petrel, writer"),
      cell(all, "encode", "petrel, encodePacket"),
      cell(all, "decode", "petrel, decoder"),
    ];
  });
  printTable([["", "writer", "encodePacket", "decode"], ...lines]);
}

export function printNotes(excluded) {
  console.log(`mqtt-packet is its generate and its parser. Its writeToStream makes a chunk of each field and leaves joining them to
the socket. writer and writeToStream are compared with the faster of the minimum's slabs, other encoders with its view
per packet, decoders with the faster of its two. opifex is left out: it is on JSR, for Deno and Node 24, not in npm's registry.`);
  for (const { name, direction, who, how, problem } of excluded) {
    console.log(`Not measured: ${who}, ${how}: cannot ${direction} ${name}: ${problem}.`);
  }
}

export function printTable(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const texts = lines[0].map((_, column) => column < lines[0].findIndex((title) => title !== ""));
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      texts[column] ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    );
    console.log(`  ${cells.join("  ").trimEnd()}`);
  }
  console.log();
}

export function quantity(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return value.toFixed(0);
}

export function ratio(value) {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}
