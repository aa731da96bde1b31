// worker '{ who, url, roundTrips, connections }': sends how many microseconds a client takes to be loaded, for a message
// to the server and back, and to connect and disconnect: each alone, with nothing else under way.

import { CLIENTS, MODULES } from "../client/contestants.mjs";

const { who, url, roundTrips, connections } = JSON.parse(process.argv[2]);
const TOPIC = "bench/latency";

const loading = await microseconds(() => import(MODULES[who]));
const qos0 = await measureRoundTrips(0, roundTrips);
const qos1 = await measureRoundTrips(1, roundTrips);
// Each takes 40 ms and more: the server leaves Nagle's algorithm on, and a PUBCOMP has no answer that would hurry it.
const qos2 = await measureRoundTrips(2, roundTrips / 20);
const connecting = await sorted(connections, async () => (await connect()).close());
process.send({ loading, qos0, qos1, qos2, connecting }, () => process.exit());

/** With a Client Identifier: making one up takes Mosquitto longer than all else. */
function connect() {
  return CLIENTS[who](url, { clientId: `bench-${process.pid}` });
}

async function measureRoundTrips(qos, count) {
  const client = await connect();
  let arrived;
  await client.listen(TOPIC, qos, () => arrived());
  const times = await sorted(count, () => {
    const back = new Promise((resolve) => (arrived = resolve));
    client.send(TOPIC, qos);
    return back;
  });
  await client.close();
  return times;
}

/** Of `count` turns, after half as many to warm up. */
async function sorted(count, turn) {
  const times = [];
  for (let index = -count / 2; index < count; index++) {
    const time = await microseconds(turn);
    if (index >= 0) times.push(time);
  }
  return times.toSorted((a, b) => a - b);
}

async function microseconds(turn) {
  const start = performance.now();
  await turn();
  return (performance.now() - start) * 1_000;
}
