import type { PublishPacketInit } from "@petrel/codec";
import { describe, expect, test } from "vitest";
import { soon, watch, World } from "./support/world.ts";

function message(topicName: string, payload: number, qos: 0 | 1 = 0): PublishPacketInit {
  return qos === 0
    ? { type: "publish", topicName, payload: `${payload}` }
    : { type: "publish", topicName, payload: `${payload}`, qos, packetIdentifier: (payload % 65_535) + 1 };
}

const COUNT = 10_000;
const CHUNK = 100;

test("a consumer that takes 50 ms for each of 10,000 QoS 0 messages: a bounded buffer, and keep alive holds", async () => {
  const world = await World.online({ keepAlive: 30 });
  const seen: string[] = [];
  const readings = await soon(world, world.client.subscribe("a", { buffer: 200 }));
  let most = 0;
  void (async () => {
    for await (const { payload } of readings) {
      seen.push(new TextDecoder().decode(payload));
      await new Promise<void>((resolve) => void world.clock.timer(world.clock.now() + 50, resolve));
    }
  })();
  for (let sent = 0; sent < COUNT; sent += CHUNK) {
    world.server.send(...Array.from({ length: CHUNK }, (_, index) => message("a", sent + index)));
  }
  for (let elapsed = 0; seen.length < COUNT && elapsed < 600_000; elapsed += 1_000) {
    await world.elapse(1_000);
    most = Math.max(most, readings.buffered);
  }
  // The server feels the pause: its messages wait on its side, and none is lost.
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, index) => `${index}`));
  expect(most).toBeLessThanOrEqual(200 + CHUNK);
  expect(world.client.state).toBe("online");
  expect(world.eventNames).toEqual([]);
  expect(world.received().filter((packet) => packet === "pingreq").length).toBeGreaterThan(10);
});

test("a consumer that takes 50 ms for each of 10,000 QoS 1 messages loses none, and its server's quota bounds it", async () => {
  const world = await World.online({ keepAlive: 30, receiveMaximum: 64 });
  const seen: string[] = [];
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  world.received();
  void (async () => {
    for await (const one of readings) {
      seen.push(one.text());
      await new Promise<void>((resolve) => void world.clock.timer(world.clock.now() + 50, resolve));
    }
  })();
  let sent = 0;
  let acknowledged = 0;
  let most = 0;
  let pings = 0;
  while (acknowledged < COUNT && world.clock.now() < 600_000) {
    // "MUST NOT send more than Receive Maximum QoS 1 and QoS 2 PUBLISH packets" unacknowledged [MQTT-3.3.4-9]
    const due = Math.min(COUNT, acknowledged + 64) - sent;
    if (due > 0) world.server.send(...Array.from({ length: due }, (_, index) => message("a", sent + index, 1)));
    sent += due;
    most = Math.max(most, readings.buffered);
    if (sent === COUNT && seen.length === COUNT) watch(readings.next()); // done with the last one
    await world.elapse(1_000);
    for (const packet of world.received()) {
      if (packet.startsWith("puback")) acknowledged++;
      else if (packet === "pingreq") pings++;
    }
  }
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, index) => `${index}`));
  expect([acknowledged, most <= 64, world.client.state, world.eventNames]).toEqual([COUNT, true, "online", []]);
  expect(pings).toBe(0); // a PUBACK now and then is all that keep alive needs
});

