import type { PublishPacket } from "@petrel/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InboundTopicAliases } from "../src/topic-aliases.ts";
import { type Bench, offline, online } from "./support/online.ts";
import { connect, disconnect, publish, puback } from "./support/packets.ts";

const aliased = (topicName: string, topicAlias: number): PublishPacket =>
  publish(topicName, "x", { properties: { topicAlias } });

test("an alias stands for the topic name it came with last (section 3.3.2.3.4)", () => {
  const aliases = new InboundTopicAliases(2);
  const topicOf = (packet: PublishPacket): string => aliases.resolve(packet).topicName;
  expect(topicOf(aliased("a", 1))).toBe("a");
  expect(topicOf(aliased("b", 2))).toBe("b");
  expect(topicOf(aliased("", 1))).toBe("a");
  expect(topicOf(aliased("c", 1))).toBe("c");
  expect(topicOf(aliased("", 1))).toBe("c");
  expect(topicOf(aliased("", 2))).toBe("b");
  expect(topicOf(publish("d", "x"))).toBe("d");
});

test("a server that uses an alias above our maximum gets DISCONNECT 0x94 [MQTT-3.3.2-11]", () => {
  const { server, events } = online({ topicAliasMaximum: 2 });
  server.send(aliased("fine", 2), aliased("too high", 3));
  expect(server.takeReceived()).toEqual([disconnect(0x94)]);
  expect(events()).toMatchObject([
    { type: "message", packet: { topicName: "fine" } },
    { type: "disconnected", by: "client", error: { name: "ProtocolError", reasonCode: 0x94, clause: "MQTT-3.3.2-11" } },
  ]);
});

test("without a maximum of ours, no alias may come at all [MQTT-3.1.2-27]", () => {
  const { server } = online({ topicAliasMaximum: 0 });
  server.send(aliased("a", 1));
  expect(server.takeReceived()).toEqual([disconnect(0x94)]);
});

test('aliases end with their connection: "A receiver MUST NOT carry forward any Topic Alias mappings from one Network Connection to another" [MQTT-3.3.2-7]', () => {
  const { server } = online({ topicAliasMaximum: 2 });
  server.send(aliased("a", 1));
  server.lose();
  server.accept({ sessionPresent: false });
  server.send(aliased("", 1));
  expect(server.takeReceived()).toEqual([connect(), disconnect(0x94)]);
});

