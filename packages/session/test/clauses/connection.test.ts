// Statements about connections that no other test is named after, in the order of the specification.

import { encodeUtf8, type PacketInit, ReasonCode } from "@petrel/codec";
import type { SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { offline, online } from "../support/online.ts";
import { connect, disconnect, pingreq, puback, publish, pubrec, pubrel } from "../support/packets.ts";

const named: SessionOptions = { clientIdentifier: "kitchen" };

test.each([4, 5] as const)(
  "with a clean start the session of before is over on our side too, at level %i [MQTT-3.1.2-4]",
  (protocolVersion) => {
    const { session, server, clock, events } = online({ ...named, protocolVersion, cleanStart: true });
    session.publish({ topicName: "a", payload: "1", qos: 1 }, "one", clock.now());
    server.send(publish("b", "2", { qos: 2, packetIdentifier: 7 }));
    for (const event of events()) {
      if (event.type === "message" && event.delivery !== undefined) session.acknowledge(event.delivery);
    }
    server.lose();
    server.accept();
    // What was in flight is a new message, and what the server sends with an identifier of before is one as well.
    expect(server.received()).toEqual([
      connect({ cleanStart: true }),
      publish("a", "1", { qos: 1, packetIdentifier: 1 }),
    ]);
    events();
    server.send(publish("b", "2", { qos: 2, packetIdentifier: 7 }));
    expect(events()).toMatchObject([{ type: "message" }]);
  },
);

test("the server's keep alive counts, not ours [MQTT-3.1.2-21] [MQTT-3.2.2-21]", () => {
  const { server, clock, session } = online({ keepAlive: 600 }, { serverKeepAlive: 10 });
  expect(session.negotiated?.keepAlive).toBe(10);
  clock.advance(10_000);
  expect(server.takeReceived()).toEqual([pingreq]);
});

test("and off means off", () => {
  const { server, clock } = online({ keepAlive: 10 }, { serverKeepAlive: 0 });
  clock.advance(3_600_000);
  expect(server.takeReceived()).toEqual([]);
});

describe("a server that was asked not to tell more than its reason codes", () => {
  const quiet: SessionOptions = { requestProblemInformation: false };

  test.each([
    ["a PUBACK", { ...puback(1), properties: { reasonString: "why" } }],
    ["a PUBREC", { ...pubrec(1), properties: { userProperties: [["a", "b"]] } }],
    ["a SUBACK", { type: "suback", packetIdentifier: 1, reasonCodes: [0], properties: { reasonString: "why" } }],
  ] satisfies [string, PacketInit][])("gets DISCONNECT 0x82 for %s that does [MQTT-3.1.2-29]", (_, packet) => {
    const { server, session, clock, events } = online(quiet);
    session.publish({ topicName: "a", payload: "1", qos: packet.type === "puback" ? 1 : 2 }, "one", clock.now());
    server.takeReceived();
    server.send(packet);
    expect(server.takeReceived()).toEqual([disconnect(ReasonCode.protocolError)]);
    expect(events().at(-1)).toMatchObject({ type: "disconnected", error: { clause: "MQTT-3.1.2-29" } });
  });

  test("may tell it in PUBLISH, CONNACK and DISCONNECT, and other properties anywhere", () => {
    const { server, session, events } = online(quiet, { reasonString: "welcome" });
    server.send(publish("a", "1", { properties: { userProperties: [["a", "b"]] } }));
    server.send({ type: "disconnect", reasonCode: ReasonCode.serverBusy, properties: { reasonString: "later" } });
    expect(session.phase).toBe("disconnecting");
    expect(events()).toMatchObject([{ type: "message" }, { type: "disconnected", by: "server" }]);
  });
});

test("the client identifier names the session: every connection has the same [MQTT-3.1.3-2]", () => {
  const { server } = online({}, { assignedClientIdentifier: "you-are-7" });
  server.lose();
  server.accept();
  server.lose();
  server.open();
  expect(server.received()).toEqual([connect({ clientIdentifier: "you-are-7" })]);
});

test("a second CONNACK ends the connection [MQTT-3.2.0-2]", () => {
  const { server, events } = online();
  server.send({ type: "connack" });
  expect(server.takeReceived()).toEqual([disconnect(ReasonCode.protocolError)]);
  expect(events()).toMatchObject([{ type: "disconnected", error: { clause: "MQTT-3.2.0-2" } }]);
});

test.each([
  [4, "MQTT-3.2.2-1"],
  [5, "MQTT-3.2.2-2"],
] as const)(
  "a session that is present after a clean start ends the connection, at level %i [MQTT-3.2.2-2]",
  (protocolVersion, clause) => {
    const { server, events } = offline({ ...named, protocolVersion, cleanStart: true });
    server.accept({ sessionPresent: true });
    expect(events()).toMatchObject([{ type: "disconnected", error: { clause } }]);
  },
);

test("a refusal ends the connection, and nothing is sent after it [MQTT-3.2.2-7] [MQTT-4.13.2-1]", () => {
  const { server, session, clock, events } = offline(named);
  server.open();
  session.publish({ topicName: "a", payload: "1", qos: 1 }, "one", clock.now());
  server.send({ type: "connack", reasonCode: ReasonCode.serverBusy });
  expect(session.phase).toBe("disconnecting");
  expect(events()).toMatchObject([{ type: "disconnected", by: "server" }]);
  server.send(publish("a", "1"));
  expect(events()).toEqual([]);
  expect(server.received().map(({ type }) => type)).toEqual(["connect"]);
});

test("a server's alias means nothing on the next connection [MQTT-3.3.2-7]", () => {
  const { server, events } = online({ ...named, cleanStart: false, sessionExpiryInterval: 300 });
  server.send(publish("a", "1", { properties: { topicAlias: 1 } }));
  server.lose();
  server.accept({ sessionPresent: true });
  events();
  server.send(publish("", "2", { properties: { topicAlias: 1 } }));
  expect(server.received().at(-1)).toEqual(disconnect(ReasonCode.topicAliasInvalid));
  expect(events()).toMatchObject([{ type: "disconnected" }]);
});

test("every alias up to our maximum is taken [MQTT-3.3.2-10]", () => {
  const { server, events } = online({ topicAliasMaximum: 300 });
  for (let topicAlias = 1; topicAlias <= 300; topicAlias++) {
    server.send(publish(`topic/${topicAlias}`, "1", { properties: { topicAlias } }));
  }
  events();
  for (let topicAlias = 1; topicAlias <= 300; topicAlias++) {
    server.send(publish("", "2", { properties: { topicAlias } }));
    expect(events()).toMatchObject([{ type: "message", packet: { topicName: `topic/${topicAlias}` } }]);
  }
});

test("PINGRESP answers PINGREQ, and without one the connection ends [MQTT-3.12.4-1]", () => {
  const { server, clock, events } = online({ keepAlive: 10, timeouts: { pingResponse: 5_000 } });
  clock.advance(10_000);
  server.send({ type: "pingresp" });
  clock.advance(10_000);
  expect(events()).toEqual([]);
  clock.advance(5_000);
  expect(events()).toMatchObject([{ type: "disconnected", error: { what: "PINGRESP" } }]);
});

test("a server says no DISCONNECT before CONNACK [MQTT-3.14.0-1]", () => {
  const { server, events } = offline();
  server.open();
  server.send({ type: "disconnect", reasonCode: ReasonCode.serverBusy });
  expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: { code: "PETREL_PROTOCOL_ERROR" } }]);
});

