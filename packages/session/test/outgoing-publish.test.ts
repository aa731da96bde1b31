import type { QoS } from "@petrel/codec";
import type { SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, online } from "./support/online.ts";
import { connect, disconnect, pubcomp, publish, puback, pubrec, pubrel } from "./support/packets.ts";

const resumable: SessionOptions = { clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300 };

/** Publishes messages named 1, 2, 3 … of these QoS. */
function send({ session, clock }: Bench, ...levels: readonly QoS[]): void {
  for (const [index, qos] of levels.entries()) {
    session.publish({ topicName: "t", payload: `${index + 1}`, qos }, `m${index + 1}`, clock.now());
  }
}

const q1 = (name: number, packetIdentifier: number, rest = {}) =>
  publish("t", `${name}`, { qos: 1, packetIdentifier, ...rest });
const q2 = (name: number, packetIdentifier: number, rest = {}) =>
  publish("t", `${name}`, { qos: 2, packetIdentifier, ...rest });
const dup = { dup: true };

/** `published m1`, `failed m2` …, and other events by type. */
const told = ({ events }: Bench): string[] =>
  events().map((event) => ("context" in event ? `${event.type} ${event.context}` : event.type));

function reconnect(bench: Bench, connack: Parameters<Bench["server"]["accept"]>[0] = { sessionPresent: true }): void {
  bench.server.lose();
  bench.server.accept(connack);
  bench.events();
}

describe("the exchanges", () => {
  test("QoS 1 is unacknowledged until PUBACK [MQTT-4.3.2-3]; its identifier is free after that", () => {
    const bench = online();
    send(bench, 1, 1);
    expect(bench.server.takeReceived()).toEqual([q1(1, 1), q1(2, 2)]);
    bench.server.send(puback(1));
    expect(told(bench)).toEqual(["published m1"]);
    expect(bench.session.inflightCount).toBe(1);
    bench.session.publish({ topicName: "t", payload: "3", qos: 1 }, "m3", 0);
    expect(bench.server.takeReceived()).toEqual([q1(3, 1)]);
  });

  test("QoS 2 is PUBREC, PUBREL, PUBCOMP [MQTT-4.3.3-4]; its identifier is free only after PUBCOMP [MQTT-4.3.3-5]", () => {
    const bench = online();
    send(bench, 2);
    bench.server.send(pubrec(1));
    expect(bench.server.takeReceived()).toEqual([q2(1, 1), pubrel(1)]);
    expect(told(bench)).toEqual([]);
    bench.session.publish({ topicName: "t", payload: "2", qos: 2 }, "m2", 0);
    bench.server.send(pubcomp(1));
    bench.session.publish({ topicName: "t", payload: "3", qos: 2 }, "m3", 0);
    expect(bench.server.takeReceived()).toEqual([q2(2, 2), q2(3, 1)]);
    expect(told(bench)).toEqual(["published m1"]);
  });

  test("PUBREL goes out in the order of PUBREC [MQTT-4.6.0-4]", () => {
    const bench = online();
    send(bench, 2, 2, 2);
    bench.server.takeReceived();
    bench.server.send(pubrec(3), pubrec(1), pubrec(2));
    expect(bench.server.takeReceived()).toEqual([pubrel(3), pubrel(1), pubrel(2)]);
  });

  test("the reason that came with the answer goes to the caller", () => {
    const bench = online();
    send(bench, 1);
    bench.server.send(puback(1, 0x10));
    expect(bench.events()).toMatchObject([{ type: "published", context: "m1", packetIdentifier: 1, reasonCode: 0x10 }]);
  });

  test("a refusal ends the exchange: nothing is sent again [MQTT-4.4.0-2]", () => {
    const bench = online(resumable);
    send(bench, 1, 2);
    bench.server.takeReceived();
    bench.server.send(puback(1, 0x97), pubrec(2, 0x87));
    expect(bench.events()).toMatchObject([
      {
        type: "failed",
        context: "m1",
        error: { name: "PublishRejectedError", reasonCode: 0x97, packet: { type: "puback" } },
      },
      {
        type: "failed",
        context: "m2",
        error: {
          name: "PublishRejectedError",
          reasonCode: 0x87,
          message: 'the server refused the message to "t": not authorized (0x87)',
        },
      },
    ]);
    expect(bench.server.takeReceived()).toEqual([]);
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect()]);
  });

  test("a refusal with a reason code that PUBACK does not list is a refusal: Mosquitto 2.0 says 0x95, packet too large", () => {
    const bench = online();
    send(bench, 1, 1);
    bench.session.handleBytes(new Uint8Array([0x40, 3, 0, 1, 0x95]), bench.clock.now());
    expect(told(bench)).toEqual(["failed m1"]);
    bench.server.send(puback(2));
    expect(told(bench)).toEqual(["published m2"]);
  });

  test("PUBCOMP 0x92 is not an error during recovery (section 3.7.2.1)", () => {
    const bench = online(resumable);
    send(bench, 2);
    bench.server.send(pubrec(1));
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(1)]);
    bench.server.send(pubcomp(1, 0x92));
    expect(bench.events()).toMatchObject([{ type: "published", context: "m1", reasonCode: 0 }]);
  });
});

