import { EncodeError, packetSize, type PublishProperties } from "@petrel/codec";
import { describe, expect, test } from "vitest";
import { type Bench, offline, online } from "./support/online.ts";
import { connect, disconnect, publish, puback, pubrec } from "./support/packets.ts";

const q1 = (name: string, packetIdentifier: number) => publish("t", name, { qos: 1, packetIdentifier });

/** `published m1`, `failed m2 SessionLostError` …, and other events by type. */
const told = ({ events }: Bench): string[] =>
  events().map((event) => {
    if (event.type === "failed") return `failed ${event.context} ${event.error.name}`;
    return "context" in event ? `${event.type} ${event.context}` : event.type;
  });

const send = ({ session, clock }: Bench, qos: 0 | 1 | 2, ...names: readonly string[]): boolean[] =>
  names.map((name) => {
    session.publish({ topicName: "t", payload: name, qos }, name, clock.now());
    return session.writable;
  });

describe("QoS 0", () => {
  test("is settled when its bytes were taken, not before", () => {
    const bench = online();
    bench.server.reading = false;
    send(bench, 0, "a", "b");
    expect(told(bench)).toEqual([]);
    bench.session.takeOutput();
    expect(told(bench)).toEqual(["published a", "published b"]);
  });

  test("is settled piece by piece when the output is", () => {
    const bench = online();
    bench.server.reading = false;
    const large = new Uint8Array(10_000);
    for (const name of ["a", "b", "c"]) bench.session.publish({ topicName: "t", payload: large }, name, 0);
    const settled: string[][] = [];
    while (bench.session.takeOutput() !== undefined) settled.push(told(bench));
    expect(settled).toEqual([[], ["published a"], [], ["published b"], [], ["published c"]]);
  });

  test("is settled even if the output is never empty, because something always follows", () => {
    const bench = online();
    bench.server.reading = false;
    const large = new Uint8Array(5_000);
    let settled = 0;
    for (let round = 0; round < 100; round++) {
      bench.session.publish({ topicName: "t", payload: large }, `m${round}`, 0);
      if (round > 2) for (let chunk = 0; chunk < 2; chunk++) bench.session.takeOutput();
      settled += told(bench).length;
    }
    expect(settled).toBeGreaterThanOrEqual(96);
  });

  test("that nobody took is lost with the connection, and its sender hears of it; what was taken is not", () => {
    const bench = online();
    bench.server.reading = false;
    send(bench, 0, "taken");
    bench.session.takeOutput();
    send(bench, 0, "lost");
    bench.server.lose();
    expect(told(bench)).toEqual(["published taken", "disconnected", "failed lost NotConnectedError"]);
    bench.server.reading = true;
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect()]);
  });

  test("without a connection it is rejected, or waits: by option", () => {
    const rejecting = offline();
    expect(() => send(rejecting, 0, "a")).toThrow(
      "there is no connection, and QoS 0 messages are not queued (use QoS 1 or 2, or set queue.qos0WhileOffline)",
    );
    rejecting.server.open();
    expect(() => send(rejecting, 0, "a")).toThrow("there is no connection"); // CONNACK has not come
    expect(told(rejecting)).toEqual([]);

    const queueing = offline({ queue: { qos0WhileOffline: "queue" } });
    send(queueing, 0, "a", "b");
    queueing.server.accept();
    expect(queueing.server.takeReceived()).toEqual([connect(), publish("t", "a"), publish("t", "b")]);
    expect(told(queueing)).toEqual(["connected", "published a", "published b"]);
  });

  test("that waits for the network when it breaks shares the fate of a new one", () => {
    const full = "x".repeat(70_000);
    for (const [qos0WhileOffline, fate] of [
      ["reject", ["failed small NotConnectedError"]],
      ["queue", []],
    ] as const) {
      const bench = online({ queue: { qos0WhileOffline } });
      bench.server.reading = false;
      bench.session.publish({ topicName: "t", payload: full }, "full", 0);
      send(bench, 0, "small");
      expect(bench.session.queuedCount).toBe(1);
      bench.server.lose();
      expect(told(bench)).toEqual(["disconnected", "failed full NotConnectedError", ...fate, "writable"]);
    }
  });

  test("is not sent twice: what was in the output when the connection broke does not come again", () => {
    const bench = online({ queue: { qos0WhileOffline: "queue" } });
    bench.server.reading = false;
    send(bench, 0, "a");
    bench.server.lose();
    bench.server.reading = true;
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect()]);
  });
});

