import type { PacketInit, TopicSubscriptionInit } from "@petrel/codec";
import { describe, expect, test } from "vitest";
import { type Bench, offline, online } from "./support/online.ts";
import { connect, disconnect, publish, puback, suback, subscribe, unsuback, unsubscribe } from "./support/packets.ts";

const told = ({ events }: Bench): string[] =>
  events().map((event) => {
    if (event.type === "failed") return `failed ${event.context}: ${event.error.message}`;
    return "context" in event ? `${event.type} ${event.context}` : event.type;
  });

function ask({ session, clock }: Bench, context: string, ...topicFilters: readonly string[]): void {
  session.subscribe({ subscriptions: topicFilters.map((topicFilter) => ({ topicFilter })) }, context, clock.now());
}

/** Subscribes, and is granted QoS 0. */
function granted(bench: Bench, ...topicFilters: readonly string[]): void {
  for (const topicFilter of topicFilters) {
    ask(bench, topicFilter, topicFilter);
    bench.server.send(suback(1, 0));
  }
  bench.server.takeReceived();
  bench.events();
}

describe("asking", () => {
  test("each SUBSCRIBE and UNSUBSCRIBE has an unused identifier [MQTT-2.2.1-3], and answers may come in any order", () => {
    const bench = online();
    bench.session.publish({ topicName: "t", qos: 1 }, "message", 0);
    ask(bench, "first", "a");
    bench.session.unsubscribe({ topicFilters: ["b"] }, "second", 0);
    ask(bench, "third", "c");
    expect(bench.server.takeReceived()).toEqual([
      publish("t", "", { qos: 1, packetIdentifier: 1 }),
      subscribe(2, "a"),
      unsubscribe(3, "b"),
      subscribe(4, "c"),
    ]);
    bench.server.send(suback(4, 2), unsuback(3, 0x11), suback(2, 0), puback(1));
    expect(told(bench)).toEqual(["subscribed third", "unsubscribed second", "subscribed first", "published message"]);
  });

  test("what was granted comes with the answer", () => {
    const bench = online();
    ask(bench, "both", "a", "b");
    const answer: PacketInit = {
      type: "suback",
      packetIdentifier: 1,
      reasonCodes: [1, 2],
      properties: { reasonString: "as you like" },
    };
    bench.server.send(answer);
    expect(bench.events()).toEqual([{ type: "subscribed", context: "both", suback: answer }]);
  });

  test("one filter that is refused fails the request, which says which and why; the others are in force", () => {
    const bench = online();
    ask(bench, "both", "a", "b");
    bench.server.takeReceived();
    bench.server.send(suback(1, 0x87, 0));
    expect(bench.events()).toMatchObject([
      {
        type: "failed",
        context: "both",
        error: {
          name: "SubscribeRejectedError",
          failures: [{ topicFilter: "a", reasonCode: 0x87 }],
          packet: { reasonCodes: [0x87, 0] },
        },
      },
    ]);
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "b")]);
  });

  test("a refused UNSUBSCRIBE leaves its filter in force", () => {
    const bench = online();
    granted(bench, "a", "b");
    bench.session.unsubscribe({ topicFilters: ["a", "b"] }, "both", 0);
    bench.server.send(unsuback(1, 0x87, 0));
    expect(told(bench)).toEqual(['failed both: the server refused to unsubscribe: "a" not authorized (0x87)']);
    bench.server.takeReceived();
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
  });

  test("no more than maximumConcurrentRequests at once; the others wait their turn", () => {
    const bench = online({ maximumConcurrentRequests: 2 });
    for (const context of ["a", "b", "c", "d"]) ask(bench, context, context);
    expect(bench.server.takeReceived()).toEqual([subscribe(1, "a"), subscribe(2, "b")]);
    bench.server.send(suback(2, 0));
    expect(bench.server.takeReceived()).toEqual([subscribe(2, "c")]);
    bench.server.send(suback(1, 0), suback(2, 0));
    expect(bench.server.takeReceived()).toEqual([subscribe(1, "d")]);
  });

  test.each([
    ["no filter", []],
    ["an empty filter", [{ topicFilter: "" }]],
    ["# in the middle", [{ topicFilter: "a/#/b" }]],
    ["a QoS that is none", [{ topicFilter: "a", qos: 3 as never }]],
    ["no local on a shared subscription", [{ topicFilter: "$share/g/a", noLocal: true }]],
  ] satisfies [string, TopicSubscriptionInit[]][])(
    "%s is refused at once, and its context does not come back",
    (_name, subscriptions) => {
      for (const bench of [online(), offline()]) {
        expect(() => bench.session.subscribe({ subscriptions }, "wrong", bench.clock.now())).toThrow();
        expect([told(bench), bench.session.takeOutput()]).toEqual([[], undefined]);
        expect(() => bench.session.unsubscribe({ topicFilters: [] }, "wrong", bench.clock.now())).toThrow(
          "topicFilters is",
        );
      }
    },
  );

  test("a request above the server's maximum packet size fails, and does not go out [MQTT-3.2.2-15]", () => {
    const bench = offline();
    ask(bench, "large", "x".repeat(100));
    ask(bench, "small", "x");
    bench.server.accept({ maximumPacketSize: 50 });
    expect(told(bench)).toEqual([
      "connected",
      "failed large: the SUBSCRIBE takes 108 bytes; the server accepts packets of at most 50 bytes",
    ]);
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "x")]);
  });
});

