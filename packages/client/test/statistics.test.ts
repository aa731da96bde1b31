import { encodeUtf8 } from "@petrel/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "../src/histogram.ts";
import type { Message } from "../src/core.ts";
import { soon, World } from "./support/world.ts";

test("a client counts what it sent and received, and what it holds", async () => {
  const world = await World.online({ keepAlive: 0, maximumInflight: 1 });
  world.server.automatic = false;
  world.client.publish("a", "1", { qos: 1 });
  world.client.publish("a", "2", { qos: 1 });
  await world.settle();
  expect(world.client.statistics()).toMatchObject({
    sent: { packets: { connect: 1, publish: 1 } },
    received: { packets: { connack: 1 } },
    queued: { messages: 1, bytes: 9 },
    inflight: 1,
    connections: 1,
    dropped: 0,
    lastRoundTrip: undefined,
    acknowledgement: { count: 0, p50: 0, maximum: 0 },
  });
  await world.elapse(40);
  await world.send({ type: "puback", packetIdentifier: 1 });
  await world.elapse(60);
  await world.send({ type: "puback", packetIdentifier: 1 });
  const { acknowledgement, queued, inflight, received } = world.client.statistics();
  expect([queued, inflight, received.packets.puback]).toEqual([{ messages: 0, bytes: 0 }, 0, 2]);
  expect([acknowledgement.count, acknowledgement.maximum]).toEqual([2, 100]);
  expect(acknowledgement.p50).toBeGreaterThanOrEqual(40);
  expect(acknowledgement.p50).toBeLessThan(48);
});

test("statistics are a picture: they don't change afterwards", async () => {
  const world = await World.online();
  const before = world.client.statistics();
  world.client.publish("a", "1");
  await world.settle();
  expect([before.sent.packets.publish, world.client.statistics().sent.packets.publish]).toEqual([0, 1]);
});

test("packets are told to those who listen, without secrets; not to others", async () => {
  const world = new World({ username: "anna", password: "secret" });
  const told: string[] = [];
  const stop = world.client.on("packetSent", (packet) => {
    told.push(`> ${packet.type}`);
    if (packet.type === "connect") expect(packet.password).toEqual(encodeUtf8("***"));
  });
  const stopOther = world.client.on("packetReceived", (packet) => told.push(`< ${packet.type}`));
  void world.client.connect();
  await world.settle();
  world.client.publish("a", "1", { qos: 1 });
  await world.settle();
  expect(told).toEqual(["> connect", "< connack", "> publish", "< puback"]);
  stop();
  stopOther();
  world.client.publish("a", "2", { qos: 1 });
  await world.settle();
  expect(told).toHaveLength(4);
});

test("a listener for packets may publish: it runs outside the protocol", async () => {
  const world = await World.online();
  let echoes = 0;
  world.client.on("packetReceived", (packet) => {
    if (packet.type === "publish" && echoes++ < 3) world.client.publish("echo", packet.payload, { qos: 1 });
  });
  await world.publish("a", "1");
  expect(world.received()).toEqual(["publish echo:1 q1 #1"]);
});

test("a percentile of the histogram is at least the exact one, and at most a fifth more", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (samples, share) => {
        const histogram = new Histogram();
        for (const sample of samples) histogram.add(sample);
        const sorted = samples.toSorted((left, right) => left - right);
        const exact = sorted[Math.ceil(samples.length * share) - 1]!;
        expect(histogram.percentile(share)).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(histogram.percentile(share)).toBeLessThanOrEqual(exact * 2 ** 0.25 * (1 + 1e-9));
        expect([histogram.count, histogram.maximum]).toEqual([samples.length, sorted.at(-1)]);
      },
    ),
  );
});

test("tell which message holds up the acknowledgements of others, and since when", async () => {
  const world = await World.online();
  expect(world.client.statistics().receiving.oldestUnacknowledged).toBeUndefined();
  const readings = await soon(world, world.client.subscribe("a", { qos: 2, acknowledge: "manual" }));
  const messages: Message[] = [];
  for (const [packetIdentifier, qos] of [
    [1, 2],
    [2, 1],
    [3, 1],
    [4, 1],
  ] as const) {
    await world.publish("a", `${packetIdentifier}`, qos, packetIdentifier);
    await world.elapse(10);
    messages.push((await readings.next())!);
  }
  const oldest = () => world.client.statistics().receiving.oldestUnacknowledged;
  expect(oldest()).toEqual({ topic: "a", qos: 2, age: 40, heldUp: 0 });
  messages[0]!.acknowledge();
  messages[3]!.acknowledge();
  expect(oldest()).toEqual({ topic: "a", qos: 1, age: 30, heldUp: 1 });
  messages[1]!.acknowledge();
  messages[2]!.acknowledge();
  await world.settle();
  expect(oldest()).toBeUndefined();
});