describe("order", () => {
  test("what waits goes first, in each line", () => {
    const bench = online({ maximumInflight: 1 });
    send(bench, 1, "a", "b");
    send(bench, 2, "c");
    send(bench, 0, "zero"); // has no quota to wait for
    expect(bench.server.takeReceived()).toEqual([q1("a", 1), publish("t", "zero")]);
    bench.server.send(puback(1));
    expect(bench.server.takeReceived()).toEqual([q1("b", 1)]);
    bench.server.send(puback(1));
    expect(bench.server.takeReceived()).toEqual([publish("t", "c", { qos: 2, packetIdentifier: 1 })]);
  });

  test("nothing overtakes what waits because the output was full, when it has room again", () => {
    for (const qos of [0, 1] as const) {
      const bench = online();
      bench.server.reading = false;
      const payload = new Uint8Array(30_000); // each is a chunk of its own
      for (const name of ["1", "2", "3", "4"]) bench.session.publish({ topicName: name, payload, qos }, name, 0);
      expect(bench.session.queuedCount).toBe(1);
      bench.server.takeOne();
      bench.server.takeOne();
      bench.session.publish({ topicName: "5", qos }, "5", 0);
      bench.server.reading = true;
      const topics = bench.server.takeReceived().map((packet) => (packet.type === "publish" ? packet.topicName : ""));
      expect(topics).toEqual(["1", "2", "3", "4", "5"]);
    }
  });

  test("before the first connection, messages wait, and then go out in order", () => {
    const bench = offline();
    send(bench, 1, "a");
    send(bench, 2, "b");
    send(bench, 1, "c");
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([
      connect(),
      q1("a", 1),
      publish("t", "b", { qos: 2, packetIdentifier: 2 }),
      publish("t", "c", { qos: 1, packetIdentifier: 3 }),
    ]);
  });

  test("output that nobody takes is not piled up: messages wait in the queue, which has limits", () => {
    const bench = online({ maximumInflight: 65_535, queue: { messages: 100 } });
    bench.server.reading = false;
    const kilobyte = "x".repeat(1_000);
    let taken = 0;
    expect(() => {
      for (; taken < 1_000; taken++)
        bench.session.publish({ topicName: "t", payload: kilobyte, qos: 1 }, `${taken}`, 0);
    }).toThrow("at most 100 messages");
    expect(taken).toBeLessThan(170);
    bench.server.reading = true;
    expect(bench.server.takeReceived()).toHaveLength(taken);
    expect(bench.session.queuedCount).toBe(0);
  });
});

