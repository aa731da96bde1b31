import type { PublishPacketInit } from "@petrel/codec";
import { expect, test } from "vitest";
import type { Message } from "../src/core.ts";
import { soon, watch, World } from "./support/world.ts";

/** Who got what, as in `kitchen 1`. */
function note(notes: string[], name: string): (message: Message) => void {
  return (message) => void notes.push(`${name} ${message.text()}`);
}

// ── routes ────────────────────────────────────────────────────────────────────────────────────────

test("a route gets what matches, without subscribing, beside the subscriptions, until it is disposed", async () => {
  const world = await World.online();
  const notes: string[] = [];
  const dispose = world.client.route(["kitchen/#", "kitchen/+"], note(notes, "route"));
  world.client.route("+/lamp", { concurrency: 2 }, note(notes, "lamps"));
  await soon(world, world.client.subscribe("kitchen/lamp", note(notes, "subscription")));
  expect(world.received()).toEqual(["subscribe kitchen/lamp/q0"]);
  await world.publish("kitchen/lamp", "1");
  expect(notes.toSorted()).toEqual(["lamps 1", "route 1", "subscription 1"]);
  dispose();
  dispose();
  await world.publish("kitchen/lamp", "2");
  await world.publish("kitchen/oven", "3");
  expect(notes.slice(3).toSorted()).toEqual(["lamps 2", "subscription 2"]);
  expect(world.eventsOf("message").map((message) => message.text())).toEqual(["3"]);
  expect(world.received()).toEqual([]);
});

test("a message for a route and a subscription is acknowledged when both are done", async () => {
  const world = await World.online();
  let done: () => void = () => undefined;
  world.client.route("a", () => new Promise<void>((resolve) => (done = resolve)));
  await soon(world, world.client.subscribe("a", { qos: 1, acknowledge: "received" }));
  world.received();
  await world.publish("a", "1", 1, 1);
  expect(world.received()).toEqual([]);
  done();
  await world.settle();
  expect(world.received()).toEqual(["puback #1"]);
});

test("routes stay when the client is closed, and are there when it connects again", async () => {
  const world = await World.online();
  const notes: string[] = [];
  world.client.route("a", note(notes, "route"));
  await soon(world, world.client.disconnect());
  await soon(world, world.client.connect());
  await world.publish("a", "1");
  expect(notes).toEqual(["route 1"]);
});

test("a filter that is none, and a route without a handler, are refused at once", async () => {
  const world = await World.online();
  expect(() => world.client.route("a/#/b", () => undefined)).toThrow(/a\/#\/b.*MQTT-4\.7\.1-1/);
  expect(() => world.client.route("a", {}, undefined as unknown as () => void)).toThrow(/needs a function/);
});

// ── messages() ────────────────────────────────────────────────────────────────────────────────────

test("messages() gives everything that comes, and ends when its loop is left", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  const all = world.client.messages();
  world.received();
  await world.publish("a", "1", 1, 1);
  await world.publish("$SYS/uptime", "2");
  await world.publish("b", "3");
  const seen: string[] = [];
  for await (const message of all) {
    seen.push(`${message.topic} ${message.text()}`);
    if (seen.length === 3) break;
  }
  expect(seen).toEqual(["a 1", "$SYS/uptime 2", "b 3"]);
  expect(world.eventsOf("message")).toEqual([]);
  await world.publish("b", "4");
  expect([all.buffered, world.eventsOf("message").length]).toEqual([0, 1]);
  expect(await all.next()).toBeUndefined();
  await readings.next();
  watch(readings.next());
  await world.settle();
  expect(world.received()).toEqual(["puback #1"]); // when the loop and the subscription were both done
});

test("messages() ends with the client, and with await using", async () => {
  const world = await World.online();
  {
    await using all = world.client.messages({ acknowledge: "received" });
    await world.publish("a", "1", 1, 1);
    expect(all.buffered).toBe(1);
  }
  await world.publish("a", "2");
  expect(world.eventsOf("message").map((message) => message.text())).toEqual(["2"]);
  const waiting = watch(world.client.messages().next());
  await soon(world, world.client.disconnect());
  expect([waiting.state, waiting.value]).toEqual(["resolved", undefined]);
});

// ── messages of a resumed session ─────────────────────────────────────────────────────────────────

/** A client that has just resumed a session, and nobody in it has said yet what to do with its messages. */
async function resumed(options: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  const world = new World({
    clientId: "a",
    cleanStart: false,
    sessionExpiryInterval: 60,
    deafTo: ["message"],
    logger: { warn: () => {}, error: () => {} },
    ...options,
  });
  const connecting = world.client.connect();
  world.server.accept({ sessionPresent: true });
  await soon(world, connecting);
  world.received();
  return world;
}

