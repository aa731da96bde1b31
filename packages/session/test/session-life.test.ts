import type { Delivery, SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, offline, online } from "./support/online.ts";
import { connect, disconnect, publish, puback, pubrec } from "./support/packets.ts";

const FIVE_MINUTES = 300_000;
const resumable: SessionOptions = { clientIdentifier: "me", sessionExpiryInterval: 300 };

const told = ({ events }: Bench): string[] =>
  events().map((event) => {
    if (event.type === "failed") return `failed ${event.context} ${event.error.name}`;
    return "context" in event ? `${event.type} ${event.context}` : event.type;
  });

/** A QoS 1 and a QoS 2 message in flight, and one of the server's at QoS 2 that was delivered. */
function busy(options: SessionOptions, connack = {}): Bench & { delivery: Delivery } {
  const bench = online(options, connack);
  const { session, server, clock, events } = bench;
  session.publish({ topicName: "out", payload: "a", qos: 1 }, "a", clock.now());
  session.publish({ topicName: "out", payload: "b", qos: 2 }, "b", clock.now());
  server.takeReceived();
  server.send(publish("in", "once", { qos: 2, packetIdentifier: 1 }));
  const [message] = events();
  if (message?.type !== "message") throw new Error("no message came");
  return { ...bench, delivery: message.delivery! };
}

const sentAgain = [
  publish("out", "a", { qos: 1, packetIdentifier: 1, dup: true }),
  publish("out", "b", { qos: 2, packetIdentifier: 2, dup: true }),
];
const sentAsNew = [
  publish("out", "a", { qos: 1, packetIdentifier: 1 }),
  publish("out", "b", { qos: 2, packetIdentifier: 2 }),
];

describe("while the Session Expiry Interval has not passed", () => {
  test("the session is asked for, and goes on", () => {
    const { server, clock } = busy(resumable);
    server.lose();
    clock.advance(FIVE_MINUTES - 1);
    server.accept({ sessionPresent: true });
    expect(server.takeReceived()).toEqual([connect({ cleanStart: false }), ...sentAgain]);
  });

  test("nothing is ever sent again while connected, however long the answer takes [MQTT-4.4.0-1]", () => {
    const { server, clock } = busy({ ...resumable, keepAlive: 0 });
    clock.advance(86_400_000);
    expect(server.takeReceived()).toEqual([]);
  });

  test("attempts that fail don't lengthen it", () => {
    const { server, clock } = busy(resumable);
    server.lose();
    for (let attempt = 0; attempt < 3; attempt++) {
      clock.advance(100_000);
      server.open();
      server.lose();
    }
    server.open();
    expect(server.received()).toEqual([connect({ cleanStart: true })]);
  });

  test("an attempt that began in time counts, even if CONNACK comes after it: the server has answered", () => {
    const { server, clock } = busy(resumable);
    server.lose();
    clock.advance(FIVE_MINUTES - 1_000);
    server.open();
    clock.advance(10_000);
    server.accept({ sessionPresent: true });
    expect(server.takeReceived()).toEqual([connect({ cleanStart: false }), ...sentAgain]);
  });
});

describe("when it has passed", () => {
  test("the server shall forget the session as well, and what it may not have is published as new", () => {
    const bench = busy(resumable);
    const { session, server, clock } = bench;
    server.lose();
    clock.advance(FIVE_MINUTES);
    expect([session.inflightCount, session.queuedCount]).toEqual([0, 2]);
    server.accept();
    expect(server.takeReceived()).toEqual([connect({ cleanStart: true }), ...sentAsNew]);
    session.acknowledge(bench.delivery);
    expect(server.takeReceived()).toEqual([]);
    expect(told(bench)).toEqual(["disconnected", "connected", "lateAcknowledgement"]);
    server.lose();
    server.open();
    expect(server.received()).toEqual([connect({ cleanStart: false })]); // there is a session again
  });

  test("those who wait are told then, not with the next connection", () => {
    const bench = busy({ ...resumable, afterSessionLost: "fail" });
    bench.server.lose();
    bench.clock.advance(FIVE_MINUTES - 1);
    expect(told(bench)).toEqual(["disconnected"]);
    bench.clock.advance(1);
    expect(told(bench)).toEqual(["failed a SessionLostError", "failed b SessionLostError"]);
    expect(bench.session.nextTimeout()).toBeUndefined();
  });

  test("a machine that slept through it notices when it wakes, or connects", () => {
    const { server, clock } = busy(resumable);
    server.lose();
    clock.sleep(FIVE_MINUTES * 2);
    server.open();
    expect(server.received()).toEqual([connect({ cleanStart: true })]);
  });

  test("a session that the server claims to have all the same is none of ours: the connection ends [MQTT-3.2.2-4]", () => {
    const bench = busy(resumable);
    const { server, clock } = bench;
    server.lose();
    clock.advance(FIVE_MINUTES);
    server.accept({ sessionPresent: true });
    expect(server.received()).toEqual([connect({ cleanStart: true }), disconnect(0x82)]);
    expect(bench.events().at(-1)).toMatchObject({
      type: "disconnected",
      by: "client",
      error: { name: "ProtocolError", clause: "MQTT-3.2.2-2" },
    });
    server.lose();
    server.accept(); // and the promises are kept on the next one
    expect(server.takeReceived()).toEqual([connect({ cleanStart: true }), ...sentAsNew]);
  });
});

