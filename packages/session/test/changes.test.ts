import { encodeUtf8 } from "@petrel/codec";
import { type ChangeRecord, MqttSession, type SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, offline } from "./support/online.ts";
import {
  connect,
  disconnect,
  pubcomp,
  publish,
  puback,
  pubrec,
  pubrel,
  suback,
  subscribe,
  unsuback,
} from "./support/packets.ts";
import { TestStore } from "./support/test-store.ts";

const options: SessionOptions = { clientIdentifier: "me", sessionExpiryInterval: 3_600, durable: true };

/** A session with a store. */
class World {
  readonly store = new TestStore();
  readonly bench: Bench;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  static online(more: SessionOptions = {}): World {
    const world = new World(offline({ ...options, ...more }));
    world.bench.server.accept();
    world.save();
    world.bench.server.takeReceived();
    world.bench.events();
    return world;
  }

  /** All that has changed becomes safe. */
  save(): void {
    const { session, clock } = this.bench;
    this.store.take(session);
    this.store.store(session, clock.now());
  }

  send(qos: 0 | 1 | 2, ...names: readonly string[]): void {
    const { session, clock } = this.bench;
    for (const name of names) session.publish({ topicName: "t", payload: name, qos }, name, clock.now());
  }

  /** kill -9, and a new process with what was stored. Contexts are the payloads. */
  restart(more: SessionOptions = {}): World {
    const bench = offline({ ...options, ...more });
    bench.session.restore(this.store.records, ({ payload }) => String(payload));
    const world = new World(bench);
    world.store.records.push(...this.store.records);
    return world;
  }

  told(): string[] {
    return this.bench.events().map((event) => ("context" in event ? `${event.type} ${event.context}` : event.type));
  }
}

const q1 = (name: string, packetIdentifier: number, rest = {}) =>
  publish("t", name, { qos: 1, packetIdentifier, ...rest });
const q2 = (name: string, packetIdentifier: number, rest = {}) =>
  publish("t", name, { qos: 2, packetIdentifier, ...rest });
const dup = { dup: true };

describe("nothing goes out that rests on what is not stored", () => {
  test("a message waits for its record; what was written before it does not", () => {
    const { bench, store } = World.online();
    bench.server.reading = false;
    bench.session.publish({ topicName: "t", payload: "zero" }, "zero", 0);
    bench.session.publish({ topicName: "t", payload: "one", qos: 1 }, "one", 0);
    bench.session.publish({ topicName: "t", payload: "zero again" }, "zero again", 0);
    bench.server.reading = true;
    expect(bench.server.takeReceived()).toEqual([publish("t", "zero")]);
    store.take(bench.session);
    expect(bench.server.takeReceived()).toEqual([]);
    store.store(bench.session, 0);
    expect(bench.server.takeReceived()).toEqual([q1("one", 1), publish("t", "zero again")]);
    expect(bench.events().map(({ type }) => type)).toEqual(["published", "published"]);
  });

  test("each batch releases its own", () => {
    const world = World.online();
    const { bench, store } = world;
    world.send(1, "a");
    store.take(bench.session);
    world.send(1, "b");
    store.take(bench.session);
    expect(bench.server.takeReceived()).toEqual([]);
    store.store(bench.session, 0, 1);
    expect(bench.server.takeReceived()).toEqual([q1("a", 1)]);
    store.store(bench.session, 0, 1);
    expect(bench.server.takeReceived()).toEqual([q1("b", 2)]);
  });

  test("PUBREL waits for PUBREC seen, PUBREC for the identifier taken over, PUBCOMP for its release", () => {
    const world = World.online();
    const { bench } = world;
    world.send(2, "a");
    world.save();
    bench.server.takeReceived();
    bench.server.send(pubrec(1));
    expect(bench.server.takeReceived()).toEqual([]);
    world.save();
    expect(bench.server.takeReceived()).toEqual([pubrel(1)]);

    bench.server.send(pubcomp(1), publish("in", "x", { qos: 2, packetIdentifier: 9 }));
    world.save();
    const message = bench.events().find((event) => event.type === "message")!;
    expect(bench.server.takeReceived()).toEqual([]);
    bench.session.acknowledge(message.delivery!);
    expect(bench.server.takeReceived()).toEqual([]);
    world.save();
    expect(bench.server.takeReceived()).toEqual([pubrec(9)]);
    bench.server.send(pubrel(9));
    expect(bench.server.takeReceived()).toEqual([]);
    world.save();
    expect(bench.server.takeReceived()).toEqual([pubcomp(9)]);
  });

  test("PUBACK, PINGREQ and SUBSCRIBE rest on nothing", () => {
    const { bench } = World.online({ keepAlive: 10 });
    bench.server.send(publish("in", "x", { qos: 1, packetIdentifier: 9 }));
    const message = bench.events().find((event) => event.type === "message")!;
    bench.session.acknowledge(message.delivery!);
    bench.session.subscribe({ subscriptions: [{ topicFilter: "f" }] }, "sub", bench.clock.now());
    expect(bench.server.takeReceived()).toEqual([puback(9), subscribe(1, "f")]);
  });

  test("what a connection left unstored holds back the next one, but for CONNECT", () => {
    const world = World.online();
    const { bench, store } = world;
    world.send(1, "a");
    store.take(bench.session);
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect()]);
    store.store(bench.session, 0);
    expect(bench.server.takeReceived()).toEqual([q1("a", 1, dup)]);
  });

  test("output that waits is not piled up: messages wait in the queue", () => {
    const world = World.online({ queue: { messages: 10 } });
    const { bench } = world;
    const payload = "x".repeat(30_000);
    for (let count = 0; count < 5; count++) bench.session.publish({ topicName: "t", payload, qos: 1 }, "m", 0);
    expect(bench.session.queuedCount).toBe(2);
    for (let rounds = 0; rounds < 2; rounds++) {
      world.save();
      bench.server.pull();
    }
    expect(bench.server.takeReceived()).toHaveLength(5);
  });

  test("a large payload is held as a whole", () => {
    const world = World.online();
    const payload = encodeUtf8("x".repeat(10_000));
    world.bench.session.publish({ topicName: "t", payload, qos: 1 }, "m", 0);
    expect(world.bench.session.takeOutput()).toBeUndefined();
    world.save();
    expect(world.bench.server.takeReceived()).toMatchObject([{ payload }]);
  });
});

