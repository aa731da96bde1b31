// idle '{ who, url, count, subscriptions }': connects so many clients in one process, and sends the memory that each takes
// once all are idle and the garbage is collected. Run with --expose-gc.

import { setTimeout } from "node:timers/promises";
import { CLIENTS } from "./contestants.mjs";

const { who, url, count, subscriptions } = JSON.parse(process.argv[2]);
let devices = 0;
await connect(); // the code is loaded before the count begins
await settle();
const before = process.memoryUsage();
for (let connected = 0; connected < count; connected += 50) {
  await Promise.all(Array.from({ length: 50 }, connect));
}
await settle();
const after = process.memoryUsage();
const grown = (key) => (after[key] - before[key]) / count;
process.send({ resident: grown("rss"), heap: grown("heapUsed") }, () => process.exit());

async function connect() {
  const client = await CLIENTS[who](url);
  const device = ++devices;
  for (let index = 0; index < subscriptions; index++) {
    await client.listen(`devices/${device}/${index}/command`, 1, () => undefined);
  }
}

async function settle() {
  for (let index = 0; index < 3; index++) {
    await setTimeout(100);
    globalThis.gc();
  }
}