describe("deadlines", () => {
  test("a request that nobody answers fails; its identifier stays taken, and a late answer is no news", () => {
    const bench = online();
    ask(bench, "a", "a");
    bench.clock.advance(29_999);
    ask(bench, "b", "b");
    expect(told(bench)).toEqual([]);
    bench.clock.advance(1);
    expect(told(bench)).toEqual(["failed a: no SUBACK within 30000 ms"]);
    ask(bench, "c", "c");
    expect(bench.server.takeReceived()).toEqual([subscribe(1, "a"), subscribe(2, "b"), subscribe(3, "c")]);
    bench.server.send(suback(1, 0), suback(2, 0));
    expect(told(bench)).toEqual(["subscribed b"]);
    bench.session.unsubscribe({ topicFilters: ["x"] }, "d", bench.clock.now());
    expect(bench.server.takeReceived()).toEqual([unsubscribe(1, "x")]);
    bench.clock.advance(30_000);
    expect(told(bench)).toEqual(["failed c: no SUBACK within 30000 ms", "failed d: no UNSUBACK within 30000 ms"]);
    expect(bench.session.nextTimeout()).not.toBeUndefined(); // keep alive
  });

  test("the time counts from the call, without a connection and across connections", () => {
    const bench = offline();
    ask(bench, "a", "a");
    bench.clock.advance(10_000);
    bench.server.accept();
    bench.clock.advance(10_000);
    bench.server.lose();
    bench.clock.advance(5_000);
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
    bench.clock.advance(4_999);
    expect(told(bench)).not.toContainEqual(expect.stringContaining("failed"));
    bench.clock.advance(1);
    expect(told(bench)).toEqual(["failed a: no SUBACK within 30000 ms"]);
  });

  test("what ran out of time is not asked again on the next connection, and what waited is not asked at all", () => {
    const bench = online({ maximumConcurrentRequests: 1 });
    ask(bench, "sent", "a");
    ask(bench, "waiting", "b");
    bench.clock.advance(30_000);
    expect(told(bench)).toEqual([
      "failed sent: no SUBACK within 30000 ms",
      "failed waiting: no SUBACK within 30000 ms",
    ]);
    ask(bench, "next", "c");
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "c")]);
  });

  test("what the session asks on its own has no deadline, and is not lost when another's has come", () => {
    const bench = online({ maximumConcurrentRequests: 1 });
    granted(bench, ...Array.from({ length: 60 }, (_, index) => `${index}`));
    bench.server.lose();
    ask(bench, "late", "late");
    bench.server.accept();
    expect(bench.server.takeReceived()).toHaveLength(2); // CONNECT and the first bundle; the second waits, then the caller
    bench.events();
    bench.clock.advance(30_000);
    expect(told(bench)).toEqual(["failed late: no SUBACK within 30000 ms"]);
    bench.server.send(suback(1, ...Array.from({ length: 50 }, () => 0)));
    expect(bench.server.takeReceived()).toMatchObject([{ type: "subscribe", subscriptions: { length: 10 } }]);
  });

  test("while no connection comes about, the error says why", () => {
    const bench = offline();
    ask(bench, "a", "a");
    bench.server.open();
    bench.server.lose(new Error("reset"));
    bench.session.handleClose(bench.clock.now(), new Error("connect ECONNREFUSED")); // the next attempt did not get that far
    bench.clock.advance(30_000);
    const failed = bench.events().find(({ type }) => type === "failed");
    expect(failed).toMatchObject({
      error: {
        name: "TimeoutError",
        message: "no SUBACK within 30000 ms, for there is no connection: connect ECONNREFUSED",
        cause: { message: "connect ECONNREFUSED" },
      },
    });
  });

  test("a server that keeps refusing the connection is the reason, too", () => {
    const bench = offline();
    bench.session.unsubscribe({ topicFilters: ["a"] }, "a", bench.clock.now());
    bench.server.open();
    bench.server.pull();
    bench.server.send({ type: "connack", reasonCode: 0x87 });
    bench.server.lose();
    bench.clock.advance(30_000);
    expect(bench.events().at(-1)).toMatchObject({
      error: { cause: { name: "ConnectRefusedError", reasonCode: 0x87 } },
    });
  });

  test("with a connection, it is the server that does not answer", () => {
    const bench = online();
    bench.server.lose(new Error("long ago"));
    bench.server.accept();
    ask(bench, "a", "a");
    bench.clock.advance(30_000);
    expect(told(bench).at(-1)).toBe("failed a: no SUBACK within 30000 ms");
  });

  test("Infinity: never", () => {
    const bench = offline({ timeouts: { request: Infinity } });
    ask(bench, "a", "a");
    expect(bench.session.nextTimeout()).toBeUndefined();
  });

  test("many requests are as quick as few", () => {
    const bench = offline();
    const count = 20_000;
    for (let index = 0; index < count; index++) {
      ask(bench, `${index}`, "a");
      if (index % 100 === 0) bench.clock.advance(1);
    }
    bench.clock.advance(30_000);
    const events = bench.events();
    expect(events).toHaveLength(count);
    expect(events.every((event, index) => event.type === "failed" && event.context === `${index}`)).toBe(true);
    expect(bench.session.nextTimeout()).toBeUndefined();
  });
});

