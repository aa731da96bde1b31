import { encodeUtf8, type PacketInit, ProtocolError } from "@petrel/codec";
import { MqttSession, type SessionOptions } from "@petrel/session";
import { describe, expect, test } from "vitest";
import { type Bench, offline, online } from "./support/online.ts";
import { connect, disconnect, pingresp, publish, puback, pubrel, suback, subscribe } from "./support/packets.ts";

const told = ({ events }: Bench): string[] =>
  events().map((event) => ("context" in event ? `${event.type} ${event.context}` : event.type));

const connack = (rest: object = {}): PacketInit => ({ type: "connack", ...rest });

describe("CONNECT", () => {
  test("is the first packet, and says what the options say [MQTT-3.1.0-1]", () => {
    const will = {
      topicName: "gone",
      payload: encodeUtf8("bye"),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 5 },
    } as const;
    const { session, server } = offline({
      clientIdentifier: "me",
      keepAlive: 30,
      username: "user",
      password: encodeUtf8("secret"),
      will,
      sessionExpiryInterval: 300,
      receiveMaximum: 10,
      maximumPacketSize: 1_000,
      topicAliasMaximum: 5,
      requestResponseInformation: true,
      requestProblemInformation: false,
      userProperties: [["a", "b"]],
    });
    expect([session.phase, session.takeOutput(), session.nextTimeout()]).toEqual(["offline", undefined, undefined]);
    server.open();
    expect(session.phase).toBe("connecting");
    expect(server.received()).toEqual([
      {
        type: "connect",
        protocolVersion: 5,
        bridge: false,
        clientIdentifier: "me",
        cleanStart: true,
        keepAlive: 30,
        username: "user",
        password: encodeUtf8("secret"),
        will,
        properties: {
          sessionExpiryInterval: 300,
          receiveMaximum: 10,
          maximumPacketSize: 1_000,
          topicAliasMaximum: 5,
          requestResponseInformation: true,
          requestProblemInformation: false,
          userProperties: [["a", "b"]],
        },
      },
    ]);
  });

  test("leaves out what is the protocol's default, but always says which packets are too large", () => {
    const { server } = offline({ topicAliasMaximum: 0 });
    server.open();
    expect(server.received()).toMatchObject([{ properties: { maximumPacketSize: 16_777_216 } }]);
    expect(
      Object.entries((server.received()[0] as { properties: object }).properties).filter(
        ([, value]) => value !== undefined,
      ),
    ).toHaveLength(1);
  });

  test("in 3.x has no properties, and may mark a bridge", () => {
    const { server } = offline({ protocolVersion: 4, bridge: true });
    server.open();
    expect(server.received()).toMatchObject([
      { protocolVersion: 4, bridge: true, cleanStart: true, properties: undefined },
    ]);
  });

  test.each([
    ["first", [true, true, false, false]],
    [true, [true, true, true, true]],
    [false, [false, false, false, false]],
  ] as const)("cleanStart %s", (cleanStart, expected) => {
    const { session, server } = offline({ clientIdentifier: "me", cleanStart, sessionExpiryInterval: 300 });
    const asked = (): boolean => (server.received()[0] as { cleanStart: boolean }).cleanStart;
    const starts: boolean[] = [];
    server.open(); // breaks before CONNACK: this was no first connection
    starts.push(asked());
    server.lose();
    for (let connections = 0; connections < 3; connections++) {
      server.accept();
      starts.push(asked());
      server.lose();
    }
    expect(starts).toEqual(expected);
    expect(session.phase).toBe("offline");
  });

  test("without CONNACK in time, the connection fails", () => {
    const { session, server, clock, events } = offline();
    server.open();
    server.pull();
    clock.advance(19_999);
    expect(events()).toEqual([]);
    clock.advance(1);
    expect(events()).toMatchObject([
      {
        type: "disconnected",
        by: "network",
        error: {
          name: "TimeoutError",
          message: "no CONNACK within 20000 ms; does the server speak MQTT on this port?",
        },
      },
    ]);
    expect([session.phase, session.nextTimeout(), session.takeOutput()]).toEqual([
      "disconnecting",
      undefined,
      undefined,
    ]);
  });

  test("a process that slept reads the network once before it gives up", () => {
    const { server, clock, events } = offline();
    server.open();
    server.pull();
    clock.sleep(60_000);
    expect(events()).toEqual([]);
    server.send(connack());
    clock.advance(10_000);
    expect(events()).toMatchObject([{ type: "connected" }]);
  });
});