describe("a store that fails", () => {
  test("ends the connection, and what waited never leaves on it; nor on the next, until it is stored after all", () => {
    const world = World.online();
    const { bench, store } = world;
    world.send(1, "a");
    store.take(bench.session);
    store.fail(bench.session, 0);
    expect(bench.events()).toMatchObject([
      {
        type: "disconnected",
        by: "client",
        error: { name: "StoreError", code: "PETREL_STORE", message: "the session could not be stored: disk full" },
      },
    ]);
    expect(bench.server.takeReceived()).toEqual([]);
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect()]);
    store.fail(bench.session, 0);
    bench.server.lose();
    store.fail(bench.session, 0); // without a connection there is nothing to end
    bench.server.accept({ sessionPresent: true });
    store.store(bench.session, 0);
    expect(bench.server.takeReceived()).toEqual([connect(), q1("a", 1, dup)]);
    bench.server.send(puback(1));
    expect(world.told().filter((event) => event.includes("published"))).toEqual(["published a"]);
  });

  test("can not skip a batch", () => {
    const world = World.online();
    const { session } = world.bench;
    world.send(1, "a");
    const first = session.takeChanges()!;
    world.send(1, "b");
    const second = session.takeChanges()!;
    expect(() => session.handleStored(second, 0)).toThrow("in the order they were taken in");
    expect(() => session.handleStoreFailed(second, new Error("x"), 0)).toThrow("in the order they were taken in");
    session.handleStored(first, 0);
    session.handleStored(second, 0);
    expect(() => session.handleStored(second, 0)).toThrow("in the order they were taken in");
    expect(session.takeChanges()).toBeUndefined();
  });
});