test("while an answer is awaited, a full buffer takes no more QoS 0 messages, each of which is told; QoS 1 is kept", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1, buffer: 4 }));
  world.server.automatic = false;
  const published = watch(world.client.publish("b", "1", { qos: 1 }));
  await world.settle();
  await world.send(...[0, 1, 2, 3, 4, 5].map((index) => message("a", index))); // one chunk fills it, and is taken whole
  expect([readings.buffered, world.droppedIncoming]).toEqual([6, []]);
  await world.send(message("a", 6), message("a", 7, 1), message("a", 8));
  expect(readings.buffered).toBe(7);
  expect(
    world.droppedIncoming.map(({ direction, reason, message: { topic, qos } }) => [direction, reason, topic, qos]),
  ).toEqual([
    ["in", "overflow", "a", 0],
    ["in", "overflow", "a", 0],
  ]);
  expect(world.client.statistics().receiving).toMatchObject({ buffered: 7, held: 0, inflight: 1, dropped: 2 });

  await world.send({ type: "puback", packetIdentifier: 1 });
  expect(published.state).toBe("resolved");
  await world.send(message("a", 9)); // nothing is awaited: the network rests, and this waits in it
  expect([readings.buffered, world.droppedIncoming.length]).toEqual([7, 2]);
  const texts: string[] = [];
  while (texts.length < 8) {
    texts.push((await readings.next())!.text());
    await world.settle();
  }
  expect(texts).toEqual(["0", "1", "2", "3", "4", "5", "7", "9"]);
});

test("without a listener for it, a QoS 0 message that is dropped is a warning, once for each connection", async () => {
  const warnings: string[] = [];
  const logger = { warn: (text: string) => warnings.push(text), error: () => {} };
  const world = await World.online({ deafTo: ["dropped"], logger });
  await soon(world, world.client.subscribe("a", { buffer: 1 }));
  world.server.automatic = false;
  world.client.publish("b", "1", { qos: 1 });
  for (const index of [0, 1, 2]) await world.send(message("a", index));
  expect(warnings).toEqual([expect.stringContaining('a QoS 0 message to "a" is dropped')]);
});

test("a pipeline that publishes each message and waits keeps its memory bounded under a flood of QoS 0", async () => {
  const world = await World.online();
  let handled = 0;
  const pipeline = await soon(
    world,
    world.client.subscribe("a", { buffer: 50 }, async ({ payload }) => {
      await world.client.publish("b", payload, { qos: 1 });
      handled++;
    }),
  );
  world.server.automatic = false;
  world.server.takeReceived();
  let most = 0;
  for (let sent = 0; sent < 2_000; sent += 10) {
    await world.send(...Array.from({ length: 10 }, (_, index) => message("a", sent + index)));
    most = Math.max(most, pipeline.buffered);
    for (const packet of world.server.takeReceived()) {
      if (packet.type === "publish") await world.send({ type: "puback", packetIdentifier: packet.packetIdentifier! });
    }
  }
  expect(most).toBeLessThan(60); // the rest of the chunk that fills it is taken
  expect(handled + pipeline.buffered + world.droppedIncoming.length).toBe(1_999); // and one is being handled
  expect(handled).toBe(200);
  expect(world.client.statistics().receiving.dropped).toBe(world.droppedIncoming.length);
});

test("received: without room in the buffer a message is acknowledged when it is taken, so that the server waits", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1, buffer: 2, acknowledge: "received" }));
  world.received();
  await world.send(...[0, 1, 2].map((index) => message("a", index, 1)));
  expect([readings.buffered, world.received()]).toEqual([3, ["puback #1", "puback #2"]]);
  await readings.next();
  await readings.next();
  await world.settle();
  expect(world.received()).toEqual([]);
  await readings.next();
  await world.settle();
  expect(world.received()).toEqual(["puback #3"]);
});