describe("writable", () => {
  test.each([1, 2, 3, 4, 8])(
    "with a queue for %i: false when it is half full, and one event when it is not any more",
    (messages) => {
      const bench = online({ maximumInflight: 1, queue: { messages } });
      expect(send(bench, 1, "inflight")).toEqual([true]);
      const pausedAt = Math.ceil(messages / 2);
      for (let count = 1; count <= messages; count++) {
        expect(send(bench, 1, `${count}`)).toEqual([count < pausedAt]);
        expect(bench.session.writable).toBe(count < pausedAt);
      }
      expect(() => send(bench, 1, "too many")).toThrow(`the send queue is full: it holds at most ${messages} messages`);
      const events: string[] = [];
      for (let left = messages; left >= 0; left--) {
        bench.server.send(puback(1));
        events.push(...told(bench));
        expect(bench.session.writable).toBe(bench.session.queuedCount <= messages / 4);
      }
      expect(events.filter((event) => event === "writable")).toHaveLength(1);
      expect(bench.session.queuedBytes).toBe(0);
    },
  );

  test("with a queue for nothing: SendQueueFullError, and an event when a message may be sent", () => {
    const bench = online({ maximumInflight: 1, queue: { messages: 0 } });
    expect(send(bench, 1, "a")).toEqual([true]);
    expect(() => send(bench, 1, "b")).toThrow("the send queue is full: it holds at most 0 messages");
    expect(bench.session.writable).toBe(false);
    bench.server.send(publish("unrelated", "x"));
    expect(told(bench)).toEqual(["message"]);
    bench.server.send(puback(1));
    expect(told(bench)).toEqual(["published a", "writable"]);
    expect(send(bench, 1, "b")).toEqual([true]);
    expect(told(bench)).toEqual([]);
  });

  test.each([0, 1] as const)(
    "while 64 KiB of output wait for the network: false at QoS %i before anything is queued, and an event when they are taken",
    (qos) => {
      const bench = online({ maximumInflight: 100 });
      bench.server.reading = false;
      const payload = new Uint8Array(4_000); // 16 of them are less, 17 are more
      const writable: boolean[] = [];
      for (let count = 1; count <= 17; count++) {
        bench.session.publish({ topicName: "t", payload, qos }, `${count}`, 0);
        writable.push(bench.session.writable);
      }
      expect(writable).toEqual([...Array.from({ length: 16 }, () => true), false]);
      expect(bench.session.queuedCount).toBe(0);
      bench.session.handleTimeout(1); // a timer that comes too early changes nothing
      expect(bench.session.writable).toBe(false);
      expect(told(bench)).toEqual([]);
      while (bench.session.takeOutput() !== undefined);
      expect(bench.session.writable).toBe(true);
      expect(told(bench).filter((event) => event === "writable")).toHaveLength(1);
    },
  );

  test("while offline: a full queue says so, and the connection makes room", () => {
    const bench = offline({ queue: { messages: 2 } });
    expect(send(bench, 1, "a", "b")).toEqual([false, false]);
    expect(() => send(bench, 1, "c")).toThrow("at most 2 messages");
    expect(told(bench)).toEqual([]);
    bench.server.accept();
    expect(told(bench)).toEqual(["connected", "writable"]);
  });

  test("is measured in bytes, too", () => {
    const bench = online({ maximumInflight: 1, queue: { bytes: 100 } });
    send(bench, 1, "a");
    bench.session.publish({ topicName: "t", payload: "x".repeat(50), qos: 1 }, "b", 0);
    expect(bench.session.writable).toBe(false);
    expect(bench.session.queuedBytes).toBe(packetSize(publish("t", "x".repeat(50), { qos: 1, packetIdentifier: 1 })));
    expect(() => bench.session.publish({ topicName: "t", payload: "x".repeat(50), qos: 1 }, "c", 0)).toThrow(
      "at most 100 bytes",
    );
    bench.server.send(puback(1));
    expect(told(bench)).toEqual(["published a", "writable"]);
  });

  test("a message that is larger than the whole queue is refused, and promises nothing", () => {
    const bench = offline({ queue: { bytes: 100 } });
    expect(() => bench.session.publish({ topicName: "t", payload: "x".repeat(100), qos: 1 }, "b", 0)).toThrow(
      "at most 100 bytes",
    );
    bench.server.accept();
    expect(told(bench)).toEqual(["connected", "writable"]);
  });

  test("a queue that empties because QoS 0 is lost makes room as well", () => {
    const bench = online({ queue: { messages: 2 } });
    bench.server.reading = false;
    bench.session.publish({ topicName: "t", payload: "x".repeat(70_000) }, "full", 0);
    expect(send(bench, 0, "a")).toEqual([false]);
    bench.server.lose();
    expect(told(bench)).toEqual([
      "disconnected",
      "failed full NotConnectedError",
      "failed a NotConnectedError",
      "writable",
    ]);
    expect(bench.session.writable).toBe(true);
  });

  test("so does giving up", () => {
    const bench = offline({ queue: { messages: 1 } });
    expect(send(bench, 1, "a")).toEqual([false]);
    bench.session.abandon(new Error("given up"));
    expect(told(bench)).toEqual(["failed a Error", "writable"]);
  });

  test("messages that come back with a lost session can fill the queue beyond its limits", () => {
    const bench = online({ queue: { messages: 2 }, maximumInflight: 4 });
    expect(send(bench, 1, "a", "b", "c", "d")).toEqual([true, true, true, true]);
    bench.server.lose();
    bench.server.accept({ receiveMaximum: 1 });
    expect([bench.session.queuedCount, bench.session.writable]).toEqual([3, false]);
    bench.server.send(puback(1));
    bench.server.send(puback(1));
    expect(told(bench)).toEqual(["disconnected", "connected", "published a", "published b"]);
    bench.server.send(puback(1));
    expect(told(bench)).toEqual(["published c", "writable"]);
  });
});

