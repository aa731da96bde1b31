import { encodeUtf8 } from "@petrel/codec";
import { expect, test } from "vitest";
import { offline, online } from "./support/online.ts";

test("packets are counted by type and direction, and bytes, across connections", () => {
  const { session, server, clock } = online({ keepAlive: 0, sessionExpiryInterval: 60 });
  session.publish({ topicName: "a", payload: encodeUtf8("1"), qos: 1 }, "one", clock.now());
  server.pull();
  server.send({ type: "puback", packetIdentifier: 1 }, { type: "publish", topicName: "b", qos: 0 });
  expect(session.traffic.sent.packets).toMatchObject({ connect: 1, publish: 1, puback: 0 });
  expect(session.traffic.received.packets).toMatchObject({ connack: 1, publish: 1, puback: 1 });
  const { bytes } = session.traffic.received;
  expect(bytes).toBe(5 + 4 + 6);
  server.lose();
  server.accept({ sessionPresent: true });
  expect([session.traffic.sent.packets.connect, session.traffic.received.bytes]).toEqual([2, bytes + 5]);
});

test("bytes sent are those that the packets take", () => {
  const { session, server } = offline({ keepAlive: 0 });
  server.open();
  const bytes = session.takeOutput();
  expect([bytes?.length, session.traffic.sent.packets.connect]).toEqual([session.traffic.sent.bytes, 1]);
});

test("while it is observed, every packet is an event, in order", () => {
  const { session, server, clock, events } = online({ keepAlive: 0 });
  session.publish({ topicName: "a" }, "unseen", clock.now());
  server.pull();
  events();
  session.isObserved = true;
  session.publish({ topicName: "a", qos: 1 }, "seen", clock.now());
  server.pull();
  server.send({ type: "puback", packetIdentifier: 1 });
  expect(events()).toMatchObject([
    { type: "packetSent", packet: { type: "publish", topicName: "a", packetIdentifier: 1, dup: false }, size: 8 },
    { type: "packetReceived", packet: { type: "puback", packetIdentifier: 1 } },
    { type: "published", context: "seen" },
  ]);
});

test("passwords and authentication data are not shown", () => {
  const { session, server, events } = offline({
    clientIdentifier: "me",
    username: "anna",
    password: encodeUtf8("secret"),
  });
  session.isObserved = true;
  server.open();
  const [sent] = events();
  expect(sent).toMatchObject({
    type: "packetSent",
    packet: { type: "connect", username: "anna", password: encodeUtf8("***") },
  });
  expect(server.received()[0]).toMatchObject({ password: encodeUtf8("secret") });
  const properties = { authenticationMethod: "M", authenticationData: encodeUtf8("secret") };
  server.send({ type: "auth", reasonCode: 0x18, properties });
  expect(events()[0]).toMatchObject({
    type: "packetReceived",
    packet: { type: "auth", properties: { authenticationMethod: "M", authenticationData: encodeUtf8("***") } },
  });
});
