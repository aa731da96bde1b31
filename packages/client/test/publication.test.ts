import { expect, test } from "vitest";
import { json } from "../src/core.ts";
import { watch, World } from "./support/world.ts";

test("a publication says where it is, and its packet identifier once it has one", async () => {
  const world = await World.online({ maximumInflight: 1 });
  world.server.automatic = false;
  const first = world.client.publish("a", "1", { qos: 1 });
  const second = world.client.publish("a", "2", { qos: 1 });
  await world.settle();
  expect([first.state, first.packetIdentifier, second.state, second.packetIdentifier]).toEqual([
    "inflight",
    1,
    "queued",
    undefined,
  ]);
  await world.send({ type: "puback", packetIdentifier: 1 });
  expect([first.state, first.settled, first.packetIdentifier, second.state]).toEqual(["settled", true, 1, "inflight"]);
});

test("cancel takes a queued message back; one that was sent goes on", async () => {
  const world = await World.online({ maximumInflight: 1 });
  world.server.automatic = false;
  const sent = world.client.publish("a", "1", { qos: 1 });
  const queued = world.client.publish("a", "2", { qos: 1 });
  const failure = watch(queued);
  expect([sent.cancel(), queued.cancel(), queued.cancel()]).toEqual([false, true, false]);
  await world.settle();
  expect([queued.state, failure.error]).toMatchObject(["failed", { code: "PETREL_ABORTED" }]);
  await world.send({ type: "puback", packetIdentifier: 1 });
  expect([sent.state, world.received()]).toEqual(["settled", ["publish a:1 q1 #1"]]);
  expect([sent.cancel(), world.eventsOf("error")]).toEqual([false, []]);
});

test("a message whose time is up, or that is aborted, while it is queued is never sent", async () => {
  const world = await World.online();
  await world.lose();
  const controller = new AbortController();
  const late = watch(world.client.publish("a", "1", { qos: 1, timeout: 10 }));
  const aborted = watch(world.client.publish("a", "2", { qos: 1, signal: controller.signal }));
  const kept = watch(world.client.publish("a", "3", { qos: 1 }));
  controller.abort();
  await world.elapse(10_000);
  expect([late.error, aborted.error]).toMatchObject([{ code: "PETREL_TIMEOUT" }, { code: "PETREL_ABORTED" }]);
  expect([kept.state, world.received()]).toEqual(["resolved", ["connect clean", "publish a:3 q1 #1"]]);
});

test("the result has all that the server said", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const published = watch(world.client.publish("a", "1", { qos: 1 }));
  const properties = { reasonString: "kept for later", userProperties: [["shard", "7"]] } as const;
  await world.send({ type: "puback", packetIdentifier: 1, reasonCode: 0x10, properties });
  expect(published.value).toEqual({ reasonCode: 0x10, packetIdentifier: 1, ...properties });
});

test("json() sends JSON and says so; in 3.1.1 it only sends it", async () => {
  const world = await World.online();
  world.client.publish("a", json({ celsius: 21.5 }), { properties: { contentType: "application/vnd.mine+json" } });
  world.client.publish("b", json([1]));
  await world.settle();
  expect(world.server.takeReceived()).toMatchObject([
    { topicName: "a", properties: { contentType: "application/vnd.mine+json", payloadFormatIndicator: 1 } },
    { topicName: "b", properties: { contentType: "application/json", payloadFormatIndicator: 1 } },
  ]);
  const old = await World.online311();
  const published = watch(old.client.publish("a", json("text")));
  await old.settle();
  expect([published.state, old.received()]).toEqual(["resolved", ['publish a:"text" q0']]);
  expect(() => json(undefined)).toThrow("JSON has no text for undefined");
});

test("publishDefaults hold for messages that don't say otherwise; the first filter that matches counts", async () => {
  const world = await World.online({
    publishDefaults: { qos: 1, topics: { "log/#": { qos: 0 }, "+/state": { retain: true }, "log/state": { qos: 2 } } },
  });
  world.client.publish("a", "1");
  world.client.publish("a", "2", { qos: 0 });
  world.client.publish("log/state", "3");
  world.client.publish("door/state", "4");
  await world.settle();
  const received = world.server.takeReceived().filter((packet) => packet.type === "publish");
  expect(received.map(({ topicName, qos, retain }) => [topicName, qos, retain])).toEqual([
    ["a", 1, false],
    ["a", 0, false],
    ["log/state", 0, false],
    ["door/state", 1, true],
  ]);
});

test.each([
  [{ qos: 3 as 2 }, "option publishDefaults.qos is 3; it must be 0, 1 or 2"],
  [{ topics: { "a/#/b": {} } }, 'option publishDefaults.topics is "a/#/b"; a topic filter must have # only'],
  [
    { topics: { a: { retain: 1 as never } } },
    'option publishDefaults.topics["a"].retain is 1; it must be true or false',
  ],
])("publishDefaults %j can't work", (publishDefaults, message) => {
  expect(() => new World({ publishDefaults })).toThrow(message);
});

test("a message that is dropped is an event with the message and the reason, not an error beside it", async () => {
  const world = await World.online({ queue: { messages: 1, overflow: "drop-oldest" } });
  await world.lose();
  const dropped: unknown[] = [];
  world.client.on("dropped", (event) => dropped.push(event));
  world.client.publish("a", "1", { qos: 1 });
  const kept = world.client.publish("a", "2", { qos: 1 });
  await world.settle();
  expect(dropped).toMatchObject([{ message: { topicName: "a", payload: "1" }, reason: "overflow" }]);
  expect([kept.state, world.eventsOf("error")]).toEqual(["queued", []]);
});

test("without a listener for it, a dropped message that nobody awaits is an error event", async () => {
  const world = await World.online({ deafTo: ["dropped"], queue: { messages: 1, overflow: "drop-oldest" } });
  await world.lose();
  world.client.publish("a", "1", { qos: 1 });
  const awaited = watch(world.client.publish("a", "2", { qos: 1 }));
  world.client.publish("a", "3", { qos: 1 });
  await world.settle();
  expect(awaited.error).toMatchObject({ code: "PETREL_MESSAGE_DROPPED", reason: "overflow" });
  expect(world.eventsOf("error")).toMatchObject([{ code: "PETREL_MESSAGE_DROPPED" }]);
});
