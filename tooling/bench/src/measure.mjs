import { PerformanceObserver, performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { now } from "./clock.mjs";
import { Sink } from "./sink.mjs";

/** Runs `subject` over all its packets until it has had `milliseconds`; returns packets per second. */
export function rate({ run, inputs, packetCount, renew }, milliseconds) {
  const sink = new Sink();
  let elapsed = 0;
  let count = 0;
  while (elapsed < milliseconds) {
    const packets = renew === undefined ? inputs : renew();
    const start = now();
    const until = performance.now() + milliseconds;
    do {
      run(packets, sink);
      count += packetCount;
    } while (renew === undefined && performance.now() < until);
    elapsed += now() - start;
  }
  return (count * 1_000) / elapsed;
}

/**
 * Operations per second of all subjects in each round. In each round everyone has a turn, and each round
 * begins with somebody else, so that whatever else the machine does hits all alike.
 */
export function interleavedRounds(subjects, rounds, milliseconds) {
  const rates = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = (round + turn) % subjects.length;
      rates[index].push(rate(subjects[index], milliseconds));
    }
  }
  return rates.map((each) => ({ rounds: each.map(Math.round) }));
}

/**
 * Bytes that one packet makes `subject` allocate: what the heap and the array buffers have grown by after N packets.
 * That is all of it as long as nothing is collected, so the process runs with a young generation that is larger than
 * what N packets take, and a count during which a collection happens is done again with half as many.
 */
export async function allocatedBytes({ run, inputs, packetCount, renew, restart }) {
  const collections = [];
  const observer = new PerformanceObserver((entries) => {
    for (const { startTime } of entries.getEntries()) collections.push(startTime);
  });
  observer.observe({ entryTypes: ["gc"] });
  try {
    for (let share = inputs.length; share >= 1; share >>= 1) {
      const packets = (renew === undefined ? inputs : renew()).slice(0, share);
      const sink = new Sink();
      globalThis.gc();
      await setTimeout(5); // array buffers are freed by another thread
      globalThis.gc();
      const start = performance.now();
      const before = allocated();
      run(packets, sink);
      const grown = allocated() - before;
      await setTimeout(5); // until the observer has heard of what happened
      if (collections.every((time) => time < start)) return (grown * inputs.length) / (share * packetCount);
      restart(); // a decoder may be in the middle of a packet
    }
    return undefined;
  } finally {
    observer.disconnect();
  }
}

function allocated() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