describe("CONNACK", () => {
  test("brings the session online", () => {
    const bench = offline();
    bench.server.accept({ reasonString: "welcome" });
    expect(bench.events()).toMatchObject([
      {
        type: "connected",
        connack: { type: "connack", sessionPresent: false, properties: { reasonString: "welcome" } },
      },
    ]);
    expect(bench.session.phase).toBe("online");
  });

  test.each([
    [5, 0x87, "not authorized (0x87)", false],
    [5, 0x89, "server busy (0x89)", true],
    [4, 0x86, "bad user name or password (0x86)", false],
    [4, 0x88, "server unavailable (0x88)", true],
  ] as const)("level %i: a refusal with %i is told with its reason", (protocolVersion, reasonCode, text, retryable) => {
    const { session, server, events } = offline({ protocolVersion });
    server.open();
    server.pull();
    server.send(connack({ reasonCode }));
    expect(events()).toMatchObject([
      {
        type: "disconnected",
        by: "server",
        packet: { type: "connack", reasonCode },
        error: {
          name: "ConnectRefusedError",
          reasonCode,
          retryable,
          message: `the server refused the connection: ${text}`,
        },
      },
    ]);
    expect([session.phase, session.takeOutput(), session.nextTimeout()]).toEqual([
      "disconnecting",
      undefined,
      undefined,
    ]);
    server.lose();
    expect(events()).toEqual([]);
  });

  test("of MQTT 3.1.1 in answer to 5.0: the server does not speak it", () => {
    const { server, events } = offline();
    server.open();
    server.sendBytes(Uint8Array.of(0x20, 2, 0, 1));
    expect(events()).toMatchObject([
      { type: "disconnected", by: "server", error: { name: "ConnectRefusedError", reasonCode: 0x84 } },
    ]);
  });

  test.each([
    [5, "MQTT-3.2.2-2"],
    [4, "MQTT-3.2.2-1"],
  ] as const)("level %i: session present after a clean start contradicts itself [%s]", (protocolVersion, clause) => {
    const { server, events } = offline({ protocolVersion, clientIdentifier: "me", cleanStart: true });
    server.accept({ sessionPresent: true });
    expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: { name: "ProtocolError", clause } }]);
    expect(server.received()).toEqual([connect(), ...(protocolVersion === 5 ? [disconnect(0x82)] : [])]);
  });

  test.each([
    [5, "MQTT-3.2.0-2"],
    [4, undefined],
  ] as const)("level %i: a second one is a protocol error [%s]", (protocolVersion, clause) => {
    const { server, events } = online({ protocolVersion });
    server.send(connack());
    expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: { name: "ProtocolError", clause } }]);
  });

  test("comes before anything else [MQTT-3.2.0-1]", () => {
    const early: PacketInit[] = [
      publish("t", "x"),
      puback(1),
      suback(1, 0),
      pingresp,
      { type: "disconnect", reasonCode: 0x8b },
    ];
    for (const packet of early) {
      const { server, events } = offline();
      server.open();
      server.pull();
      server.send(packet);
      expect(events()).toMatchObject([
        { type: "disconnected", by: "client", error: { name: "ProtocolError", clause: "MQTT-3.2.0-1" } },
      ]);
      expect(server.received()).toEqual([connect(), disconnect(0x82)]);
    }
  });
});

