// worker '{ who, url, method, how, qos, count }': does one case after a warm-up of a quarter of it, in a process of its
// own, and sends messages per second of wall clock and of the process's processor time.

import { CLIENTS } from "./contestants.mjs";

const { who, url, method, how, qos, count } = JSON.parse(process.argv[2]);
const warmUp = count / 4;
const client = await CLIENTS[who](url);
const result = method === "receive" ? await receiving() : await publishing();
process.send(result, () => process.exit());

async function publishing() {
  await client[method](qos, warmUp);
  const stop = clock();
  await client[method](qos, count);
  return stop(count);
}

function receiving() {
  return new Promise((resolve, reject) => {
    let received = 0;
    let stop;
    const onMessage = () => {
      received++;
      if (received === warmUp) stop = clock();
      else if (received === warmUp + count) resolve(stop(count));
    };
    client.receive(how, qos, `go/${qos}/${warmUp + count}`, onMessage).catch(reject);
  });
}

function clock() {
  const started = performance.now();
  const used = process.cpuUsage();
  return (messages) => {
    const { user, system } = process.cpuUsage(used);
    return {
      perSecond: (messages * 1_000) / (performance.now() - started),
      perProcessorSecond: (messages * 1e6) / (user + system),
    };
  };
}
