import { encodeUtf8, type PacketInit, ReasonCode } from "@petrel/codec";
import {
  AuthenticationError,
  type Challenge,
  ConnectionLostError,
  ConnectRefusedError,
  NotConnectedError,
  OptionError,
  ServerDisconnectError,
  ServerLimitError,
  type SessionOptions,
} from "@petrel/session";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bench, offline, online } from "./support/online.ts";
import { disconnect, publish } from "./support/packets.ts";

const METHOD = "TURTLE";
const withMethod: SessionOptions = { authenticationMethod: METHOD };

function auth(reasonCode: number, data?: string, authenticationMethod = METHOD): PacketInit {
  const authenticationData = data === undefined ? undefined : encodeUtf8(data);
  return { type: "auth", reasonCode, properties: { authenticationMethod, authenticationData } };
}

function connack(data?: string, authenticationMethod: string | undefined = METHOD): PacketInit {
  const authenticationData = data === undefined ? undefined : encodeUtf8(data);
  return { type: "connack", properties: { authenticationMethod, authenticationData } };
}

/** The only thing that happened: the method was asked. */
function challengeOf({ events }: Bench): Challenge {
  const happened = events();
  expect(happened).toEqual([{ type: "challenge", challenge: expect.anything() }]);
  return (happened[0] as { challenge: Challenge }).challenge;
}

function answer(bench: Bench, data?: string): Challenge {
  const challenge = challengeOf(bench);
  bench.session.authenticate(challenge, data === undefined ? undefined : encodeUtf8(data), bench.clock.now());
  bench.server.pull();
  return challenge;
}

/** Connected with one challenge of the server's, and its proof believed. */
function authenticated(options: SessionOptions = {}): Bench {
  const bench = offline({ ...withMethod, ...options });
  bench.server.open();
  answer(bench, "hello");
  bench.server.send(connack("proof"));
  answer(bench);
  bench.events();
  bench.server.takeReceived();
  return bench;
}