test("what a resumed session brings is held, unacknowledged, until somebody subscribes to it", async () => {
  const world = await resumed();
  await world.publish("a", "1", 1, 1);
  await world.publish("b", "2", 1, 2);
  await world.publish("a", "3", 2, 3);
  expect([world.received(), world.client.statistics().receiving]).toMatchObject([
    [],
    { buffered: 0, held: 3, inflight: 3, dropped: 0 },
  ]);
  const notes: string[] = [];
  await soon(world, world.client.subscribe("a", { qos: 2 }, note(notes, "a")));
  await world.publish("a", "4");
  expect(notes).toEqual(["a 1", "a 3", "a 4"]);
  expect(world.received()).toEqual(["subscribe a/q2", "puback #1", "pubrec #3", "pubcomp #3"]);
  world.client.route("+", note(notes, "route"));
  await world.settle();
  expect(notes.slice(3)).toEqual(["route 2"]);
  expect(world.received()).toEqual(["puback #2"]);
});

test("messages(), and listeners for what nobody takes, get what is held, too", async () => {
  const world = await resumed();
  await world.publish("a", "1", 1, 1);
  await world.publish("b", "2", 1, 2);
  const all = world.client.messages();
  expect([(await all.next())?.text(), (await all.next())?.text()]).toEqual(["1", "2"]);
  await all[Symbol.asyncDispose]();

  const other = await resumed();
  await other.publish("a", "1", 1, 1);
  const texts: string[] = [];
  other.client.on("message", (message) => texts.push(message.text()));
  await other.settle();
  await other.publish("b", "2", 1, 2);
  expect([texts, other.received()]).toEqual([
    ["1", "2"],
    ["puback #1", "puback #2"],
  ]);
});

test("what nobody has claimed after unclaimed.hold is dropped: acknowledged, with an event for each", async () => {
  const world = await resumed({ unclaimed: { hold: 3_000 } });
  await world.publish("a", "1", 1, 1);
  await world.publish("a", "2", 0);
  await world.elapse(2_999);
  expect([world.received(), world.droppedIncoming]).toEqual([[], []]);
  await world.elapse(1);
  await world.publish("a", "3", 2, 3);
  expect(world.received()).toEqual(["puback #1", "pubrec #3", "pubcomp #3"]);
  expect(world.droppedIncoming.map(({ direction, reason, message }) => [direction, reason, message.text()])).toEqual([
    ["in", "unclaimed", "1"],
    ["in", "unclaimed", "2"],
    ["in", "unclaimed", "3"],
  ]);
  expect(world.client.statistics().receiving).toEqual({ buffered: 0, held: 0, inflight: 0, dropped: 3 });
});

test("unclaimed.hold 0 holds nothing; and neither does a session that is new", async () => {
  const at = async (world: World): Promise<readonly string[]> => {
    await world.publish("a", "1", 1, 1);
    return world.droppedIncoming.map(({ reason }) => reason);
  };
  expect(await at(await resumed({ unclaimed: { hold: 0 } }))).toEqual(["unclaimed"]);
  expect(await at(await World.online({ deafTo: ["message"], logger: { warn() {}, error() {} } }))).toEqual([
    "unclaimed",
  ]);
});

test("a reconnect in the same process holds nothing: everybody had time to say what they want", async () => {
  const world = await World.online({
    sessionExpiryInterval: 60,
    deafTo: ["message"],
    reconnect: { jitter: "none" },
    logger: { warn() {}, error() {} },
  });
  await world.lose();
  world.server.accept({ sessionPresent: true });
  await world.elapse(1_000);
  await world.publish("a", "1", 1, 1);
  expect(world.droppedIncoming.map(({ message }) => message.text())).toEqual(["1"]);
});

test("held messages outlive a connection, and the client's rest; no timer is left", async () => {
  const world = await resumed();
  await world.publish("a", "1", 2, 1);
  await soon(world, world.client.disconnect());
  expect(world.clock.pendingTimers).toBe(0);
  const connecting = world.client.connect();
  world.server.accept({ sessionPresent: true });
  await soon(world, connecting);
  await world.send({ type: "publish", topicName: "a", payload: "1", qos: 2, packetIdentifier: 1, dup: true });
  const readings = await soon(world, world.client.subscribe("a", { qos: 2 }));
  expect(readings.buffered).toBe(1); // once: the session knows that it was delivered
  world.received();
  await readings.next();
  watch(readings.next());
  await world.settle();
  expect(world.received()).toEqual(["pubrec #1", "pubcomp #1"]);
});

