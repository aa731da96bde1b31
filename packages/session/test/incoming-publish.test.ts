import type { PacketInit } from "@petrel/codec";
import { type Delivery, MqttSession, type SessionEvent, type SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, online } from "./support/online.ts";
import { connect, disconnect, pubcomp, publish, puback, pubrec, pubrel } from "./support/packets.ts";

const resumable: SessionOptions = { clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300 };

const q1 = (payload: string, packetIdentifier: number, rest = {}): PacketInit =>
  publish("t", payload, { qos: 1, packetIdentifier, ...rest });
const q2 = (payload: string, packetIdentifier: number, rest = {}): PacketInit =>
  publish("t", payload, { qos: 2, packetIdentifier, ...rest });

/** The messages that came, as `payload`, and their deliveries. */
function messages({ events }: Bench): { payloads: string[]; deliveries: Delivery[] } {
  const came = events().filter(
    (event): event is Extract<SessionEvent, { type: "message" }> => event.type === "message",
  );
  return {
    payloads: came.map(({ packet }) => new TextDecoder().decode(packet.payload)),
    deliveries: came.flatMap(({ delivery }) => delivery ?? []),
  };
}

/** A session to which these packets came, and what it made of them. */
function received(options: SessionOptions, ...packets: PacketInit[]) {
  const bench = online(options);
  bench.server.send(...packets);
  return { ...bench, ...messages(bench) };
}

describe("acknowledging", () => {
  test("QoS 0 needs none; QoS 1 and 2 are answered when the application is done [MQTT-4.3.2-4] [MQTT-4.3.3-8]", () => {
    const { session, server, payloads, deliveries } = received({}, publish("t", "zero"), q1("one", 1), q2("two", 2));
    expect(payloads).toEqual(["zero", "one", "two"]);
    expect(deliveries).toMatchObject([
      { packetIdentifier: 1, qos: 1 },
      { packetIdentifier: 2, qos: 2 },
    ]);
    expect(server.takeReceived()).toEqual([]);
    session.acknowledge(deliveries[0]!);
    session.acknowledge(deliveries[1]!);
    expect(server.takeReceived()).toEqual([puback(1), pubrec(2)]);
    server.send(pubrel(2));
    expect(server.takeReceived()).toEqual([pubcomp(2)]);
  });

  test("goes out in the order of arrival, whatever order the application takes [MQTT-4.6.0-2] [MQTT-4.6.0-3]", () => {
    const { session, server, deliveries } = received({}, q1("a", 5), q2("b", 3), q1("c", 4), q2("d", 2), q1("e", 1));
    const [a, b, c, d, e] = deliveries as [Delivery, Delivery, Delivery, Delivery, Delivery];
    session.acknowledge(e);
    session.acknowledge(d);
    session.acknowledge(c);
    expect(server.takeReceived()).toEqual([]);
    session.acknowledge(b);
    expect(server.takeReceived()).toEqual([pubrec(3), pubrec(2)]);
    session.acknowledge(a);
    expect(server.takeReceived()).toEqual([puback(5), puback(4), puback(1)]);
  });

  test("twice is as good as once", () => {
    const { session, server, deliveries, events } = received({}, q1("a", 1));
    session.acknowledge(deliveries[0]!);
    session.acknowledge(deliveries[0]!);
    expect(server.takeReceived()).toEqual([puback(1)]);
    expect(events()).toEqual([]);
  });

  test("a message that is never acknowledged holds up all later ones of its QoS: the session tells which, and since when", () => {
    const bench = online();
    const { session, server, clock } = bench;
    expect(session.oldestUnacknowledged(1)).toBeUndefined();
    const receivedAt = clock.now();
    server.send(publish("slow", "a", { qos: 1, packetIdentifier: 1 }), q2("x", 9));
    clock.advance(5_000);
    server.send(q1("b", 2), q1("c", 3), q1("d", 4));
    const [a, x, b, c] = messages(bench).deliveries as [Delivery, Delivery, Delivery, Delivery];
    session.acknowledge(b);
    session.acknowledge(c);
    session.acknowledge(x); // of another QoS: not held up
    expect(server.takeReceived()).toEqual([pubrec(9)]);
    expect(session.oldestUnacknowledged(1)).toEqual({ delivery: a, topicName: "slow", receivedAt, heldUp: 2 });
    expect(session.oldestUnacknowledged(2)).toBeUndefined();
    session.acknowledge(a);
    expect(session.oldestUnacknowledged(1)).toMatchObject({
      topicName: "t",
      receivedAt: receivedAt + 5_000,
      heldUp: 0,
    });
    server.lose();
    expect(session.oldestUnacknowledged(1)).toBeUndefined(); // the server sends it again
  });

  test("refuses with a Reason Code in 5.0", () => {
    const { session, server, deliveries } = received({}, q1("a", 1), q2("b", 2));
    session.acknowledge(deliveries[0]!, 0x97);
    session.acknowledge(deliveries[1]!, 0x99);
    expect(server.takeReceived()).toEqual([puback(1, 0x97), pubrec(2, 0x99)]);
  });

  test("after a PUBREC that refuses, the identifier stands for a new message [MQTT-4.3.3-9]", () => {
    const bench = received({}, q2("a", 1));
    bench.session.acknowledge(bench.deliveries[0]!, 0x97);
    bench.server.send(q2("b", 1, { dup: true }));
    expect(messages(bench).payloads).toEqual(["b"]);
  });

  test("3.x can not refuse", () => {
    const { session, server, deliveries } = received({ protocolVersion: 4 }, q1("a", 1), q2("b", 2));
    session.acknowledge(deliveries[0]!, 0x97);
    session.acknowledge(deliveries[1]!, 0x97);
    expect(server.takeReceived()).toEqual([puback(1), pubrec(2)]);
    server.send(pubrel(2));
    expect(server.takeReceived()).toEqual([pubcomp(2)]);
  });

  test("a Reason Code that is none is thrown back, and harms nothing [MQTT-3.4.2-1]", () => {
    const { session, server, deliveries } = received({}, q1("a", 1), q1("b", 2));
    for (const wrong of [0x05, 0x92, 999, -1, Number.NaN]) {
      expect(() => session.acknowledge(deliveries[0]!, wrong)).toThrow(
        `reasonCode is ${wrong}, which is none of PUBACK and PUBREC [MQTT-3.4.2-1]`,
      );
    }
    session.acknowledge(deliveries[1]!);
    expect(server.takeReceived()).toEqual([]);
    session.acknowledge(deliveries[0]!, 0x10);
    expect(server.takeReceived()).toEqual([puback(1, 0x10), puback(2)]);
  });
});