describe("sending again", () => {
  test("nothing is sent again while connected [MQTT-4.4.0-1]", () => {
    const bench = online({ keepAlive: 0 });
    send(bench, 1, 2);
    bench.server.takeReceived();
    bench.clock.advance(86_400_000);
    expect(bench.server.takeReceived()).toEqual([]);
  });

  test("in the original order, with DUP and the original identifiers [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-3.3.1-1]", () => {
    const bench = online(resumable);
    send(bench, 1, 2, 1, 2);
    bench.server.send(puback(1));
    bench.session.publish({ topicName: "t", payload: "5", qos: 1 }, "m5", 0); // gets identifier 1, but comes last
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([
      connect(),
      q2(2, 2, dup),
      q1(3, 3, dup),
      q2(4, 4, dup),
      q1(5, 1, dup),
    ]);
  });

  test("PUBREL in the order of PUBREC, never the PUBLISH again [MQTT-4.3.3-6]", () => {
    const bench = online(resumable);
    send(bench, 2, 2, 2, 1);
    bench.server.send(pubrec(3), pubrec(1));
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(3), pubrel(1), q2(2, 2, dup), q1(4, 4, dup)]);
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(3), pubrel(1), q2(2, 2, dup), q1(4, 4, dup)]);
  });

  test("as the quota of the new connection allows; PUBREL takes none, and new messages come after", () => {
    const bench = online(resumable);
    send(bench, 2, 1, 1, 1);
    bench.server.send(pubrec(1));
    reconnect(bench, { sessionPresent: true, receiveMaximum: 1 });
    bench.session.publish({ topicName: "t", payload: "5", qos: 1 }, "m5", 0);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(1), q1(2, 2, dup)]);
    bench.server.send(puback(2));
    expect(bench.server.takeReceived()).toEqual([q1(3, 3, dup)]);
    bench.server.send(puback(3));
    expect(bench.server.takeReceived()).toEqual([q1(4, 4, dup)]);
    bench.server.send(puback(4));
    expect(bench.server.takeReceived()).toEqual([q1(5, 2)]);
    expect(bench.session.inflightCount).toBe(2); // with the QoS 2 message, which waits for PUBCOMP and takes no quota
    bench.server.send(pubcomp(1));
    expect(told(bench)).toEqual(["published m2", "published m3", "published m4", "published m1"]);
  });

  test("what was answered while it waited for its turn is not sent again; QoS 2 goes on with PUBREL", () => {
    const bench = online(resumable);
    send(bench, 1, 1, 2, 1);
    reconnect(bench, { sessionPresent: true, receiveMaximum: 1 });
    expect(bench.server.takeReceived()).toEqual([connect(), q1(1, 1, dup)]);
    bench.server.send(puback(2), pubrec(3)); // a server's late answers to the connection before
    expect(bench.server.takeReceived()).toEqual([pubrel(3)]);
    bench.server.send(puback(1));
    expect(bench.server.takeReceived()).toEqual([q1(4, 4, dup)]);
    bench.server.send(pubcomp(3), puback(4));
    expect(told(bench)).toEqual(["published m2", "published m1", "published m3", "published m4"]);
  });

  test("an identifier that became free meanwhile, and stands for another message, is that message's", () => {
    const bench = online(resumable);
    send(bench, 1, 1);
    reconnect(bench, { sessionPresent: true, receiveMaximum: 1 });
    bench.server.takeReceived();
    bench.server.send(puback(2)); // identifier 2 is free, though its message is still in the line
    bench.server.send(puback(1));
    bench.session.publish({ topicName: "t", payload: "3", qos: 1 }, "m3", 0);
    expect(bench.server.takeReceived()).toEqual([q1(3, 1)]);
    expect(told(bench)).toEqual(["published m2", "published m1"]);
  });

  test("a connection that ends in the middle of that changes nothing", () => {
    const bench = online(resumable);
    send(bench, 1, 1, 1);
    reconnect(bench, { sessionPresent: true, receiveMaximum: 1 });
    reconnect(bench, { sessionPresent: true, receiveMaximum: 2 });
    expect(bench.server.takeReceived()).toEqual([connect(), q1(1, 1, dup), q1(2, 2, dup)]);
    expect(bench.session.inflightCount).toBe(3);
  });

  test("a message that was sent again and then lost with the session is new: DUP 0 [MQTT-4.3.2-2] [MQTT-4.3.3-2]", () => {
    const bench = online(resumable);
    send(bench, 1, 2);
    reconnect(bench);
    reconnect(bench, { sessionPresent: false });
    expect(bench.server.takeReceived()).toEqual([connect(), q1(1, 1), q2(2, 2)]);
  });

  test("nothing overtakes what is sent again, also when the output has room in between", () => {
    const bench = online({ ...resumable, maximumInflight: 100 });
    const payload = new Uint8Array(30_000); // each is a chunk of its own
    for (let name = 1; name <= 4; name++) {
      bench.session.publish({ topicName: "t", payload, qos: 1 }, `m${name}`, 0);
      bench.server.pull();
    }
    bench.server.lose();
    bench.server.open();
    bench.server.pull();
    bench.server.reading = false;
    bench.server.accept({ sessionPresent: true });
    for (let chunk = 0; chunk < 2; chunk++) bench.server.takeOne();
    bench.session.publish({ topicName: "t", payload: "5", qos: 1 }, "m5", 0);
    bench.server.reading = true;
    const identifiers = bench.server
      .takeReceived()
      .map((packet) => (packet.type === "publish" ? packet.packetIdentifier : 0));
    expect(identifiers).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("MQTT 3.1 knows no Session Present: the session is taken to be what was asked for", () => {
    const kept = online({ protocolVersion: 3, clientIdentifier: "old", cleanStart: false });
    send(kept, 1);
    reconnect(kept, {});
    expect(kept.server.takeReceived()).toEqual([connect(), q1(1, 1, dup)]);
    const clean = online({ protocolVersion: 3, clientIdentifier: "old", cleanStart: true });
    send(clean, 1);
    reconnect(clean, {});
    expect(clean.server.takeReceived()).toEqual([connect(), q1(1, 1)]);
  });
});