test("what a session held that the server has lost since does not pause the network for ever", async () => {
  const world = await resumed({ unclaimed: { buffer: 1 }, timeouts: { consumer: 0 } });
  await world.publish("a", "1", 1, 1);
  await soon(world, world.client.disconnect());
  await world.elapse(60_000);
  world.server.accept({ sessionPresent: false });
  await soon(world, world.client.connect());
  const notes: string[] = [];
  await soon(world, world.client.subscribe("b", note(notes, "b")));
  await world.publish("b", "2");
  await world.publish("b", "3");
  await world.elapse(10_000); // as long as any message is held
  expect([notes, world.client.statistics().receiving.held]).toEqual([["b 2", "b 3"], 0]);
  expect(world.droppedIncoming).toMatchObject([{ reason: "unclaimed", message: { topic: "a" } }]);
});

test("a full hold pauses the network, and an answer that is awaited opens it for QoS 1 and 2 alone", async () => {
  const world = await resumed({ unclaimed: { buffer: 2 } });
  for (const packetIdentifier of [1, 2]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  await world.publish("a", "3", 1, 3); // waits in the network
  expect(world.client.statistics().receiving.held).toBe(2);
  world.server.automatic = false;
  const subscribing = world.client.subscribe("b");
  await world.settle();
  await world.publish("a", "4"); // behind a full hold, while SUBACK is awaited
  expect(world.client.statistics().receiving).toMatchObject({ held: 3, dropped: 1 });
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [0] });
  await subscribing;
  expect(world.droppedIncoming).toMatchObject([{ reason: "overflow", message: { qos: 0 } }]);
});

// ── overlapping subscriptions ─────────────────────────────────────────────────────────────────────

/** Subscribes to everything in the kitchen, and to its lamp; returns who got what. */
async function overlapping(world: World): Promise<string[]> {
  const notes: string[] = [];
  await soon(world, world.client.subscribe("kitchen/#", { qos: 1 }, note(notes, "kitchen")));
  await soon(world, world.client.subscribe("kitchen/lamp", { qos: 1 }, note(notes, "lamp")));
  await soon(world, world.client.subscribe("cellar", { qos: 1 }, note(notes, "cellar")));
  return notes;
}

const lamp = { type: "publish", topicName: "kitchen/lamp" } as const satisfies Partial<PublishPacketInit>;

test("filters that overlap are subscribed with different identifiers, and others share one", async () => {
  const world = await World.online();
  await overlapping(world);
  const identifiers = world.server
    .takeReceived()
    .map((packet) => packet.type === "subscribe" && packet.properties?.subscriptionIdentifier);
  expect(identifiers).toEqual([1, 2, 1]);
});

/** The server sends a message, with these identifiers. */
async function sendLamp(world: World, payload: string, ...subscriptionIdentifiers: readonly number[]): Promise<void> {
  await world.send({ ...lamp, payload, properties: { subscriptionIdentifiers } });
}

test("a server that sends a copy for each subscription: each gets its own, once, from the first message on", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  await sendLamp(world, "1", 1);
  expect(notes).toEqual(["kitchen 1", "lamp 1"]); // it could be a server that sends only this one
  await sendLamp(world, "1", 2);
  expect(notes.length).toBe(2);
  await sendLamp(world, "2", 1);
  expect(notes.slice(2)).toEqual(["kitchen 2"]); // now it is known
  await sendLamp(world, "2", 2);
  expect(notes.slice(3)).toEqual(["lamp 2"]);
});

test("a copy that nobody is meant to get once more is acknowledged; one of a higher QoS goes to its own", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  const copy = { ...lamp, payload: "1" };
  world.received();
  await world.send({ ...copy, qos: 1, packetIdentifier: 1, properties: { subscriptionIdentifiers: [1] } });
  await world.send({ ...copy, qos: 1, packetIdentifier: 2, properties: { subscriptionIdentifiers: [2] } });
  expect([notes, world.received()]).toEqual([
    ["kitchen 1", "lamp 1"],
    ["puback #1", "puback #2"],
  ]);
  const other = await World.online();
  const others = await overlapping(other);
  await other.send({ ...copy, properties: { subscriptionIdentifiers: [1] } });
  await other.send({ ...copy, qos: 1, packetIdentifier: 2, properties: { subscriptionIdentifiers: [2] } });
  expect(others).toEqual(["kitchen 1", "lamp 1", "lamp 1"]);
});

test("a server that sends one copy with one identifier, whoever else matches: nobody goes without", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  for (const payload of ["1", "1", "2"]) await sendLamp(world, payload, 2);
  expect(notes).toEqual(["kitchen 1", "lamp 1", "kitchen 1", "lamp 1", "kitchen 2", "lamp 2"]);
});

test("another identifier after the filters have changed proves nothing", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  await sendLamp(world, "1", 1);
  await soon(world, world.client.subscribe("attic", note(notes, "attic")));
  await sendLamp(world, "1", 2); // the same text again, and still one copy
  expect(notes).toEqual(["kitchen 1", "lamp 1", "kitchen 1", "lamp 1"]);
});