describe("taking a request back", () => {
  const withdrawn = new Error("withdrawn");
  const request = (bench: Bench, context: string) =>
    bench.session.subscribe({ subscriptions: [{ topicFilter: context }] }, context, bench.clock.now());

  test("one that waits is never asked, and its deadline is gone", () => {
    const bench = offline();
    const [a, b, c] = ["a", "b", "c"].map((context) => request(bench, context));
    expect(bench.session.cancelRequest(b!, withdrawn)).toBe(true);
    expect(bench.session.cancelRequest(b!, withdrawn)).toBe(false);
    expect(told(bench)).toEqual(["failed b: withdrawn"]);
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a"), subscribe(2, "c")]);
    expect([a, c].map((ticket) => bench.session.cancelRequest(ticket!, withdrawn))).toEqual([false, false]);
    const alone = offline();
    alone.session.cancelRequest(request(alone, "d"), withdrawn);
    expect(alone.session.nextTimeout()).toBeUndefined();
  });

  test.each(["first", "last"])("tens of thousands are taken back as quickly as one, the %s first", (order) => {
    const bench = offline();
    const names = Array.from({ length: 40_000 }, (_, index) => `${index}`);
    const tickets = names.map((name) => request(bench, name));
    const gone = order === "first" ? tickets.slice(0, -1) : tickets.slice(1).toReversed();
    expect(gone.every((ticket) => bench.session.cancelRequest(ticket, withdrawn))).toBe(true);
    expect(told(bench).length).toBe(gone.length);
    const left = order === "first" ? names.at(-1)! : names[0]!;
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, left)]);
    bench.server.send(suback(1, 0));
    expect(told(bench)).toEqual(["connected", `subscribed ${left}`]);
    expect(bench.session.cancelRequest(tickets[names.indexOf(left)]!, withdrawn)).toBe(false);
  });

  test("one that was taken back has no deadline, is not asked with those that are asked again, and does not fail again", () => {
    const bench = online({ sessionExpiryInterval: 0 });
    ask(bench, "granted", "g");
    bench.server.pull();
    bench.server.send(suback(1, 0));
    bench.server.lose();
    bench.server.takeReceived();
    told(bench);
    const [a, b] = ["a", "b"].map((context) => request(bench, context));
    bench.clock.advance(20_000);
    request(bench, "c");
    expect(bench.session.cancelRequest(b!, withdrawn)).toBe(true);
    bench.clock.advance(10_000);
    expect(bench.session.cancelRequest(a!, withdrawn)).toBe(false);
    bench.server.accept();
    expect(bench.server.takeReceived().slice(1)).toEqual([subscribe(1, "g"), subscribe(2, "c")]);
    bench.session.abandon(new Error("the end"));
    expect(told(bench).filter((each) => each.includes(" b") || each.includes(" a"))).toEqual([
      "failed b: withdrawn",
      "failed a: no SUBACK within 30000 ms, for there is no connection: the server closed the connection without a DISCONNECT",
    ]);
  });

  test("one that was sent on an earlier connection may be in force: its answer is awaited", () => {
    const bench = online();
    const ticket = request(bench, "a");
    bench.server.pull();
    bench.server.lose();
    expect(bench.session.cancelRequest(ticket, withdrawn)).toBe(false);
    bench.server.accept();
    bench.server.send(suback(1, 0));
    expect(told(bench)).toEqual(["disconnected", "connected", "subscribed a"]);
  });
});