describe("the send quota (section 4.9)", () => {
  test("is the lesser of the server's Receive Maximum and ours [MQTT-3.3.4-7]", () => {
    const byServer = online({ maximumInflight: 5 }, { receiveMaximum: 2 });
    send(byServer, 1, 2, 1);
    expect(byServer.server.takeReceived()).toEqual([q1(1, 1), q2(2, 2)]);
    const ours = online({ maximumInflight: 1 }, { receiveMaximum: 2 });
    send(ours, 1, 2);
    expect(ours.server.takeReceived()).toEqual([q1(1, 1)]);
  });

  test("comes back with PUBACK, PUBCOMP and a PUBREC that refuses, not with PUBREC", () => {
    const bench = online({}, { receiveMaximum: 1 });
    send(bench, 2, 2, 1, 1);
    bench.server.send(pubrec(1));
    expect(bench.server.takeReceived()).toEqual([q2(1, 1), pubrel(1)]);
    bench.server.send(pubcomp(1));
    expect(bench.server.takeReceived()).toEqual([q2(2, 1)]);
    bench.server.send(pubrec(1, 0x97));
    expect(bench.server.takeReceived()).toEqual([q1(3, 1)]);
    bench.server.send(puback(1));
    expect(bench.server.takeReceived()).toEqual([q1(4, 1)]);
  });

  test("never rises above where it began, whatever the server acknowledges", () => {
    const bench = online(resumable, { receiveMaximum: 2 });
    send(bench, 2, 2);
    bench.server.send(pubrec(1), pubrec(2));
    reconnect(bench, { sessionPresent: true, receiveMaximum: 2 });
    bench.server.takeReceived();
    bench.server.send(pubcomp(1), pubcomp(2), pubcomp(1), puback(1), puback(2), pubrec(1, 0x97));
    send(bench, 1, 1, 1, 1);
    expect(bench.server.takeReceived()).toEqual([q1(1, 1), q1(2, 2)]);
  });

  test("an answer to the connection before gives no quota on this one", () => {
    const bench = online(resumable);
    send(bench, 1, 1, 1, 1);
    reconnect(bench, { sessionPresent: true, receiveMaximum: 2 });
    expect(bench.server.takeReceived()).toEqual([connect(), q1(1, 1, dup), q1(2, 2, dup)]);
    bench.server.send(puback(4)); // not sent on this connection, so it is not in flight on it
    expect(bench.server.takeReceived()).toEqual([]);
  });

  test("does not hold up anything but PUBLISH [MQTT-3.3.4-8] [MQTT-4.9.0-3]", () => {
    const bench = online({ keepAlive: 5 }, { receiveMaximum: 1 });
    send(bench, 2, 2);
    bench.session.publish({ topicName: "t", payload: "0" }, "q0", 0);
    bench.session.subscribe({ subscriptions: [{ topicFilter: "f" }] }, "sub", bench.clock.now());
    bench.server.send(pubrec(1), pubrel(7));
    bench.clock.advance(5_000);
    expect(bench.server.takeReceived().map(({ type }) => type)).toEqual([
      "publish",
      "publish",
      "subscribe",
      "pubrel",
      "pubcomp",
      "pingreq",
    ]);
  });
});