test("a server that sends one copy with all identifiers: each gets it, once", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  await sendLamp(world, "1", 2, 1);
  expect(notes).toEqual(["kitchen 1", "lamp 1"]);
});

test("a server without identifiers is not asked for them, and each copy goes to all that match", async () => {
  const world = new World();
  const connecting = world.client.connect();
  world.server.accept({ subscriptionIdentifiersAvailable: false });
  await soon(world, connecting);
  const notes = await overlapping(world);
  expect(world.server.received().filter((packet) => packet.type === "subscribe" && packet.properties)).toEqual([]);
  await world.send({ ...lamp, payload: "1" });
  expect(notes).toEqual(["kitchen 1", "lamp 1"]);
});

test('subscriptionIdentifiers "off" asks for none', async () => {
  const world = await World.online({ subscriptionIdentifiers: "off" });
  const notes = await overlapping(world);
  expect(world.server.received().filter((packet) => packet.type === "subscribe" && packet.properties)).toEqual([]);
  await world.send({ ...lamp, payload: "1" });
  expect(notes).toEqual(["kitchen 1", "lamp 1"]);
  const wrong = { subscriptionIdentifiers: "sometimes" as "off" };
  expect(() => new World(wrong)).toThrow(expect.objectContaining({ option: "subscriptionIdentifiers" }));
});

test("identifiers that this client does not know are of an earlier life: all that match get the message", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  await sendLamp(world, "1", 77);
  expect(notes).toEqual(["kitchen 1", "lamp 1"]);
  // one that it knows, for a subscription that does not match, is of an earlier life, too
  await world.send({
    type: "publish",
    topicName: "cellar",
    payload: "2",
    properties: { subscriptionIdentifiers: [2] },
  });
  expect(notes.slice(2)).toEqual(["cellar 2"]);
});

test("an identifier of your own is used; the same filter twice has both, and both subscriptions get its messages", async () => {
  const world = await World.online();
  const notes: string[] = [];
  await soon(world, world.client.subscribe("a", { subscriptionIdentifier: 9 }, note(notes, "mine")));
  await soon(world, world.client.subscribe("a", note(notes, "second")));
  await soon(world, world.client.subscribe("+", note(notes, "any")));
  for (const payload of ["1", "2"]) {
    for (const identifier of [9, 1]) {
      await world.send({
        type: "publish",
        topicName: "a",
        payload,
        properties: { subscriptionIdentifiers: [identifier] },
      });
    }
  }
  expect(notes.slice(3)).toEqual(["mine 2", "second 2", "any 2"]);
});

test("a route beside overlapping subscriptions is called for each copy", async () => {
  const world = await World.online();
  const notes = await overlapping(world);
  world.client.route("kitchen/+", note(notes, "route"));
  for (const payload of ["1", "2"]) for (const identifier of [1, 2]) await sendLamp(world, payload, identifier);
  expect(notes.slice(3).toSorted()).toEqual(["kitchen 2", "lamp 2", "route 2", "route 2"]);
});

test("after a lost session, filters that share an identifier are subscribed in one packet again", async () => {
  const world = await World.online({ reconnect: { jitter: "none" } });
  await overlapping(world);
  world.received();
  await world.lose();
  await world.elapse(1_000);
  expect(world.received()).toEqual(["connect clean", "subscribe kitchen/#/q1 cellar/q1", "subscribe kitchen/lamp/q1"]);
});

test("a shared subscription and a plain one of the same filter each get their own copy", async () => {
  const world = await World.online();
  const notes: string[] = [];
  await soon(world, world.client.subscribe("$share/group/a/+", note(notes, "shared")));
  await soon(world, world.client.subscribe("a/+", note(notes, "plain")));
  await soon(world, world.client.subscribe("$share/other/a/b", note(notes, "other group")));
  const publish = { type: "publish", topicName: "a/b" } as const;
  for (const payload of ["0", "1"]) {
    for (const identifier of [1, 2, 3]) {
      await world.send({ ...publish, payload, properties: { subscriptionIdentifiers: [identifier] } });
    }
  }
  expect(notes.slice(3)).toEqual(["shared 1", "plain 1", "other group 1"]);
  await world.publish("a/b", "2"); // a 3.x server, or one without identifiers: whose copy it is can not be known
  expect(notes.slice(6).toSorted()).toEqual(["other group 2", "plain 2", "shared 2"]);
});

test("unsubscribing a shared subscription leaves the plain one", async () => {
  const world = await World.online();
  const notes: string[] = [];
  const shared = await soon(world, world.client.subscribe("$share/group/a", note(notes, "shared")));
  await soon(world, world.client.subscribe("a", note(notes, "plain")));
  await soon(world, shared.unsubscribe());
  await world.publish("a", "1");
  expect([notes, world.received().slice(-1)]).toEqual([["plain 1"], ["unsubscribe $share/group/a"]]);
});
