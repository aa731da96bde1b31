import { ReasonCode } from "@petrel/codec";
import { expect, test, vi } from "vitest";
import { Publication, SendQueueFullError } from "../src/core.ts";
import { watch, World } from "./support/world.ts";

test("QoS 0 settles when its bytes are with the network", async () => {
  const world = await World.online();
  const publication = world.client.publish("a", "1");
  expect([publication.state, publication.topic, publication.settled]).toEqual(["inflight", "a", false]);
  const published = watch(publication);
  await world.settle();
  expect(published.value).toEqual({ reasonCode: 0, packetIdentifier: undefined });
  expect([publication.state, publication.packetIdentifier, publication.error]).toEqual([
    "settled",
    undefined,
    undefined,
  ]);
});

test("a loop that awaits one QoS 0 message after the other leaves input and timers their turns", async () => {
  const world = await World.online();
  let time = world.clock.now();
  const now = vi.spyOn(world.clock, "now").mockImplementation(() => time);
  let published = 0;
  const loop = (async () => {
    for (; published < 1_000; published++) {
      await world.client.publish("a", String(published));
      time++; // nothing else runs meanwhile
    }
  })();
  await world.clock.settle();
  expect(published).toBe(116); // 65 that nobody measures, and 51 ms
  now.mockRestore();
  await world.elapse(2_000);
  await loop;
  expect(world.received()).toEqual(Array.from({ length: 1_000 }, (_, index) => `publish a:${index} q0`));
});

test("QoS 1 settles with PUBACK, QoS 2 with PUBCOMP, and say the server's answer", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const one = watch(world.client.publish("a", "1", { qos: 1 }));
  const two = watch(world.client.publish("a", "2", { qos: 2, retain: true }));
  await world.send({ type: "puback", packetIdentifier: 1, reasonCode: ReasonCode.noMatchingSubscribers });
  await world.send({ type: "pubrec", packetIdentifier: 2 });
  expect([one.value, two.state]).toEqual([{ reasonCode: 0x10, packetIdentifier: 1 }, "pending"]);
  await world.send({ type: "pubcomp", packetIdentifier: 2 });
  expect(two.value).toEqual({ reasonCode: 0, packetIdentifier: 2 });
  expect(world.received()).toEqual(["publish a:1 q1 #1", "publish a:2 q2 #2", "pubrel #2"]);
});

test("a refusal rejects with the server's reason", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const one = watch(world.client.publish("secret", "1", { qos: 1 }));
  const two = watch(world.client.publish("secret", "2", { qos: 2 }));
  await world.send(
    { type: "puback", packetIdentifier: 1, reasonCode: ReasonCode.notAuthorized },
    { type: "pubrec", packetIdentifier: 2, reasonCode: ReasonCode.quotaExceeded },
  );
  expect([one.error, two.error]).toMatchObject([
    { code: "PETREL_PUBLISH_REJECTED", reasonCode: 0x87 },
    { code: "PETREL_PUBLISH_REJECTED", reasonCode: 0x97 },
  ]);
  expect(world.eventsOf("error")).toEqual([]);
});

test.each<[unknown, string]>([
  ["text", "text"],
  [21.5, "21.5"],
  [null, ""],
  [undefined, ""],
  [new Uint8Array([104, 105]), "hi"],
  [new Uint8Array([0, 104, 105]).subarray(1), "hi"],
  [new Uint8Array([104, 105]).buffer, "hi"],
  [new DataView(new Uint8Array([0, 104, 105]).buffer, 1), "hi"],
])("the payload %j arrives as %j", async (payload, text) => {
  const world = await World.online();
  world.client.publish("a", payload as string);
  await world.settle();
  expect(world.received()).toEqual([`publish a:${text} q0`]);
});

test.each<[string, string, unknown, object, string]>([
  ["an empty topic", "", "", {}, "PETREL_ENCODE"],
  ["a topic with a wildcard", "a/+", "", {}, "PETREL_ENCODE"],
  ["a QoS that does not exist", "a", "", { qos: 3 }, "PETREL_ENCODE"],
  ["an object as payload", "a", { celsius: 21 }, {}, "PETREL_ENCODE"],
  ["a timeout that is none", "a", "", { timeout: -1 }, "PETREL_OPTION"],
  ["a signal that is aborted already", "a", "", { signal: AbortSignal.abort() }, "PETREL_ABORTED"],
])("%s fails at once, and takes nothing", async (_, topic, payload, options, code) => {
  const world = await World.online();
  const publication = world.client.publish(topic, payload as string, options);
  expect(publication.state).toBe("failed");
  await expect(publication).rejects.toMatchObject({ code });
  await world.settle();
  expect(world.received()).toEqual([]);
  expect(world.eventsOf("error")).toEqual([]);
});

