import { expect, test } from "vitest";
import type { Message, Subscription } from "../src/core.ts";
import type { SubscribeOptionsV5 } from "../src/types.ts";
import { soon, watch, World } from "./support/world.ts";

test("subscribes in one packet: a filter, a list, or filters with options of their own", async () => {
  const world = await World.online();
  const one = await soon(world, world.client.subscribe("a", { qos: 1 }));
  await soon(world, world.client.subscribe(["b", "c/#"]));
  const several = await soon(
    world,
    world.client.subscribe({ d: {}, e: { qos: 2, noLocal: true } }, { qos: 1, subscriptionIdentifier: 7 }),
  );
  expect(world.server.received().slice(-1)).toMatchObject([
    {
      subscriptions: [
        { topicFilter: "d", qos: 1, noLocal: false },
        { topicFilter: "e", qos: 2, noLocal: true },
      ],
      properties: { subscriptionIdentifier: 7 },
    },
  ]);
  expect(world.received()).toEqual(["subscribe a/q1", "subscribe b/q0 c/#/q0", "subscribe d/q1 e/q2"]);
  expect([one.filters, one.granted]).toEqual([["a"], [{ filter: "a", qos: 1 }]]);
  expect(several.granted).toEqual([
    { filter: "d", qos: 1 },
    { filter: "e", qos: 2 },
  ]);
});

test("a message says everything about itself", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a/+"));
  await world.send({
    type: "publish",
    topicName: "a/b",
    payload: '{"celsius":21.5}',
    retain: true,
    properties: { contentType: "application/json" },
  });
  const message = (await readings.next())!;
  expect(message).toMatchObject({
    topic: "a/b",
    qos: 0,
    retain: true,
    duplicate: false,
    packetIdentifier: undefined,
    properties: { contentType: "application/json" },
    receivedAt: 4_000_000,
  });
  expect([message.text(), message.json()]).toEqual(['{"celsius":21.5}', { celsius: 21.5 }]);
  message.acknowledge(); // QoS 0: nothing to do
});

test("consumed: a message is acknowledged when the loop asks for the next one, or ends", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  world.received();
  for (const packetIdentifier of [1, 2, 3]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  const seen: string[] = [];
  for await (const message of readings) {
    seen.push(`${message.text()} after ${world.received().join()}`);
    await world.settle();
    if (message.text() === "2") break;
  }
  await world.settle();
  expect(seen).toEqual(["1 after ", "2 after "]);
  expect(world.received()).toEqual(["puback #1", "puback #2"]);

  for await (const message of readings) {
    expect(message.text()).toBe("3"); // the loop goes on where the other one ended
    break;
  }
});

test("received: acknowledged on arrival. manual: when you say so, with the reason you give", async () => {
  const world = await World.online();
  await soon(world, world.client.subscribe("a", { qos: 1, acknowledge: "received" }));
  const manual = await soon(world, world.client.subscribe("b", { qos: 2, acknowledge: "manual" }));
  world.received();
  await world.publish("a", "1", 1, 1);
  expect(world.received()).toEqual(["puback #1"]);

  await world.publish("b", "2", 2, 2);
  await world.publish("b", "3", 2, 3);
  const [two, three] = [(await manual.next())!, (await manual.next())!];
  expect(() => two.acknowledge(0x99)).not.toThrow(); // payload format invalid: allowed
  expect(() => three.acknowledge(77)).toThrow(/reasonCode is 77/);
  three.acknowledge();
  three.acknowledge();
  await world.settle();
  expect(world.received()).toEqual(["pubrec #2 0x99", "pubrec #3", "pubcomp #3"]);
});

test("acknowledgements go out in the order of arrival, whoever is done first", async () => {
  const world = await World.online();
  const slow = await soon(world, world.client.subscribe("slow", { qos: 1, acknowledge: "manual" }));
  await soon(world, world.client.subscribe("fast", { qos: 1, acknowledge: "received" }));
  world.received();
  await world.publish("slow", "1", 1, 1);
  await world.publish("fast", "2", 1, 2);
  expect(world.received()).toEqual([]);
  (await slow.next())!.acknowledge();
  await world.settle();
  expect(world.received()).toEqual(["puback #1", "puback #2"]);
});

