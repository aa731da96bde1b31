import type { PublishProperties } from "@petrel/codec";
import type { Dispatch } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, offline, online } from "./support/online.ts";
import { connect, pubcomp, publish, puback, pubrec } from "./support/packets.ts";

// Messages that were accepted and never leave, and what their publisher hears of it.

/** `published m1`, `dropped m2 overflow`, `failed m3 Error` …, and other events by type. */
const told = ({ events }: Bench): string[] =>
  events().map((event) => {
    if (event.type === "dropped") return `dropped ${event.context} ${event.error.reason}`;
    if (event.type === "failed") return `failed ${event.context} ${event.error.name}`;
    return "context" in event ? `${event.type} ${event.context}` : event.type;
  });

const send = ({ session, clock }: Bench, qos: 0 | 1 | 2, name: string, properties?: PublishProperties): Dispatch =>
  session.publish({ topicName: "t", payload: name, qos, properties }, name, clock.now());

const expiring = (messageExpiryInterval: number): PublishProperties => ({ messageExpiryInterval });

describe("a full queue", () => {
  test("drops by policy, and each drop brings the message, its context and why", () => {
    const bench = offline({ queue: { messages: 1, overflow: "drop-oldest" } });
    const dispatch = send(bench, 1, "a", { contentType: "text" });
    send(bench, 2, "b");
    expect(dispatch.state).toBe("settled");
    expect(bench.events()).toMatchObject([
      {
        type: "dropped",
        context: "a",
        message: { topicName: "t", payload: "a", qos: 1, properties: { contentType: "text" } },
        error: {
          name: "MessageDroppedError",
          code: "PETREL_MESSAGE_DROPPED",
          message: 'the message to "t" was dropped: the send queue was full',
          reason: "overflow",
        },
      },
    ]);
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), publish("t", "b", { qos: 2, packetIdentifier: 1 })]);
  });

  test("drops the message that comes, if that is the policy, and its publisher should pause", () => {
    const bench = offline({ queue: { messages: 1, overflow: "drop-newest" } });
    send(bench, 1, "a");
    expect(send(bench, 1, "b").state).toBe("settled");
    expect([told(bench), bench.session.queuedCount, bench.session.writable]).toEqual([
      ["dropped b overflow"],
      1,
      false,
    ]);
  });

  test('"wait" takes them all; who heeds writable, or awaits each, has no more than the limit waiting', () => {
    const bench = offline({ queue: { messages: 2, overflow: "wait" } });
    for (const name of ["a", "b", "c", "d"]) send(bench, 1, name);
    expect([bench.session.queuedCount, bench.session.writable]).toEqual([4, false]);
    bench.server.accept();
    expect(told(bench)).toEqual(["connected", "writable"]);
    expect(bench.server.takeReceived()).toHaveLength(5);
  });

  test("is never the way out for what no packet can express", () => {
    const bench = offline({ queue: { messages: 0, overflow: "drop-newest", qos0WhileOffline: "drop" } });
    for (const qos of [0, 1] as const) {
      expect(() => bench.session.publish({ topicName: "#", qos }, "wrong", 0)).toThrow("wildcard");
    }
    expect(told(bench)).toEqual([]);
  });
});

describe('QoS 0 without a connection, with qos0WhileOffline: "drop"', () => {
  test("is dropped, whether it comes then, waits for the network or is in the output", () => {
    const bench = offline({ queue: { qos0WhileOffline: "drop" } });
    expect(send(bench, 0, "early").state).toBe("settled");
    bench.server.accept();
    bench.server.reading = false;
    bench.session.publish({ topicName: "t", payload: "x".repeat(70_000) }, "in the output", 0);
    expect(send(bench, 0, "waits").state).toBe("queued");
    bench.server.lose();
    expect(told(bench)).toEqual([
      "dropped early offline",
      "connected",
      "disconnected",
      "dropped in the output offline",
      "dropped waits offline",
      "writable",
    ]);
  });
});