describe("packets a server must not send", () => {
  const never: [PacketInit, 4 | 5][] = [
    [{ type: "connect", clientIdentifier: "x" }, 5],
    [subscribe(1, "a"), 5],
    [{ type: "unsubscribe", packetIdentifier: 1, topicFilters: ["a"] }, 5],
    [{ type: "pingreq" }, 5],
    [{ type: "auth", reasonCode: 0x18, properties: { authenticationMethod: "x" } }, 5],
    [{ type: "connect", clientIdentifier: "x" }, 4],
    [{ type: "disconnect" }, 4],
  ];
  test.each(never)("%o at level %i", (packet, protocolVersion) => {
    const { server, events } = online({ protocolVersion });
    server.send(packet);
    expect(events()).toMatchObject([
      { type: "disconnected", by: "client", error: { name: "ProtocolError", packetType: packet.type } },
    ]);
    expect(server.takeReceived()).toEqual(protocolVersion === 5 ? [disconnect(0x82)] : []);
  });

  test("AUTH, when we did not ask for it [MQTT-4.12.0-6], also before CONNACK", () => {
    const { server, events } = offline();
    server.open();
    server.pull();
    server.send({ type: "auth", reasonCode: 0x18, properties: { authenticationMethod: "x" } });
    expect(events()).toMatchObject([{ type: "disconnected", error: { clause: "MQTT-4.12.0-6" } }]);
  });

  test.each([
    ["nonsense", [0x00, 0x00], 0x81],
    ["QoS 3", [0x36, 0x03, 0, 1, 0x61], 0x81],
    ["a CONNECT of MQTT 9", [0x10, 0x07, 0, 4, 0x4d, 0x51, 0x54, 0x54, 9], 0x82],
    ["an answer of a web server", [...encodeUtf8("HTTP/1.1 400 Bad Request\r\n")], undefined],
  ])("%s", (_name, bytes, reasonCode) => {
    const { session, server, events } = online();
    server.sendBytes(Uint8Array.from(bytes));
    const [event, ...others] = events();
    expect(event).toMatchObject({ type: "disconnected", by: "client" });
    expect(others).toEqual([]);
    expect(server.takeReceived()).toEqual([
      reasonCode === undefined ? expect.objectContaining({ type: "disconnect" }) : disconnect(reasonCode),
    ]);
    server.sendBytes(Uint8Array.from(bytes)); // and whatever follows
    expect([session.phase, events(), server.takeReceived()]).toEqual(["disconnecting", [], []]);
  });

  test("a packet above our maximum size is refused when its header is read: 0x95", () => {
    const { server, events } = online({ maximumPacketSize: 100 });
    server.sendBytes(Uint8Array.of(0x30, 99));
    expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: { reasonCode: 0x95 } }]);
    expect(server.takeReceived()).toEqual([disconnect(0x95)]);
  });

  test("what came before the mistake counts, what came after it does not", () => {
    const bench = online();
    bench.server.send(publish("before", "x"), connack(), publish("after", "x"));
    expect(bench.events()).toMatchObject([
      { type: "message", packet: { topicName: "before" } },
      { type: "disconnected" },
    ]);
    expect(bench.server.takeReceived()).toEqual([disconnect(0x82)]);
  });
});

describe("a server that talks and does not listen", () => {
  /** So many of this packet, of four bytes. */
  const flood = (firstByte: number, count: number): Uint8Array =>
    Uint8Array.from({ length: count * 4 }, (_, index) => [firstByte, 2, 0, 1][index % 4]!);

  test.each([
    ["PUBREL", 0x62],
    ["PUBREC", 0x50],
  ])("can not fill our memory with the answers it does not read: %s", (_name, firstByte) => {
    const { session, clock, events } = online();
    for (let round = 0; round < 20; round++) session.handleBytes(flood(firstByte, 8_000), clock.now());
    expect(events()).toMatchObject([
      {
        type: "disconnected",
        by: "client",
        error: {
          name: "ProtocolError",
          reasonCode: 0x93,
          message: "the server goes on, but does not read: 136000 answers wait for it",
        },
      },
    ]);
    expect(session.phase).toBe("disconnecting");
  });

  test("may go on for ever if it reads now and then", () => {
    const { session, clock } = online();
    for (let round = 0; round < 20; round++) {
      session.handleBytes(flood(0x62, 30_000), clock.now());
      while (session.takeOutput() !== undefined);
    }
    expect(session.phase).toBe("online");
  });
});