test("a consumer that takes nothing for timeouts.consumer holds up the others no longer, and is told", async () => {
  const world = await World.online({ timeouts: { consumer: 20_000 } });
  const texts: string[] = [];
  const stuck = await soon(
    world,
    world.client.subscribe("stuck", { buffer: 2 }, () => new Promise(() => {})),
  );
  await soon(
    world,
    world.client.subscribe("free", (one) => texts.push(one.text())),
  );
  for (let index = 0; index < 3; index++) await world.publish("stuck", `${index}`);
  await world.publish("free", "1"); // behind a buffer that is full
  await world.elapse(19_999);
  expect([texts, world.eventsOf("error")]).toEqual([[], []]);
  await world.elapse(1);
  expect(texts).toEqual(["1"]);
  expect(world.eventsOf("error")).toMatchObject([
    {
      code: "PETREL_CONSUMER_STALLED",
      afterMs: 20_000,
      message: expect.stringContaining(
        'the subscription to "stuck" has 2 messages waiting, and took none for 20000 ms',
      ),
    },
  ]);
  await world.publish("stuck", "3");
  await world.publish("free", "2");
  expect([texts, stuck.buffered]).toEqual([["1", "2"], 2]);
  expect(world.droppedIncoming.map(({ message: { topic } }) => topic)).toEqual(["stuck"]);
  await world.elapse(100_000);
  expect(world.eventsOf("error").length).toBe(1); // once is enough
});

test("a consumer that goes on after a while is waited for again", async () => {
  const world = await World.online({ timeouts: { consumer: 20_000 } });
  const readings = await soon(world, world.client.subscribe("a", { buffer: 2 }));
  for (let index = 0; index < 2; index++) await world.publish("a", `${index}`);
  await world.elapse(20_000);
  expect(world.eventsOf("error").length).toBe(1);
  await readings.next();
  await readings.next();
  await world.send(message("a", 2), message("a", 3));
  await world.send(message("a", 4));
  expect([readings.buffered, world.droppedIncoming]).toEqual([2, []]); // the network rests again
});

test("a route that is stuck leaves no timer behind when the client is closed, and counts again when it connects", async () => {
  const world = await World.online({ timeouts: { consumer: 20_000 } });
  let done: () => void = () => undefined;
  world.client.route("a", { buffer: 2 }, () => new Promise<void>((resolve) => (done = resolve)));
  for (let index = 0; index < 4; index++) await world.publish("a", `${index}`);
  await soon(world, world.client.disconnect());
  expect(world.clock.pendingTimers).toBe(0);
  await soon(world, world.client.connect());
  await world.publish("b", "behind a buffer that is full");
  expect(world.eventsOf("message")).toEqual([]);
  await world.elapse(20_000);
  expect(world.eventsOf("error")).toMatchObject([{ code: "PETREL_CONSUMER_STALLED" }]);
  expect(world.eventsOf("message").map(({ topic }) => topic)).toEqual(["b"]);
  done();
});