test("a message for several subscriptions is acknowledged when all are done, with the worst reason", async () => {
  const world = await World.online();
  const manual = await soon(world, world.client.subscribe("a/#", { qos: 1, acknowledge: "manual" }));
  const handled: string[] = [];
  await soon(
    world,
    world.client.subscribe("a/b", { qos: 1 }, (message) => handled.push(message.topic)),
  );
  const loop = await soon(world, world.client.subscribe("+/b", { qos: 1 }));
  world.received();
  await world.publish("a/b", "1", 1, 1);
  expect(handled).toEqual(["a/b"]);
  const reading = watch(loop.next());
  await world.settle();
  const next = watch(loop.next());
  await world.settle();
  expect([reading.state, next.state, world.received()]).toEqual(["resolved", "pending", []]);
  (await manual.next())!.acknowledge(0x83);
  await world.settle();
  expect(world.received()).toEqual(["puback #1 0x83"]);
});

test("batches() gives everything that waits, and acknowledges it with the next call", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  world.received();
  for (const packetIdentifier of [1, 2, 3]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  const batches: string[][] = [];
  for await (const batch of readings.batches()) {
    await world.settle();
    expect(world.received()).toEqual(batches.length === 0 ? [] : ["puback #1", "puback #2", "puback #3"]);
    batches.push(batch.map((message) => message.text()));
    if (batches.length === 2) break;
    await world.publish("a", "4", 1, 4);
  }
  await world.settle();
  expect([batches, world.received()]).toEqual([[["1", "2", "3"], ["4"]], ["puback #4"]]);
});

test("a handler gets one message after the other, and each is acknowledged when it has settled", async () => {
  const world = await World.online();
  const running: { readonly text: string; readonly done: () => void }[] = [];
  await soon(
    world,
    world.client.subscribe(
      "a",
      { qos: 1 },
      (message) => new Promise<void>((done) => running.push({ text: message.text(), done })),
    ),
  );
  world.received();
  await world.publish("a", "1", 1, 1);
  await world.publish("a", "2", 1, 2);
  expect([running.map(({ text }) => text), world.received()]).toEqual([["1"], []]);
  running[0]!.done();
  await world.settle();
  expect([running.map(({ text }) => text), world.received()]).toEqual([["1", "2"], ["puback #1"]]);
});

test("a handler that throws, or rejects, is an error event; its message is acknowledged and the next one comes", async () => {
  const world = await World.online();
  const seen: string[] = [];
  await soon(
    world,
    world.client.subscribe("a", { qos: 1 }, (message) => {
      seen.push(message.text());
      if (message.text() === "1") throw new Error("no such unit");
      if (message.text() === "2") return Promise.reject(new Error("no such room"));
      return undefined;
    }),
  );
  world.received();
  for (const packetIdentifier of [1, 2, 3]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  expect(seen).toEqual(["1", "2", "3"]);
  expect(world.received()).toEqual(["puback #1", "puback #2", "puback #3"]);
  expect(world.eventsOf("error").map(({ message }) => message)).toEqual([
    'the handler for "a" failed: no such unit',
    'the handler for "a" failed: no such room',
  ]);
});

test("a handler that never settles holds up nobody else's QoS 0 messages, publishes or keep alive", async () => {
  const world = await World.online({ keepAlive: 30 });
  await soon(
    world,
    world.client.subscribe("stuck", { qos: 1 }, () => new Promise(() => {})),
  );
  const texts: string[] = [];
  await soon(
    world,
    world.client.subscribe("free", (message) => texts.push(message.text())),
  );
  await world.publish("stuck", "1", 1, 1);
  await world.publish("free", "2");
  const published = watch(world.client.publish("x", "3", { qos: 1 }));
  await world.elapse(120_000);
  expect([texts, published.state, world.client.state]).toEqual([["2"], "resolved", "online"]);
  await Promise.all([world.client.disconnect(), world.settle()]);
  expect(world.client.state).toBe("closed");
});

test("a handler may publish and wait for the acknowledgement", async () => {
  const world = await World.online();
  await soon(
    world,
    world.client.subscribe("a", { qos: 1, buffer: 1 }, async (message) => {
      await world.client.publish("b", message.text(), { qos: 1 });
      await world.client.publish("c", message.text(), { qos: 2 });
    }),
  );
  world.received();
  for (const packetIdentifier of [1, 2]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  await world.settle();
  expect(world.received().filter((packet) => packet.startsWith("puback"))).toEqual(["puback #1", "puback #2"]);
});

test("a full buffer stops the network until half of it is free", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { buffer: 4 }));
  for (let index = 0; index < 10; index++) await world.publish("a", `${index}`);
  expect(readings.buffered).toBe(4);
  await readings.next();
  await world.settle();
  expect(readings.buffered).toBe(3);
  await readings.next();
  await world.settle();
  expect(readings.buffered).toBe(4); // reading went on, and stopped again
  const texts = ["0", "1"];
  for (let index = 2; index < 10; index++) {
    texts.push((await readings.next())!.text());
    await world.settle();
  }
  expect(texts).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
});