describe("while connecting", () => {
  test("CONNECT waits for the method's first data, and carries it; the server's AUTH is answered with an AUTH of 0x18 [MQTT-4.12.0-3]", () => {
    const bench = offline(withMethod);
    const { server, session, events } = bench;
    server.open();
    expect(server.received()).toEqual([]);
    expect(answer(bench, "hello")).toEqual({ step: "initial", method: METHOD, data: undefined });
    expect(server.takeReceived()).toMatchObject([
      { type: "connect", properties: { authenticationMethod: METHOD, authenticationData: encodeUtf8("hello") } },
    ]);

    server.send(auth(ReasonCode.continueAuthentication, "who?"));
    expect(answer(bench, "me")).toEqual({ step: "respond", method: METHOD, data: encodeUtf8("who?") });
    expect(server.takeReceived()).toEqual([auth(ReasonCode.continueAuthentication, "me")]);

    server.send(connack("proof"));
    expect(session.phase).toBe("connecting");
    expect(answer(bench)).toEqual({ step: "verify", method: METHOD, data: encodeUtf8("proof") });
    expect(session.phase).toBe("online");
    expect(events()).toMatchObject([{ type: "connected" }]);
  });

  test("nothing but AUTH and DISCONNECT is sent before CONNACK [MQTT-3.1.2-30]", () => {
    const bench = offline({ ...withMethod, queue: { qos0WhileOffline: "queue" } });
    const { server, session, clock } = bench;
    server.open();
    session.publish({ topicName: "a", payload: "1", qos: 0 }, "p0", clock.now());
    session.publish({ topicName: "a", payload: "1", qos: 1 }, "p1", clock.now());
    session.subscribe({ subscriptions: [{ topicFilter: "a" }] }, "s", clock.now());
    answer(bench, "hello");
    server.send(auth(ReasonCode.continueAuthentication));
    answer(bench);
    expect(server.received().map(({ type }) => type)).toEqual(["connect", "auth"]);
    server.send(connack());
    expect(server.received().map(({ type }) => type)).toEqual(["connect", "auth"]);
    answer(bench);
    server.pull();
    expect(
      server
        .received()
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(["auth", "connect", "publish", "publish", "subscribe"]);
  });

  test("what comes behind CONNACK waits until the server is believed", () => {
    const bench = offline(withMethod);
    const { server, events } = bench;
    server.open();
    answer(bench);
    server.send(connack(), publish("a", "1"));
    const challenge = challengeOf(bench);
    server.send(publish("a", "2"));
    expect(events()).toEqual([]);
    bench.session.authenticate(challenge, undefined, bench.clock.now());
    expect(events()).toMatchObject([
      { type: "connected" },
      { type: "message", packet: publish("a", "1") },
      { type: "message", packet: publish("a", "2") },
    ]);
  });

  test("a server that sends without end while its proof is verified is left", () => {
    const bench = offline(withMethod);
    const { server, events } = bench;
    server.open();
    answer(bench);
    server.send(connack());
    challengeOf(bench);
    for (let chunks = 0; chunks < 17; chunks++) server.sendBytes(new Uint8Array(1_048_576));
    expect(events()).toEqual([
      { type: "disconnected", by: "client", error: expect.any(AuthenticationError), packet: undefined },
    ]);
  });

  test("a server that is not believed is told, and left; its messages are not delivered", () => {
    const bench = offline(withMethod);
    const { server, session, clock, events } = bench;
    server.open();
    answer(bench);
    server.takeReceived();
    server.send(connack("nonsense"), publish("a", "1"));
    session.refuseChallenge(challengeOf(bench), new Error("this proves nothing"), clock.now());
    expect(server.takeReceived()).toEqual([disconnect(ReasonCode.unspecifiedError)]);
    expect(session.phase).toBe("disconnecting");
    const happened = events();
    expect(happened).toMatchObject([
      {
        type: "disconnected",
        by: "client",
        error: {
          message: "TURTLE authentication failed: this proves nothing",
          method: METHOD,
          retryable: true,
          code: "PETREL_AUTHENTICATION",
        },
      },
    ]);
    expect(happened[0]).toHaveProperty("error", expect.any(AuthenticationError));
  });

  test("a method that has no first data ends the connection before CONNECT, so without a DISCONNECT [MQTT-3.1.0-1]", () => {
    const bench = offline(withMethod);
    bench.server.open();
    bench.session.refuseChallenge(challengeOf(bench), new Error("no token"), bench.clock.now());
    expect(bench.server.received()).toEqual([]);
    expect(bench.events()).toMatchObject([
      { type: "disconnected", error: { message: expect.stringMatching("no token") } },
    ]);
  });

  test.each([
    ["an AUTH", auth(ReasonCode.continueAuthentication)],
    ["a CONNACK", connack()],
    ["a message", publish("a", "1")],
  ])("%s before CONNECT ends the connection, without a word before CONNECT [MQTT-3.1.0-1]", (_, packet) => {
    const bench = offline(withMethod);
    bench.server.open();
    challengeOf(bench);
    bench.server.send(packet);
    expect(bench.server.received()).toEqual([]);
    expect(bench.events()).toMatchObject([{ type: "disconnected", by: "client" }]);
  });

  test("disconnecting before CONNECT sends nothing", () => {
    const bench = offline(withMethod);
    bench.server.open();
    challengeOf(bench);
    bench.session.disconnect({}, bench.clock.now());
    expect(bench.server.received()).toEqual([]);
    expect(bench.events()).toMatchObject([{ type: "disconnected", by: "client", error: undefined }]);
  });

  test("a refusal is the server's answer, and the method is not asked about it", () => {
    const bench = offline(withMethod);
    bench.server.open();
    answer(bench);
    bench.server.send({ type: "connack", reasonCode: ReasonCode.badAuthenticationMethod });
    expect(bench.events()).toMatchObject([
      { type: "disconnected", by: "server", error: expect.any(ConnectRefusedError) },
    ]);
  });

  test.each([
    ["a method that takes too long", 0, 'no answer of the authentication method to "initial" within 20000 ms'],
    ["a server that takes too long", 1, "no CONNACK within 20000 ms; does the server speak MQTT on this port?"],
    [
      "a method that doesn't come to an opinion",
      2,
      'no answer of the authentication method to "verify" within 20000 ms',
    ],
  ])("%s ends the connection when the time for CONNACK is over", (_, answered, why) => {
    const bench = offline(withMethod);
    bench.server.open();
    if (answered > 0) answer(bench);
    if (answered > 1) bench.server.send(connack());
    if (answered !== 1) challengeOf(bench);
    bench.clock.advance(20_000);
    expect(bench.events()).toMatchObject([{ type: "disconnected", error: { message: expect.stringContaining(why) } }]);
  });

  test("an answer that comes when its connection is gone is not sent on the next one", () => {
    const bench = offline(withMethod);
    const { server, session, clock, events } = bench;
    server.open();
    answer(bench, "hello");
    server.send(auth(ReasonCode.continueAuthentication, "who?"));
    const late = challengeOf(bench);
    server.lose();
    events();
    server.open();
    session.authenticate(late, encodeUtf8("me"), clock.now());
    session.refuseChallenge(late, new Error("never mind"), clock.now());
    expect(server.received()).toEqual([]);
    expect(session.phase).toBe("connecting");
    answer(bench, "hello again");
    session.authenticate(late, encodeUtf8("me"), clock.now());
    expect(server.received().map(({ type }) => type)).toEqual(["connect"]);
  });

  test("data that no packet can carry is refused, and another answer is possible", () => {
    const bench = offline(withMethod);
    bench.server.open();
    const challenge = challengeOf(bench);
    expect(() => bench.session.authenticate(challenge, new Uint8Array(65_536), bench.clock.now())).toThrow(
      "authenticationData",
    );
    bench.session.authenticate(challenge, new Uint8Array(1), bench.clock.now());
    expect(bench.server.received()).toMatchObject([{ type: "connect" }]);
  });
});

describe("a server that breaks the rules", () => {
  test.each([
    ["an AUTH of another method", auth(ReasonCode.continueAuthentication, "x", "HARE")],
    ["an AUTH without a method", { type: "auth" }],
    ["a CONNACK of another method", connack("x", "HARE")],
    ["a CONNACK without a method", { type: "connack" }],
  ] satisfies [string, PacketInit][])("%s ends the connection [MQTT-4.12.0-5]", (_, packet) => {
    const bench = offline(withMethod);
    bench.server.open();
    answer(bench);
    bench.server.send(packet);
    expect(bench.server.received().at(-1)).toEqual(disconnect(ReasonCode.protocolError));
    expect(bench.events()).toMatchObject([
      { type: "disconnected", by: "client", error: { code: "PETREL_PROTOCOL_ERROR", clause: "MQTT-4.12.0-5" } },
    ]);
  });

  test("while connecting AUTH says 0x18 and nothing else [MQTT-4.12.0-2]", () => {
    for (const reasonCode of [ReasonCode.success, ReasonCode.reAuthenticate]) {
      const bench = offline(withMethod);
      bench.server.open();
      answer(bench);
      bench.server.send(auth(reasonCode));
      expect(bench.events()).toMatchObject([{ type: "disconnected", error: { clause: "MQTT-4.12.0-2" } }]);
    }
  });

  test.each([
    ["an AUTH", auth(ReasonCode.continueAuthentication)],
    ["a CONNACK with a method", connack()],
  ])("%s that nobody asked for ends the connection [MQTT-4.12.0-6]", (_, packet) => {
    const { server, events } = offline();
    server.open();
    server.send(packet);
    expect(server.received().at(-1)).toEqual(disconnect(ReasonCode.protocolError));
    expect(events()).toMatchObject([{ type: "disconnected", error: { clause: "MQTT-4.12.0-6" } }]);
  });

  test("the server does not begin to re-authenticate, and does not ask twice", () => {
    for (const packets of [
      [auth(ReasonCode.reAuthenticate)],
      [auth(ReasonCode.continueAuthentication)],
      [auth(ReasonCode.success)],
    ]) {
      const bench = authenticated();
      bench.server.send(...packets);
      expect(bench.server.takeReceived()).toEqual([disconnect(ReasonCode.protocolError)]);
    }
    const bench = offline(withMethod);
    bench.server.open();
    answer(bench);
    bench.server.send(auth(ReasonCode.continueAuthentication), auth(ReasonCode.continueAuthentication));
    expect(bench.server.received().at(-1)).toEqual(disconnect(ReasonCode.protocolError));
  });
});

describe("re-authentication", () => {
  test("keeps the method [MQTT-4.12.1-1], and messages pass meanwhile", () => {
    const bench = authenticated();
    const { server, session, clock, events } = bench;
    session.reauthenticate("again", clock.now());
    expect(answer(bench, "hello")).toMatchObject({ step: "initial" });
    expect(server.takeReceived()).toEqual([auth(ReasonCode.reAuthenticate, "hello")]);
    server.send(auth(ReasonCode.continueAuthentication, "who?"));
    answer(bench, "me");
    expect(server.takeReceived()).toEqual([auth(ReasonCode.continueAuthentication, "me")]);
    session.publish({ topicName: "a", payload: "1", qos: 0 }, "p", clock.now());
    expect(server.takeReceived()).toEqual([publish("a", "1")]);
    expect(events()).toMatchObject([{ type: "published" }]);
    server.send(auth(ReasonCode.success, "proof"));
    expect(answer(bench)).toMatchObject({ step: "verify", data: encodeUtf8("proof") });
    expect(events()).toEqual([{ type: "reauthenticated", context: "again" }]);
    session.reauthenticate("and again", clock.now());
    expect(challengeOf(bench)).toMatchObject({ step: "initial" });
  });

  test("ends the connection when it fails, and tells the server [MQTT-4.12.1-2]", () => {
    const bench = authenticated();
    const { server, session, clock, events } = bench;
    session.reauthenticate("again", clock.now());
    answer(bench, "hello");
    server.takeReceived();
    server.send(auth(ReasonCode.success, "nonsense"));
    session.refuseChallenge(challengeOf(bench), new Error("this proves nothing"), clock.now());
    expect(server.takeReceived()).toEqual([disconnect(ReasonCode.unspecifiedError)]);
    expect(session.phase).toBe("disconnecting");
    expect(events()).toEqual([
      { type: "failed", context: "again", error: expect.any(AuthenticationError) },
      { type: "disconnected", by: "client", error: expect.any(AuthenticationError), packet: undefined },
    ]);
  });

  test("ends the connection when the server does not answer", () => {
    const bench = authenticated();
    bench.session.reauthenticate("again", bench.clock.now());
    answer(bench, "hello");
    bench.server.takeReceived();
    bench.clock.advance(20_000);
    expect(bench.server.takeReceived()).toEqual([disconnect(ReasonCode.unspecifiedError)]);
    expect(bench.events()).toMatchObject([
      { type: "failed", context: "again", error: { message: "TURTLE authentication failed: no AUTH within 20000 ms" } },
      { type: "disconnected" },
    ]);
  });

  test.each([
    [
      "is refused",
      ServerDisconnectError,
      (bench: Bench) => bench.server.send({ type: "disconnect", reasonCode: 0x87 }),
    ],
    ["loses the network", ConnectionLostError, (bench: Bench) => bench.server.lose()],
    ["is given up with all else", RangeError, (bench: Bench) => bench.session.abandon(new RangeError("enough"))],
    [
      "is overtaken by a polite end",
      ConnectionLostError,
      (bench: Bench) => bench.session.disconnect({}, bench.clock.now()),
    ],
  ])("gives its context back when it %s", (_, kind, end) => {
    const bench = authenticated();
    bench.session.reauthenticate("again", bench.clock.now());
    challengeOf(bench);
    end(bench);
    expect(bench.events().filter(({ type }) => type === "failed")).toEqual([
      { type: "failed", context: "again", error: expect.any(kind) },
    ]);
    expect(bench.session.nextTimeout()).toBeUndefined();
  });

  test("needs a method [MQTT-4.12.0-7], a connection, and the end of the one before", () => {
    const { session, clock, server } = online();
    expect(() => session.reauthenticate("x", clock.now())).toThrow(OptionError);
    expect(server.received().map(({ type }) => type)).toEqual(["connect"]);

    const without = offline(withMethod);
    expect(() => without.session.reauthenticate("x", without.clock.now())).toThrow(NotConnectedError);

    const bench = authenticated();
    bench.session.reauthenticate("x", bench.clock.now());
    expect(() => bench.session.reauthenticate("y", bench.clock.now())).toThrow(AuthenticationError);
  });

  test("sends no AUTH that is larger than the server takes [MQTT-3.2.2-15]", () => {
    const bench = offline(withMethod);
    bench.server.open();
    answer(bench);
    bench.server.send({ type: "connack", properties: { authenticationMethod: METHOD, maximumPacketSize: 40 } });
    answer(bench);
    bench.events();
    bench.session.reauthenticate("again", bench.clock.now());
    const challenge = challengeOf(bench);
    bench.server.takeReceived();
    expect(() => bench.session.authenticate(challenge, new Uint8Array(40), bench.clock.now())).toThrow(
      ServerLimitError,
    );
    expect(bench.server.takeReceived()).toEqual([]);
  });
});

test("the method's name is an option of 5.0, and not empty", () => {
  expect(() => offline({ authenticationMethod: "" })).toThrow(OptionError);
  expect(() => offline({ ...withMethod, protocolVersion: 4 })).toThrow("MQTT 3.x has no such thing");
  expect(() => offline({ authenticationMethod: "x".repeat(65_536) })).toThrow(OptionError);
});

test("whatever server and method do, and whenever: one end for each connection and each command, and nothing out of turn", () => {
  const reasonCode = fc.constantFrom(ReasonCode.success, ReasonCode.continueAuthentication, ReasonCode.reAuthenticate);
  const method = fc.constantFrom(METHOD, METHOD, METHOD, "HARE");
  const step = fc.oneof(
    fc.tuple(reasonCode, method).map(([code, name]) => ({ server: auth(code, "x", name) })),
    method.map((name) => ({ server: connack("x", name) })),
    fc.constant({ server: publish("a", "1") }),
    // Mostly the last question, and mostly a yes; else nothing would ever come about.
    fc.record({ answer: fc.constantFrom(0, 0, 0, 0, 1, 2), refuse: fc.constantFrom(false, false, false, false, true) }),
    fc.constantFrom<{ do: "open" | "lose" | "wait" | "again" | "publish" }>(
      ...(["open", "lose", "wait", "again", "publish"] as const).map((what) => ({ do: what })),
    ),
  );
  const beginning = [
    { do: "open" as const },
    { answer: 0, refuse: false },
    { server: connack("x") },
    { answer: 0, refuse: false },
    { do: "again" as const },
    { answer: 0, refuse: false },
    { server: auth(ReasonCode.success) },
    { answer: 0, refuse: false },
  ];
  let reauthenticated = 0;
  fc.assert(
    fc.property(fc.nat(beginning.length), fc.array(step, { maxLength: 30 }), (begun, rest) => {
      const steps = [...beginning.slice(0, begun), ...rest];
      const { session, server, clock, events } = offline(withMethod);
      const asked: Challenge[] = [];
      const awaited = new Set<string>();
      let opened = 0;
      let ended = 0;
      let online = false;
      const look = (): void => {
        for (const event of events()) {
          if (event.type === "challenge") asked.unshift(event.challenge);
          if (event.type === "connected") online = true;
          if (event.type === "disconnected") {
            ended++;
            online = false;
          }
          if (event.type === "reauthenticated") {
            expect(awaited.delete(event.context)).toBe(true);
            reauthenticated++;
          }
          if (event.type === "failed") expect(awaited.delete(event.context)).toBe(true);
        }
        if (session.phase === "connecting") {
          const early = server.received().filter(({ type }) => type !== "auth" && type !== "disconnect");
          expect(early.map(({ type }) => type)).toEqual(early.length === 0 ? [] : ["connect"]);
        }
        expect(server.received()[0]?.type ?? "connect").toBe("connect");
        expect(online).toBe(session.phase === "online");
      };
      for (const [index, each] of steps.entries()) {
        if ("server" in each) {
          if (session.phase !== "offline") server.send(each.server);
        } else if ("answer" in each) {
          const challenge = asked[each.answer];
          if (challenge === undefined) continue;
          if (each.refuse) session.refuseChallenge(challenge, new Error("no"), clock.now());
          else session.authenticate(challenge, encodeUtf8("yes"), clock.now());
        } else if (each.do === "open") {
          opened++;
          server.open();
        } else if (each.do === "lose") server.lose();
        else if (each.do === "wait") clock.advance(15_000);
        else if (each.do === "publish")
          session.publish({ topicName: "a", payload: "1", qos: 1 }, "message", clock.now());
        else {
          try {
            session.reauthenticate(`${index}`, clock.now());
            awaited.add(`${index}`);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/PETREL_NOT_CONNECTED|PETREL_AUTHENTICATION/) });
          }
        }
        look();
      }
      server.lose();
      look();
      expect([ended, awaited.size]).toEqual([opened, 0]);
    }),
    { numRuns: 500 },
  );
  expect(reauthenticated).toBeGreaterThan(10); // it did come about
});
