import { describe, expect, test } from "vitest";
import { KeepAlive } from "../src/keep-alive.ts";
import { online } from "./support/online.ts";
import { connect, disconnect, pingreq, pingresp, publish, puback } from "./support/packets.ts";

const timedOut = {
  type: "disconnected",
  by: "network",
  error: { name: "TimeoutError", message: "no PINGRESP within 20000 ms; the server is gone, or the way to it" },
};

describe("asking", () => {
  test("a client that sends nothing sends PINGREQ before the interval is over [MQTT-3.1.2-20]", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    clock.advance(59_000);
    expect(server.takeReceived()).toEqual([]);
    clock.advance(1_000);
    expect(server.takeReceived()).toEqual([pingreq]);
    server.send(pingresp);
    clock.advance(58_000);
    expect(server.takeReceived()).toEqual([]);
    clock.advance(1_500);
    expect(server.takeReceived()).toEqual([pingreq]);
    expect(events()).toEqual([]);
  });

  test("who sends and hears something now and then need not ask", () => {
    const { session, server, clock } = online({ keepAlive: 10 });
    for (let round = 1; round <= 20; round++) {
      clock.advance(6_000);
      session.publish({ topicName: "t", qos: 1 }, `${round}`, clock.now());
      expect(server.takeReceived()).toEqual([publish("t", "", { qos: 1, packetIdentifier: 1 })]);
      server.send(puback(1));
    }
  });

  test("who only sends asks all the same, or would never learn that nobody listens", () => {
    const { session, server, clock, events } = online({ keepAlive: 10 });
    for (let second = 0; second < 29; second++) {
      clock.advance(1_000);
      session.publish({ topicName: "t" }, "q0", clock.now());
      server.pull();
    }
    expect(server.takeReceived().filter(({ type }) => type === "pingreq")).toHaveLength(1);
    clock.advance(1_000);
    expect(events().at(-1)).toMatchObject(timedOut);
  });

  test("who only hears asks, for the server wants a sign of life", () => {
    const { server, clock } = online({ keepAlive: 10 });
    for (let second = 0; second < 10; second++) {
      server.send(publish("t", "x"));
      clock.advance(1_000);
    }
    expect(server.takeReceived()).toEqual([pingreq]);
  });

  test('0 is off, the server\'s word too: "the Client MUST use this value" [MQTT-3.2.2-21]', () => {
    const off = online({ keepAlive: 0 });
    expect(off.session.nextTimeout()).toBeUndefined();
    const offByServer = online({ keepAlive: 10 }, { serverKeepAlive: 0 });
    expect(offByServer.session.nextTimeout()).toBeUndefined();
    const byServer = online({ keepAlive: 0 }, { serverKeepAlive: 10 });
    byServer.clock.advance(10_000);
    expect(byServer.server.takeReceived()).toEqual([pingreq]);
  });

  test("asks again each interval while it waits for an answer", () => {
    const { server, clock } = online({ keepAlive: 5 });
    clock.advance(15_000);
    expect(server.takeReceived()).toEqual([pingreq, pingreq, pingreq]);
  });
});