describe("QoS 1, at least once", () => {
  test("after PUBACK, the identifier stands for a new message, DUP or not [MQTT-4.3.2-5]", () => {
    const bench = received({}, q1("a", 1));
    bench.session.acknowledge(bench.deliveries[0]!);
    bench.server.send(q1("b", 1, { dup: true }));
    expect(messages(bench).payloads).toEqual(["b"]);
  });

  test("what was not acknowledged comes again on the next connection; the old acknowledgement is too late, and reported", () => {
    const bench = received(resumable, q1("a", 1));
    const { session, server, events } = bench;
    server.lose();
    session.acknowledge(bench.deliveries[0]!);
    expect(events()).toMatchObject([{ type: "disconnected" }, { type: "lateAcknowledgement", packetIdentifier: 1 }]);
    server.accept({ sessionPresent: true });
    server.send(q1("a", 1, { dup: true }));
    expect(server.takeReceived()).toEqual([connect()]);
    const again = messages(bench);
    expect(again.payloads).toEqual(["a"]);
    session.acknowledge(bench.deliveries[0]!); // still too late: it was for another connection
    expect(server.takeReceived()).toEqual([]);
    session.acknowledge(again.deliveries[0]!);
    expect(server.takeReceived()).toEqual([puback(1)]);
  });

  test("the order of acknowledgements begins anew with the connection", () => {
    const bench = received(resumable, q1("a", 1), q1("b", 2));
    const { session, server } = bench;
    session.acknowledge(bench.deliveries[1]!); // waits for the first
    server.lose();
    server.accept({ sessionPresent: true });
    server.takeReceived();
    server.send(q1("b", 2, { dup: true }));
    session.acknowledge(messages(bench).deliveries[0]!);
    expect(server.takeReceived()).toEqual([puback(2)]);
  });
});

