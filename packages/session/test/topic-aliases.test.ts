import type { PublishPacket } from "@petrel/codec";
import { expect, test } from "vitest";
import { InboundTopicAliases } from "../src/topic-aliases.ts";
import { online } from "./support/online.ts";
import { connect, disconnect, publish } from "./support/packets.ts";

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
