import { ReasonCode } from "@petrel/codec";
import { ScriptedServer } from "@petrel/testing";
import type { Transport } from "@petrel/transport";
import { expect, test } from "vitest";
import { watch, World } from "./support/world.ts";

test("a lost connection is told once, and made again after a wait", async () => {
  const world = await World.online({ reconnect: { jitter: "none" } });
  await world.elapse(10_000);
  await world.lose();
  expect([world.client.state, world.client.connection]).toEqual(["reconnecting", undefined]);
  expect(world.eventsOf("disconnected")).toMatchObject([
    { by: "network", cause: { code: "PETREL_CONNECTION_LOST" }, willReconnectIn: 1_000 },
  ]);
  expect(world.eventsOf("reconnecting")).toMatchObject([{ attempt: 1, delay: 1_000 }]);
  await world.elapse(1_000);
  expect(world.eventNames).toEqual(["disconnected", "reconnecting", "connecting", "connected"]);
  expect(world.client.state).toBe("online");
});

test("a DISCONNECT of the server is a loss with a reason", async () => {
  const world = await World.online();
  await world.send({ type: "disconnect", reasonCode: ReasonCode.serverShuttingDown });
  expect(world.eventsOf("disconnected")).toMatchObject([
    { by: "server", reasonCode: 0x8b, cause: { code: "PETREL_SERVER_DISCONNECT" }, packet: { type: "disconnect" } },
  ]);
  expect([world.client.state, world.server.connected]).toEqual(["reconnecting", false]);
});

test("another client of the same name takes the session: no fight, the client gives up", async () => {
  const world = await World.online();
  await world.send({ type: "disconnect", reasonCode: ReasonCode.sessionTakenOver });
  await world.elapse(600_000);
  expect([world.client.state, world.server.connections]).toEqual(["offline", 1]);
  expect(world.eventsOf("error")).toMatchObject([{ code: "PETREL_SERVER_DISCONNECT" }]);
});

test("a server that breaks the protocol is told so, and tried again", async () => {
  const world = await World.online({ reconnect: { jitter: "none" } });
  await world.send({ type: "suback", packetIdentifier: 9, reasonCodes: [0] });
  expect(world.received()).toEqual(["disconnect 0x82"]);
  expect(world.eventsOf("disconnected")).toMatchObject([
    { by: "client", cause: { code: "PETREL_PROTOCOL_ERROR" }, willReconnectIn: 1_000 },
  ]);
  await world.elapse(1_000);
  expect(world.client.state).toBe("online");
});

test("a server that fell silent is noticed by keep alive, and dropped", async () => {
  const world = await World.online({ keepAlive: 30, timeouts: { pingResponse: 5_000 } });
  world.server.automatic = false;
  await world.elapse(30_000);
  expect(world.received()).toEqual(["pingreq"]);
  await world.elapse(5_000);
  expect(world.eventsOf("disconnected")).toMatchObject([
    { by: "network", cause: { code: "PETREL_TIMEOUT", what: "PINGRESP" } },
  ]);
});

test("waits grow by the factor up to the maximum, and begin anew after a stable connection", async () => {
  let up = true;
  const server = new ScriptedServer({ automatic: true });
  const world = await World.online({
    reconnect: { initialDelay: 100, factor: 3, maximumDelay: 2_000, jitter: "none", resetAfter: 10_000 },
    connector: (handler, signal): Promise<Transport> =>
      up ? server.connector(handler, signal) : Promise.reject(new Error("down")),
  });
  await world.elapse(10_000);
  up = false;
  server.lose();
  await world.elapse(10_000);
  const waits = () => world.eventsOf("reconnecting").map(({ delay }) => delay);
  expect(waits().slice(0, 6)).toEqual([100, 300, 900, 2_000, 2_000, 2_000]);

  up = true;
  await world.elapse(2_000);
  expect(world.client.state).toBe("online");
  world.events.length = 0;
  await world.elapse(9_000);
  server.lose(); // it did not last: as if it had failed
  await world.settle();
  expect(waits()).toEqual([2_000]);

  await world.elapse(2_000);
  world.events.length = 0;
  await world.elapse(10_000);
  server.lose();
  await world.settle();
  expect(waits()).toEqual([100]);
});

