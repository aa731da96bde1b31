/** A server that is hostile or broken: what the application sees, and what goes out on the wire. */

import type { PacketInit } from "@petrel/codec";
import { FaultLink } from "@petrel/testing";
import { describe, expect, test } from "vitest";
import type { OptionsV5 } from "../src/core.ts";
import { soon, watch, World } from "./support/world.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const publish = (packetIdentifier: number): PacketInit => ({
  type: "publish",
  topicName: "a",
  payload: "1",
  qos: 1,
  packetIdentifier,
});

interface Mistake {
  readonly options?: Omit<OptionsV5, "version">;
  readonly does: (world: World) => void | Promise<void>;
  readonly error: string;
  readonly says: RegExp;
  /** What DISCONNECT carries in 5.0. */
  readonly reasonCode: number;
  /** 3.x can't make this mistake, or it is none there. */
  readonly only5?: boolean;
}

const MISTAKES: readonly (readonly [string, Mistake])[] = [
  [
    "a packet whose bytes make no sense",
    {
      does: ({ server }) => server.sendBytes(hex("40 01 00")), // PUBACK with half a packet identifier
      error: "MalformedPacketError",
      says: /./,
      reasonCode: 0x81,
    },
  ],
  [
    "a remaining length of five bytes",
    {
      does: ({ server }) => server.sendBytes(hex("30 ff ff ff ff 01")),
      error: "MalformedPacketError",
      says: /\(at byte \d+\)/,
      reasonCode: 0x81,
    },
  ],
  [
    "QoS 3",
    {
      does: ({ server }) => server.sendBytes(hex("36 06 00 01 61 00 01 00")),
      error: "MalformedPacketError",
      says: /QoS.*\[MQTT-3\.3\.1-4\]/,
      reasonCode: 0x81,
    },
  ],
  [
    "wrong flags in a fixed header",
    {
      does: ({ server }) => server.sendBytes(hex("d1 00")),
      error: "MalformedPacketError",
      says: /flags.*\[MQTT-2\.[12]\./i,
      reasonCode: 0x81,
    },
  ],
  [
    "text that is not UTF-8",
    {
      does: ({ server }) => server.sendBytes(hex("30 04 00 02 c0 80")),
      error: "MalformedPacketError",
      says: /UTF-8.*\[MQTT-1\.5\.[34]-1\]/,
      reasonCode: 0x81,
    },
  ],
  [
    "a second CONNACK",
    {
      does: ({ server }) => server.send({ type: "connack" }),
      error: "ProtocolError",
      says: /a second CONNACK came/,
      reasonCode: 0x82,
    },
  ],
  [
    "a packet that only clients send",
    {
      does: ({ server }) => server.sendBytes(hex("c0 00")),
      error: "ProtocolError",
      says: /a server must not send this packet/,
      reasonCode: 0x82,
    },
  ],
  [
    "an answer to a SUBSCRIBE that was never sent",
    {
      does: ({ server }) => server.send({ type: "suback", packetIdentifier: 9, reasonCodes: [0] }),
      error: "ProtocolError",
      says: /it answers packet identifier 9, for which no SUBSCRIBE was sent/,
      reasonCode: 0x82,
    },
  ],
  [
    "an acknowledgement of the wrong kind",
    {
      does: async (world) => {
        world.server.automatic = false;
        world.client.publish("given up", "1", { qos: 2 }).catch(() => undefined);
        await world.settle();
        world.server.send({ type: "puback", packetIdentifier: 1 });
      },
      error: "ProtocolError",
      says: /it answers packet identifier 1, which is a QoS 2 message waiting for PUBREC/,
      reasonCode: 0x82,
    },
  ],
  [
    "a topic with a wildcard",
    {
      does: ({ server }) => server.sendBytes(hex("30 04 00 01 23 00")),
      error: "MalformedPacketError",
      says: /wildcard.*\[MQTT-3\.3\.2-2\]/i,
      reasonCode: 0x81,
    },
  ],
  [
    "AUTH that nobody asked for",
    {
      does: ({ server }) => server.sendBytes(hex("f0 00")),
      error: "ProtocolError",
      says: /we did not ask for enhanced authentication/,
      reasonCode: 0x82,
      only5: true,
    },
  ],
  [
    "more messages at once than Receive Maximum",
    {
      options: { receiveMaximum: 2 },
      does: ({ server }) => server.send(publish(1), publish(2), publish(3)),
      error: "ProtocolError",
      says: /Receive Maximum/i,
      reasonCode: 0x93,
      only5: true,
    },
  ],
  [
    "a packet above our Maximum Packet Size, of which only the header has come",
    {
      options: { maximumPacketSize: 1_000 },
      does: ({ server }) => server.sendBytes(hex("30 ff ff ff 7f")),
      error: "ProtocolError",
      says: /268435460 bytes.*1000/,
      reasonCode: 0x95,
    },
  ],
  [
    "a topic alias that was never set",
    {
      does: ({ server }) => server.sendBytes(hex("30 06 00 00 03 23 00 07")),
      error: "ProtocolError",
      says: /alias 7/,
      reasonCode: 0x94,
      only5: true,
    },
  ],
  [
    "a topic alias above our maximum",
    {
      options: { topicAliasMaximum: 3 },
      does: ({ server }) =>
        server.send({ type: "publish", topicName: "a", payload: "", properties: { topicAlias: 4 } }),
      error: "ProtocolError",
      says: /alias 4/,
      reasonCode: 0x94,
      only5: true,
    },
  ],
];

describe.each(MISTAKES)("%s", (_, { options, does, error, says, reasonCode, only5 = false }) => {
  const versions = only5 ? (["5.0"] as const) : (["5.0", "3.1.1"] as const);
  test.each(versions)(
    "%s: is an error that says what is wrong, a DISCONNECT with the reason (3.1.1: the connection just ends), and a new connection",
    async (version) => {
      const world = await (version === "5.0" ? World.online(options) : World.online311(options));
      const { client } = world;
      const waiting = watch(client.subscribe("later")); // it must not be lost
      await world.settle();
      const published = watch(client.publish("kept", "1", { qos: 1 }));
      await world.settle();
      world.received();
      await does(world);
      await world.settle();
      const [ended, ...more] = world.eventsOf("disconnected");
      expect([ended?.cause?.name, more]).toEqual([error, []]);
      expect(ended?.cause?.message).toMatch(says);
      expect(ended).toMatchObject({ by: "client", willReconnectIn: expect.any(Number) });
      const goodbye = `disconnect 0x${reasonCode.toString(16)}`;
      const farewells = world.received().filter((packet) => packet.startsWith("disconnect"));
      expect(farewells).toEqual(version === "5.0" ? [goodbye] : []);
      expect([waiting.state, published.state]).toEqual(["resolved", "resolved"]);
      world.server.automatic = true;
      await world.elapse(1_000);
      expect([client.state, world.server.connections]).toEqual(["online", 2]);
      expect(world.received().filter((packet) => packet.includes("given up"))).toEqual([]); // that would not end
      await soon(world, client.disconnect());
    },
  );
});

describe("before CONNACK", () => {
  test.each([
    ["a SUBACK", hex("90 04 00 01 00 00"), "ProtocolError", 0x82],
    ["bytes that are not MQTT", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n"), undefined, undefined],
  ])("%s rejects connect(), with a DISCONNECT that says why", async (_, bytes, name, reasonCode) => {
    const world = new World({ server: { automatic: false } });
    const connecting = watch(world.client.connect());
    await world.settle();
    world.server.takeReceived();
    world.server.sendBytes(bytes);
    await world.settle();
    expect(connecting.state).toBe("rejected");
    expect(connecting.error?.message).toMatch(/./);
    if (name !== undefined) expect(connecting.error?.name).toBe(name);
    const [goodbye] = world.received();
    expect(goodbye).toMatch(reasonCode === undefined ? /^disconnect 0x8[12]$/ : /^disconnect 0x82$/);
  });

  test("no answer: the error names what is missing and how long it was waited for; nothing hangs", async () => {
    const world = new World({ server: { automatic: false }, timeouts: { connack: 5_000 } });
    const connecting = watch(world.client.connect());
    await world.elapse(5_000);
    expect(connecting.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "CONNACK", afterMs: 5_000 });
  });

  test.each([
    [0x84, false],
    [0x85, false],
    [0x86, false],
    [0x87, false],
    [0x8a, false],
    [0x8c, false],
    [0x95, false],
    [0x9a, false],
    [0x9b, false],
    [0x88, true],
    [0x89, true],
    [0x97, true],
    [0x9f, true],
  ])("a refusal 0x%s is typed, and tried again only where that can help", async (reasonCode, again) => {
    const world = new World({ server: { automatic: false }, reconnect: { retryInitial: true } });
    world.server.refuse(reasonCode);
    const connecting = watch(world.client.connect());
    await world.settle();
    const [ended] = world.eventsOf("disconnected");
    expect(ended).toMatchObject({
      by: "server",
      reasonCode,
      cause: { code: "PETREL_CONNECT_REFUSED", reasonCode, retryable: again },
    });
    expect([ended?.willReconnectIn !== undefined, connecting.state]).toEqual(
      again ? [true, "pending"] : [false, "rejected"],
    );
    world.client.destroy();
    await world.settle();
  });

  test("a session that is present though we asked for a clean start ends the connection", async () => {
    const world = new World({ server: { automatic: false }, cleanStart: true });
    world.server.accept({ sessionPresent: true });
    const connecting = watch(world.client.connect());
    await world.settle();
    expect(connecting.error).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", message: /session/i });
    expect(world.received()).toContain("disconnect 0x82");
    expect(world.eventNames).not.toContain("message");
  });
});

describe("a server that stops", () => {
  test("in the middle of a packet is caught by keep alive, and what came of it is not delivered", async () => {
    const world = await World.online({ keepAlive: 10, timeouts: { pingResponse: 5_000 } });
    world.server.automatic = false;
    world.server.sendBytes(hex("30 80 08 00 01 61 00")); // PUBLISH of 1,024 bytes, of which these come
    await world.elapse(15_000);
    const [ended] = world.eventsOf("disconnected");
    expect(ended).toMatchObject({ by: "network", cause: { code: "PETREL_TIMEOUT", what: "PINGRESP" } });
    expect(world.eventNames).not.toContain("message");
  });

  test("answering SUBSCRIBE fails that call alone, and a PUBLISH has no deadline while the connection lives", async () => {
    const world = await World.online({ keepAlive: 0, timeouts: { request: 3_000 } });
    world.server.automatic = false;
    const published = watch(world.client.publish("a", "1", { qos: 1 }));
    const subscribed = watch(world.client.subscribe("b"));
    await world.elapse(3_000);
    expect(subscribed.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "SUBACK", afterMs: 3_000 });
    await world.elapse(3_600_000);
    expect([published.state, world.client.state]).toEqual(["pending", "online"]);
    await world.send({ type: "puback", packetIdentifier: 1 });
    expect(published.state).toBe("resolved");
  });

  test("being there, without a word (a half-open connection): noticed, made again, and nothing accepted is lost", async () => {
    const links: FaultLink[] = [];
    const link = (): FaultLink => {
      links.push(new FaultLink());
      return links.at(-1)!;
    };
    const world = await World.online({ server: { link }, keepAlive: 10, timeouts: { pingResponse: 5_000 } });
    links[0]!.silence();
    const published = watch(world.client.publish("a", "1", { qos: 1 }));
    await world.elapse(15_000);
    expect(world.eventsOf("disconnected")[0]?.cause).toMatchObject({ what: "PINGRESP", afterMs: 5_000 });
    await world.elapse(1_000);
    expect([published.state, world.client.state]).toEqual(["resolved", "online"]);
    await soon(world, world.client.disconnect());
  });

  test.each([1, 2] as const)(
    "after any number of bytes, in either direction: a QoS %i message is settled in the end, and sent no more often than needed",
    async (qos) => {
      for (let cut = 1; cut < 60; cut++) {
        const cuts = [{ toServer: 30 + cut }, { toClient: cut }];
        for (const cutAfter of cuts) {
          let first = true;
          const link = (): FaultLink => {
            const faulty = new FaultLink(first ? { cutAfter } : {});
            first = false;
            return faulty;
          };
          const world = new World({ server: { link }, reconnect: { retryInitial: true }, sessionExpiryInterval: 60 });
          const published = watch(world.client.publish("a", "1", { qos }));
          world.client.connect().catch(() => undefined);
          await world.elapse(5_000);
          expect([cut, published.state]).toEqual([cut, "resolved"]);
          await soon(world, world.client.disconnect());
        }
      }
    },
  );
});

test("a flood: work is bounded for each turn, so that timers, keep alive and other calls have theirs", async () => {
  const world = await World.online({ keepAlive: 10 });
  const flood = await soon(world, world.client.subscribe("flood", { buffer: 10 }));
  for (let burst = 0; burst < 50; burst++) {
    world.server.send(
      ...Array.from({ length: 100 }, () => ({ type: "publish", topicName: "flood", payload: "x" }) as const),
    );
  }
  await world.settle();
  expect(flood.buffered).toBeLessThanOrEqual(110); // the buffer, and the rest of the chunk that filled it
  const answered = watch(world.client.publish("other", "1", { qos: 1 }));
  await world.elapse(60_000);
  expect([answered.state, world.client.state, world.eventsOf("disconnected")]).toEqual(["resolved", "online", []]);
});