describe("after kill -9", () => {
  test("what was in flight goes on with its identifiers, then comes what was queued, in order", () => {
    const world = World.online({ maximumInflight: 3 });
    const { bench } = world;
    world.send(2, "released");
    world.send(1, "unacknowledged", "acknowledged");
    world.save();
    bench.server.takeReceived();
    bench.server.send(pubrec(1), puback(3));
    world.send(2, "sent");
    world.send(1, "queued 1");
    world.send(2, "queued 2");
    world.save();
    world.send(1, "never stored");

    const next = world.restart({ maximumInflight: 3 });
    const { session, server } = next.bench;
    expect([session.inflightCount, session.queuedCount]).toEqual([3, 2]);
    server.accept({ sessionPresent: true });
    expect(server.takeReceived()).toEqual([
      connect({ cleanStart: false }),
      pubrel(1),
      q1("unacknowledged", 2, dup),
      q2("sent", 3, dup),
    ]);
    server.send(puback(2), pubcomp(1));
    expect(next.told()).toEqual(["connected", "published unacknowledged", "published released"]);
    next.save();
    expect(server.takeReceived()).toEqual([q1("queued 1", 4), q2("queued 2", 1)]);
  });

  test("PUBREL goes out in the order of PUBREC [MQTT-4.6.0-4]", () => {
    const world = World.online();
    world.send(2, "a", "b", "c");
    world.save();
    world.bench.server.send(pubrec(3), pubrec(1), pubrec(2));
    world.save();
    const { bench } = world.restart();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(3), pubrel(1), pubrel(2)]);
  });

  test("a QoS 2 message of the server's is not delivered again once PUBREC could have gone out [MQTT-4.3.3-10]", () => {
    const world = World.online();
    const message = publish("in", "x", { qos: 2, packetIdentifier: 9 });
    world.bench.server.send(message);
    const { delivery } = world.bench.events().find((event) => event.type === "message")!;
    world.bench.session.acknowledge(delivery!);
    world.save();

    const next = world.restart();
    next.bench.server.accept({ sessionPresent: true });
    next.bench.server.send({ ...message, dup: true });
    expect(next.told()).toEqual(["connected"]);
    next.bench.server.send(pubrel(9));
    next.save();
    expect(next.bench.server.takeReceived()).toEqual([connect(), pubrec(9), pubcomp(9)]);

    const last = next.restart();
    last.bench.server.accept({ sessionPresent: true });
    last.bench.server.send(message);
    expect(last.told()).toEqual(["connected", "message"]);
  });

  test("nor if its session may be gone and DUP is missing: the records don't say what the message was [MQTT-4.3.3-10]", () => {
    const world = World.online();
    world.bench.server.send(q2("a", 1));
    const { delivery } = world.bench.events().find((event) => event.type === "message")!;
    world.bench.session.acknowledge(delivery!);
    world.save();
    const next = world.restart();
    next.bench.server.open();
    next.bench.server.pull();
    next.bench.server.lose(); // a CONNECT without an answer
    next.bench.server.accept({ sessionPresent: true });
    next.save();
    next.told();
    next.bench.server.send(q2("a", 1));
    expect(next.told()).toEqual([]);
  });

  test("one that the application had not acknowledged comes again, for it may not have got through with it", () => {
    const world = World.online();
    const message = publish("in", "x", { qos: 2, packetIdentifier: 9 });
    world.bench.server.send(message);
    world.save();
    const next = world.restart();
    next.bench.server.accept({ sessionPresent: true });
    next.bench.server.send({ ...message, dup: true });
    expect(next.told()).toEqual(["connected", "message"]);
  });

  test("subscriptions are known, and made again if the server has lost the session", () => {
    const world = World.online();
    const { session, server, clock } = world.bench;
    const properties = { subscriptionIdentifier: 7 };
    session.subscribe({ subscriptions: [{ topicFilter: "a" }, { topicFilter: "b" }], properties }, "sub", clock.now());
    server.send(suback(1, 0, 0));
    session.unsubscribe({ topicFilters: ["a"] }, "unsub", clock.now());
    server.send(unsuback(1, 0));
    world.save();
    const next = world.restart();
    next.bench.server.accept({ sessionPresent: false });
    expect(next.bench.server.takeReceived()).toMatchObject([
      connect({ cleanStart: false }),
      { type: "subscribe", subscriptions: [{ topicFilter: "b" }], properties },
    ]);
  });

  test("what the server lost with the session is published again as new, and the records follow", () => {
    const world = World.online();
    world.send(1, "a");
    world.send(2, "b");
    world.save();
    world.bench.server.send(pubrec(2));
    world.save();
    world.bench.server.lose();
    world.bench.server.accept({ sessionPresent: false });
    world.save();
    expect(world.bench.server.takeReceived()).toEqual([connect(), q1("a", 1)]);
    const next = world.restart();
    next.bench.server.accept({ sessionPresent: true });
    expect(next.bench.server.takeReceived()).toEqual([connect({ cleanStart: false }), q1("a", 1, dup)]);
  });

  test("an identifier stays taken whose QoS 2 message was given up: the server may be in the middle of it", () => {
    const world = World.online();
    world.send(2, "a", "b");
    world.save();
    world.bench.server.send(pubrec(1));
    world.bench.session.abandon(new Error("given up"));
    world.save();
    const next = world.restart();
    next.bench.server.accept({ sessionPresent: true });
    next.save();
    next.send(1, "c");
    next.save();
    expect(next.bench.server.takeReceived()).toEqual([connect(), pubrel(1), pubrel(2), q1("c", 3)]);
    next.bench.server.send(pubrec(2), pubcomp(1));
    next.send(1, "d");
    next.save();
    expect(next.bench.server.takeReceived()).toEqual([pubrel(2), q1("d", 1)]);
    expect(next.told()).toEqual(["connected"]);
  });

  test("a message whose Message Expiry Interval is over is dropped, by the time that the records give", () => {
    const world = World.online({ maximumInflight: 1 });
    world.send(1, "first");
    const now = world.bench.clock.now();
    const properties = { messageExpiryInterval: 10 };
    world.bench.session.publish({ topicName: "t", payload: "old", qos: 1, properties }, "old", now);
    world.save();
    const next = world.restart({ maximumInflight: 1 });
    expect(next.bench.session.nextTimeout()).toBe(now + 10_000);
    next.bench.clock.advance(10_000);
    expect(next.told()).toEqual(["dropped old"]);
  });

  test("the name that the server assigned is kept; without a session it begins clean", () => {
    const world = new World(offline({ ...options, clientIdentifier: "" }));
    world.bench.server.accept({ assignedClientIdentifier: "assigned" });
    world.save();
    const next = world.restart({ clientIdentifier: "" });
    next.bench.server.open();
    expect(next.bench.server.received()).toEqual([connect({ clientIdentifier: "assigned", cleanStart: false })]);
    expect(() => world.restart({ clientIdentifier: "other" })).toThrow('the stored session is of "assigned"');
    const fresh = new World(offline(options)).restart();
    fresh.bench.server.open();
    expect(fresh.bench.server.received()).toEqual([connect({ clientIdentifier: "me", cleanStart: true })]);
  });

  test("QoS 0 is not remembered", () => {
    const world = new World(offline({ ...options, queue: { qos0WhileOffline: "queue" } }));
    world.send(0, "a");
    expect(world.bench.session.takeChanges()).toBeUndefined();
  });

  test("a message that was dropped, cancelled or refused leaves nothing behind", () => {
    const world = new World(offline({ ...options, queue: { messages: 2, overflow: "drop-oldest" } }));
    world.send(1, "dropped", "kept");
    const { session, clock } = world.bench;
    const cancelled = session.publish({ topicName: "t", payload: "cancelled", qos: 1 }, "cancelled", clock.now());
    session.cancel(cancelled, new Error("no"));
    expect(() => session.publish({ topicName: "#", qos: 1 }, "refused", clock.now())).toThrow("wildcard");
    world.save();
    const next = world.restart();
    expect(next.bench.session.queuedCount).toBe(1);
    next.bench.server.accept();
    next.save();
    expect(next.bench.server.takeReceived()).toEqual([connect(), q1("kept", 1)]);
  });
});