test("full jitter waits anything from nothing to the delay", async () => {
  const random = [0, 0.25, 0.999_999];
  const world = await World.online({ random: () => random.shift()!, reconnect: { initialDelay: 1_000, factor: 2 } });
  const rejecting = world.server;
  rejecting.automatic = false;
  await world.lose();
  for (let refusals = 0; refusals < 2; refusals++) rejecting.refuse(ReasonCode.serverUnavailable);
  await world.elapse(499);
  expect(world.eventsOf("reconnecting").map(({ delay }) => delay)).toEqual([0, 500]);
  await world.elapse(1);
  expect(world.eventsOf("reconnecting").map(({ delay }) => delay)).toEqual([0, 500, 4_000]);
});

test("reconnect: false gives up at the first loss: what waits fails, and an error says why", async () => {
  const world = await World.online({ reconnect: false });
  world.server.automatic = false;
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  const readings = await subscribed(world);
  const reading = watch(readings.next());
  await world.lose();
  expect(world.client.state).toBe("offline");
  expect([published.error, reading.error]).toMatchObject([
    { code: "PETREL_CONNECTION_LOST" },
    { code: "PETREL_CONNECTION_LOST" },
  ]);
  expect(world.eventNames).toEqual(["disconnected", "error"]);
  expect(await readings.next()).toBeUndefined();
  expect(world.clock.pendingTimers).toBe(0);
});

test("a refusal on reconnect that time can not heal ends the attempts, and is an error", async () => {
  const world = await World.online();
  world.server.automatic = false;
  await world.lose();
  world.server.refuse(ReasonCode.notAuthorized);
  await world.elapse(1_000);
  expect(world.client.state).toBe("offline");
  expect(world.eventsOf("error")).toMatchObject([{ code: "PETREL_CONNECT_REFUSED", reasonCode: 0x87 }]);
});

test("after a lost session, subscriptions are made again and unacknowledged messages published as new", async () => {
  const world = await World.online({ reconnect: { jitter: "none" }, sessionExpiryInterval: 60 });
  await Promise.all([world.client.subscribe({ a: { qos: 1 }, "b/#": { qos: 2 } }), world.settle()]);
  world.server.automatic = false;
  const first = watch(world.client.publish("x", "1", { qos: 1 }));
  const second = watch(world.client.publish("x", "2", { qos: 2 }));
  await world.settle();
  await world.lose();
  world.server.automatic = true;
  world.server.accept({ sessionPresent: false });
  await world.elapse(1_000);
  expect(world.received()).toEqual([
    "connect",
    "subscribe a/q1 b/#/q2",
    "publish x:1 q1 #2",
    "publish x:2 q2 #3",
    "pubrel #3",
  ]);
  expect([first.state, second.state]).toEqual(["resolved", "resolved"]);
});

test("after a resumed session, unacknowledged messages are sent again with DUP, in order, and nothing is subscribed", async () => {
  const world = await World.online({ reconnect: { jitter: "none" }, sessionExpiryInterval: 60 });
  await Promise.all([world.client.subscribe("a", { qos: 1 }), world.settle()]);
  world.server.automatic = false;
  const published = [1, 2, 1].map((qos, index) => watch(world.client.publish("x", index, { qos: qos as 1 | 2 })));
  await world.settle();
  await world.send({ type: "pubrec", packetIdentifier: 2 });
  world.received();
  await world.lose();
  world.server.automatic = true;
  world.server.accept({ sessionPresent: true });
  await world.elapse(1_000);
  expect(world.received()).toEqual(["connect", "pubrel #2", "publish x:0 q1 #1 dup", "publish x:2 q1 #3 dup"]);
  expect(published.map(({ state }) => state)).toEqual(["resolved", "resolved", "resolved"]);
});

