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