test("a slow consumer that publishes and waits is answered although its buffer is full", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { buffer: 2 }));
  for (let index = 0; index < 5; index++) await world.publish("a", `${index}`);
  const published = watch(world.client.publish("b", "1", { qos: 2 }));
  const subscribed = watch(world.client.subscribe("c"));
  await world.settle();
  expect([published.state, subscribed.state]).toEqual(["resolved", "resolved"]);
  await world.settle();
  const before = readings.buffered;
  for (let index = 5; index < 10; index++) await world.publish("a", `${index}`);
  expect(readings.buffered).toBe(before); // and then the network rests again
});

test("a consumer that is full when the connection is lost does not keep the next one from being made", async () => {
  const world = await World.online({ reconnect: { jitter: "none" } });
  const readings = await soon(world, world.client.subscribe("a", { buffer: 1 }));
  await world.publish("a", "1");
  world.client.publish("b", "2", { qos: 1 }); // reading goes on for its PUBACK, and so does the loss get through
  world.server.automatic = false;
  await world.settle();
  await world.lose();
  world.server.automatic = true;
  await world.elapse(1_000);
  expect(world.client.state).toBe("online");
  expect((await readings.next())?.text()).toBe("1");
});

test("what nobody subscribed to is a message event, and is acknowledged", async () => {
  const world = await World.online();
  await world.publish("from/an/earlier/life", "1", 1, 1);
  expect(world.eventsOf("message").map(({ topic }) => topic)).toEqual(["from/an/earlier/life"]);
  expect(world.received()).toEqual(["puback #1"]);
});

test("messages that come before SUBACK are not lost", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const subscribing = world.client.subscribe("a");
  await world.publish("a", "early");
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [0] });
  expect((await (await subscribing).next())?.text()).toBe("early");
});

test("a refused filter rejects, and those that were granted are given back", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const alone = watch(world.client.subscribe("forbidden"));
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [0x87] });
  expect(alone.error).toMatchObject({
    code: "PETREL_SUBSCRIBE_REJECTED",
    failures: [{ topicFilter: "forbidden", reasonCode: 0x87 }],
  });
  const both = watch(world.client.subscribe(["allowed", "forbidden"]));
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [0, 0x87] });
  expect(both.state).toBe("rejected");
  await world.settle();
  expect(world.received()).toEqual([
    "subscribe forbidden/q0",
    "subscribe allowed/q0 forbidden/q0",
    "unsubscribe allowed forbidden",
  ]);
});

test("a subscribe that is aborted, or late, before it was sent is never asked for, and so not given back", async () => {
  const world = new World({ timeouts: { request: 80 } });
  const controller = new AbortController();
  const aborted = watch(world.client.subscribe("aborted", { signal: controller.signal }));
  const late = watch(world.client.subscribe("late", { timeout: 50 }));
  const unanswered = watch(world.client.subscribe("unanswered"));
  await world.elapse(50);
  const kept = watch(world.client.subscribe("kept"));
  await world.elapse(30);
  controller.abort();
  await world.settle();
  expect([aborted.state, late.state, unanswered.state]).toEqual(["rejected", "rejected", "rejected"]);
  await soon(world, world.client.connect());
  await world.settle();
  expect([kept.state, world.received()]).toEqual(["resolved", ["connect clean", "subscribe kept/q0"]]);
});