test('afterSessionLost: "fail" fails them instead', async () => {
  const world = await World.online({ reconnect: { jitter: "none" }, afterSessionLost: "fail" });
  world.server.automatic = false;
  const published = watch(world.client.publish("x", "1", { qos: 1 }));
  await world.settle();
  await world.lose();
  world.server.automatic = true;
  await world.elapse(1_000);
  expect(published.error).toMatchObject({ code: "PETREL_SESSION_LOST" });
});

test("messages published during a loss wait, QoS 0 fails; requests wait too, until their deadline", async () => {
  const world = await World.online({ reconnect: { jitter: "none" }, timeouts: { request: 5_000 } });
  await world.lose();
  const kept = watch(world.client.publish("a", "1", { qos: 1 }));
  const dropped = watch(world.client.publish("a", "0"));
  const subscribing = watch(world.client.subscribe("b"));
  await world.settle();
  expect(dropped.error).toMatchObject({ code: "PETREL_NOT_CONNECTED" });
  await world.elapse(1_000);
  expect([kept.state, subscribing.state]).toEqual(["resolved", "resolved"]);

  world.server.automatic = false;
  await world.lose();
  const late = watch(world.client.subscribe("c"));
  await world.elapse(5_000);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "SUBACK" });
});

test("a message of QoS 2 that comes again after a reconnect is delivered once", async () => {
  const world = await World.online({ reconnect: { jitter: "none" }, sessionExpiryInterval: 60 });
  const texts: string[] = [];
  await Promise.all([world.client.subscribe("a", { qos: 2 }, (message) => texts.push(message.text())), world.settle()]);
  world.server.automatic = false;
  await world.publish("a", "once", 2, 5);
  await world.lose();
  world.server.accept({ sessionPresent: true });
  await world.elapse(1_000);
  world.received();
  await world.send({ type: "publish", topicName: "a", payload: "once", qos: 2, packetIdentifier: 5, dup: true });
  expect(texts).toEqual(["once"]);
  expect(world.received()).toEqual(["pubrec #5"]);
});

test("a subscription that is not granted again is told, and its iteration ends with an error", async () => {
  const world = await World.online({ reconnect: { jitter: "none" } });
  const [lost, kept] = await inTime(
    world,
    Promise.all([world.client.subscribe("lost"), world.client.subscribe("kept")]),
  );
  const next = watch(lost.next());
  world.server.automatic = false;
  await world.lose();
  world.server.accept();
  await world.elapse(1_000);
  const subscribe = world.server.received().find(({ type }) => type === "subscribe") as { packetIdentifier: number };
  await world.send({ type: "suback", packetIdentifier: subscribe.packetIdentifier, reasonCodes: [0x87, 0] });
  expect(world.eventsOf("resubscribeFailed")).toEqual([{ failures: [{ topicFilter: "lost", reasonCode: 0x87 }] }]);
  expect(next.error).toMatchObject({ code: "PETREL_SUBSCRIPTION_LOST" });
  await world.publish("kept", "1");
  expect((await kept.next())?.text()).toBe("1");
});

test("losing and connecting again leaves no timer and no listener behind", async () => {
  const signal = new AbortController().signal;
  const world = await World.online({ signal, reconnect: { jitter: "none" } });
  const before = world.clock.pendingTimers;
  for (let round = 0; round < 50; round++) {
    await world.lose();
    await world.elapse(60_000);
  }
  expect([world.client.state, world.server.connections]).toEqual(["online", 51]);
  expect(world.clock.pendingTimers).toBe(before);
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(world.clock.pendingTimers).toBe(0);
});

async function subscribed(world: World) {
  const subscribing = world.client.subscribe("a");
  await world.settle();
  const subscribe = world.server.received().find(({ type }) => type === "subscribe") as { packetIdentifier: number };
  await world.send({ type: "suback", packetIdentifier: subscribe.packetIdentifier, reasonCodes: [0] });
  return subscribing;
}

async function inTime<Value>(world: World, promise: Promise<Value>): Promise<Value> {
  await world.settle();
  return promise;
}