test("what the server said it does not take fails at once", async () => {
  const world = new World({ server: { automatic: false } });
  const connected = world.client.connect();
  world.server.accept({ maximumQos: 1, retainAvailable: false, maximumPacketSize: 50 });
  await world.settle();
  await connected;
  const limits = [{ qos: 2 }, { retain: true }, {}] as const;
  for (const options of limits) {
    const text = "x".repeat(options === limits[2] ? 50 : 1);
    await expect(world.client.publish("a", text, options)).rejects.toMatchObject({ code: "PETREL_SERVER_LIMIT" });
  }
});

test("a failure that nobody awaits is an error event, once; one that is awaited is none", async () => {
  const world = await World.online();
  world.client.publish("a/#");
  world.client.publish("b/#");
  const awaited = world.client.publish("c/#");
  await expect(awaited).rejects.toThrow(/topicName/);
  await world.settle();
  expect(world.eventsOf("error").map(({ message }) => message)).toEqual([
    expect.stringContaining("a/#"),
    expect.stringContaining("b/#"),
  ]);
});

test("without an error listener, such a failure goes to the logger", async () => {
  const logger = { warn: vi.fn<(message: string) => void>(), error: vi.fn<(message: string) => void>() };
  const world = new World({ logger });
  world.client.on("connected", () => {
    throw new Error("a listener's own");
  });
  world.client.on("error", () => {
    throw new Error("and again");
  });
  await Promise.all([world.client.connect(), world.settle()]);
  expect(logger.error).toHaveBeenCalledWith(expect.stringContaining("and again"));
  expect(world.eventsOf("error").map(({ message }) => message)).toEqual(["a listener's own"]);
});

test("timeout and signal stop the wait; unawaited, that is an error event, once", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const controller = new AbortController();
  const late = watch(world.client.publish("a", "1", { qos: 1, timeout: 500 }));
  const aborted = watch(world.client.publish("a", "2", { qos: 1, signal: controller.signal }));
  const unheard = world.client.publish("a", "3", { qos: 1, timeout: 500 });
  await world.elapse(499);
  expect([late.state, aborted.state]).toEqual(["pending", "pending"]);
  controller.abort(new Error("no time"));
  await world.elapse(1);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", afterMs: 500 });
  expect(aborted.error).toMatchObject({ code: "PETREL_ABORTED", cause: { message: "no time" } });
  expect(unheard.error).toMatchObject({ code: "PETREL_TIMEOUT" });
  await world.settle();
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(world.eventsOf("error")).toEqual([unheard.error]);
  expect(world.clock.pendingTimers).toBe(0);
});

test("an acknowledgement forgets the timeout and the signal", async () => {
  const world = await World.online();
  const { signal } = new AbortController();
  const removed = vi.spyOn(signal, "removeEventListener");
  const before = world.clock.pendingTimers;
  await Promise.all([world.client.publish("a", "1", { qos: 1, timeout: 500, signal }), world.settle()]);
  expect(world.clock.pendingTimers).toBe(before);
  expect(removed).toHaveBeenCalledTimes(1);
});

test.each([Infinity, 5_000])(
  "with queue.maximumAge %d: a message's age counts from its own publish(), however long its turn has lasted before",
  async (maximumAge) => {
    const reconnect = { initialDelay: 12_000, jitter: "none" } as const;
    const world = await World.online({ reconnect, queue: { qos0WhileOffline: "queue", maximumAge } });
    await world.lose();
    world.client.publish("a", "early");
    const now = vi.spyOn(world.clock, "now").mockReturnValue(9_000); // and nobody was let in since
    world.client.publish("a", "late");
    world.client.publish("a", "expiring", { properties: { messageExpiryInterval: 10 } });
    now.mockRestore();
    await world.elapse(12_000);
    const messages = world.server.takeReceived().filter((packet) => packet.type === "publish");
    expect(messages.map(({ properties }) => properties?.messageExpiryInterval).slice(-2)).toEqual([undefined, 7]);
    expect(messages).toHaveLength(maximumAge === Infinity ? 3 : 2);
  },
);

