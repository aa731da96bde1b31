import type { ConnackPacket } from "@petrel/codec";
import { resolveSessionConfig, type SessionOptions } from "@petrel/session";
import { expect, test } from "vitest";
import { negotiate } from "../src/negotiated.ts";
import { offline, online } from "./support/online.ts";
import { connect, suback, subscribe } from "./support/packets.ts";

const connack = (properties: ConnackPacket["properties"]): ConnackPacket => ({
  type: "connack",
  sessionPresent: false,
  reasonCode: 0,
  properties,
});
const negotiated = (options: SessionOptions, properties: ConnackPacket["properties"]) =>
  negotiate(resolveSessionConfig(options), connack(properties), "me");

test("what CONNACK leaves out has the protocol's default (section 3.2.2.3)", () => {
  expect(negotiated({ sessionExpiryInterval: 300 }, undefined)).toEqual({
    protocolVersion: 5,
    clientIdentifier: "me",
    sessionPresent: false,
    keepAlive: 60,
    sessionExpiryInterval: 300,
    send: {
      receiveMaximum: 256, // our own maximumInflight: the server would take 65,535
      maximumPacketSize: 268_435_460,
      maximumQos: 2,
      retainAvailable: true,
      topicAliasMaximum: 0,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: true,
      sharedSubscriptionAvailable: true,
    },
    receive: { receiveMaximum: 65_535, maximumPacketSize: 16_777_216, topicAliasMaximum: 16 },
    responseInformation: undefined,
    serverReference: undefined,
  });
});

test("3.x has none of what 5.0 added", () => {
  const { send, receive } = negotiated({ protocolVersion: 4 }, undefined);
  expect(send).toMatchObject({
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: false,
    topicAliasMaximum: 0,
  });
  expect(receive).toMatchObject({ topicAliasMaximum: 0 });
});

test("what CONNACK says holds, and the lesser of both maxima", () => {
  const said = {
    serverKeepAlive: 10,
    sessionExpiryInterval: 20,
    receiveMaximum: 30,
    maximumPacketSize: 40,
    maximumQos: 1,
    retainAvailable: false,
    topicAliasMaximum: 50,
    wildcardSubscriptionAvailable: false,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: false,
    assignedClientIdentifier: "assigned",
    responseInformation: "responses/",
    serverReference: "other",
  } as const;
  const limits = negotiated({}, said);
  expect(limits).toMatchObject({
    keepAlive: 10,
    sessionExpiryInterval: 20,
    clientIdentifier: "assigned",
    responseInformation: "responses/",
    serverReference: "other",
  });
  const {
    serverKeepAlive: _1,
    sessionExpiryInterval: _2,
    assignedClientIdentifier: _3,
    responseInformation: _4,
    serverReference: _5,
    ...send
  } = said;
  expect(limits.send).toEqual(send);
  expect(negotiated({ maximumInflight: 5 }, said).send.receiveMaximum).toBe(5);
});

test("limits hold for their connection alone", () => {
  const { session, server } = online(
    { clientIdentifier: "me", keepAlive: 60 },
    { serverKeepAlive: 10, receiveMaximum: 1, maximumQos: 1 },
  );
  expect(session.negotiated).toMatchObject({ keepAlive: 10, send: { receiveMaximum: 1, maximumQos: 1 } });
  server.lose();
  expect(session.negotiated).toBeUndefined();
  server.accept();
  expect(server.received()).toEqual([connect({ keepAlive: 60, clientIdentifier: "me" })]);
  expect(session.negotiated).toMatchObject({ keepAlive: 60, send: { receiveMaximum: 256, maximumQos: 2 } });
});

test("a client identifier that the server assigned is kept for reconnects [MQTT-3.2.2-16]", () => {
  const { session, server } = offline({ sessionExpiryInterval: 300 });
  server.accept({ assignedClientIdentifier: "made-up" });
  expect(session.negotiated?.clientIdentifier).toBe("made-up");
  server.lose();
  server.accept({ sessionPresent: true });
  expect(server.received()).toEqual([connect({ clientIdentifier: "made-up", cleanStart: false })]);
  expect(session.negotiated?.clientIdentifier).toBe("made-up");
});

test("a subscription that the server said it does not support is refused before a byte is written (sections 3.2.2.3.11 to 3.2.2.3.13)", () => {
  const refusals = [
    [{ wildcardSubscriptionAvailable: false }, "a/+", {}, false, "a/+", 0xa2],
    [{ wildcardSubscriptionAvailable: false }, "$share/g/#", {}, false, "$share/g/#", 0xa2],
    [{ sharedSubscriptionAvailable: false }, "$share/g/a", {}, false, "$share/g/a", 0x9e],
    [{ subscriptionIdentifiersAvailable: false }, "a", { subscriptionIdentifier: 7 }, false, 7, 0xa1],
  ] as const;
  for (const [limits, topicFilter, properties, allowed, found, reasonCode] of refusals) {
    const { session, server, events } = online({}, limits);
    session.subscribe({ subscriptions: [{ topicFilter }], properties }, "refused", 0);
    session.subscribe({ subscriptions: [{ topicFilter: "plain" }] }, "fine", 0);
    const error = { name: "ServerLimitError", limit: Object.keys(limits)[0], allowed, found, reasonCode };
    expect(events()).toMatchObject([{ type: "failed", context: "refused", error }]);
    expect(server.takeReceived()).toEqual([subscribe(1, "plain")]);
  }
});

test("in 3.x a server can not say what it does not support, so it is asked", () => {
  const { session, server } = online({ protocolVersion: 4 });
  session.subscribe({ subscriptions: [{ topicFilter: "$share/g/#" }] }, "asked", 0);
  expect(server.takeReceived()).toEqual([subscribe(1, "$share/g/#")]);
});

test("what another server does not support is lost alone when all is subscribed again", () => {
  const { session, server, events } = online();
  const topicFilters = ["a", "b/#", "c"];
  session.subscribe({ subscriptions: topicFilters.map((topicFilter) => ({ topicFilter })) }, "sub", 0);
  server.send(suback(1, 0, 0, 0));
  events();
  server.lose();
  server.accept({ sessionPresent: false, wildcardSubscriptionAvailable: false });
  expect(events().slice(2)).toEqual([
    { type: "resubscribeFailed", failures: [{ topicFilter: "b/#", reasonCode: 0xa2 }] },
  ]);
  expect(server.takeReceived()).toEqual([connect(), subscribe(1, "a"), subscribe(2, "c")]);
});