describe("a buffer has a limit in bytes, too", () => {
  const large = (index: number, qos: 0 | 1): PublishPacketInit => ({
    ...message("a", index, qos),
    payload: String(index).padStart(9, "0"), // with the topic ten bytes
  });

  test("that makes the network wait until half of it is free", async () => {
    const world = await World.online();
    const readings = await soon(world, world.client.subscribe("a", { qos: 1, buffer: { bytes: 40 } }));
    for (let index = 0; index < 10; index++) await world.send(large(index, index % 2 === 0 ? 0 : 1));
    expect(readings.buffered).toBe(4);
    const numbers: number[] = [];
    while (numbers.length < 10) {
      numbers.push(Number((await readings.next())!.text()));
      await world.settle();
    }
    expect([numbers, readings.buffered, world.droppedIncoming]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0, []]);
  });

  test("that nothing opens beyond four times as much: neither an answer that is awaited, nor a consumer that hangs", async () => {
    const world = await World.online({ timeouts: { consumer: 10_000 } });
    const readings = await soon(world, world.client.subscribe("a", { qos: 1, buffer: { bytes: 40 } }));
    world.server.automatic = false;
    const published = watch(world.client.publish("b", "1", { qos: 1 }));
    await world.settle();
    for (let index = 0; index < 30; index++) await world.send(large(index, 1));
    await world.send({ type: "puback", packetIdentifier: 1 });
    await world.elapse(60_000);
    expect([readings.buffered, published.state]).toEqual([16, "pending"]);
    expect(world.eventsOf("error")).toMatchObject([
      { code: "PETREL_CONSUMER_STALLED", message: expect.stringContaining("the network waits for it") },
      { code: "PETREL_CONSUMER_STALLED", topic: "a" },
    ]);
    const numbers: number[] = [];
    while (numbers.length < 30) {
      numbers.push(Number((await readings.next())!.text()));
      await world.settle();
    }
    expect([numbers, published.state]).toEqual([Array.from({ length: 30 }, (_, index) => index), "resolved"]);
  });

  test("that counts what a message has in its properties", async () => {
    const world = await World.online();
    const readings = await soon(world, world.client.subscribe("a", { buffer: { bytes: 1_000 } }));
    const properties = { userProperties: [["name", "x".repeat(900)]], correlationData: new Uint8Array(200) } as const;
    for (let index = 0; index < 3; index++) await world.send({ ...message("a", index), properties });
    expect(readings.buffered).toBe(1);
    await readings.next();
    await world.settle();
    expect(readings.buffered).toBe(1);
  });

  test("also while nobody has claimed what a resumed session brings", async () => {
    const world = new World({
      ...{ cleanStart: false, clientId: "a", sessionExpiryInterval: 60 },
      ...{ unclaimed: { bytes: 40 }, deafTo: ["message"] },
    });
    const connecting = world.client.connect();
    world.server.accept({ sessionPresent: true });
    await soon(world, connecting);
    for (let index = 0; index < 10; index++) await world.send(large(index, 1));
    expect(world.client.statistics().receiving.held).toBe(4);
    const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
    await world.settle();
    expect(readings.buffered).toBe(10);
  });

  test.each<[object, string]>([
    [{ buffer: { bytes: 0 } }, "buffer.bytes"],
    [{ buffer: { messages: 0 } }, "buffer.messages"],
    [{ buffer: { byts: 1 } }, "buffer.byts"],
    [{ buffer: "large" }, "buffer"],
    [{ buffer: null }, "buffer"],
  ])("%j is refused", async (options, option) => {
    const world = await World.online();
    await expect(world.client.subscribe("a", options)).rejects.toMatchObject({ code: "PETREL_OPTION", option });
  });
});

test("a message that stays unacknowledged is told, with those who have it and how many wait behind it", async () => {
  const world = await World.online({ timeouts: { consumer: 10_000 } });
  await soon(
    world,
    world.client.subscribe("stuck", { qos: 1 }, () => new Promise(() => {})),
  );
  const texts: string[] = [];
  await soon(
    world,
    world.client.subscribe("free", { qos: 2 }, (one) => texts.push(one.text())),
  );
  world.received();
  await world.publish("stuck", "1", 1, 1);
  await world.publish("free", "2", 1, 2);
  await world.publish("free", "3", 2, 3);
  // "MUST send PUBACK packets in the order in which the corresponding PUBLISH packets were received" [MQTT-4.6.0-2]:
  // the PUBACK of "2" has to wait; the PUBREC of "3" has not, and everybody gets their messages.
  expect([texts, world.received()]).toEqual([
    ["2", "3"],
    ["pubrec #3", "pubcomp #3"],
  ]);
  await world.elapse(20_000);
  expect(world.eventsOf("error")).toMatchObject([
    {
      code: "PETREL_CONSUMER_STALLED",
      topic: "stuck",
      message: expect.stringContaining('a message to "stuck" was not acknowledged by the subscription to "stuck"'),
    },
  ]);
  expect(world.client.statistics().receiving.inflight).toBe(2);
  await world.elapse(60_000);
  expect([world.eventsOf("error").length, world.client.state]).toEqual([1, "online"]);
});

test("a consumer that is slow and steady is not told", async () => {
  const world = await World.online({ timeouts: { consumer: 10_000 } });
  const readings = await soon(world, world.client.subscribe("a", { qos: 1, buffer: 4 }));
  await world.send(...Array.from({ length: 8 }, (_, index) => message("a", index, 1)));
  for (let index = 0; index < 8; index++) {
    await readings.next();
    await world.elapse(8_000);
  }
  expect(world.eventNames).toEqual([]);
});

