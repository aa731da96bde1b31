// Statements about messages that no other test is named after, in the order of the specification.

import type { PublishPacket } from "@petrel/codec";
import type { SessionEvent, SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, online } from "../support/online.ts";
import { puback, pubcomp, publish, pubrec, pubrel } from "../support/packets.ts";

/** Options of a session that outlives its connections. */
function lasting(protocolVersion: 4 | 5): SessionOptions {
  const sessionExpiryInterval = protocolVersion === 5 ? 300 : undefined;
  return { protocolVersion, clientIdentifier: "kitchen", cleanStart: false, sessionExpiryInterval };
}

function send({ session, clock }: Bench, payload: string, qos: 0 | 1 | 2): void {
  session.publish({ topicName: "a", payload, qos }, payload, clock.now());
}

function acknowledgeAll({ session, events, server }: Bench): SessionEvent<string>[] {
  const happened = [...events()];
  for (const event of happened) {
    if (event.type === "message" && event.delivery !== undefined) session.acknowledge(event.delivery);
  }
  server.pull();
  return happened;
}

describe.each([4, 5] as const)("at level %i", (protocolVersion) => {
  test("answers carry the identifier of what they answer [MQTT-2.2.1-5]", () => {
    const bench = online(lasting(protocolVersion));
    send(bench, "1", 2);
    bench.server.takeReceived();
    bench.server.send(publish("a", "2", { qos: 1, packetIdentifier: 11 }));
    bench.server.send(publish("a", "3", { qos: 2, packetIdentifier: 12 }));
    acknowledgeAll(bench);
    bench.server.send(pubrec(1), pubrel(12));
    expect(bench.server.takeReceived()).toEqual([puback(11), pubrec(12), pubrel(1), pubcomp(12)]);
  });

  test("an identifier is sent again as it was, and free once it is acknowledged [MQTT-2.3.1-3 of 3.1.1]", () => {
    const bench = online(lasting(protocolVersion));
    send(bench, "1", 1);
    send(bench, "2", 1);
    bench.server.send(puback(1));
    send(bench, "3", 1);
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    const sent = bench.server.received().filter((packet): packet is PublishPacket => packet.type === "publish");
    expect(sent.map(({ packetIdentifier, dup }) => [packetIdentifier, dup])).toEqual([
      [2, true],
      [1, true],
    ]);
  });

  test("QoS 0 goes out with DUP 0, and without an identifier [MQTT-4.3.1-1]", () => {
    const bench = online(lasting(protocolVersion));
    send(bench, "1", 0);
    expect(bench.server.takeReceived()).toEqual([publish("a", "1")]);
  });

  test("QoS 1: an unused identifier [MQTT-4.3.2-1], DUP 0 [MQTT-4.3.2-2], unacknowledged until PUBACK [MQTT-4.3.2-3]", () => {
    const bench = online(lasting(protocolVersion));
    send(bench, "1", 1);
    send(bench, "2", 1);
    expect(bench.server.takeReceived()).toEqual([
      publish("a", "1", { qos: 1, packetIdentifier: 1 }),
      publish("a", "2", { qos: 1, packetIdentifier: 2 }),
    ]);
    bench.clock.advance(30_000);
    expect(bench.session.inflightCount).toBe(2);
    bench.server.send(puback(1));
    expect(bench.session.inflightCount).toBe(1);
    expect(bench.events()).toMatchObject([{ type: "published", context: "1" }]);
  });

  test("QoS 2: an unused identifier [MQTT-4.3.3-1], DUP 0 [MQTT-4.3.3-2], unacknowledged until PUBREC [MQTT-4.3.3-3]", () => {
    const bench = online(lasting(protocolVersion));
    send(bench, "1", 1);
    send(bench, "2", 2);
    expect(bench.server.takeReceived().at(-1)).toEqual(publish("a", "2", { qos: 2, packetIdentifier: 2 }));
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.takeReceived().at(-1)).toEqual(publish("a", "2", { qos: 2, packetIdentifier: 2, dup: true }));
    bench.server.send(pubrec(2));
    expect(bench.server.takeReceived()).toEqual([pubrel(2)]);
  });

  test("QoS 2: PUBREL is unacknowledged until PUBCOMP [MQTT-4.3.3-5], and the PUBLISH does not come again [MQTT-4.3.3-6]", () => {
    const bench = online(lasting(protocolVersion));
    send(bench, "1", 2);
    bench.server.send(pubrec(1));
    for (let connections = 0; connections < 2; connections++) {
      bench.server.lose();
      bench.server.accept({ sessionPresent: true });
      expect(bench.server.received().slice(1)).toEqual([pubrel(1)]);
    }
    bench.server.send(pubcomp(1));
    bench.server.lose();
    bench.server.accept({ sessionPresent: true });
    expect(bench.server.received().slice(1)).toEqual([]);
  });

  test("who receives answers as the QoS wants it, once [MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11]", () => {
    const bench = online(lasting(protocolVersion));
    bench.server.send(publish("a", "0"));
    expect(acknowledgeAll(bench)).toHaveLength(1);
    expect(bench.server.takeReceived()).toEqual([]);
    bench.server.send(publish("a", "1", { qos: 1, packetIdentifier: 5 }));
    expect(acknowledgeAll(bench)).toHaveLength(1);
    expect(bench.server.takeReceived()).toEqual([puback(5)]);
    bench.server.send(publish("a", "2", { qos: 2, packetIdentifier: 5 }));
    expect(acknowledgeAll(bench)).toHaveLength(1);
    expect(bench.server.takeReceived()).toEqual([pubrec(5)]);
    bench.server.send(publish("a", "2", { qos: 2, packetIdentifier: 5, dup: true }));
    expect(acknowledgeAll(bench)).toEqual([]);
    expect(bench.server.takeReceived()).toEqual([pubrec(5)]);
    bench.server.send(pubrel(5));
    expect(bench.server.takeReceived()).toEqual([pubcomp(5)]);
  });
});