test("a full queue refuses; writable and drained() tell when to go on", async () => {
  const world = await World.online({ maximumInflight: 1, queue: { messages: 4 } });
  world.server.automatic = false;
  expect(world.client.writable).toBe(true);
  await world.client.drained();
  for (let index = 0; index < 5; index++) world.client.publish("a", index, { qos: 1 });
  expect(world.client.writable).toBe(false);
  await expect(world.client.publish("a", 5, { qos: 1 })).rejects.toBeInstanceOf(SendQueueFullError);

  const drained = [watch(world.client.drained()), watch(world.client.drained())];
  await world.send({ type: "puback", packetIdentifier: 1 });
  expect(drained[0]!.state).toBe("pending");
  await world.send({ type: "puback", packetIdentifier: 1 });
  await world.send({ type: "puback", packetIdentifier: 1 });
  expect(drained.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
  expect(world.client.writable).toBe(true);
});

test("drained() rejects when the client ends first", async () => {
  const world = await World.online({ queue: { messages: 2 } });
  await world.lose();
  for (let index = 0; index < 2; index++) world.client.publish("a", index, { qos: 1 });
  const drained = watch(world.client.drained());
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(drained.error).toMatchObject({ code: "PETREL_CLIENT_CLOSED" });
});

test("properties travel with the message", async () => {
  const world = await World.online();
  world.client.publish("a", "{}", { properties: { contentType: "application/json", userProperties: [["k", "v"]] } });
  await world.settle();
  expect(world.server.takeReceived()).toMatchObject([
    { type: "publish", properties: { contentType: "application/json", userProperties: [["k", "v"]] } },
  ]);
});

test("in 3.1.1, what is of 5.0 is refused at run time", async () => {
  const world = await World.online311({ will: { topic: "w" } });
  const options = { properties: { contentType: "text/plain" } };
  await expect(world.client.publish("a", "1", options)).rejects.toMatchObject({
    code: "PETREL_OPTION",
    option: "properties",
  });
  for (const filterOptions of [{ noLocal: true }, { retainAsPublished: false }, { retainHandling: 1 as const }]) {
    await expect(world.client.subscribe("a", filterOptions)).rejects.toMatchObject({
      option: Object.keys(filterOptions)[0],
    });
    await expect(world.client.subscribe({ a: filterOptions })).rejects.toMatchObject({
      option: Object.keys(filterOptions)[0],
    });
  }
  await expect(world.client.subscribe("a", { subscriptionIdentifier: 1 })).rejects.toMatchObject({
    option: "subscriptionIdentifier",
  });
  await expect(world.client.disconnect({ reasonCode: 0x04 })).rejects.toMatchObject({ option: "reasonCode" });
  await expect(world.client.disconnect({ sendWill: true })).rejects.toMatchObject({ option: "sendWill" });
  expect([world.client.state, world.received()]).toEqual(["online", []]);
});

test("a publication makes a promise only when somebody asks, and it is the same one", async () => {
  const publication = new Publication("a", { cancel: () => false });
  expect(publication.isAwaited).toBe(false);
  const first = watch(publication);
  const second = watch(publication.catch(() => undefined));
  const last = vi.fn<() => void>();
  const third = watch(publication.finally(last));
  expect(publication.isAwaited).toBe(true);
  const result = { reasonCode: 0, reasonString: undefined, userProperties: undefined, packetIdentifier: 7 };
  publication.settle(result);
  publication.settle({ ...result, reasonCode: 1 });
  expect(publication.fail(new Error("too late"))).toBe(false);
  await Promise.resolve().then(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect([first.value, second.value, third.value]).toEqual(Array.from({ length: 3 }, () => result));
  expect(last).toHaveBeenCalledTimes(1);
});

test("a publication that has failed can be awaited later", async () => {
  const publication = new Publication("a", { cancel: () => false });
  expect(publication.fail(new Error("first"))).toBe(true);
  await expect(publication).rejects.toThrow("first");
  expect(await publication.catch(({ message }) => message)).toBe("first");
  expect([publication.state, publication.error?.message]).toEqual(["failed", "first"]);
});