describe("outgoing", () => {
  const send = ({ session, clock }: Bench, topicName: string, topicAlias?: number, qos: 0 | 1 = 0) =>
    session.publish(
      { topicName, payload: "x", qos, properties: topicAlias === undefined ? undefined : { topicAlias } },
      topicName,
      clock.now(),
    );
  /** As in `sensors/a=1` (sets alias 1), `=1` (stands for its name), `sensors/a` (none). */
  const wire = ({ server }: Bench): string[] =>
    server.takeReceived().flatMap((packet) => {
      if (packet.type !== "publish") return [];
      const alias = packet.properties?.topicAlias;
      return [alias === undefined ? packet.topicName : `${packet.topicName}=${alias}`];
    });

  test("a name gets an alias with its second use, and is left out from the third on", () => {
    const bench = online({}, { topicAliasMaximum: 5 });
    for (let count = 0; count < 4; count++) send(bench, "sensors/a");
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a=1", "=1", "=1"]);
  });

  test("other properties stay beside it, and the message keeps neither", () => {
    const bench = online({}, { topicAliasMaximum: 5 });
    const message = { topicName: "sensors/a", payload: "x", properties: { contentType: "text" } };
    for (let count = 0; count < 3; count++) bench.session.publish(message, "m", 0);
    expect(bench.server.takeReceived()).toMatchObject([
      { topicName: "sensors/a", properties: { contentType: "text" } },
      { topicName: "sensors/a", properties: { contentType: "text", topicAlias: 1 } },
      { topicName: "", properties: { contentType: "text", topicAlias: 1 } },
    ]);
    expect(message.properties).toEqual({ contentType: "text" });
  });

  test('there is none for names that are shorter than what it saves, without a maximum of the server, or with "off"', () => {
    for (const [bench, topicName] of [
      [online({}, { topicAliasMaximum: 5 }), "short/1"],
      [online(), "sensors/a"],
      [online({ topicAliases: "off" }, { topicAliasMaximum: 5 }), "sensors/a"],
      [online({ protocolVersion: 4 }), "sensors/a"],
    ] as const) {
      for (let count = 0; count < 3; count++) send(bench, topicName);
      expect(wire(bench)).toEqual([topicName, topicName, topicName]);
    }
  });

  test("the least recently used alias goes to a name that was used twice since", () => {
    const bench = online({}, { topicAliasMaximum: 2 });
    for (const name of ["a", "a", "b", "b", "a"]) send(bench, `sensors/${name}`);
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a=1", "sensors/b", "sensors/b=2", "=1"]);
    for (const name of ["c", "b", "c", "c", "b"]) send(bench, `sensors/${name}`);
    expect(wire(bench)).toEqual(["sensors/c", "=2", "sensors/c=1", "=1", "=2"]);
    send(bench, "sensors/a");
    expect(wire(bench)).toEqual(["sensors/a"]);
  });

  test("more names in turn than there are aliases don't take them from each other", () => {
    const bench = online({}, { topicAliasMaximum: 2 });
    for (let round = 0; round < 3; round++) for (const name of ["a", "b", "c"]) send(bench, `sensors/${name}`);
    expect(wire(bench).slice(-3)).toEqual(["=1", "=2", "sensors/c"]);
  });

  test("the application may choose one; it is left out when the server knows it", () => {
    const bench = online({ topicAliases: "off" }, { topicAliasMaximum: 3 });
    send(bench, "a", 3);
    send(bench, "a", 3);
    send(bench, "a");
    send(bench, "", 3);
    send(bench, "b", 3);
    send(bench, "", 3);
    send(bench, "b", 1);
    expect(wire(bench)).toEqual(["a=3", "=3", "a", "=3", "b=3", "=3", "b=1"]);
  });

  test("chosen and automatic ones keep out of each other's way", () => {
    const bench = online({}, { topicAliasMaximum: 3 });
    send(bench, "sensors/a", 1);
    for (const name of ["b", "b", "a", "c", "c"]) send(bench, `sensors/${name}`);
    expect(wire(bench)).toEqual(["sensors/a=1", "sensors/b", "sensors/b=2", "=1", "sensors/c", "sensors/c=3"]);
    send(bench, "sensors/d", 2);
    send(bench, "sensors/b");
    expect(wire(bench)).toEqual(["sensors/d=2", "sensors/b"]);
  });

  test("one above the server's maximum is refused before a byte is written [MQTT-3.3.2-9]", () => {
    for (const topicAliasMaximum of [undefined, 2]) {
      const bench = online({}, topicAliasMaximum === undefined ? {} : { topicAliasMaximum });
      const allowed = topicAliasMaximum ?? 0;
      expect(() => send(bench, "a", 3)).toThrow(
        expect.objectContaining({
          name: "ServerLimitError",
          limit: "topicAliasMaximum",
          allowed,
          found: 3,
          message: `topic alias 3 is above the server's topic alias maximum of ${allowed}`,
        }),
      );
      expect(wire(bench)).toEqual([]);
    }
  });

  test("a message that waits for another connection goes with its full name, and its alias if that one has it", () => {
    for (const [topicAliasMaximum, expected] of [
      [2, "sensors/a"],
      [3, "sensors/a=3"],
    ] as const) {
      const bench = offline();
      send(bench, "sensors/a", 3, 1);
      bench.server.accept({ topicAliasMaximum });
      expect(wire(bench)).toEqual([expected]);
    }
  });

  test("a name that the server does not know can not be left out", () => {
    const bench = online({}, { topicAliasMaximum: 3 });
    expect(() => send(bench, "", 2)).toThrow(
      "topicName is empty, and topic alias 2 stands for no name on this connection",
    );
  });

  test("a message that is sent again has its full name; the new connection begins without aliases [MQTT-3.3.2-7]", () => {
    const bench = online(
      { clientIdentifier: "me", cleanStart: false, sessionExpiryInterval: 300 },
      { topicAliasMaximum: 5 },
    );
    for (let count = 0; count < 3; count++) send(bench, "sensors/a", undefined, 1);
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a=1", "=1"]);
    bench.server.lose();
    bench.server.accept({ sessionPresent: true, topicAliasMaximum: 5 });
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a", "sensors/a"]);
    send(bench, "sensors/a", undefined, 1);
    send(bench, "sensors/a", undefined, 1);
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a=1"]);
  });

  test("an alias never makes a packet too large for the server", () => {
    const bench = online({}, { topicAliasMaximum: 5, maximumPacketSize: 50 });
    const payload = "x".repeat(50 - 5 - "sensors/a".length);
    for (let count = 0; count < 3; count++) bench.session.publish({ topicName: "sensors/a", payload }, "m", 0);
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a", "sensors/a"]);
    expect(bench.events().map(({ type }) => type)).toEqual(["published", "published", "published"]);
  });

  test("what could not be written sets no alias", () => {
    const bench = online({}, { topicAliasMaximum: 5 });
    send(bench, "sensors/a");
    expect(() => bench.session.publish({ topicName: "sensors/a", payload: "\ud800" }, "m", 0)).toThrow("well-formed");
    expect(() => bench.session.publish({ topicName: "sensors/a", payload: "\ud800" }, "m", 0)).toThrow("well-formed");
    send(bench, "sensors/a");
    send(bench, "sensors/a");
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a=1", "=1"]);
  });

  test("whatever is published, the server reads the names that were meant, and no alias above its maximum", () => {
    const message = fc.record({
      name: fc.nat(12),
      alias: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 5 }),
      qos: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 150 }), (messages) => {
        const bench = online({ maximumInflight: 65_535 }, { topicAliasMaximum: 4 });
        const names: string[] = [];
        for (const { name, alias, qos } of messages) {
          const topicName = `${name % 3 === 0 ? "t" : "sensors"}/${name}`;
          names.push(topicName);
          send(bench, topicName, alias, qos);
        }
        const aliases = new InboundTopicAliases(4);
        const read = bench.server
          .takeReceived()
          .map((packet) => (packet.type === "publish" ? aliases.resolve(packet).topicName : packet.type));
        expect(read).toEqual(names);
      }),
    );
  });

  test("the answer gives back the quota as always", () => {
    const bench = online({ maximumInflight: 1 }, { topicAliasMaximum: 5 });
    for (let count = 0; count < 3; count++) send(bench, "sensors/a", undefined, 1);
    bench.server.send(puback(1));
    bench.server.send(puback(1));
    expect(wire(bench)).toEqual(["sensors/a", "sensors/a=1", "=1"]);
  });
});