test("a DISCONNECT leaves out what the server has no room for [MQTT-3.14.2-3] [MQTT-3.14.2-4]", () => {
  const { server, session, clock } = online({ sessionExpiryInterval: 60 }, { maximumPacketSize: 20 });
  const properties = { sessionExpiryInterval: 5, reasonString: "x".repeat(20), userProperties: [["a", "b"]] as const };
  session.disconnect({ reasonCode: 4, properties }, clock.now());
  expect(server.takeReceived()).toEqual([
    { type: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 5 } },
  ]);
});

test("after DISCONNECT there is one thing left to do: to close the network connection [MQTT-3.14.4-2]", () => {
  const { server, session, clock, events } = online(named);
  session.publish({ topicName: "a", payload: "1", qos: 1 }, "one", clock.now());
  session.disconnect({}, clock.now());
  session.publish({ topicName: "a", payload: "2", qos: 1 }, "two", clock.now());
  server.send(puback(1), publish("a", "3", { qos: 1, packetIdentifier: 1 }));
  expect(server.takeReceived().map(({ type }) => type)).toEqual(["publish", "disconnect"]);
  expect(session.phase).toBe("disconnecting");
  expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: undefined }]);
});

test("nothing is forgotten while the connection is open, however long ago the session would have expired [MQTT-4.1.0-1]", () => {
  const { server, session, clock, events } = online({ ...named, sessionExpiryInterval: 1, keepAlive: 0 });
  session.publish({ topicName: "a", payload: "1", qos: 2 }, "one", clock.now());
  clock.advance(3_600_000);
  server.send(pubrec(1));
  expect(server.takeReceived().at(-1)).toEqual(pubrel(1));
  expect(session.inflightCount).toBe(1);
  expect(events()).toEqual([]);
});

test.each([4, 5] as const)(
  "a violation of the protocol ends the connection, at level %i [MQTT-4.13.1-1]",
  (protocolVersion) => {
    const { server, session, events } = online({ protocolVersion });
    server.sendBytes(encodeUtf8("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(session.phase).toBe("disconnecting");
    expect(server.takeReceived()).toEqual(protocolVersion === 5 ? [disconnect(ReasonCode.malformedPacket)] : []);
    expect(events()).toMatchObject([{ type: "disconnected", by: "client" }]);
  },
);