describe("QoS 2, exactly once", () => {
  test("a repetition on the same connection is answered, not delivered [MQTT-4.3.3-10]", () => {
    const bench = received({}, q2("a", 1));
    const { session, server } = bench;
    server.send(q2("a", 1, { dup: true }));
    expect(server.takeReceived()).toEqual([]); // PUBREC has to wait for the application
    session.acknowledge(bench.deliveries[0]!);
    expect(server.takeReceived()).toEqual([pubrec(1)]);
    server.send(q2("a", 1, { dup: true }));
    expect(server.takeReceived()).toEqual([pubrec(1)]);
    expect(messages(bench).payloads).toEqual([]);
  });

  test("after PUBCOMP, the identifier stands for a new message [MQTT-4.3.3-12]", () => {
    const bench = received({}, q2("a", 1));
    bench.session.acknowledge(bench.deliveries[0]!);
    bench.server.send(pubrel(1), q2("b", 1));
    expect(messages(bench).payloads).toEqual(["b"]);
  });

  test.each(["before", "after"])(
    "delivered once although PUBREC was lost; the application was done %s the next connection",
    (when) => {
      const bench = received(resumable, q2("a", 1));
      const { session, server } = bench;
      if (when === "before") session.acknowledge(bench.deliveries[0]!); // written, never taken
      server.lose();
      server.accept({ sessionPresent: true });
      server.takeReceived();
      server.send(q2("a", 1, { dup: true }));
      if (when === "after") {
        expect(server.takeReceived()).toEqual([]);
        session.acknowledge(bench.deliveries[0]!);
      }
      expect(server.takeReceived()).toEqual([pubrec(1)]);
      server.send(pubrel(1));
      expect(server.takeReceived()).toEqual([pubcomp(1)]);
      expect(messages(bench).payloads).toEqual([]);
    },
  );

  test("PUBREL may come on a later connection than PUBREC went out on", () => {
    const bench = received(resumable, q2("a", 1));
    const { session, server } = bench;
    session.acknowledge(bench.deliveries[0]!);
    server.pull();
    server.lose();
    server.accept({ sessionPresent: true });
    server.takeReceived();
    server.send(pubrel(1), pubrel(1)); // and again, when PUBCOMP was lost as well
    expect(server.takeReceived()).toEqual([pubcomp(1), pubcomp(1, 0x92)]);
  });

  test("PUBREL for an identifier we don't know is answered all the same [MQTT-4.3.3-11]", () => {
    const v5 = received({}, pubrel(9));
    expect(v5.server.takeReceived()).toEqual([pubcomp(9, 0x92)]);
    const v4 = received({ protocolVersion: 4 }, pubrel(9));
    expect(v4.server.takeReceived()).toEqual([pubcomp(9)]);
  });

  test("PUBREL before any PUBREC is a protocol error, even if the application is done", () => {
    const early = received({}, q2("a", 1), pubrel(1));
    expect(early.server.takeReceived()).toEqual([disconnect(0x82)]);
    const waiting = received({}, q2("a", 1), q2("b", 2));
    waiting.session.acknowledge(waiting.deliveries[1]!);
    waiting.server.send(pubrel(2));
    expect(waiting.server.takeReceived()).toEqual([disconnect(0x82)]);
    expect(waiting.events()).toMatchObject([
      {
        type: "disconnected",
        error: { message: "PUBREL: it releases packet identifier 2, for which no PUBREC was sent" },
      },
    ]);
  });

  describe("when the session that is present may be a new one, for the CONNACK that said so was lost", () => {
    function doubtful(options: SessionOptions) {
      const bench = received(options, q2("a", 1));
      const { server } = bench;
      server.lose();
      server.open();
      server.pull();
      server.lose();
      server.accept(options.protocolVersion === 3 ? {} : { sessionPresent: true });
      server.takeReceived();
      bench.events();
      return bench;
    }

    test.each([3, 4, 5] as const)(
      "what comes for the first time is new, whatever its identifier stood for, in version %i [MQTT-3.3.1-1]",
      (protocolVersion) => {
        const bench = doubtful(
          protocolVersion === 5 ? resumable : { protocolVersion, clientIdentifier: "me", cleanStart: false },
        );
        const { session, server } = bench;
        server.send(q2("b", 1));
        const { payloads, deliveries } = messages(bench);
        expect(payloads).toEqual(["b"]);
        session.acknowledge(bench.deliveries[0]!); // too late, and not of the new one
        expect(bench.events().map(({ type }) => type)).toEqual(["lateAcknowledgement"]);
        session.acknowledge(deliveries[0]!);
        server.send(q2("b", 1)); // now it is known, and known for sure
        expect(messages(bench).payloads).toEqual([]);
        server.send(pubrel(1));
        expect(server.takeReceived().slice(-2)).toEqual([pubrec(1), pubcomp(1)]);
      },
    );

    test.each([true, false])("what comes again is not delivered again: it may be the old one, with DUP %s", (dup) => {
      const bench = doubtful(resumable);
      const { session, server } = bench;
      server.send(q2("a", 1, { dup }));
      expect(messages(bench).payloads).toEqual([]);
      session.acknowledge(bench.deliveries[0]!);
      server.send(pubrel(1));
      expect(server.takeReceived()).toEqual([pubrec(1), pubcomp(1)]);
    });
  });

  test("with the session, its identifiers are gone: late acknowledgements are harmless, the next message is new", () => {
    const bench = received(resumable, q2("a", 1));
    const { session, server } = bench;
    server.lose();
    server.accept({ sessionPresent: false });
    server.takeReceived();
    server.send(q2("b", 1));
    session.acknowledge(bench.deliveries[0]!);
    expect(server.takeReceived()).toEqual([]);
    expect(bench.events().map((event) => (event.type === "message" ? "b" : event.type))).toEqual([
      "disconnected",
      "connected",
      "b",
      "lateAcknowledgement",
    ]);
  });

  test("a delivery of another session means nothing here", () => {
    const foreign = received({}, q1("a", 1)).deliveries[0]!;
    const session = new MqttSession();
    session.acknowledge(foreign);
    session.acknowledge({ packetIdentifier: 1, qos: 1 });
    expect(session.takeEvents()).toMatchObject([{ type: "lateAcknowledgement" }]);
  });
});