describe("connections come and go", () => {
  test("what was not answered is asked again, in order, before what waited", () => {
    const bench = online({ maximumConcurrentRequests: 2 });
    ask(bench, "a", "a");
    bench.session.unsubscribe({ topicFilters: ["b"] }, "b", bench.clock.now());
    ask(bench, "c", "c");
    bench.server.lose();
    expect(told(bench)).toEqual(["disconnected"]);
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a"), unsubscribe(2, "b")]);
    bench.server.send(suback(1, 0), unsuback(2, 0));
    expect(bench.server.takeReceived()).toEqual([subscribe(1, "c")]);
  });

  test("a request before the first connection is asked with it", () => {
    const bench = offline();
    ask(bench, "a", "a");
    expect(bench.session.takeOutput()).toBeUndefined();
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
  });

  test.each([
    ["when-session-lost", true, false],
    ["when-session-lost", false, true],
    ["always", true, true],
    ["always", false, true],
    ["never", false, false],
  ] as const)("resubscribe %s, session present %s: asks again %s", (resubscribe, sessionPresent, asksAgain) => {
    const bench = online({ clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300, resubscribe });
    granted(bench, "a", "b", "a");
    bench.server.lose();
    bench.server.accept({ sessionPresent });
    expect(bench.server.takeReceived()).toEqual([connect(), ...(asksAgain ? [subscribe(1, "a", "b")] : [])]);
  });

  test("a CONNECT without an answer may have begun a new session, which is then present: so we ask again, once", () => {
    const bench = online({ clientIdentifier: "me", sessionExpiryInterval: 300 });
    granted(bench, "a");
    bench.server.lose();
    bench.server.open();
    bench.server.pull();
    bench.server.lose(); // and with it the CONNACK that said that the session was lost
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
    bench.server.send(suback(1, 0));
    bench.server.lose();
    bench.server.open(); // no CONNECT was taken
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect({ cleanStart: false })]);
  });

  test("MQTT 3.1 can not say whether the session is there, so we ask again", () => {
    const bench = online({ protocolVersion: 3, clientIdentifier: "old", cleanStart: false });
    granted(bench, "a");
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toMatchObject([
      { type: "connect" },
      { type: "subscribe", subscriptions: [{ topicFilter: "a" }] },
    ]);
  });

  test("as it was asked: with its options, and with the properties it had", () => {
    const bench = online();
    const properties = { subscriptionIdentifier: 7 };
    const plain = { topicFilter: "plain", qos: 1 } as const;
    const marked = {
      topicFilter: "marked",
      qos: 2,
      noLocal: true,
      retainAsPublished: true,
      retainHandling: 2,
    } as const;
    bench.session.subscribe({ subscriptions: [plain] }, "plain", 0);
    bench.session.subscribe({ subscriptions: [marked], properties }, "marked", 0);
    bench.server.send(suback(1, 1), suback(2, 2));
    bench.server.takeReceived();
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toMatchObject([
      { type: "connect" },
      { type: "subscribe", subscriptions: [plain] },
      { type: "subscribe", subscriptions: [marked], properties },
    ]);
  });

  test("what was unsubscribed is not; the last options count", () => {
    const bench = online();
    granted(bench, "a", "b");
    bench.session.unsubscribe({ topicFilters: ["a"] }, "x", 0);
    bench.server.send(unsuback(1, 0));
    bench.session.subscribe({ subscriptions: [{ topicFilter: "b", qos: 2 }] }, "y", 0);
    bench.server.send(suback(1, 2));
    bench.server.takeReceived();
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toMatchObject([
      { type: "connect" },
      { type: "subscribe", subscriptions: [{ topicFilter: "b", qos: 2 }] },
    ]);
  });

  test("a connection that breaks before the answer leaves the question open, session or not", () => {
    const bench = online({ clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300 });
    granted(bench, "a");
    bench.server.lose();
    bench.server.accept({ sessionPresent: false });
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
    bench.server.lose(); // the server has a session again, but never saw the SUBSCRIBE
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
    bench.server.send(suback(1, 0));
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived()).toEqual([connect()]);
    bench.server.lose();
    bench.server.accept({ sessionPresent: false });
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
    bench.server.lose();
    bench.server.accept({ sessionPresent: false }); // once, not once for each loss
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
  });

  test("first what was granted, then what waits: an UNSUBSCRIBE made while offline wins", () => {
    const bench = online();
    granted(bench, "a");
    bench.server.lose();
    bench.session.unsubscribe({ topicFilters: ["a"] }, "x", bench.clock.now());
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a"), unsubscribe(2, "a")]);
  });

  test("a filter that is refused this time is an event, and not asked for on every connection", () => {
    const bench = online();
    granted(bench, "a", "b");
    bench.server.lose();
    bench.server.accept();
    bench.events();
    bench.server.send(suback(1, 0, 0x97));
    expect(bench.events()).toEqual([{ type: "resubscribeFailed", failures: [{ topicFilter: "b", reasonCode: 0x97 }] }]);
    bench.server.takeReceived();
    bench.server.lose();
    bench.server.accept();
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "a")]);
  });

  test("many filters go in bundles, none above the server's maximum packet size [MQTT-3.2.2-15]", () => {
    const bench = online();
    const names = Array.from({ length: 120 }, (_, index) => `filter/${index}`);
    granted(bench, ...names);
    bench.server.lose();
    bench.server.accept();
    const counts = (): number[] =>
      bench.server.takeReceived().map((packet) => (packet.type === "subscribe" ? packet.subscriptions.length : 0));
    expect(counts()).toEqual([0, 50, 50, 20]);
    bench.server.lose();
    bench.server.accept({ maximumPacketSize: 400 });
    const smaller = counts();
    expect(smaller.reduce((sum, count) => sum + count)).toBe(120);
    expect(Math.max(...smaller)).toBeLessThanOrEqual(29);
    bench.events();
    bench.server.lose();
    bench.server.accept({ maximumPacketSize: 16 });
    expect(counts().reduce((sum, count) => sum + count)).toBe(10); // filter/0 to filter/9 fit
    const failures = bench.events().flatMap((event) => (event.type === "resubscribeFailed" ? event.failures : []));
    expect(failures).toHaveLength(110);
    expect(failures[0]).toEqual({ topicFilter: "filter/10", reasonCode: 0x95 });
  });

  test("what another server does not support is told filter by filter, and the rest is granted", () => {
    const bench = online();
    granted(bench, "a", "b/#", "$share/g/c", "d");
    bench.server.lose();
    bench.server.accept({ wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false });
    const asked = bench.server
      .takeReceived()
      .flatMap((packet) => (packet.type === "subscribe" ? packet.subscriptions : []))
      .map(({ topicFilter }) => topicFilter);
    expect(asked).toEqual(["a", "d"]);
    const failures = bench.events().flatMap((event) => (event.type === "resubscribeFailed" ? event.failures : []));
    expect(failures).toEqual([
      { topicFilter: "b/#", reasonCode: 0xa2 },
      { topicFilter: "$share/g/c", reasonCode: 0x9e },
    ]);
  });

  test("giving up forgets what was granted, and frees identifiers", () => {
    const bench = online();
    granted(bench, "a");
    ask(bench, "b", "b");
    bench.session.abandon(new Error("given up"));
    expect(told(bench)).toEqual(["failed b: given up", "disconnected"]);
    bench.server.lose();
    bench.server.accept();
    ask(bench, "c", "c");
    expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "c")]);
    expect(bench.session.nextTimeout()).toBeDefined();
  });
});