describe("how long a session lives", () => {
  test("an interval of 0 ends it with the connection (section 3.1.2.11.2)", () => {
    const bench = busy({ clientIdentifier: "me", afterSessionLost: "fail" });
    bench.server.lose();
    expect(told(bench)).toEqual(["disconnected", "failed a SessionLostError", "failed b SessionLostError"]);
    bench.server.open();
    expect(bench.server.received()).toEqual([connect({ cleanStart: true })]);
  });

  test("what the server took over with PUBREC is published, whatever becomes of the session [MQTT-4.3.3-8]", () => {
    const bench = busy({ clientIdentifier: "me", afterSessionLost: "fail" });
    bench.server.send(pubrec(2));
    bench.server.lose();
    expect(told(bench)).toEqual(["disconnected", "published b", "failed a SessionLostError"]);
  });

  test("0xFFFFFFFF never ends it", () => {
    const { session, server, clock } = busy({ ...resumable, sessionExpiryInterval: 0xffff_ffff });
    server.lose();
    expect(session.nextTimeout()).toBeUndefined();
    clock.advance(4_294_967_295_000);
    server.accept({ sessionPresent: true });
    expect(server.takeReceived()).toEqual([connect({ cleanStart: false }), ...sentAgain]);
  });

  test.each([
    ["shortens", 10, 10_000],
    ["lengthens", 3_600, 3_600_000],
  ])(
    "the server's word in CONNACK %s it, for that connection (section 3.2.2.3.2)",
    (_name, sessionExpiryInterval, ms) => {
      const { server, clock } = busy(resumable, { sessionExpiryInterval });
      server.lose();
      clock.advance(ms - 1);
      server.accept({ sessionPresent: true });
      expect(server.received()).toContainEqual(connect({ cleanStart: false }));
      server.lose(); // now the interval of CONNECT counts again
      clock.advance(FIVE_MINUTES);
      server.open();
      expect(server.received()).toEqual([connect({ cleanStart: true })]);
    },
  );

  test("DISCONNECT may set it anew (section 3.14.2.2.2)", () => {
    for (const [sessionExpiryInterval, cleanStart] of [
      [0, true],
      [10, true],
      [20, false],
    ] as const) {
      const { session, server, clock } = busy(resumable);
      session.disconnect({ properties: { sessionExpiryInterval } }, clock.now());
      server.pull();
      server.lose();
      clock.advance(10_000);
      server.open();
      expect(server.received()).toEqual([connect({ cleanStart })]);
    }
  });

  test("in 3.1.1, as long as the connection, or for ever", () => {
    const clean = busy({ protocolVersion: 4, afterSessionLost: "fail" });
    clean.server.lose();
    expect(told(clean)).toEqual(["disconnected", "failed a SessionLostError", "failed b SessionLostError"]);

    const kept = busy({ protocolVersion: 4, clientIdentifier: "me", cleanStart: false });
    kept.server.lose();
    kept.clock.advance(4_294_967_295_000);
    kept.server.accept({ sessionPresent: true });
    expect(kept.server.takeReceived()).toEqual([connect({ cleanStart: false }), ...sentAgain]);
  });

  test("in 3.1.1, other options make one that stays of one that ended with its connection", () => {
    const { session, server } = online({ protocolVersion: 4, clientIdentifier: "me" });
    server.lose();
    session.configure({ protocolVersion: 4, clientIdentifier: "me", cleanStart: false });
    for (let connections = 0; connections < 2; connections++) {
      server.accept();
      expect(server.received()).toEqual([connect({ cleanStart: false })]);
      server.lose();
    }
  });

  test("who never asks for a clean start takes a session that the server has from another life", () => {
    const { session, server, events } = offline({ ...resumable, cleanStart: false });
    server.accept({ sessionPresent: true });
    server.send(publish("in", "kept for you", { qos: 1, packetIdentifier: 9, dup: true }));
    const [connected, message] = events();
    expect([connected, message]).toMatchObject([{ type: "connected" }, { type: "message" }]);
    if (message?.type === "message") session.acknowledge(message.delivery!);
    expect(server.takeReceived()).toEqual([connect({ cleanStart: false }), puback(9)]);
  });

  test("nobody is kept awake for a session in which nobody waits for anything", () => {
    const idle = online(resumable);
    idle.server.lose();
    expect(idle.session.nextTimeout()).toBeUndefined();
    const given = busy(resumable);
    given.server.lose();
    given.session.abandon(new Error("given up"));
    expect(given.session.nextTimeout()).toBeUndefined();
  });
});