test("a subscribe that is aborted, or late, is given back", async () => {
  const world = await World.online({ timeouts: { request: 5_000 } });
  world.server.automatic = false;
  const controller = new AbortController();
  const aborted = watch(world.client.subscribe("a", { signal: controller.signal }));
  const late = watch(world.client.subscribe("b"));
  await world.settle();
  controller.abort();
  await world.settle();
  expect(aborted.error).toMatchObject({ code: "PETREL_ABORTED" });
  await world.elapse(5_000);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "SUBACK" });
  expect(world.received()).toEqual(["subscribe a/q0", "subscribe b/q0", "unsubscribe a", "unsubscribe b"]);
  await expect(world.client.subscribe("c", { signal: controller.signal })).rejects.toMatchObject({
    code: "PETREL_ABORTED",
  });
});

test.each<[string, unknown, SubscribeOptionsV5, object]>([
  ["a bad filter", "a/#/b", {}, { code: "PETREL_ENCODE" }],
  ["no filter", [], {}, { code: "PETREL_ENCODE" }],
  ["a QoS that does not exist", "a", { qos: 3 as 2 }, { code: "PETREL_ENCODE" }],
  ["a buffer for nothing", "a", { buffer: 0 }, { option: "buffer" }],
  ["an unknown acknowledge mode", "a", { acknowledge: "later" as "manual" }, { option: "acknowledge" }],
])("%s is refused at once", async (_, filters, options, error) => {
  const world = await World.online();
  await expect(world.client.subscribe(filters as string, options)).rejects.toMatchObject(error);
  await world.settle();
  expect(world.received()).toEqual([]);
});

test("unsubscribe() ends the subscription after what it holds; its messages are acknowledged at once", async () => {
  const world = await World.online();
  const ended = await soon(world, world.client.subscribe("a", { qos: 1 }));
  await soon(world, world.client.subscribe("b", { qos: 1, acknowledge: "received" }));
  world.received();
  for (const packetIdentifier of [1, 2]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  await world.publish("b", "3", 1, 3);
  expect((await ended.next())?.text()).toBe("1");
  expect(world.received()).toEqual([]);
  await soon(world, ended.unsubscribe());
  expect(world.received()).toEqual(["puback #1", "puback #2", "puback #3", "unsubscribe a"]);
  expect((await ended.next())?.text()).toBe("2");
  expect(await ended.next()).toBeUndefined();
  for await (const message of ended) expect(message).toBeUndefined(); // the end stays the end
  await soon(world, ended.unsubscribe());
  expect(world.received()).toEqual([]);
});

test("unsubscribe() leaves filters that another subscription has", async () => {
  const world = await World.online();
  const first = await soon(world, world.client.subscribe(["a", "b"]));
  const second = await soon(world, world.client.subscribe("b"));
  world.received();
  await soon(world, first.unsubscribe());
  expect(world.received()).toEqual(["unsubscribe a"]);
  await world.publish("b", "1");
  expect((await second.next())?.text()).toBe("1");
  await soon(world, second.unsubscribe());
  expect(world.received()).toEqual(["unsubscribe b"]);
});

test("client.unsubscribe() takes filters from everybody, and ends those that have no other", async () => {
  const world = await World.online();
  const one = await soon(world, world.client.subscribe("a"));
  const two = await soon(world, world.client.subscribe(["a", "b"]));
  expect(await soon(world, world.client.unsubscribe("a"))).toEqual([0]);
  expect(await one.next()).toBeUndefined();
  await world.publish("b", "still here");
  expect((await two.next())?.text()).toBe("still here");
  await soon(world, world.client.unsubscribe(["b"]));
  expect(await two.next()).toBeUndefined();
});

test("a refused or unanswered unsubscribe rejects", async () => {
  const world = await World.online({ timeouts: { request: 5_000 } });
  const kept = await soon(world, world.client.subscribe("a"));
  world.server.automatic = false;
  const refused = watch(world.client.unsubscribe("a"));
  await world.send({ type: "unsuback", packetIdentifier: 1, reasonCodes: [0x87] });
  expect(refused.error).toMatchObject({ code: "PETREL_UNSUBSCRIBE_REJECTED" });
  await world.publish("a", "1");
  expect((await kept.next())?.text()).toBe("1");
  const late = watch(world.client.unsubscribe("a"));
  await world.elapse(5_000);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "UNSUBACK" });
});

