// What it costs to find who wants a message, by the number of filters: in the router alone, and from bytes to handler.
//
// No topic comes twice, unless the filters have no wildcards: the client remembers topics, and that is not what is to be
// measured. Each message goes to one of all filters at random, which is the worst case: what it touches is in no cache of
// the processor.

import { writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { encodePacket } from "@petrel/codec";
import { createClient } from "@petrel/client/core";
import { now } from "../clock.mjs";
import { median } from "../measure.mjs";
import { Random } from "../random.mjs";
import { machine, printTable } from "../report.mjs";

// Not public: what a client has inside.
const inside = (file) => import(new URL(`../${file}`, import.meta.resolve("@petrel/client/core")).href);
const { SubscriptionRegistry } = await inside("subscription-registry.js");
const { Route } = await inside("route.js");

const FEW = 100;
const MANY = 100_000;
const MESSAGES = 50_000;
const CHUNK = 500;

/** Each matches one topic, so those of few filters are all remembered. */
const exact = {
  name: "building/<n>/temperature",
  topic: (n) => `building/${n}/temperature`,
  filter: (n) => `building/${n}/temperature`,
};
const rest = {
  name: "building/<n>/#",
  topic: (n, unique) => `building/${n}/t/${unique}`,
  filter: (n) => `building/${n}/#`,
};
const any = {
  name: "building/<n>/+",
  topic: (n, unique) => `building/${n}/${unique}`,
  filter: (n) => `building/${n}/+`,
};
const anyFirst = {
  name: "+/<n>/temperature",
  topic: (n, unique) => `${unique}/${n}/temperature`,
  filter: (n) => `+/${n}/temperature`,
};
const deep = {
  name: "site/<n>/<n>/<n>/+/t",
  topic: (n, unique) => `site/${path(n)}/${unique}/t`,
  filter: (n) => `site/${path(n)}/+/t`,
};
const twoAny = {
  name: "tenant/+/<n>/+/state",
  topic: (n, unique) => `tenant/${n % 7}/${n}/${unique}/state`,
  filter: (n) => `tenant/+/${n}/+/state`,
};
const MIXED = [rest, any, anyFirst, deep, twoAny];
const mixed = {
  name: "one of these",
  topic: (n, unique) => MIXED[n % MIXED.length].topic(n, unique),
  filter: (n) => MIXED[n % MIXED.length].filter(n),
};
const KINDS = [...MIXED, mixed, exact];

export async function benchRouting({ rounds, json }) {
  const environment = machine();
  console.log(`${environment.node}, V8 ${environment.v8}, ${environment.cpu} (${environment.cores} cores)`);
  console.log(`medians of ${rounds} interleaved rounds of ${MESSAGES} messages, after one to warm up\n`);
  const results = [];
  for (const kind of KINDS) {
    results.push({ name: kind.name, how: "router", ...(await compare(kind, rounds, routerSubject)) });
    results.push({ name: kind.name, how: "bytes to handler", ...(await compare(kind, rounds, clientSubject)) });
  }
  printTable([
    ["filters", "measured", `ns with ${FEW}`, `ns with ${MANY}`, "x"],
    ...results.map(({ name, how, few, many }) => [
      name,
      how,
      few.toFixed(0),
      many.toFixed(0),
      `${(many / few).toFixed(1)}x`,
    ]),
  ]);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...environment, rounds, results }, undefined, 2)}\n`);
}

/** Nanoseconds for a message with few filters and with many. */
async function compare(kind, rounds, subject) {
  const few = await subject(kind, FEW);
  const many = await subject(kind, MANY);
  const times = { few: [], many: [] };
  for (let round = 0; round <= rounds; round++) {
    const pair = { few: await few(round), many: await many(round) };
    if (round === 0) continue;
    times.few.push(pair.few);
    times.many.push(pair.many);
  }
  return { few: median(times.few), many: median(times.many) };
}

function routerSubject(kind, count) {
  const registry = new SubscriptionRegistry();
  for (let index = 0; index < count; index++)
    registry.listen(new Route([kind.filter(index)], undefined, undefined, () => undefined));
  return (round) => {
    const topics = topicsOf(kind, count, round);
    let found = 0;
    const start = now();
    for (const topic of topics) found += registry.matching(topic).length;
    return elapsed(start, found);
  };
}

async function clientSubject(kind, count) {
  let handler;
  const transport = { bufferedBytes: 0, write: () => true, pause() {}, resume() {}, close() {}, destroy() {} };
  const connector = (given) => {
    handler = given;
    return Promise.resolve(transport);
  };
  const client = createClient({ connector, keepAlive: 0 });
  const connecting = client.connect();
  await setImmediate();
  handler.onData(encodePacket({ type: "connack" }, 5));
  await connecting;
  let found = 0;
  for (let index = 0; index < count; index++) client.route(kind.filter(index), () => found++);
  return async (round) => {
    const chunks = chunksOf(topicsOf(kind, count, round));
    found = 0;
    const start = now();
    for (const chunk of chunks) {
      handler.onData(chunk);
      await undefined;
    }
    await setImmediate(); // the handlers have run
    return elapsed(start, found);
  };
}

/** Nanoseconds for each message. */
function elapsed(start, found) {
  const milliseconds = now() - start;
  if (found !== MESSAGES) throw new Error(`${found} of ${MESSAGES} messages were delivered`);
  return (milliseconds * 1e6) / MESSAGES;
}

/** As text from the network is: flat, and nobody has looked it up before. */
function topicsOf(kind, count, round) {
  const random = new Random(round + 1);
  return Array.from({ length: MESSAGES }, (_, index) =>
    Buffer.from(kind.topic(random.integer(count), `${round}x${index}`)).toString(),
  );
}

function chunksOf(topics) {
  const chunks = [];
  for (let start = 0; start < topics.length; start += CHUNK) {
    const packets = topics
      .slice(start, start + CHUNK)
      .map((topicName) => encodePacket({ type: "publish", topicName, payload: "21.5" }, 5));
    chunks.push(new Uint8Array(Buffer.concat(packets)));
  }
  return chunks;
}

function path(n) {
  return `${n % 100}/${Math.floor(n / 100) % 100}/${Math.floor(n / 10_000)}`;
}