describe("waiting for the answer", () => {
  test("without PINGRESP in time, the server is gone", () => {
    const { session, server, clock, events } = online({ keepAlive: 60 });
    clock.advance(59_500);
    expect(server.takeReceived()).toEqual([pingreq]);
    clock.advance(19_999);
    expect(events()).toEqual([]);
    clock.advance(1);
    expect(events()).toMatchObject([timedOut]);
    expect(session.phase).toBe("disconnecting");
    expect(session.nextTimeout()).toBeUndefined();
  });

  test("other packets that still come prove that the server lives: the answer queues behind them", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    clock.advance(60_000);
    for (let second = 0; second < 60; second++) {
      server.send(publish("much", "retained"));
      clock.advance(1_000);
    }
    expect(events().filter(({ type }) => type !== "message")).toEqual([]);
    clock.advance(20_000);
    expect(events()).toMatchObject([timedOut]);
  });

  test("bytes of a packet that never ends prove nothing", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    server.sendBytes(Uint8Array.of(0x30, 0xff, 0x7f));
    for (let second = 0; second < 79; second++) {
      clock.advance(1_000);
      server.sendBytes(Uint8Array.of(0));
    }
    expect(events()).toEqual([]);
    clock.advance(1_000);
    expect(events()).toMatchObject([timedOut]);
  });

  test("on a slow downlink, the bytes of a large packet show that the server lives; once they stop, they don't", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    clock.advance(60_000);
    server.sendBytes(Uint8Array.of(0x30, 0x80, 0x80, 0x40)); // 1 MiB follows
    for (let second = 0; second < 600; second++) {
      server.sendBytes(new Uint8Array(100));
      clock.advance(1_000);
    }
    expect(events()).toEqual([]);
    clock.advance(40_000);
    expect(events()).toMatchObject([timedOut]);
  });

  test("a network that takes nothing gets one PINGREQ, and its time", () => {
    const { session, server, clock, events } = online({ keepAlive: 5 });
    server.reading = false;
    clock.advance(4_750); // PINGREQ waits in the output
    clock.advance(19_999);
    expect(events()).toEqual([]);
    clock.advance(1);
    expect(events()).toMatchObject([timedOut]);
    expect(session.takeOutput(clock.now())).toEqual(Uint8Array.of(0xc0, 0));
    expect(session.takeOutput(clock.now())).toBeUndefined();
  });

  test("on a slow network, the answer is due after the question went out, not after it was asked", () => {
    const { session, server, clock, events } = online({ keepAlive: 60 });
    server.reading = false;
    session.publish({ topicName: "large", payload: new Uint8Array(100_000) }, "large", clock.now());
    clock.advance(79_000);
    expect(session.takeOutput(clock.now())).toBeDefined(); // the head of the large message
    clock.advance(19_000);
    expect(session.takeOutput(clock.now())).toHaveLength(100_000);
    clock.advance(19_000);
    expect(session.takeOutput(clock.now())).toEqual(Uint8Array.of(0xc0, 0));
    clock.advance(19_000);
    expect(events().filter(({ type }) => type === "disconnected")).toEqual([]);
    server.send(pingresp);
    clock.advance(30_000);
    expect(events()).toEqual([]);
  });

  test("while the application does not read, an answer can not be missed", () => {
    const { session, server, clock, events } = online({ keepAlive: 60 });
    clock.advance(60_000);
    session.handleReadingPaused(clock.now());
    clock.advance(3_600_000);
    expect(events()).toEqual([]);
    expect(server.takeReceived().length).toBeGreaterThan(59); // and the server hears of us all the time

    session.handleReadingResumed(clock.now());
    clock.advance(19_999);
    expect(events()).toEqual([]);
    clock.advance(1);
    expect(events()).toMatchObject([timedOut]);
  });

  test("reading stopped before the question, and went on after it", () => {
    const { session, clock, events } = online({ keepAlive: 60 });
    session.handleReadingPaused(clock.now());
    clock.advance(100_000);
    session.handleReadingResumed(clock.now());
    clock.advance(20_000);
    expect(events()).toMatchObject([timedOut]);
  });
});

describe("sleeping", () => {
  test("a machine that slept for an hour asks first: the server may still be there", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    clock.sleep(3_600_000);
    expect(server.takeReceived()).toEqual([]);
    clock.advance(1_000);
    expect(server.takeReceived()).toEqual([pingreq]);
    expect(events()).toEqual([]);
    server.send(pingresp);
    clock.advance(30_000);
    expect(events()).toEqual([]);
  });

  test("an answer that came while the process was busy is read before it is missed", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    clock.advance(60_000);
    clock.sleep(45_000); // PINGRESP has come, but timers run before the network is read
    expect(events()).toEqual([]);
    clock.advance(5);
    server.send(pingresp);
    clock.advance(30_000);
    expect(events()).toEqual([]);
  });

  test("an answer that was slept through gets its time once more, and the network something to do", () => {
    const { server, clock, events } = online({ keepAlive: 60 });
    clock.advance(60_000);
    expect(server.takeReceived()).toEqual([pingreq]);
    clock.sleep(45_000);
    clock.advance(1_000);
    expect(server.takeReceived()).toEqual([pingreq]);
    clock.advance(19_000);
    expect(events()).toEqual([]);
    server.send(pingresp, pingresp);
    clock.advance(40_000);
    expect(events()).toEqual([]);
    expect(server.takeReceived()).toEqual([]);
  });

  test("but only once: a process that is always late still learns that the server is gone", () => {
    const { clock, events } = online({ keepAlive: 60 });
    clock.advance(60_000);
    clock.sleep(45_000);
    clock.sleep(1_000);
    clock.sleep(45_000);
    expect(events()).toEqual([]);
    clock.sleep(1_000);
    expect(events()).toMatchObject([timedOut]);
  });

  test("a deadline that is hardly late is met or missed like any other", () => {
    const { clock, events } = online({ keepAlive: 60 });
    clock.advance(59_500);
    clock.sleep(21_000);
    expect(events()).toMatchObject([timedOut]);
  });
});

