/* oxlint-disable typescript/no-floating-promises -- nothing here runs */

import type { Connector } from "@petrel/transport";
import { expectTypeOf, test } from "vitest";
import * as core from "../src/core.ts";
import {
  type Client,
  connect,
  createClient,
  type Message,
  type MessageStream,
  type Publication,
  type PublishResult,
  type Version,
} from "../src/node/index.ts";

const url = "mqtt://localhost";
declare const connector: Connector;
declare const v5: Client<"5.0">;
declare const v311: Client<"3.1.1">;
declare const v31: Client<"3.1">;

test("the version of the options is the version of the client", () => {
  expectTypeOf(connect(url)).resolves.toEqualTypeOf<Client<"5.0">>();
  expectTypeOf(connect(url, {})).resolves.toEqualTypeOf<Client<"5.0">>();
  expectTypeOf(connect(url, { version: "5.0" })).resolves.toEqualTypeOf<Client<"5.0">>();
  expectTypeOf(connect(url, { version: "3.1.1" })).resolves.toEqualTypeOf<Client<"3.1.1">>();
  expectTypeOf(connect(url, { version: "3.1", clientId: "a" })).resolves.toEqualTypeOf<Client<"3.1">>();
  expectTypeOf(createClient(url)).toEqualTypeOf<Client<"5.0">>();
  expectTypeOf(createClient(url, { version: "3.1.1" })).toEqualTypeOf<Client<"3.1.1">>();
  expectTypeOf(core.createClient({ connector })).toEqualTypeOf<Client<"5.0">>();
  expectTypeOf(core.connect({ connector, version: "3.1.1" })).resolves.toEqualTypeOf<Client<"3.1.1">>();
  // @ts-expect-error there is no such version
  connect(url, { version: "4.0" });
  // @ts-expect-error the core has no URLs: it needs a connector
  core.createClient({});
});

test("only MQTT 5.0 re-authenticates", () => {
  expectTypeOf(v5.reauthenticate()).resolves.toBeVoid();
  // @ts-expect-error there is no enhanced authentication in MQTT 3.x
  v311.reauthenticate();
  // @ts-expect-error there is no enhanced authentication in MQTT 3.x
  createClient(url, { version: "3.1.1", authentication: core.scramSha256("user", "pencil") });
});

test("options of the other version don't compile", () => {
  createClient(url, {
    cleanStart: "first",
    sessionExpiryInterval: "never",
    receiveMaximum: 10,
    topicAliasMaximum: 1,
    userProperties: [["a", "b"]],
  });
  createClient(url, { version: "3.1.1", cleanSession: false, bridge: true, clientId: "a" });
  // @ts-expect-error 5.0 calls it cleanStart
  createClient(url, { cleanSession: true });
  // @ts-expect-error of another version, or of none
  createClient(url, { bridge: true });
  // @ts-expect-error 3.x calls it cleanSession
  createClient(url, { version: "3.1.1", cleanStart: true });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1.1", sessionExpiryInterval: 60 });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1", receiveMaximum: 10 });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1.1", topicAliasMaximum: 10 });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1.1", requestProblemInformation: true });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1.1", userProperties: [["a", "b"]] });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1.1", subscriptionIdentifiers: "off" });
  createClient(url, { will: { topic: "w", properties: { willDelayInterval: 5 } } });
  // @ts-expect-error of another version, or of none
  createClient(url, { version: "3.1.1", will: { topic: "w", properties: { willDelayInterval: 5 } } });
});

test("publish options", () => {
  v5.publish("a", "1", { qos: 1, retain: true, timeout: 5, properties: { contentType: "text/plain" } });
  v311.publish("a", "1", { qos: 1, retain: true, timeout: 5 });
  // @ts-expect-error of another version, or of none
  v311.publish("a", "1", { properties: { contentType: "text/plain" } });
  // @ts-expect-error of another version, or of none
  v31.publish("a", "1", { properties: { contentType: "text/plain" } });
  // @ts-expect-error of another version, or of none
  v5.publish("a", "1", { qos: 3 });
  // @ts-expect-error only a server sends them
  v5.publish("a", "1", { properties: { subscriptionIdentifiers: [1] } });
  // @ts-expect-error JSON.stringify it
  v5.publish("a", { celsius: 21 });
  expectTypeOf(v5.publish("a")).toEqualTypeOf<Publication>();
  expectTypeOf(v5.publish("a")).toExtend<PromiseLike<PublishResult>>();
  expectTypeOf<Awaited<Publication>>().toEqualTypeOf<PublishResult>();
});