test("timeouts.consumer 0 waits for ever and tells nothing", async () => {
  const world = await World.online({ timeouts: { consumer: 0 } });
  await soon(world, world.client.subscribe("a", { qos: 1, buffer: 1 }));
  await world.publish("a", "1", 1, 1);
  await world.elapse(1_000_000);
  expect(world.eventNames).toEqual([]);
});

test("what was not acknowledged on a lost connection is not waited for: at QoS 1 it comes again", async () => {
  const world = await World.online({
    sessionExpiryInterval: 600,
    timeouts: { consumer: 10_000 },
    reconnect: { jitter: "none" },
  });
  const readings = await soon(world, world.client.subscribe("a", { qos: 2 }));
  await world.publish("a", "1", 1, 1);
  await world.publish("a", "2", 2, 2);
  await world.lose();
  world.server.accept({ sessionPresent: true });
  await world.elapse(1_000);
  await world.send({ type: "publish", topicName: "a", payload: "2", qos: 2, packetIdentifier: 2, dup: true });
  await world.elapse(20_000);
  // QoS 2 is one session-long exchange: its PUBREC is still owed.
  expect(world.eventsOf("error")).toMatchObject([{ code: "PETREL_CONSUMER_STALLED", topic: "a" }]);
  expect([readings.buffered, world.client.statistics().receiving.inflight]).toEqual([2, 1]);
  await soon(world, world.client.disconnect());
  expect(world.clock.pendingTimers).toBe(0);
});

test.each([
  ["timeouts.consumer", { timeouts: { consumer: -1 } }],
  ["unclaimed.hold", { unclaimed: { hold: -1 } }],
  ["unclaimed.buffer", { unclaimed: { buffer: 0 } }],
])("a bad %s is refused before anything is opened", (option, options) => {
  expect(() => new World(options)).toThrow(expect.objectContaining({ option }));
});

test("a subscription that a listener ends while a message is on its way to it holds up nobody", async () => {
  const world = await World.online({ timeouts: { consumer: 0 } });
  const slow = await soon(world, world.client.subscribe("+/n", { buffer: 1 }));
  const ended = await soon(world, world.client.subscribe("a/n", { buffer: 1 }));
  const notes: string[] = [];
  await soon(
    world,
    world.client.subscribe("b", (message) => void notes.push(message.text())),
  );
  world.client.on("dropped", () => void ended.unsubscribe().catch(() => undefined));
  world.server.automatic = false;
  world.client.publish("q", "1", { qos: 1 }).catch(() => undefined); // its answer is awaited, so the network is read on
  await world.publish("a/n", "1");
  await ended.next();
  await world.publish("a/n", "2"); // the slow one has no room for it
  world.server.automatic = true;
  await world.send(
    { type: "unsuback", packetIdentifier: 2, reasonCodes: [0] },
    { type: "puback", packetIdentifier: 1 },
  );
  await slow.next();
  for (const payload of ["3", "4"]) await world.publish("b", payload);
  expect([world.droppedIncoming.length, notes]).toEqual([1, ["3", "4"]]);
});

test("a handler that empties a message's properties takes nobody's room", async () => {
  const world = await World.online({ timeouts: { consumer: 0 } });
  const loop = await soon(world, world.client.subscribe("a", { buffer: { messages: 100, bytes: 100 } }));
  await soon(
    world,
    world.client.subscribe("+", ({ properties }) => void ((properties!.userProperties as unknown[]).length = 0)),
  );
  const userProperties = [["name", "a value of forty characters, or nearly so"]] as const;
  for (let number = 0; number < 10; number++) {
    await world.send({ type: "publish", topicName: "a", payload: `${number}`, properties: { userProperties } });
    expect((await loop.next({ timeout: 0 }))?.text()).toBe(`${number}`);
  }
});