test("a new connection begins anew", () => {
  const { session, server, clock, events } = online({ keepAlive: 60 });
  clock.advance(60_000);
  session.handleReadingPaused(clock.now());
  server.lose();
  server.accept();
  events();
  expect(server.takeReceived()).toEqual([connect()]);
  clock.advance(59_000);
  expect(server.takeReceived()).toEqual([]);
  clock.advance(21_000);
  expect(events()).toMatchObject([timedOut]);
});

describe("ping", () => {
  test("tells how long the answer took, from the moment the question went out", () => {
    const { session, server, clock, events } = online();
    expect(session.roundTripMs).toBeUndefined();
    server.reading = false;
    session.ping("first", clock.now());
    clock.advance(500);
    server.reading = true;
    expect(server.takeReceived()).toEqual([pingreq]);
    clock.advance(30);
    server.send(pingresp);
    expect(events()).toEqual([{ type: "pinged", context: "first", roundTripMs: 30 }]);
    expect(session.roundTripMs).toBe(30);
  });

  test("each has its own answer, and keep alive's questions have theirs; those that wait for the network share one", () => {
    const { session, server, clock, events } = online({ keepAlive: 10 });
    clock.advance(9_500);
    expect(server.takeReceived()).toEqual([pingreq]);
    session.ping("a", clock.now());
    server.pull();
    clock.advance(10);
    session.ping("b", clock.now());
    session.ping("c", clock.now());
    expect(server.takeReceived()).toEqual([pingreq, pingreq]);
    server.send(pingresp);
    expect(events()).toEqual([]);
    clock.advance(5);
    server.send(pingresp, pingresp, pingresp); // one too many is no harm
    expect(events()).toEqual([
      { type: "pinged", context: "a", roundTripMs: 15 },
      { type: "pinged", context: "b", roundTripMs: 5 },
      { type: "pinged", context: "c", roundTripMs: 5 },
    ]);
  });

  test("without an answer in time the connection ends, also where keep alive is off", () => {
    const { session, server, clock, events } = online({ keepAlive: 0 });
    session.ping("a", clock.now());
    server.pull();
    clock.advance(20_000);
    expect(events()).toMatchObject([
      timedOut,
      {
        type: "failed",
        context: "a",
        error: { name: "TimeoutError", message: "no PINGRESP within 20000 ms; the server is gone, or the way to it" },
      },
    ]);
    expect(session.nextTimeout()).toBeUndefined();
  });

  test("an answer leaves no deadline behind where keep alive is off", () => {
    const { session, server, clock } = online({ keepAlive: 0 });
    session.ping("a", clock.now());
    server.pull();
    server.send(pingresp);
    clock.advance(20_000);
    expect(session.nextTimeout()).toBeUndefined();
  });

  test("fails with the connection, whoever ends it, and is refused without one", () => {
    const lost = online();
    lost.session.ping("a", lost.clock.now());
    lost.server.lose(new Error("reset"));
    expect(lost.events()).toMatchObject([
      { type: "disconnected" },
      { type: "failed", context: "a", error: { name: "ConnectionLostError", message: "reset" } },
    ]);
    expect(() => lost.session.ping("b", lost.clock.now())).toThrow(
      expect.objectContaining({ name: "NotConnectedError" }),
    );

    const left = online();
    left.session.ping("a", left.clock.now());
    left.session.disconnect({}, left.clock.now());
    expect(left.server.takeReceived()).toEqual([pingreq, disconnect()]);
    expect(left.events()).toMatchObject([{ type: "disconnected" }, { type: "failed", context: "a" }]);

    const given = online();
    given.session.ping("a", given.clock.now());
    given.session.abandon(new Error("given up"));
    expect(given.events()).toMatchObject([{ context: "a", error: { message: "given up" } }, { type: "disconnected" }]);
  });
});

test("positions in the output wrap around without harm", () => {
  const keepAlive = new KeepAlive<string>(60, 20_000, 0);
  const end = 0x7fff_ffff;
  const connection = { position: (end + 2) | 0, pendingBytes: 9, write() {} } as never;
  keepAlive.ping("a", 0, connection);
  keepAlive.handleSent(10_000, end); // not out yet
  expect(keepAlive.nextDeadline()).toBe(30_000);
  keepAlive.handleSent(15_000, (end + 2) | 0); // out
  keepAlive.handleSent(20_000, (end + 9) | 0); // something else
  expect(keepAlive.nextDeadline()).toBe(35_000);
});
