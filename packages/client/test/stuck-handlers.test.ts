/** A handler that never settles: what goes on beside it, what has to wait for it, and for how long. */

import { expect, test } from "vitest";
import { soon, watch, World } from "./support/world.ts";

const FIVE_MINUTES = 300_000;

const CASES = [
  ["5.0", 1],
  ["5.0", 2],
  ["3.1.1", 1],
  ["3.1.1", 2],
] as const;

/** A client with a handler that never settles for its first message, one that does, and what these saw. */
async function stuckWorld(version: "5.0" | "3.1.1", qos: 1 | 2, options: { handlerTimeout?: number } = {}) {
  const world = await (version === "5.0" ? World.online({ keepAlive: 60 }) : World.online311({ keepAlive: 60 }));
  const seen: string[] = [];
  await soon(
    world,
    world.client.subscribe("stuck", { qos, ...options }, (message) => {
      seen.push(message.text());
      return message.text() === "1" ? new Promise(() => {}) : Promise.resolve();
    }),
  );
  await soon(
    world,
    world.client.subscribe("free", { qos }, (message) => void seen.push(message.text())),
  );
  world.received();
  return { world, seen, answer: qos === 1 ? "puback" : "pubrec" };
}

test.each(CASES)(
  "over %s at QoS %i, others get their messages, keep alive goes on, and after five minutes it has failed",
  async (version, qos) => {
    const { world, seen, answer } = await stuckWorld(version, qos);
    await world.publish("stuck", "1", qos, 1);
    await world.publish("free", "2", qos, 2);
    await world.publish("stuck", "3", qos, 3);
    // "The Client MUST send PUBACK packets in the order in which the corresponding PUBLISH packets were received
    // (QoS 1 messages)" [MQTT-4.6.0-2], and PUBREC packets too [MQTT-4.6.0-3].
    expect([seen, world.received()]).toEqual([["1", "2"], []]);

    const published = watch(world.client.publish("x", "4", { qos: 1 }));
    await world.elapse(FIVE_MINUTES - 1);
    expect(published.state).toBe("resolved");
    expect(world.client.state).toBe("online");
    const received = world.received();
    expect(received.filter((packet) => packet === "pingreq").length).toBeGreaterThan(3);
    expect(received.filter((packet) => packet.startsWith(answer))).toEqual([]);

    await world.elapse(1);
    expect(seen).toEqual(["1", "2", "3"]);
    expect(world.received().filter((packet) => packet.startsWith(answer))).toEqual([
      `${answer} #1`,
      `${answer} #2`,
      `${answer} #3`,
    ]);
    expect(world.eventsOf("error").at(-1)).toMatchObject({
      message: expect.stringMatching(/^the handler for "stuck" failed: .*handlerTimeout.* within 300000 ms/),
      cause: { code: "PETREL_TIMEOUT", afterMs: FIVE_MINUTES },
    });
  },
);

test.each(CASES)(
  "over %s at QoS %i, a server that sends no more than its quota sends again after that",
  async (version, qos) => {
    const { world, seen, answer } = await stuckWorld(version, qos);
    let next = 0;
    let unanswered = 0;
    const fill = async (): Promise<void> => {
      while (next < 60) {
        unanswered -= world.received().filter((packet) => packet.startsWith(answer)).length;
        if (unanswered === 20) return;
        next++;
        unanswered++;
        await world.publish(next === 1 ? "stuck" : "free", `${next}`, qos, next);
      }
    };
    await fill();
    expect(seen.length).toBe(20);
    await world.elapse(FIVE_MINUTES);
    await fill();
    expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => `${index + 1}`));
  },
);

test("rejectWith refuses the message that was given up", async () => {
  const world = await World.online();
  await soon(
    world,
    world.client.subscribe("a", { qos: 1, rejectWith: 0x83 }, () => new Promise(() => {})),
  );
  world.received();
  await world.publish("a", "1", 1, 1);
  await world.elapse(FIVE_MINUTES);
  expect(world.received().filter((packet) => packet.startsWith("puback"))).toEqual(["puback #1 0x83"]);
});

test("handlerTimeout: Infinity waits for ever", async () => {
  const { world, seen, answer } = await stuckWorld("5.0", 1, { handlerTimeout: Infinity });
  await world.publish("stuck", "1", 1, 1);
  await world.publish("free", "2", 1, 2);
  await world.elapse(10 * FIVE_MINUTES);
  expect(seen).toEqual(["1", "2"]);
  expect(world.received().filter((packet) => packet.startsWith(answer))).toEqual([]);
});

test("one that settles in time has as much time for its next message", async () => {
  const world = await World.online();
  const settle: (() => void)[] = [];
  await soon(
    world,
    world.client.subscribe(
      "a",
      { qos: 1, handlerTimeout: 1_000 },
      () => new Promise<void>((done) => settle.push(done)),
    ),
  );
  world.received();
  for (const packetIdentifier of [1, 2]) await world.publish("a", "", 1, packetIdentifier);
  await world.elapse(900);
  settle[0]!();
  await world.elapse(999);
  expect([settle.length, world.received(), world.eventNames]).toEqual([2, ["puback #1"], []]);
  await world.elapse(1);
  expect([world.received(), world.eventNames]).toEqual([["puback #2"], ["error"]]);
});

test("each of several calls has its own time, and no more run at once than concurrency says", async () => {
  const world = await World.online();
  const started: string[] = [];
  const options = { qos: 1, concurrency: 2, handlerTimeout: 1_000 } as const;
  await soon(
    world,
    world.client.subscribe("a", options, (message) => {
      started.push(message.text());
      return new Promise(() => {});
    }),
  );
  world.received();
  await world.publish("a", "1", 1, 1);
  await world.elapse(600);
  for (const packetIdentifier of [2, 3, 4]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  expect(started).toEqual(["1", "2"]);
  await world.elapse(400);
  expect([started, world.received()]).toEqual([["1", "2", "3"], ["puback #1"]]);
  await world.elapse(600);
  expect([started, world.received()]).toEqual([["1", "2", "3", "4"], ["puback #2"]]);
});

test("one that was given up and fails after all is told again, and acknowledges nothing twice", async () => {
  const world = await World.online();
  let fail: ((error: Error) => void) | undefined;
  await soon(
    world,
    world.client.subscribe("a", { qos: 1, handlerTimeout: 1_000 }, () => new Promise((_, reject) => (fail = reject))),
  );
  world.received();
  await world.publish("a", "1", 1, 1);
  await world.elapse(1_000);
  fail!(new Error("no such table"));
  await world.settle();
  expect(world.eventsOf("error").map(({ message }) => message)).toEqual([
    expect.stringContaining("1000 ms"),
    expect.stringContaining("no such table"),
  ]);
  expect(world.received()).toEqual(["puback #1"]);
});

test("no timer keeps a process alive that has disconnected, whatever its handlers do", async () => {
  const { world } = await stuckWorld("5.0", 1);
  world.client.route("stuck", () => new Promise(() => {}));
  await world.publish("stuck", "1", 1, 1);
  await Promise.all([world.client.disconnect(), world.elapse(3_000)]);
  expect(world.clock.pendingTimers).toBe(0);
  // The time goes on with the next connection: the route may be stuck still, and its next message waits.
  await Promise.all([world.client.connect(), world.settle()]);
  expect(world.clock.pendingTimers).toBeGreaterThan(0);
});
