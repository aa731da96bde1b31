/** What hurts users of other clients, as far as no other test has it: docs/reliability.md lists all. */

import { expect, test } from "vitest";
import { soon, watch, World } from "./support/world.ts";

test("no publish that nobody awaits is an unhandled rejection, however it fails", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    const world = new World({ queue: { messages: 2 }, logger: { warn: () => undefined, error: () => undefined } });
    const { client } = world;
    client.publish("a/+", "a wildcard");
    client.publish("a", "QoS 0 without a connection");
    for (const number of [1, 2, 3]) client.publish("a", number, { qos: 1 }); // the third finds the queue full
    client.publish("a", "late", { qos: 1, timeout: 5 });
    void client.drained();
    await world.elapse(10);
    const connecting = client.connect();
    await soon(world, connecting);
    world.server.automatic = false;
    client.publish("a", "refused", { qos: 1 });
    await world.settle();
    client.publish("a", "lost", { qos: 2 });
    await soon(world, client.disconnect());
    client.publish("a", "closed", { qos: 1 });
    await new Promise((resolve) => setImmediate(resolve)); // Node tells of them after the microtasks
    expect(world.eventsOf("error").length).toBeGreaterThanOrEqual(6);
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

test("the server's keep alive counts for its connection alone", async () => {
  const world = new World({ keepAlive: 60, server: { automatic: false } });
  world.server.accept({ serverKeepAlive: 10 });
  world.server.accept();
  const connecting = world.client.connect();
  await soon(world, connecting);
  expect(world.client.connection?.keepAlive).toBe(10);
  world.received();
  await world.elapse(10_000);
  expect(world.received()).toEqual(["pingreq"]);
  await world.send({ type: "pingresp" });
  await world.lose();
  await world.elapse(1_000);
  expect(world.client.connection?.keepAlive).toBe(60);
  expect(world.received()).toEqual(["connect clean"]);
  await world.elapse(50_000);
  expect(world.received()).toEqual([]);
  await world.elapse(10_000);
  expect(world.received()).toEqual(["pingreq"]);
});

test("a message that waited through a reconnect has its topic, not the alias of the connection before", async () => {
  const world = new World({ server: { automatic: false } });
  world.server.accept({ topicAliasMaximum: 10 });
  world.server.accept({ sessionPresent: false }); // without aliases this time
  const connecting = world.client.connect();
  await soon(world, connecting);
  const topic = "a/rather/long/topic/name";
  for (const number of [1, 2, 3, 4]) void watch(world.client.publish(topic, number, { qos: 1 }));
  await world.settle();
  expect(world.received().slice(1)).toEqual([
    `publish ${topic}:1 q1 #1`,
    `publish ${topic}:2 q1 #2`,
    "publish :3 q1 #3", // the alias
    "publish :4 q1 #4",
  ]);
  await world.lose();
  await world.elapse(1_000);
  const again = world.received();
  expect(again.slice(1).map((packet) => packet.replace(/ #\d+$/, ""))).toEqual(
    [1, 2, 3, 4].map((number) => `publish ${topic}:${number} q1`),
  );
  expect(world.server.connections).toBe(2); // and no third
});

test("an acknowledgement of a message whose connection is gone is an event, and settles nothing else", async () => {
  const world = await World.online({ cleanStart: false, clientId: "c", sessionExpiryInterval: 60 });
  const jobs = await soon(world, world.client.subscribe("jobs", { qos: 1, acknowledge: "manual" }));
  await world.publish("jobs", "old", 1, 7);
  const old = await soon(world, jobs.next());
  world.server.accept({ sessionPresent: true });
  await world.lose();
  await world.elapse(1_000);
  await world.publish("jobs", "other", 1, 7); // the same identifier for another message
  world.received();
  old!.acknowledge();
  await world.settle();
  expect(world.eventsOf("lateAcknowledgement")).toEqual([{ packetIdentifier: 7 }]);
  expect(world.received()).toEqual([]);
  const other = await soon(world, jobs.next());
  other!.acknowledge();
  await world.settle();
  expect(world.received()).toEqual(["puback #7"]);
});

test("after reconnect() by hand everything goes on: each message comes once, and so does each subscription", async () => {
  const world = await World.online();
  const messages = await soon(world, world.client.subscribe("a", { qos: 1 }));
  for (let round = 1; round <= 3; round++) {
    await soon(world, world.client.reconnect());
    expect(world.received().filter((packet) => packet.startsWith("subscribe"))).toEqual(["subscribe a/q1"]);
    await world.publish("a", `${round}`, 1, round);
    expect((await soon(world, messages.next({ timeout: 0 })))?.text()).toBe(`${round}`);
    const another = watch(messages.next({ timeout: 0 }));
    await world.settle();
    expect(another.error).toMatchObject({ code: "PETREL_TIMEOUT" });
  }
  expect(world.client.statistics().connections).toBe(4);
});