describe("a message that grows old", () => {
  test("is dropped when its Message Expiry Interval is over before it could be sent", () => {
    const bench = offline();
    send(bench, 1, "short", expiring(5));
    send(bench, 1, "long", expiring(60));
    expect(bench.session.nextTimeout()).toBe(bench.clock.now() + 5_000);
    bench.clock.advance(4_999);
    expect(told(bench)).toEqual([]);
    bench.clock.advance(1);
    expect(told(bench)).toEqual(["dropped short expired"]);
    expect(bench.session.nextTimeout()).toBe(bench.clock.now() + 55_000);
  });

  test("is sent with what is left of the interval, in seconds that have not begun (section 3.3.2.3.3)", () => {
    const bench = offline();
    send(bench, 1, "a", { ...expiring(60), contentType: "text" });
    bench.clock.advance(12_300);
    bench.server.accept();
    const properties = { ...expiring(48), contentType: "text" };
    expect(bench.server.takeReceived()).toEqual([
      connect(),
      publish("t", "a", { qos: 1, packetIdentifier: 1, properties }),
    ]);
  });

  test("goes unchanged when it goes at once, an interval of 0 included", () => {
    const bench = online();
    send(bench, 0, "a", expiring(0));
    send(bench, 1, "b", expiring(60));
    expect(bench.server.takeReceived()).toMatchObject([
      { properties: { messageExpiryInterval: 0 } },
      { properties: { messageExpiryInterval: 60 } },
    ]);
  });

  test("is not sent when its time is over and the timer is late, as after a sleep", () => {
    const bench = offline();
    send(bench, 1, "a", expiring(5));
    bench.session.handleOpen(bench.clock.now());
    const later = bench.clock.now() + 5_000;
    bench.session.handleBytes(Uint8Array.of(0x20, 3, 0, 0, 0), later);
    expect(told(bench)).toEqual(["connected", "dropped a expired"]);
    expect([bench.session.queuedCount, bench.session.queuedBytes, bench.session.inflightCount]).toEqual([0, 0, 0]);
  });

  test("in flight it is sent again with what is left, and when nothing is, still [MQTT-4.4.0-1]", () => {
    const bench = online({ clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300 });
    send(bench, 1, "a", expiring(10));
    bench.server.takeReceived();
    for (const [ms, left] of [
      [3_000, 7],
      [60_000, 1], // 0 means never to some servers
    ] as const) {
      bench.server.lose();
      bench.clock.advance(ms);
      bench.server.accept({ sessionPresent: true });
      expect(bench.server.takeReceived()).toEqual([
        connect(),
        publish("t", "a", { qos: 1, packetIdentifier: 1, dup: true, properties: expiring(left) }),
      ]);
    }
    expect(bench.session.inflightCount).toBe(1);
  });

  test("after a lost session it waits again, and can expire", () => {
    const bench = online({ maximumInflight: 2 });
    send(bench, 1, "a");
    send(bench, 1, "b", expiring(10));
    bench.server.lose();
    bench.server.accept({ receiveMaximum: 1 });
    bench.clock.advance(10_000);
    expect(told(bench)).toEqual(["disconnected", "connected", "dropped b expired"]);
  });

  test("is dropped when it has waited for queue.maximumAge; what was in flight has not waited", () => {
    const bench = online({ maximumInflight: 1, queue: { maximumAge: 2_000 } });
    send(bench, 1, "in flight");
    send(bench, 1, "waits");
    bench.clock.advance(2_000);
    expect(told(bench)).toEqual(["dropped waits tooOld"]);
    bench.server.lose();
    bench.server.accept({ sessionPresent: false });
    expect(bench.server.takeReceived()).toHaveLength(2);
  });

  test("makes room for a publisher that waits", () => {
    const bench = offline({ queue: { messages: 2, maximumAge: 1_000 } });
    send(bench, 1, "a");
    expect(bench.session.writable).toBe(false);
    bench.clock.advance(1_000);
    expect(told(bench)).toEqual(["dropped a tooOld", "writable"]);
  });
});

describe("cancel", () => {
  test("takes a queued message back, from the middle too, and gives the context back with the error", () => {
    const bench = offline({ queue: { messages: 6 } });
    const [a, b, c] = ["a", "b", "c"].map((name) => send(bench, 1, name));
    expect(bench.session.writable).toBe(false);
    expect(bench.session.cancel(b!, new Error("changed my mind"))).toBe(true);
    expect(bench.session.cancel(b!, new Error("again"))).toBe(false);
    expect([a!.state, b!.state, c!.state]).toEqual(["queued", "settled", "queued"]);
    expect(bench.events()).toMatchObject([{ type: "failed", context: "b", error: { message: "changed my mind" } }]);
    bench.session.cancel(a!, new Error("a, too"));
    expect(told(bench)).toEqual(["failed a Error", "writable"]);
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), publish("t", "c", { qos: 1, packetIdentifier: 1 })]);
  });

  test("is too late for what was sent, and tells so", () => {
    const bench = online();
    bench.server.reading = false;
    const sent = [send(bench, 0, "a"), send(bench, 1, "b"), send(bench, 2, "c")];
    expect(sent.map(({ state, packetIdentifier }) => [state, packetIdentifier])).toEqual([
      ["written", undefined],
      ["awaitingPuback", 1],
      ["awaitingPubrec", 2],
    ]);
    for (const dispatch of sent) expect(bench.session.cancel(dispatch, new Error("too late"))).toBe(false);
    bench.server.reading = true;
    bench.server.pull();
    bench.server.send(puback(1), pubrec(2));
    expect(sent.map(({ state }) => state)).toEqual(["settled", "settled", "awaitingPubcomp"]);
    bench.server.send(pubcomp(2));
    expect(sent[2]!.state).toBe("settled");
    expect(told(bench)).toEqual(["published a", "published b", "published c"]);
  });
});

describe("the answer is there for what else is in it", () => {
  const reason = { reasonString: "nobody there", userProperties: [["a", "b"]] } as const;

  test("of QoS 1", () => {
    const bench = online();
    send(bench, 1, "a");
    bench.server.send({ type: "puback", packetIdentifier: 1, reasonCode: 0x10, properties: reason });
    expect(bench.events()).toMatchObject([
      { type: "published", reasonCode: 0x10, packet: { type: "puback", properties: reason } },
    ]);
  });

  test("of QoS 2: PUBREC if that says more than success, else PUBCOMP", () => {
    const bench = online();
    send(bench, 2, "a");
    send(bench, 2, "b");
    bench.server.send(
      { type: "pubrec", packetIdentifier: 1, reasonCode: 0x10, properties: reason },
      pubrec(2),
      pubcomp(1),
      { type: "pubcomp", packetIdentifier: 2, properties: reason },
    );
    expect(bench.events()).toMatchObject([
      { context: "a", reasonCode: 0x10, packet: { type: "pubrec", properties: reason } },
      { context: "b", reasonCode: 0, packet: { type: "pubcomp", properties: reason } },
    ]);
  });

  test("of QoS 0 there is none", () => {
    const bench = online();
    send(bench, 0, "a");
    bench.server.pull();
    expect(bench.events()).toMatchObject([{ type: "published", reasonCode: 0, packet: undefined }]);
  });
});