describe("restoring is refused", () => {
  const restore = (...records: readonly object[]) => {
    new MqttSession<string>(options).restore(records as readonly ChangeRecord[], () => "context");
  };

  test("from records of another version", () => {
    expect(() => restore({ version: 2, type: "sessionLost" })).toThrow(
      "record 0 is of version 2; this session reads 1",
    );
  });

  test("from records that contradict each other", () => {
    expect(() => restore({ version: 1, type: "sessionLost" }, { version: 1, type: "settled", number: 3 })).toThrow(
      "record 1 says that message 3 is settled, which was never accepted",
    );
  });

  test("once the session has begun", () => {
    const { bench } = World.online();
    expect(() => bench.session.restore([], () => "context")).toThrow("before it begins");
  });
});

test("without the option there are no changes, and nothing waits for them", () => {
  const bench = offline();
  bench.server.accept();
  bench.session.publish({ topicName: "t", payload: "a", qos: 1 }, "a", 0);
  expect(bench.server.takeReceived()).toHaveLength(2);
  expect(bench.session.takeChanges()).toBeUndefined();
});

test("a polite end goes out when what came before it is stored", () => {
  const world = World.online();
  world.send(1, "a");
  world.bench.session.disconnect({}, 0);
  expect(world.bench.server.takeReceived()).toEqual([]);
  world.save();
  expect(world.bench.server.takeReceived()).toEqual([q1("a", 1), disconnect()]);
});