test("a message that expires is acknowledged like any other [MQTT-4.3.3-13]", () => {
  const bench = online(lasting(5));
  bench.server.send(publish("a", "1", { qos: 2, packetIdentifier: 5, properties: { messageExpiryInterval: 1 } }));
  bench.clock.advance(10_000);
  acknowledgeAll(bench);
  bench.server.send(pubrel(5));
  expect(bench.server.takeReceived()).toEqual([pubrec(5), pubcomp(5)]);
});

test("what was sent is sent again, expired or not [MQTT-4.3.3-7]", () => {
  const bench = online(lasting(5));
  const properties = { messageExpiryInterval: 1 };
  bench.session.publish({ topicName: "a", payload: "1", qos: 2, properties }, "one", bench.clock.now());
  bench.clock.advance(10_000);
  expect(bench.events()).toEqual([]);
  bench.server.lose();
  bench.clock.advance(10_000);
  bench.server.accept({ sessionPresent: true });
  expect(bench.server.received().at(-1)).toMatchObject({ type: "publish", packetIdentifier: 1, dup: true });
});

test("the quota begins at Receive Maximum [MQTT-4.9.0-1], falls with each PUBLISH, and at 0 there are no more [MQTT-4.9.0-2]", () => {
  const bench = online(lasting(5), { receiveMaximum: 2 });
  for (const payload of ["1", "2", "3"]) send(bench, payload, 1);
  send(bench, "4", 0);
  expect(bench.server.takeReceived()).toMatchObject([{ packetIdentifier: 1 }, { packetIdentifier: 2 }, { qos: 0 }]);
  bench.server.send(puback(2));
  expect(bench.server.takeReceived()).toMatchObject([{ packetIdentifier: 2, qos: 1 }]);
});

describe("topic aliases of ours", () => {
  function aliasesSent(connack: { readonly topicAliasMaximum?: number }): Set<number | undefined> {
    const bench = online(lasting(5), connack);
    for (const name of ["a", "b", "c", "d"]) {
      for (let time = 0; time < 4; time++) {
        const topicName = `plant/line/sensor-${name}`;
        bench.session.publish({ topicName, payload: "1", qos: 0 }, "context", bench.clock.now());
      }
    }
    const sent = bench.server.takeReceived() as readonly PublishPacket[];
    expect(sent).toHaveLength(16);
    return new Set(sent.map(({ properties }) => properties?.topicAlias));
  }

  test("are at most the server's Topic Alias Maximum [MQTT-3.2.2-17] [MQTT-3.3.2-9]", () => {
    expect(aliasesSent({ topicAliasMaximum: 2 })).toEqual(new Set([undefined, 1, 2]));
  });

  test("are none if it is 0 or absent [MQTT-3.2.2-18]", () => {
    expect(aliasesSent({ topicAliasMaximum: 0 })).toEqual(new Set([undefined]));
    expect(aliasesSent({})).toEqual(new Set([undefined]));
  });
});
