import { expect, test, vi } from "vitest";
import { createClient, type OptionError } from "../src/core.ts";
import { TestClock } from "./support/world.ts";

const opened = vi.fn<() => Promise<never>>(() => Promise.reject(new Error("opened")));

/** For callers without types. */
function create(options: object): unknown {
  return createClient({ connector: opened, clock: new TestClock(), ...options } as never);
}

test.each<[string, object, RegExp]>([
  ["version", { version: "4.0" }, /option version is "4.0"; it must be "5.0", "3.1.1" or "3.1"/],
  ["cleanSession", { cleanSession: true }, /is called cleanStart in MQTT 5.0/],
  ["bridge", { bridge: true }, /marks MQTT 3.x clients only/],
  ["cleanStart", { version: "3.1.1", cleanStart: true }, /is called cleanSession in MQTT 3.x/],
  ["sessionExpiryInterval", { version: "3.1.1", sessionExpiryInterval: 60 }, /needs MQTT 5.0/],
  ["receiveMaximum", { version: "3.1.1", receiveMaximum: 10 }, /needs MQTT 5.0/],
  ["topicAliasMaximum", { version: "3.1", clientId: "a", topicAliasMaximum: 10 }, /needs MQTT 5.0/],
  ["requestResponseInformation", { version: "3.1.1", requestResponseInformation: true }, /needs MQTT 5.0/],
  ["requestProblemInformation", { version: "3.1.1", requestProblemInformation: true }, /needs MQTT 5.0/],
  ["userProperties", { version: "3.1.1", userProperties: [] }, /needs MQTT 5.0/],
  ["will.properties", { version: "3.1.1", will: { topic: "w", properties: {} } }, /needs MQTT 5.0/],
  ["clientId", { version: "3.1" }, /MQTT 3.1 needs one of 1 to 23 characters/],
  ["clientId", { version: "3.1.1", cleanSession: false }, /a session can only be resumed by its name/],
  ["clientId", { cleanStart: false }, /a session can only be resumed by its name/],
  ["keepAlive", { keepAlive: 70_000 }, /65.?535/],
  ["sessionExpiryInterval", { sessionExpiryInterval: -1 }, /-1/],
  ["receiveMaximum", { receiveMaximum: 0 }, /receiveMaximum is 0/],
  ["maximumInflight", { maximumInflight: 0 }, /maximumInflight is 0/],
  ["maximumPacketSize", { maximumPacketSize: 0 }, /maximumPacketSize is 0/],
  ["maximumConcurrentRequests", { maximumConcurrentRequests: 0 }, /maximumConcurrentRequests is 0/],
  ["queue.qos0WhileOffline", { queue: { qos0WhileOffline: "perhaps" } }, /"reject"/],
  ["afterSessionLost", { afterSessionLost: "cry" }, /"republish"/],
  ["resubscribe", { resubscribe: "sometimes" }, /"when-session-lost"/],
  ["timeouts.connect", { timeouts: { connect: -1 } }, /0 or more milliseconds/],
  ["timeouts.connect", { timeouts: { connect: Number.NaN } }, /0 or more milliseconds/],
  ["reconnect.initialDelay", { reconnect: { initialDelay: -1 } }, /0 or more/],
  ["reconnect.maximumDelay", { reconnect: { maximumDelay: Number.NaN } }, /0 or more/],
  ["reconnect.maximumAttempts", { reconnect: { maximumAttempts: -1 } }, /0 or more/],
  ["reconnect.resetAfter", { reconnect: { resetAfter: -1 } }, /0 or more/],
  ["reconnect.factor", { reconnect: { factor: 0.5 } }, /1 or more/],
  ["reconnect.jitter", { reconnect: { jitter: "some" } }, /"full" or "none"/],
])("a wrong %s is refused before anything is opened", (option, options, message) => {
  expect(() => create(options)).toThrow(message);
  expect(() => create(options)).toThrow(expect.objectContaining({ code: "PETREL_OPTION", option }) as OptionError);
  expect(opened).not.toHaveBeenCalled();
});

test.each([
  {},
  { version: "3.1.1" },
  { version: "3.1", clientId: "kitchen" },
  {
    version: "3.1.1",
    clientId: "kitchen",
    cleanSession: false,
    bridge: true,
    will: { topic: "w", payload: "gone", qos: 1 },
  },
  {
    clientId: "kitchen",
    cleanStart: false,
    sessionExpiryInterval: "never",
    will: { topic: "w", properties: { willDelayInterval: 5 } },
  },
  { username: "anna", password: "secret", reconnect: false, timeouts: { connect: 0 } },
  { password: new Uint8Array(2), keepAlive: 0, queue: { messages: 0 } },
])("these options are fine: %j", (options) => {
  expect(() => create(options)).not.toThrow();
});
