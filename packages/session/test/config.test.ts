import { MqttSession, OptionError, resolveSessionConfig, type SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";

test("fills in defaults, and freezes what it made", () => {
  const config = resolveSessionConfig();
  expect(config).toEqual({
    protocolVersion: 5,
    clientIdentifier: "",
    cleanStart: "first",
    keepAlive: 60,
    username: undefined,
    password: undefined,
    will: undefined,
    bridge: false,
    sessionExpiryInterval: 0,
    receiveMaximum: 65_535,
    maximumPacketSize: 16_777_216,
    topicAliasMaximum: 16,
    topicAliases: "automatic",
    requestResponseInformation: false,
    requestProblemInformation: true,
    userProperties: [],
    maximumInflight: 256,
    queue: { messages: 1_000, bytes: 16_777_216, maximumAge: Infinity, overflow: "reject", qos0WhileOffline: "reject" },
    maximumConcurrentRequests: 1_000,
    afterSessionLost: "republish",
    durable: false,
    resubscribe: "when-session-lost",
    timeouts: { connack: 20_000, pingResponse: 20_000, request: 30_000 },
  });
  expect([config, config.queue, config.timeouts].every(Object.isFrozen)).toBe(true);
  expect(resolveSessionConfig({ protocolVersion: 4 })).toMatchObject({ cleanStart: true, maximumInflight: 20 });
});

describe("refuses, before anything is opened", () => {
  const cases: [SessionOptions, string][] = [
    [{ keepAlive: -1 }, "option keepAlive is -1; it must be a whole number from 0 to 65535 seconds"],
    [{ keepAlive: 1.5 }, "option keepAlive is 1.5; it must be a whole number from 0 to 65535 seconds"],
    [{ keepAlive: Number.NaN }, "option keepAlive is NaN; it must be a whole number from 0 to 65535 seconds"],
    [{ receiveMaximum: 0 }, "option receiveMaximum is 0; it must be a whole number from 1 to 65535"],
    [{ maximumInflight: 65_536 }, "option maximumInflight is 65536; it must be a whole number from 1 to 65535"],
    [
      { queue: { overflow: "explode" as never } },
      'option queue.overflow is "explode"; it must be one of "reject", "wait", "drop-newest", "drop-oldest", "drop-qos0-first"',
    ],
    [{ queue: { maximumAge: 0 } }, "option queue.maximumAge is 0; it must be a whole number of at least 1 ms"],
    [{ queue: { messages: -1 } }, "option queue.messages is -1; it must be a whole number of at least 0"],
    [{ timeouts: { connack: 0 } }, "option timeouts.connack is 0; it must be a whole number of at least 1 ms"],
    [{ protocolVersion: 6 as never }, "option protocolVersion is 6; it must be one of 3, 4, 5"],
    [{ cleanStart: "maybe" as never }, 'option cleanStart is "maybe"; it must be one of true, false, "first"'],
    [{ protocolVersion: 4, cleanStart: "first" }, 'option cleanStart is "first"; it must be one of true, false'],
    [
      { afterSessionLost: "panic" as never },
      'option afterSessionLost is "panic"; it must be one of "republish", "fail"',
    ],
    [
      { protocolVersion: 4, receiveMaximum: 10 },
      "option receiveMaximum is 10; MQTT 3.x has no such thing; leave it out or use 5.0",
    ],
    [
      { protocolVersion: 4, userProperties: [] },
      "option userProperties is a list; MQTT 3.x has no such thing; leave it out or use 5.0",
    ],
    [{ protocolVersion: 3 }, 'option clientIdentifier is ""; MQTT 3.1 needs one of 1 to 23 characters'],
    [{ bridge: true }, "option bridge is true; it marks MQTT 3.x clients only"],
  ];
  test.each(cases)("%o", (options, message) => {
    expect(() => new MqttSession(options)).toThrow(OptionError);
    expect(() => new MqttSession(options)).toThrow(message);
  });

  test('a session to be resumed without a name: "If the Client supplies a zero-byte ClientId, the Client MUST also set CleanSession to 1" [MQTT-3.1.3-7 of 3.1.1]', () => {
    for (const protocolVersion of [4, 5] as const) {
      expect(() => resolveSessionConfig({ protocolVersion, cleanStart: false })).toThrow(
        "a session can only be resumed by its name",
      );
    }
  });

  test("a CONNECT that the protocol cannot express, without showing the password", () => {
    const password = new TextEncoder().encode("secret");
    expect(() => resolveSessionConfig({ protocolVersion: 4, password })).toThrow(
      'option password is "***"; a password without a user name needs MQTT 5.0',
    );
    expect(() => resolveSessionConfig({ clientIdentifier: "\u0000" })).toThrow(
      'option clientIdentifier is "\\u0000"; ',
    );
    expect(() => resolveSessionConfig({ clientIdentifier: "x".repeat(65_536) })).toThrow(
      /^option clientIdentifier is "x{60}…"; .{20,100}$/,
    );
    expect(() => resolveSessionConfig({ userProperties: [["a"]] as never })).toThrow(
      "option userProperties is a list; ",
    );
    expect(() => resolveSessionConfig({ will: { topicName: "a/#", payload: password } })).toThrow(
      "option will.topicName",
    );
  });
});

test("takes no limit for a limit", () => {
  const { queue, timeouts } = resolveSessionConfig({
    queue: { messages: Infinity, bytes: Infinity },
    timeouts: { request: Infinity },
  });
  expect([queue.messages, queue.bytes, timeouts.request]).toEqual([Infinity, Infinity, Infinity]);
});