describe("a server that answers what was not asked", () => {
  test("acknowledges an identifier that stands for nothing: no harm, and PUBREC gets PUBREL 0x92", () => {
    const bench = online();
    bench.server.send(puback(9), pubcomp(9), pubrec(9, 0x97), pubrec(9));
    expect(bench.server.takeReceived()).toEqual([pubrel(9, 0x92)]);
    const old = online({ protocolVersion: 4 });
    old.server.send(pubrec(65_535));
    expect(old.server.takeReceived()).toEqual([pubrel(65_535)]);
    expect(told(bench)).toEqual([]);
  });

  test("repeats PUBREC: PUBREL is on its way already", () => {
    const bench = online();
    send(bench, 2);
    bench.server.send(pubrec(1), pubrec(1), pubrec(1, 0x91));
    expect(bench.server.takeReceived()).toEqual([q2(1, 1), pubrel(1)]);
    bench.server.send(pubcomp(1));
    expect(told(bench)).toEqual(["published m1"]);
  });

  test.each([
    ["PUBCOMP", 2, pubcomp(1), "PUBCOMP: it answers packet identifier 1, which is a QoS 2 message waiting for PUBREC"],
    ["PUBREC", 1, pubrec(1), "PUBREC: it answers packet identifier 1, which is a QoS 1 message waiting for PUBACK"],
    ["PUBCOMP", 1, pubcomp(1), "PUBCOMP: it answers packet identifier 1, which is a QoS 1 message waiting for PUBACK"],
  ] as const)("answers with the wrong packet: %s for QoS %i", (_name, qos, packet, message) => {
    const bench = online(resumable);
    send(bench, qos);
    bench.server.takeReceived();
    bench.server.send(packet);
    expect(bench.server.takeReceived()).toEqual([disconnect(0x82)]);
    expect(bench.events()).toMatchObject([
      { type: "disconnected", by: "client", error: { name: "ProtocolError", message } },
    ]);
    expect(bench.session.inflightCount).toBe(1); // and nothing is lost by it
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([
      connect(),
      publish("t", "1", { qos, packetIdentifier: 1, dup: true }),
    ]);
  });

  test("PUBACK for QoS 2, as RabbitMQ 3 does: the message fails, for sent again it would be answered so without end", () => {
    const bench = online(resumable);
    send(bench, 2);
    bench.server.takeReceived();
    bench.server.send(puback(1));
    expect(bench.server.takeReceived()).toEqual([disconnect(0x82)]);
    const message =
      "PUBACK: it answers packet identifier 1, which is a QoS 2 message waiting for PUBREC; does the server know QoS 2? if not, publish with QoS 1";
    expect(bench.events()).toMatchObject([
      { type: "failed", context: "m1", error: { name: "ProtocolError", message } },
      { type: "disconnected", by: "client", error: { name: "ProtocolError", message } },
    ]);
    expect(bench.session.inflightCount).toBe(0);
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(1)]);
  });
});