describe("our Receive Maximum [MQTT-3.3.4-9]", () => {
  const exceeded = { type: "disconnected", by: "client", error: { reasonCode: 0x93, clause: "MQTT-3.3.4-9" } };

  test("one message too many is not delivered: DISCONNECT 0x93", () => {
    const { server, payloads, events } = received({ receiveMaximum: 2 }, q1("a", 1), q2("b", 2), q1("c", 3));
    expect(payloads).toEqual(["a", "b"]);
    expect(server.takeReceived()).toEqual([disconnect(0x93)]);
    expect(events()).toEqual([]);
    const bench = online({ receiveMaximum: 1 });
    bench.server.send(q1("a", 1), q1("b", 2));
    expect(bench.events()).toMatchObject([{ type: "message" }, exceeded]);
  });

  test("QoS 0 does not count; PUBACK, PUBCOMP and a PUBREC that refuses make room, PUBREC does not", () => {
    const bench = online({ receiveMaximum: 2 });
    const { session, server, events } = bench;
    server.send(q1("a", 1), q2("b", 2), publish("t", "zero"));
    const [a, b] = messages(bench).deliveries as [Delivery, Delivery];
    session.acknowledge(a);
    server.send(q2("c", 3));
    session.acknowledge(b);
    session.acknowledge(messages(bench).deliveries[0]!, 0x97);
    server.send(q2("d", 3), pubrel(2), q1("e", 4));
    expect(messages(bench).payloads).toEqual(["d", "e"]);
    server.send(q1("f", 5));
    expect(events()).toMatchObject([exceeded]);
  });

  test("each connection counts anew, and a repetition counts once", () => {
    const bench = received({ ...resumable, receiveMaximum: 2 }, q2("a", 1), q2("b", 2));
    const { server } = bench;
    server.lose();
    server.accept({ sessionPresent: true });
    server.send(q2("a", 1, { dup: true }), q2("a", 1, { dup: true }), q2("b", 2, { dup: true }));
    expect(bench.events().filter(({ type }) => type !== "connected")).toMatchObject([
      { type: "disconnected", error: { name: "ConnectionLostError" } },
    ]);
    server.send(q1("c", 3));
    expect(bench.events()).toMatchObject([exceeded]);
  });

  test("a repetition after PUBREC counts once, too", () => {
    const bench = received({ receiveMaximum: 2 }, q2("a", 1));
    bench.session.acknowledge(bench.deliveries[0]!);
    bench.server.send(q2("a", 1, { dup: true }), q2("b", 2));
    expect(bench.server.takeReceived()).toEqual([pubrec(1), pubrec(1)]);
    expect(messages(bench).payloads).toEqual(["b"]);
  });

  test("an exchange of an earlier connection that ends now makes no room on this one", () => {
    const bench = received({ ...resumable, receiveMaximum: 1 }, q2("a", 1));
    const { session, server } = bench;
    session.acknowledge(bench.deliveries[0]!);
    server.lose();
    server.accept({ sessionPresent: true });
    bench.events();
    server.send(q1("b", 2), pubrel(1), q1("c", 3));
    expect(bench.events()).toMatchObject([{ type: "message" }, exceeded]);
  });
});

test("nothing is acknowledged on a connection that has ended", () => {
  const { session, server, clock, deliveries, events } = received(resumable, q1("a", 1), q2("b", 2));
  session.disconnect({}, clock.now());
  for (const delivery of deliveries) session.acknowledge(delivery);
  expect(server.takeReceived()).toEqual([disconnect()]);
  expect(events()).toMatchObject([{ type: "disconnected" }, { type: "lateAcknowledgement", packetIdentifier: 1 }]);
});
