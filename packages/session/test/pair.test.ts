import { encodeUtf8 } from "@petrel/codec";
import { describe, expect, test } from "vitest";
import { online } from "./support/online.ts";
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
  unsubscribe,
} from "./support/packets.ts";

// Whole conversations, from CONNECT to the end, in both versions.

describe.each([
  { protocolVersion: 5, ok: [0] },
  { protocolVersion: 4, ok: [] },
] as const)("MQTT of protocol level $protocolVersion", ({ protocolVersion, ok }) => {
  const options = {
    protocolVersion,
    clientIdentifier: "kitchen",
    cleanStart: false,
    sessionExpiryInterval: protocolVersion === 5 ? 300 : undefined,
  };

  test("subscribes, receives at each QoS, unsubscribes, says goodbye", () => {
    const { session, server, clock, events } = online(options);

    session.subscribe({ subscriptions: [{ topicFilter: "a/#" }, { topicFilter: "b" }] }, "subscribing", clock.now());
    expect(server.takeReceived()).toEqual([subscribe(1, "a/#", "b")]);
    server.send(suback(1, 0, 0));
    expect(events()).toMatchObject([{ type: "subscribed", context: "subscribing" }]);

    server.send(
      publish("a/0", "zero"),
      publish("a/1", "one", { qos: 1, packetIdentifier: 7 }),
      publish("a/2", "two", { qos: 2, packetIdentifier: 7 }),
    );
    const messages = events().filter((event) => event.type === "message");
    expect(messages.map(({ packet }) => packet.topicName)).toEqual(["a/0", "a/1", "a/2"]);
    expect(messages[0]!.delivery).toBeUndefined();
    session.acknowledge(messages[1]!.delivery!);
    session.acknowledge(messages[2]!.delivery!);
    expect(server.takeReceived()).toEqual([puback(7), pubrec(7)]);
    server.send(pubrel(7));
    expect(server.takeReceived()).toEqual([pubcomp(7)]);

    session.unsubscribe({ topicFilters: ["a/#"] }, "unsubscribing", clock.now());
    expect(server.takeReceived()).toEqual([unsubscribe(1, "a/#")]);
    server.send(unsuback(1, ...ok));
    expect(events()).toMatchObject([{ type: "unsubscribed", context: "unsubscribing" }]);

    session.disconnect({}, clock.now());
    expect(session.phase).toBe("disconnecting");
    expect(server.takeReceived()).toEqual([disconnect()]);
    server.lose();
    expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: undefined }]);
    expect(session.phase).toBe("offline");
  });

  test("publishes at each QoS", () => {
    const { session, server, clock, events } = online(options);
    for (const qos of [0, 1, 2] as const)
      session.publish({ topicName: "t", payload: `${qos}`, qos }, `q${qos}`, clock.now());
    expect(events()).toEqual([]);
    expect(session.inflightCount).toBe(2);

    expect(server.takeReceived()).toEqual([
      publish("t", "0"),
      publish("t", "1", { qos: 1, packetIdentifier: 1 }),
      publish("t", "2", { qos: 2, packetIdentifier: 2 }),
    ]);
    expect(events()).toMatchObject([{ type: "published", context: "q0", packetIdentifier: undefined }]); // written is all QoS 0 can know

    server.send(pubrec(2), puback(1));
    expect(server.takeReceived()).toEqual([pubrel(2)]);
    server.send(pubcomp(2));
    expect(events()).toMatchObject([
      { type: "published", context: "q1", packetIdentifier: 1 },
      { type: "published", context: "q2", packetIdentifier: 2 },
    ]);
    expect(session.inflightCount).toBe(0);
  });

  test("loses the network in the middle of everything, and goes on with the session", () => {
    const { session, server, clock, events } = online(options);
    for (const [index, qos] of ([1, 2, 1, 2] as const).entries()) {
      session.publish({ topicName: "out", payload: `${index + 1}`, qos }, `m${index + 1}`, clock.now());
    }
    server.send(pubrec(2), publish("in", "once", { qos: 2, packetIdentifier: 1 }));
    const [message] = events();
    if (message?.type !== "message") throw new Error("no message came");

    server.lose();
    expect(events()).toMatchObject([{ type: "disconnected", by: "network", error: { name: "ConnectionLostError" } }]);
    session.acknowledge(message.delivery!); // the application was busy; the session lives, so it is not too late
    session.publish({ topicName: "out", payload: "5", qos: 1 }, "m5", clock.now());

    server.accept({ sessionPresent: true });
    expect(server.takeReceived()).toEqual([
      connect({ cleanStart: false, clientIdentifier: "kitchen" }),
      pubrel(2),
      publish("out", "1", { qos: 1, packetIdentifier: 1, dup: true }),
      publish("out", "3", { qos: 1, packetIdentifier: 3, dup: true }),
      publish("out", "4", { qos: 2, packetIdentifier: 4, dup: true }),
      publish("out", "5", { qos: 1, packetIdentifier: 5 }),
    ]);
    server.send(publish("in", "once", { qos: 2, packetIdentifier: 1, dup: true }));
    expect(server.takeReceived()).toEqual([pubrec(1)]);
    server.send(pubrel(1), puback(1), pubcomp(2), puback(3), pubrec(4), puback(5));
    expect(server.takeReceived()).toEqual([pubcomp(1), pubrel(4)]);
    server.send(pubcomp(4));
    expect(events().map((event) => ("context" in event ? `${event.type} ${event.context}` : event.type))).toEqual([
      "connected",
      "published m1",
      "published m2",
      "published m3",
      "published m5",
      "published m4",
    ]);
  });

  test("loses the session: publishes again as new, subscribes again, and takes old identifiers for new messages", () => {
    const { session, server, clock, events } = online(options);
    session.subscribe({ subscriptions: [{ topicFilter: "in" }] }, "subscribing", clock.now());
    server.send(suback(1, 0), publish("in", "first", { qos: 2, packetIdentifier: 1 }));
    session.publish({ topicName: "out", payload: encodeUtf8("1"), qos: 1 }, "m1", clock.now());
    session.publish({ topicName: "out", payload: "2", qos: 2 }, "m2", clock.now());
    server.send(pubrec(2));
    server.lose();
    events();

    server.accept({ sessionPresent: false });
    expect(events()).toMatchObject([{ type: "connected" }, { type: "published", context: "m2" }]);
    expect(server.takeReceived()).toEqual([
      connect({ cleanStart: false }),
      subscribe(1, "in"),
      publish("out", "1", { qos: 1, packetIdentifier: 2 }),
    ]);
    server.send(suback(1, 0), publish("in", "second", { qos: 2, packetIdentifier: 1 }), puback(2));
    expect(events()).toMatchObject([{ type: "message" }, { type: "published", context: "m1" }]);
  });
});