describe("the end of a connection", () => {
  test("the server says goodbye, with its reason", () => {
    const { session, server, events } = online();
    server.send(
      { type: "disconnect", reasonCode: 0x8b, properties: { reasonString: "update" } },
      publish("after", "x"),
    );
    expect(events()).toMatchObject([
      {
        type: "disconnected",
        by: "server",
        packet: { reasonCode: 0x8b },
        error: { name: "ServerDisconnectError", reasonCode: 0x8b },
      },
    ]);
    expect([session.phase, server.takeReceived()]).toEqual(["disconnecting", []]);
  });

  test("the network breaks: its reason is the reason", () => {
    const { session, server, events } = online();
    const cause = new Error("read ECONNRESET");
    server.lose(cause);
    expect(events()).toMatchObject([
      {
        type: "disconnected",
        by: "network",
        error: { name: "ConnectionLostError", message: "read ECONNRESET", cause },
      },
    ]);
    expect([session.phase, session.takeOutput(), session.nextTimeout()]).toEqual(["offline", undefined, undefined]);
  });

  test("the server hangs up without a word: before CONNACK, it may not speak this MQTT", () => {
    const early = offline();
    early.server.open();
    early.server.lose();
    expect(early.events()).toMatchObject([
      { error: { message: expect.stringContaining("does it speak MQTT of this version on this port?") } },
    ]);
    const late = online();
    late.server.lose();
    expect(late.events()).toMatchObject([
      { error: { message: "the server closed the connection without a DISCONNECT" } },
    ]);
  });

  test("we say goodbye: nothing goes out after DISCONNECT [MQTT-3.14.4-1]", () => {
    const bench = online({ keepAlive: 1 });
    const { session, server, clock } = bench;
    session.disconnect({ reasonCode: 4, properties: { reasonString: "see you" } }, clock.now());
    expect(session.phase).toBe("disconnecting");
    session.publish({ topicName: "t", qos: 1 }, "q1", clock.now());
    session.subscribe({ subscriptions: [{ topicFilter: "a" }] }, "sub", clock.now());
    server.send(publish("t", "x"), pubrel(1));
    session.disconnect({}, clock.now());
    clock.advance(10_000);
    expect(server.takeReceived()).toMatchObject([
      { type: "disconnect", reasonCode: 4, properties: { reasonString: "see you" } },
    ]);
    expect(told(bench)).toEqual(["disconnected"]);
    server.lose();
    expect(told(bench)).toEqual([]);
  });

  test("we say goodbye before CONNACK: the server need not publish the will", () => {
    const { session, server, clock, events } = offline();
    server.open();
    session.disconnect({}, clock.now());
    expect(server.received()).toEqual([connect(), disconnect()]);
    expect(events()).toMatchObject([{ type: "disconnected", by: "client", error: undefined }]);
    server.send(connack());
    expect([session.phase, events()]).toEqual(["disconnecting", []]);
  });

  test("a goodbye that can not be said is thrown back, and nothing has happened", () => {
    const v5 = online({ sessionExpiryInterval: 0 });
    const cases: [Bench, Parameters<MqttSession["disconnect"]>[0]][] = [
      [online({ protocolVersion: 4 }), { reasonCode: 4 }],
      [v5, { reasonCode: 0x05 }],
      [v5, { properties: { sessionExpiryInterval: 60 } }], // section 3.14.2.2.2: not after 0 in CONNECT
    ];
    for (const [bench, options] of cases) {
      expect(() => bench.session.disconnect(options, bench.clock.now())).toThrow(
        expect.objectContaining({ name: "EncodeError" }),
      );
      expect([bench.session.phase, bench.server.takeReceived(), told(bench)]).toEqual(["online", [], []]);
    }
    const { session, server, clock } = online({ sessionExpiryInterval: 10 });
    session.disconnect({ properties: { sessionExpiryInterval: 60 } }, clock.now());
    expect(server.takeReceived()).toMatchObject([{ type: "disconnect", properties: { sessionExpiryInterval: 60 } }]);
  });

  test("goodbye without a connection, and twice, is nothing", () => {
    const { session, clock, events } = offline();
    session.disconnect({}, clock.now());
    session.handleClose(clock.now());
    session.handleBytes(Uint8Array.of(0xd0, 0), clock.now());
    session.handleTimeout(clock.now());
    session.handleReadingPaused(clock.now());
    session.handleReadingResumed(clock.now());
    expect([session.phase, events(), session.takeOutput(), session.nextTimeout()]).toEqual([
      "offline",
      [],
      undefined,
      undefined,
    ]);
  });

  test("a connection that takes the place of another ends it first", () => {
    const bench = online();
    bench.server.reading = false;
    bench.session.publish({ topicName: "t" }, "q0", 0);
    bench.server.open();
    expect(told(bench)).toEqual(["disconnected", "failed q0"]);
    bench.server.reading = true;
    expect(bench.server.received()).toEqual([connect()]);
    bench.server.accept();
    expect(told(bench)).toEqual(["connected"]);
  });
});