describe("a lost session", () => {
  test("its messages are published again as new, before those that waited [MQTT-3.2.2-5]", () => {
    const bench = online({ maximumInflight: 2 });
    send(bench, 1, "a", "b", "waits");
    bench.server.lose();
    bench.server.accept({ sessionPresent: false });
    expect(bench.server.takeReceived()).toEqual([
      connect(),
      q1("a", 1),
      publish("t", "b", { qos: 1, packetIdentifier: 2 }),
    ]);
    bench.server.send(puback(1));
    expect(bench.server.takeReceived()).toEqual([q1("waits", 1)]);
  });

  test("or fail, by option; what never was sent is no part of it", () => {
    const bench = online({ maximumInflight: 2, afterSessionLost: "fail", sessionExpiryInterval: 300 });
    send(bench, 1, "a");
    send(bench, 2, "b", "waits");
    bench.server.lose();
    bench.server.accept({ sessionPresent: false });
    expect(told(bench)).toEqual([
      "disconnected",
      "connected",
      "failed a SessionLostError",
      "failed b SessionLostError",
    ]);
    expect(bench.server.takeReceived()).toEqual([connect(), publish("t", "waits", { qos: 2, packetIdentifier: 1 })]);
  });

  test("QoS 2 after PUBREC is done: the server accepted ownership [MQTT-4.3.3-8]", () => {
    const bench = online({ afterSessionLost: "fail", sessionExpiryInterval: 300 });
    send(bench, 2, "a");
    bench.server.send(pubrec(1));
    bench.server.lose();
    bench.server.accept({ sessionPresent: false });
    expect(told(bench)).toEqual(["disconnected", "connected", "published a"]);
    expect(bench.session.inflightCount).toBe(0);
  });
});

describe("what the server does not take is refused before a byte is written", () => {
  const refusals = [
    [
      "a QoS above its maximum [MQTT-3.2.2-11]",
      { maximumQos: 1 },
      { qos: 2 },
      "QoS 2 is above the server's maximum QoS of 1",
    ],
    [
      "a retained message [MQTT-3.2.2-14]",
      { retainAvailable: false },
      { retain: true },
      "the server does not keep retained messages",
    ],
    [
      "a packet above its maximum size [MQTT-3.2.2-15]",
      { maximumPacketSize: 50 },
      { payload: "x".repeat(50) },
      "the message takes 58 bytes; the server accepts packets of at most 50 bytes",
    ],
  ] as const;

  test.each(refusals)("%s", (_name, limits, message, text) => {
    const bench = online({}, limits);
    expect(() => bench.session.publish({ topicName: "t", qos: 1, ...message }, "refused", 0)).toThrow(text);
    expect([bench.session.inflightCount, bench.session.queuedCount, told(bench), bench.server.takeReceived()]).toEqual([
      0,
      0,
      [],
      [],
    ]);
  });

  test.each(refusals)(
    "%s: also when it was accepted before the server could say so",
    (_name, limits, message, text) => {
      const bench = offline();
      bench.session.publish({ topicName: "t", qos: 1, ...message }, "refused", 0);
      send(bench, 1, "fine");
      bench.server.accept(limits);
      expect(bench.events()).toMatchObject([
        { type: "connected" },
        { type: "failed", context: "refused", error: { name: "ServerLimitError", message: text } },
      ]);
      expect(bench.server.takeReceived()).toEqual([connect(), q1("fine", 1)]);
    },
  );

  test.each(refusals)(
    "%s: also when another connection took it, and the session goes on",
    (_name, limits, message, text) => {
      const bench = online({ clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300 });
      bench.session.publish({ topicName: "t", qos: 1, ...message }, "refused", 0);
      send(bench, 1, "fine");
      bench.server.lose();
      bench.server.accept({ sessionPresent: true, ...limits });
      expect(bench.events().slice(1)).toMatchObject([
        { type: "connected" },
        { type: "failed", context: "refused", error: { name: "ServerLimitError", message: text } },
      ]);
      expect(bench.server.takeReceived()).toEqual([
        connect(),
        publish("t", "fine", { qos: 1, packetIdentifier: 2, dup: true }),
      ]);
      send(bench, 1, "next");
      const usedByServer = "qos" in message; // a QoS 2 identifier stays taken: the server may be in the middle of its exchange
      expect(bench.server.takeReceived()).toEqual([q1("next", usedByServer ? 3 : 1)]);
    },
  );

  test("a packet of exactly the maximum size is fine", () => {
    const bench = online({}, { maximumPacketSize: 50 });
    bench.session.publish({ topicName: "t", qos: 1, payload: "x".repeat(42) }, "fits", 0);
    expect(() => bench.session.publish({ topicName: "t", qos: 1, payload: "ü".repeat(22) }, "too large", 0)).toThrow(
      "takes 52 bytes",
    );
    expect(bench.server.takeReceived()).toHaveLength(1);
  });
});