test("subscribe and disconnect options", () => {
  v5.subscribe("a", { noLocal: true, retainAsPublished: true, retainHandling: 2, subscriptionIdentifier: 1 });
  v5.subscribe({ a: { qos: 1, noLocal: true } }, { acknowledge: "manual" }, (message) => message.acknowledge());
  v311.subscribe({ a: { qos: 1 } }, { qos: 2, buffer: 5 });
  // @ts-expect-error of another version, or of none
  v311.subscribe("a", { noLocal: true });
  // @ts-expect-error of another version, or of none
  v31.subscribe("a", { retainHandling: 1 });
  // @ts-expect-error of another version, or of none
  v311.subscribe({ a: { retainAsPublished: true } });
  // @ts-expect-error of another version, or of none
  v311.subscribe("a", { subscriptionIdentifier: 1 });
  v5.disconnect({ reasonCode: 4, sessionExpiryInterval: 0, drain: 5 });
  v311.disconnect({ drain: 5 });
  // @ts-expect-error of another version, or of none
  v311.disconnect({ reasonCode: 4 });
  // @ts-expect-error of another version, or of none
  v31.disconnect({ sendWill: true });
});

test("what only 5.0 can receive with does not compile on 3.x", () => {
  v5.subscribe("a", { rejectWith: 0x80, concurrency: 4, handlerTimeout: 1_000 }, () => undefined);
  v5.route("a", { rejectWith: 0x80 }, () => undefined);
  v311.subscribe("a", { concurrency: 4, handlerTimeout: 1_000, timeout: 5 }, () => undefined);
  v311.route(["a", "b"], { concurrency: 4 }, (message) => message.acknowledge());
  v31.route("a", () => undefined);
  // @ts-expect-error 3.x can not refuse a message
  v311.subscribe("a", { rejectWith: 0x80 }, () => undefined);
  // @ts-expect-error 3.x can not refuse a message
  v31.route("a", { rejectWith: 0x80 }, () => undefined);
  // @ts-expect-error there is no handler that could fail
  v5.messages({ rejectWith: 0x80 });
  // @ts-expect-error a route is nothing without its handler
  v5.route("a");
  expectTypeOf(v31.messages({ acknowledge: "manual", buffer: 5 })).toEqualTypeOf<MessageStream>();
  expectTypeOf(v311.route("a", () => undefined)).toEqualTypeOf<() => void>();
});

test("messages and events are typed", async () => {
  const subscription = await v5.subscribe("a");
  for await (const message of subscription) expectTypeOf(message).toEqualTypeOf<Message>();
  for await (const batch of subscription.batches()) expectTypeOf(batch).toEqualTypeOf<readonly Message[]>();
  expectTypeOf(v5.on("closed", () => undefined)).toEqualTypeOf<() => void>();
  v5.on("disconnected", ({ willReconnectIn }) => expectTypeOf(willReconnectIn).toEqualTypeOf<number | undefined>());
  expectTypeOf(subscription.next({ timeout: 5 })).resolves.toEqualTypeOf<Message | undefined>();
  v5.on("dropped", (dropped) => {
    expectTypeOf(dropped.direction).toEqualTypeOf<"in" | "out">();
    if (dropped.direction === "out") return;
    expectTypeOf(dropped.reason).toEqualTypeOf<"overflow" | "unclaimed">();
    expectTypeOf(dropped.message).toEqualTypeOf<Message>();
  });
  // @ts-expect-error no such event
  v5.on("weather", () => undefined);
});

test('with version "auto" the client is of any version', () => {
  expectTypeOf(connect(url, { version: "auto" })).resolves.toEqualTypeOf<Client<Version>>();
  expectTypeOf(createClient(url, { version: "auto", sessionExpiryInterval: 60 }).version).toEqualTypeOf<Version>();
  expectTypeOf(core.createClient({ connector, version: "auto" })).toEqualTypeOf<Client<Version>>();
  // @ts-expect-error what 3.x calls cleanSession is cleanStart here
  createClient(url, { version: "auto", cleanSession: true });
});

test("request and response are of 5.0", () => {
  expectTypeOf(v5.request("a", "1", { timeout: 1_000 })).resolves.toEqualTypeOf<Message>();
  v5.respond("a", (request) => ({ payload: request.payload, properties: { contentType: "text/plain" } }));
  v5.respond("a", () => 42);
  // @ts-expect-error no such thing in 3.1.1
  v311.request("a");
  // @ts-expect-error no such thing in 3.1
  v31.requestMany("a");
  // @ts-expect-error no such thing in 3.1.1
  v311.respond("a", () => "");
  expectTypeOf(v311.ping()).resolves.toEqualTypeOf<number>();
});

test("what differs between attempts is not who the client is", () => {
  createClient(url, { optionsForAttempt: ({ attempt }) => ({ username: `user${attempt}`, url: "mqtt://other" }) });
  createClient(url, { optionsForAttempt: async () => ({ password: "fresh", keepAlive: 30 }) });
  // @ts-expect-error the session belongs to its client identifier
  createClient(url, { optionsForAttempt: () => ({ clientId: "other" }) });
  // @ts-expect-error a decision is a number of milliseconds, or "stop"
  createClient(url, { reconnect: { decide: () => "later" } });
});