describe("deadlines", () => {
  test("a timer that comes too early, or for nothing, does nothing", () => {
    const { session, server, clock, events } = online();
    const before = session.nextTimeout();
    session.handleTimeout(clock.now());
    expect([session.nextTimeout(), events(), server.takeReceived()]).toEqual([before, [], []]);
  });

  test("are all gone with the connection, but for requests", () => {
    const { session, server, clock } = online({ keepAlive: 5 });
    session.subscribe({ subscriptions: [{ topicFilter: "a" }] }, "sub", clock.now());
    const { phase } = session;
    server.lose();
    expect([phase, session.nextTimeout()]).toEqual(["online", clock.now() + 30_000]);
  });
});

describe("calls from inside the handling of events", () => {
  test("see a session in order, and their effects come with the next round", () => {
    const { session, server, clock } = online({ maximumInflight: 1 });
    session.publish({ topicName: "t", payload: "1", qos: 1 }, "1", clock.now());
    server.takeReceived();
    server.send(puback(1));
    const seen: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (const event of session.takeEvents()) {
        if (event.type !== "published") continue;
        seen.push(event.context);
        const next = `${Number(event.context) + 1}`;
        session.publish({ topicName: "t", payload: next, qos: 1 }, next, clock.now());
      }
      expect(server.takeReceived()).toEqual([publish("t", `${round + 2}`, { qos: 1, packetIdentifier: 1 })]);
      server.send(puback(1));
    }
    expect(seen).toEqual(["1", "2", "3"]);
  });
});

test("every byte may come alone", () => {
  const options: SessionOptions = { clientIdentifier: "me" };
  const { session, server, clock, events } = offline(options);
  server.open();
  server.pull();
  const bytes = [0x20, 3, 0, 0, 0, 0x30, 5, 0, 1, 0x74, 0, 0x78, 0xd0, 0];
  for (const byte of bytes) session.handleBytes(Uint8Array.of(byte), clock.now());
  expect(events()).toMatchObject([{ type: "connected" }, { type: "message", packet: { topicName: "t" } }]);
});

test("a context may be anything, undefined too", () => {
  const session = new MqttSession<undefined>();
  session.subscribe({ subscriptions: [{ topicFilter: "a" }] }, undefined, 0);
  session.publish({ topicName: "t", qos: 1 }, undefined, 0);
  session.abandon(new ProtocolError("any"));
  expect(session.takeEvents()).toMatchObject([{ type: "failed" }, { type: "failed" }]);
});