describe("what no packet can express is refused at once, and takes nothing with it", () => {
  const wrong: [
    string,
    { topicName?: string; qos?: number; payload?: string; properties?: PublishProperties },
    string,
  ][] = [
    ["a wildcard in the topic", { topicName: "a/#" }, "wildcard"],
    ["no topic", { topicName: "" }, "topicName is"],
    ["a QoS that is none", { qos: 3 }, "qos is 3"],
    ["half a surrogate pair", { payload: "\ud800" }, "well-formed"],
    ["a topic alias of 0 [MQTT-3.3.2-8]", { properties: { topicAlias: 0 } }, "properties.topicAlias is 0"],
    ["an alias without a name", { topicName: "", properties: { topicAlias: 1 } }, "topic alias 1"],
    [
      "a subscription identifier [MQTT-3.3.4-6]",
      { properties: { subscriptionIdentifiers: [1] } },
      "only a server may send them",
    ],
  ];
  test.each(wrong)("%s", (_name, message, text) => {
    for (const bench of [online(), offline()]) {
      expect(() => bench.session.publish({ topicName: "t", qos: 1, ...message } as never, "wrong", 0)).toThrow(text);
      send(bench, 1, "fine");
      if (bench.session.phase === "offline") bench.server.accept();
      expect(bench.server.takeReceived().at(-1)).toEqual(q1("fine", 1));
      bench.server.send(puback(1));
      expect(told(bench).filter((event) => event !== "connected")).toEqual(["published fine"]);
    }
  });

  test("properties in 3.x", () => {
    const bench = online({ protocolVersion: 4 });
    expect(() => bench.session.publish({ topicName: "t", properties: { contentType: "x" } }, "wrong", 0)).toThrow(
      EncodeError,
    );
  });
});

test("identifiers are left for SUBSCRIBE when 65,535 messages could be in flight", () => {
  const bench = online({ maximumInflight: 65_535, queue: { messages: 100 } });
  for (let count = 0; count < 65_500; count++) {
    bench.session.publish({ topicName: "t", qos: 1 }, "m", 0);
    if (count % 1_000 === 0) bench.server.pull();
  }
  bench.server.takeReceived();
  expect([bench.session.inflightCount, bench.session.queuedCount]).toEqual([65_471, 29]);
  bench.session.subscribe({ subscriptions: [{ topicFilter: "f" }] }, "sub", bench.clock.now());
  expect(bench.server.takeReceived()).toMatchObject([{ type: "subscribe", packetIdentifier: 65_472 }]);
});

test("every context comes back when everything is given up, in every state there is", () => {
  const bench = online({ maximumInflight: 3, queue: { qos0WhileOffline: "queue" } });
  bench.server.reading = false;
  send(bench, 2, "released", "sent");
  bench.session.handleBytes(Uint8Array.of(0x50, 2, 0, 1), 0); // PUBREC 1
  send(bench, 1, "unacknowledged", "queued");
  send(bench, 0, "in the output");
  bench.session.publish({ topicName: "t", payload: "x".repeat(70_000) }, "full", 0);
  send(bench, 0, "waits for the network");
  bench.session.subscribe({ subscriptions: [{ topicFilter: "f" }] }, "sub", bench.clock.now());
  bench.session.abandon(new Error("given up"));
  expect(told(bench).toSorted()).toEqual(
    ["released", "sent", "unacknowledged", "queued", "in the output", "full", "waits for the network", "sub"]
      .map((name) => `failed ${name} Error`)
      .concat("disconnected", "writable")
      .toSorted(),
  );
  bench.session.abandon(new Error("again"));
  bench.server.lose();
  expect(told(bench)).toEqual([]);
  expect([bench.session.inflightCount, bench.session.queuedCount, bench.session.queuedBytes]).toEqual([0, 0, 0]);
});

test("giving up after a polite end lets the DISCONNECT go out", () => {
  const bench = online();
  bench.server.reading = false;
  send(bench, 1, "a");
  bench.session.disconnect({}, 0);
  bench.session.abandon(new Error("given up"));
  expect(told(bench)).toEqual(["disconnected", "failed a Error"]);
  bench.server.reading = true;
  expect(bench.server.takeReceived()).toEqual([q1("a", 1), disconnect()]);
});