describe("a server that answers what was not asked", () => {
  const cases: [string, 4 | 5, PacketInit, object][] = [
    [
      "SUBACK for an unknown identifier",
      5,
      suback(9, 0),
      { message: "SUBACK: it answers packet identifier 9, for which no SUBSCRIBE was sent" },
    ],
    [
      "SUBACK for an UNSUBSCRIBE",
      5,
      suback(2, 0),
      { message: "SUBACK: it answers packet identifier 2, for which no SUBSCRIBE was sent" },
    ],
    [
      "UNSUBACK for a SUBSCRIBE",
      5,
      unsuback(1, 0),
      { message: "UNSUBACK: it answers packet identifier 1, for which no UNSUBSCRIBE was sent" },
    ],
    [
      "too few reason codes",
      5,
      suback(1, 0),
      { message: "SUBACK: it has 1 reason codes for 2 topic filters [MQTT-3.8.4-6]" },
    ],
    ["too many reason codes", 5, suback(1, 0, 0, 0), { clause: "MQTT-3.8.4-6" }],
    ["too few return codes", 4, suback(1, 0), { clause: "MQTT-3.8.4-5" }],
    ["too many reason codes in UNSUBACK", 5, unsuback(2, 0, 0), { clause: "MQTT-3.11.3-1" }],
  ];
  test.each(cases)(
    "%s (level %i) is a protocol error, and the requests are asked again",
    (_name, protocolVersion, packet, error) => {
      const bench = online({ protocolVersion });
      ask(bench, "asked", "a", "b");
      bench.session.unsubscribe({ topicFilters: ["c"] }, "also asked", bench.clock.now());
      bench.server.takeReceived();
      bench.server.send(packet);
      expect(bench.events()).toMatchObject([
        { type: "disconnected", by: "client", error: { name: "ProtocolError", ...error } },
      ]);
      expect(bench.server.takeReceived()).toEqual(protocolVersion === 5 ? [disconnect(0x82)] : []);
      bench.server.lose();
      bench.server.accept();
      const asked = bench.server.takeReceived().slice(1);
      expect(asked).toMatchObject([{ type: "subscribe" }, { type: "unsubscribe" }]);
      bench.server.send(suback(1, 0, 0), protocolVersion === 5 ? unsuback(2, 0) : unsuback(2));
      expect(told(bench)).toEqual(["connected", "subscribed asked", "unsubscribed also asked"]);
    },
  );
});

test("a request whose filters its caller changes afterwards harms nobody else", () => {
  const bench = offline();
  const subscriptions = [{ topicFilter: "fine" }];
  bench.session.subscribe({ subscriptions }, "changed", bench.clock.now());
  subscriptions[0]!.topicFilter = "";
  ask(bench, "other", "other");
  bench.server.accept();
  expect(told(bench)[1]).toMatch(/^failed changed: topicFilter/);
  expect(bench.server.takeReceived()).toEqual([connect(), subscribe(1, "other")]);
});
