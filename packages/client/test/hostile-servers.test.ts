import { encodePacket, type PacketInit } from "@petrel/codec";
import { describe, expect, test, vi } from "vitest";
import { watch, World } from "./support/world.ts";

const hex = (digits: string): Uint8Array => Uint8Array.from(digits.split(" "), (byte) => Number.parseInt(byte, 16));
const bytesOf = (packet: PacketInit): Uint8Array => encodePacket(packet, 5);

describe("what follows CONNACK in the same chunk, and ends the connection", () => {
  test.each([
    ["a second CONNACK", bytesOf({ type: "connack" }), ["disconnect 0x82"]],
    ["DISCONNECT", bytesOf({ type: "disconnect", reasonCode: 0x8b }), []],
    ["a packet that only clients send", bytesOf({ type: "pingreq" }), ["disconnect 0x82"]],
    ["a packet of type 0", hex("00 00"), ["disconnect 0x81"]],
    ["a DISCONNECT with a reason code that is none", hex("e0 01 77"), ["disconnect 0x82"]],
    ["a header that announces 256 MiB", hex("30 ff ff ff 7f"), ["disconnect 0x95"]],
    ["no MQTT", new TextEncoder().encode("HTTP/1.1 400 Bad Request"), ["disconnect 0x81"]],
  ])("%s: connect() resolves, and the loss is told", async (_, follows, answers) => {
    const world = new World({ server: { automatic: false }, reconnect: false });
    const connected = watch(world.client.connect());
    await world.settle();
    world.received();
    const published = watch(world.client.publish("a", "1", { qos: 1 }));
    world.server.sendBytes(Uint8Array.of(...bytesOf({ type: "connack" }), ...follows));
    await world.settle();
    expect(connected.state).toBe("resolved");
    expect(world.eventNames.slice(0, 3)).toEqual(["connecting", "connected", "disconnected"]);
    expect(world.client.state).toBe("offline");
    expect(published.error).toBe(world.eventsOf("disconnected")[0]!.cause);
    expect(world.received().filter((packet) => !packet.startsWith("publish"))).toEqual(answers);
    await world.elapse(2_000);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("the end of the network connection", async () => {
    const world = new World({ server: { automatic: false }, reconnect: false });
    const connected = watch(world.client.connect());
    await world.settle();
    world.server.sendBytes(bytesOf({ type: "connack" }));
    world.server.close();
    await world.settle();
    expect([connected.state, world.client.state]).toEqual(["resolved", "offline"]);
    expect(world.eventNames.slice(0, 3)).toEqual(["connecting", "connected", "disconnected"]);
  });
});

test("a server that floods us does not keep timers from their turn", async () => {
  const world = await World.online();
  const read: string[] = [];
  let worked = 0;
  const now = vi.spyOn(world.clock, "now").mockImplementation(() => 1_000 + worked);
  world.client.on("message", ({ topic }) => {
    read.push(topic);
    worked += 30; // nothing else runs meanwhile
  });
  for (const topicName of ["1", "2", "3", "4"]) world.server.send({ type: "publish", topicName });
  await world.clock.settle();
  expect(read).toEqual(["1", "2"]);
  now.mockRestore();
  await world.elapse(2_000);
  expect(read).toEqual(["1", "2", "3", "4"]);
});

test("a dialogue, however fast, does not stop reading: between its messages timers have their turn", async () => {
  const world = await World.online();
  let time = world.clock.now();
  vi.spyOn(world.clock, "now").mockImplementation(() => time);
  const read: string[] = [];
  world.client.on("message", ({ topic }) => {
    read.push(topic);
    time += 0.6;
  });
  const topics = Array.from({ length: 200 }, (_, index) => String(index));
  for (const topicName of topics) {
    world.server.send({ type: "publish", topicName });
    await world.clock.settle();
    time += 0.4;
  }
  expect(read).toEqual(topics);
});