describe("giving up", () => {
  test("leaves a QoS 2 identifier taken: to the server, another message with it would be a repetition", () => {
    const bench = online(resumable);
    send(bench, 1, 2, 2);
    bench.server.send(pubrec(3));
    bench.server.takeReceived();
    bench.session.abandon(new Error("given up"));
    expect(told(bench)).toEqual(["failed m1", "failed m2", "failed m3", "disconnected"]);
    expect(bench.session.inflightCount).toBe(0);
    reconnect(bench);
    // PUBREL MUST be sent again [MQTT-4.4.0-1]; the other exchange is ended by one, for nobody wants its message any more.
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(3), pubrel(2)]);
    send(bench, 2, 2, 2);
    expect(bench.server.takeReceived()).toEqual([q2(1, 1), q2(2, 4), q2(3, 5)]);
    bench.server.send(pubcomp(3), pubcomp(2, 0x92));
    send(bench, 2, 2);
    expect(bench.server.takeReceived()).toEqual([q2(1, 2), q2(2, 3)]);
    expect(told(bench)).toEqual([]);
  });

  test("asks a server only once to end an exchange that it does not end, for it may take offence", () => {
    const bench = online(resumable);
    send(bench, 2);
    bench.session.abandon(new Error("given up"));
    reconnect(bench);
    bench.server.takeReceived();
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect()]);
    send(bench, 2);
    expect(bench.server.takeReceived()).toEqual([q2(1, 2)]);
    bench.server.send(pubrec(1)); // late, from when it had the message
    expect(bench.server.takeReceived()).toEqual([pubrel(1)]);
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(1), { ...q2(1, 2), dup: true }]);
  });

  test("does not use up the identifiers, however often it happens", () => {
    const bench = online(resumable);
    for (let cycle = 0; cycle < 300; cycle++) {
      send(bench, ...Array.from({ length: 256 }, () => 2 as const));
      expect(bench.session.inflightCount).toBe(256);
      bench.session.abandon(new Error("given up"));
      reconnect(bench);
      const released = bench.server.takeReceived().filter(({ type }) => type === "pubrel");
      bench.server.send(
        ...released.map((packet) => pubcomp((packet as { packetIdentifier: number }).packetIdentifier)),
      );
      bench.events();
    }
  });

  test("sends PUBREL in the order of PUBREC, given up or not [MQTT-4.6.0-4]", () => {
    const bench = online(resumable);
    send(bench, 2, 2, 2);
    bench.server.send(pubrec(3), pubrec(1));
    bench.session.abandon(new Error("given up"));
    bench.server.takeReceived();
    reconnect(bench);
    expect(bench.server.takeReceived()).toEqual([connect(), pubrel(3), pubrel(1), pubrel(2)]);
  });

  test("frees such an identifier with a refusal, and with the session", () => {
    const bench = online(resumable);
    send(bench, 2, 2);
    bench.server.takeReceived();
    bench.session.abandon(new Error("given up"));
    reconnect(bench);
    bench.server.takeReceived();
    bench.server.send(pubrec(1, 0x97));
    send(bench, 2);
    expect(bench.server.takeReceived()).toEqual([q2(1, 1)]);
    bench.session.abandon(new Error("given up"));
    reconnect(bench, { sessionPresent: false });
    bench.server.takeReceived();
    send(bench, 2, 2);
    expect(bench.server.takeReceived()).toEqual([q2(1, 1), q2(2, 2)]);
  });
});
