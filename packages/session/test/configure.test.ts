import { encodeUtf8 } from "@petrel/codec";
import { expect, test } from "vitest";
import { offline } from "./support/online.ts";

test("other options are those of the next connection", () => {
  const { session, server } = offline({ clientIdentifier: "me", username: "old" });
  server.accept();
  session.configure({ clientIdentifier: "me", username: "new", password: encodeUtf8("fresh"), keepAlive: 7 });
  expect(server.received()[0]).toMatchObject({ type: "connect", username: "old", keepAlive: 60 });
  server.lose();
  server.accept();
  expect(server.received()[0]).toMatchObject({ type: "connect", username: "new", keepAlive: 7 });
});

test("options that can't work change nothing", () => {
  const { session } = offline({ clientIdentifier: "me", keepAlive: 7 });
  expect(() => session.configure({ clientIdentifier: "me", keepAlive: -1 })).toThrow("option keepAlive is -1");
  expect(session.config.keepAlive).toBe(7);
});

test("the client identifier stays, for the session is its", () => {
  const { session } = offline({ clientIdentifier: "me" });
  expect(() => session.configure({ clientIdentifier: "you" })).toThrow('option clientIdentifier is "you"');
});

test("the version may change until the server has agreed to one", () => {
  const { session, server } = offline({ clientIdentifier: "me" });
  session.configure({ clientIdentifier: "me", protocolVersion: 4 });
  server.accept();
  expect(server.received()[0]).toMatchObject({ type: "connect", protocolVersion: 4 });
  server.lose();
  expect(() => session.configure({ clientIdentifier: "me", protocolVersion: 5 })).toThrow(
    "option protocolVersion is 5",
  );
});

test("a request that waits and that the other version can't express fails", () => {
  const { session, server, clock, events } = offline({ clientIdentifier: "me" });
  session.subscribe({ subscriptions: [{ topicFilter: "a", qos: 1, noLocal: true }] }, "rich", clock.now());
  session.subscribe({ subscriptions: [{ topicFilter: "b", qos: 1 }] }, "plain", clock.now());
  session.configure({ clientIdentifier: "me", protocolVersion: 4 });
  server.accept();
  expect(events()).toMatchObject([
    { type: "connected" },
    { type: "failed", context: "rich", error: { name: "EncodeError" } },
  ]);
  expect(server.received().at(-1)).toMatchObject({ type: "subscribe", subscriptions: [{ topicFilter: "b" }] });
});

test("what the DISCONNECT may say depends on the CONNECT of this connection, not on the next one's (section 3.14.2.2.2)", () => {
  const { session, server, clock } = offline({ clientIdentifier: "me", sessionExpiryInterval: 0 });
  server.accept();
  session.configure({ clientIdentifier: "me", sessionExpiryInterval: 60 });
  const longer = { properties: { sessionExpiryInterval: 30 } };
  expect(() => session.disconnect(longer, clock.now())).toThrow("must be 0, as in CONNECT");
  server.lose();
  server.accept();
  session.configure({ clientIdentifier: "me", sessionExpiryInterval: 0 });
  session.disconnect(longer, clock.now());
  expect(server.received().at(-1)).toMatchObject({ type: "disconnect", ...longer });
});

test("a server that breaks the protocol is told so in the version of this connection", () => {
  const { session, server } = offline({ clientIdentifier: "me" });
  server.open();
  session.configure({ clientIdentifier: "me", protocolVersion: 4 });
  server.send({ type: "pingresp" });
  expect(server.received().at(-1)).toMatchObject({ type: "disconnect", reasonCode: 0x82 });
});