test("await using ends a subscription, and does not mind a client that is closed first", async () => {
  const world = await World.online();
  await soon(
    world,
    (async () => {
      await using _readings = await world.client.subscribe("a");
    })(),
  );
  expect(world.received()).toEqual(["subscribe a/q0", "unsubscribe a"]);
  await soon(
    world,
    (async () => {
      await using _readings = await world.client.subscribe("b");
      await world.client.disconnect();
    })(),
  );
  expect(world.client.state).toBe("closed");
});

test("an iterator that waits can be left at once", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a"));
  const iterator = readings[Symbol.asyncIterator]();
  const next = watch(iterator.next());
  await world.settle();
  await expect(iterator.return!()).resolves.toEqual({ done: true, value: undefined });
  await world.settle();
  expect(next.value).toEqual({ done: true, value: undefined });
  await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  await world.publish("a", "1");
  expect((await readings.next())?.text()).toBe("1"); // the subscription goes on
});

test("a second consumer that waits beside the first is an error, and so is iterating what has a handler", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a"));
  const first = watch(readings.next());
  await expect(readings.next()).rejects.toThrow(/another consumer/);
  await world.publish("a", "1");
  expect(first.value?.text()).toBe("1");

  const handled = await soon(
    world,
    world.client.subscribe("b", () => undefined),
  );
  await expect(handled.next()).rejects.toThrow(/has a handler/);
  expect(() => handled.batches()).toThrow(/has a handler/);
  expect(() => handled[Symbol.asyncIterator]()).toThrow(/has a handler/);
});

test("disconnect() ends an iteration without an error, after what was buffered", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  await world.publish("a", "1", 1, 1);
  await world.publish("a", "2", 1, 2);
  const reading = collect(readings);
  world.received();
  await soon(world, world.client.disconnect());
  expect((await reading).map((message) => message.text())).toEqual(["1", "2"]);
});

test("a shared subscription routes like its filter", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("$share/group/a/+"));
  await world.publish("a/b", "1");
  expect((await readings.next())?.topic).toBe("a/b");
});

test("a long backlog comes out in order, a part at a time", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { buffer: 10_000 }));
  const texts = Array.from({ length: 5_000 }, (_, index) => `${index}`);
  const seen: string[] = [];
  for (let start = 0; start < texts.length; start += 1_000) {
    await world.send(
      ...texts.slice(start, start + 1_000).map((payload) => ({ type: "publish", topicName: "a", payload }) as const),
    );
    for (let index = 0; index < 900; index++) seen.push((await readings.next())!.text());
  }
  expect(readings.buffered).toBe(500);
  while (readings.buffered > 0) seen.push((await readings.next())!.text());
  expect(seen).toEqual(texts);
});

async function collect(subscription: Subscription): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for await (const message of subscription) messages.push(message);
  return messages;
}

test("warns once for each connection of messages that nothing takes, and acknowledges them", async () => {
  const warnings: string[] = [];
  const logger = { warn: (message: string) => warnings.push(message), error: () => {} };
  const world = await World.online({ deafTo: ["message", "dropped"], logger });
  await world.publish("from/an/earlier/life", "1", 1, 1);
  await world.publish("from/an/earlier/life", "2", 1, 2);
  expect(world.received()).toEqual(["puback #1", "puback #2"]);
  expect(warnings).toEqual([expect.stringContaining('a message to "from/an/earlier/life"')]);
});

test("a process that resumes a session subscribes before it connects, and gets what comes with CONNACK", async () => {
  const world = new World({ clientId: "a", cleanStart: false, server: { automatic: false } });
  const subscribing = world.client.subscribe("from/#", { qos: 1 });
  const connecting = world.client.connect();
  await world.settle();
  world.server.accept({ sessionPresent: true });
  await world.publish("from/an/earlier/life", "1", 1, 7);
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [1] });
  await connecting;
  expect((await (await subscribing).next())?.text()).toBe("1");
});
