import { encodePacket } from "@petrel/codec";
import { ScriptedServer } from "@petrel/testing";
import type { Connector } from "@petrel/transport";
import { expect, test } from "vitest";
import { type Client, type Clock, createClient, type Message } from "../src/core.ts";
import type { SubscribeOptionsV5 } from "../src/types.ts";
import { soon, TestClock, watch, World } from "./support/world.ts";

test("next({ timeout }) rejects when no message comes in time, and the subscription goes on", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  const late = watch(readings.next({ timeout: 500 }));
  await world.elapse(499);
  expect(late.state).toBe("pending");
  await world.elapse(1);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "message", afterMs: 500 });

  const inTime = watch(readings.next({ timeout: 500 }));
  await world.publish("a", "1", 1, 1);
  expect(inTime.value?.text()).toBe("1");
  await expect(soon(world, world.client.disconnect())).resolves.toBeUndefined();
  expect(world.clock.pendingTimers).toBe(0);
});

test("next({ timeout: 0 }) takes what is there, and nothing else", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a"));
  await world.publish("a", "1");
  expect((await readings.next({ timeout: 0 }))?.text()).toBe("1");
  const none = watch(readings.next({ timeout: 0 }));
  await world.elapse(0);
  expect(none.error).toMatchObject({ code: "PETREL_TIMEOUT" });
});

test("next({ timeout }) acknowledges the message before, also when it waits in vain", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a", { qos: 1 }));
  await world.publish("a", "1", 1, 1);
  await readings.next();
  world.received();
  watch(readings.next({ timeout: 10 }));
  await world.elapse(10);
  expect(world.received()).toEqual(["puback #1"]);
});

test("next({ signal }) gives up when told so", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a"));
  const controller = new AbortController();
  const waiting = watch(readings.next({ signal: controller.signal, timeout: 1_000 }));
  await world.settle();
  controller.abort();
  await world.settle();
  expect(waiting.error).toMatchObject({ code: "PETREL_ABORTED" });
  await expect(readings.next({ signal: controller.signal })).rejects.toMatchObject({ code: "PETREL_ABORTED" });
  await world.publish("a", "1");
  expect((await readings.next())?.text()).toBe("1");
});

test("the end of a subscription is undefined for next({ timeout }), not an error", async () => {
  const world = await World.online();
  const readings = await soon(world, world.client.subscribe("a"));
  const waiting = watch(readings.next({ timeout: 1_000 }));
  await soon(world, readings.unsubscribe());
  expect([waiting.state, waiting.value]).toEqual(["resolved", undefined]);
  await expect(readings.next({ timeout: -1 })).rejects.toMatchObject({ option: "timeout" });
});

test("concurrency: that many calls of the handler run at once, and acknowledgements keep the order of arrival", async () => {
  const world = await World.online();
  const running = new Map<string, () => void>();
  let most = 0;
  await soon(
    world,
    world.client.subscribe("a", { qos: 1, concurrency: 2 }, async (message) => {
      await new Promise<void>((done) => {
        running.set(message.text(), done);
        most = Math.max(most, running.size);
      });
      running.delete(message.text());
    }),
  );
  world.received();
  for (const packetIdentifier of [1, 2, 3, 4]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  expect([...running.keys()]).toEqual(["1", "2"]);
  running.get("2")!();
  await world.settle();
  expect([[...running.keys()], world.received()]).toEqual([["1", "3"], []]); // "in the order in which …" [MQTT-4.6.0-2]
  running.get("1")!();
  await world.settle();
  expect(world.received()).toEqual(["puback #1", "puback #2"]);
  running.get("3")!();
  running.get("4")!();
  await world.settle();
  expect([most, world.received()]).toEqual([2, ["puback #3", "puback #4"]]);
});

test("handlers of several subscriptions are called in the order in which the messages came", async () => {
  const world = await World.online();
  const seen: string[] = [];
  const note = (message: Message): void => void seen.push(`${message.topic} ${message.text()}`);
  await soon(world, world.client.subscribe("a", note));
  await soon(world, world.client.subscribe("b", note));
  await world.send(
    ...["a 1", "b 2", "a 3", "b 4"].map((each) => {
      const [topicName, payload] = each.split(" ") as [string, string];
      return { type: "publish", topicName, payload } as const;
    }),
  );
  expect(seen).toEqual(["a 1", "b 2", "a 3", "b 4"]);
});

test("a handler that is async now and then gets its messages in order, and a full buffer counts those that wait for it", async () => {
  const world = await World.online();
  const seen: string[] = [];
  let settle: () => void = () => undefined;
  const handler = (message: Message): unknown => {
    seen.push(message.text());
    return message.text() === "2" ? new Promise<void>((resolve) => (settle = resolve)) : undefined;
  };
  const subscription = await soon(world, world.client.subscribe("a", { qos: 1, buffer: 4 }, handler));
  world.received();
  for (const packetIdentifier of [1, 2, 3, 4]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  expect([seen, subscription.buffered, world.received()]).toEqual([["1", "2"], 2, ["puback #1"]]);
  for (const packetIdentifier of [5, 6]) await world.publish("a", `${packetIdentifier}`, 1, packetIdentifier);
  expect(subscription.buffered).toBe(4);
  await world.publish("a", "7", 1, 7); // waits in the network
  expect(subscription.buffered).toBe(4);
  settle();
  await world.settle();
  expect([seen, subscription.buffered]).toEqual([["1", "2", "3", "4", "5", "6", "7"], 0]);
  expect(world.received()).toEqual([2, 3, 4, 5, 6, 7].map((packetIdentifier) => `puback #${packetIdentifier}`));
});

test("rejectWith: a message whose handler fails is refused with that reason code, at QoS 1 and 2", async () => {
  const world = await World.online();
  const handler = (message: Message): void => {
    if (message.text() === "bad") throw new Error("no such unit");
  };
  await soon(world, world.client.subscribe("a", { qos: 2, rejectWith: 0x99 }, handler));
  world.received();
  await world.publish("a", "good", 1, 1);
  await world.publish("a", "bad", 1, 2);
  await world.publish("a", "bad", 2, 3);
  expect(world.received()).toEqual(["puback #1", "puback #2 0x99", "pubrec #3 0x99"]);
  expect(world.eventsOf("error").map(({ message }) => message)).toEqual([
    'the handler for "a" failed: no such unit',
    'the handler for "a" failed: no such unit',
  ]);
});

test("manual: a handler that throws leaves its message unacknowledged, unless rejectWith says how to refuse it", async () => {
  const world = await World.online();
  const fail = (): never => {
    throw new Error("later");
  };
  await soon(world, world.client.subscribe("a", { qos: 1, acknowledge: "manual", rejectWith: 0x83 }, fail));
  await soon(world, world.client.subscribe("b", { qos: 1, acknowledge: "manual" }, fail));
  world.received();
  await world.publish("a", "1", 1, 1);
  await world.publish("b", "2", 1, 2);
  expect(world.received()).toEqual(["puback #1 0x83"]);
  expect(world.client.statistics().receiving.inflight).toBe(1);
});

test("handlerTimeout: a handler that never settles has failed, and the next message comes", async () => {
  const world = await World.online();
  const seen: string[] = [];
  await soon(
    world,
    world.client.subscribe("a", { qos: 1, handlerTimeout: 5_000, rejectWith: 0x80 }, (message) => {
      seen.push(message.text());
      return message.text() === "stuck" ? new Promise(() => {}) : Promise.resolve();
    }),
  );
  world.received();
  await world.publish("a", "stuck", 1, 1);
  await world.publish("a", "next", 1, 2);
  await world.elapse(4_999);
  expect([seen, world.received()]).toEqual([["stuck"], []]);
  await world.elapse(1);
  expect([seen, world.received()]).toEqual([
    ["stuck", "next"],
    ["puback #1 0x80", "puback #2"],
  ]);
  expect(world.eventsOf("error")).toMatchObject([
    { cause: { code: "PETREL_TIMEOUT", what: "end of the handler (handlerTimeout)" } },
  ]);
});

test("a subscribe with a timeout of its own does not wait longer, and is given back", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const late = watch(world.client.subscribe("a", { timeout: 50 }));
  await world.elapse(50);
  expect(late.error).toMatchObject({ code: "PETREL_TIMEOUT", what: "SUBACK", afterMs: 50 });
  expect(world.received()).toEqual(["subscribe a/q0", "unsubscribe a"]);
});

test("what came for a subscription that is refused in the end is not lost: it goes where unclaimed messages go", async () => {
  const world = await World.online();
  world.server.automatic = false;
  const refused = watch(world.client.subscribe(["a", "b"], { qos: 1 }));
  await world.publish("a", "early", 1, 1);
  expect(world.eventsOf("message")).toEqual([]);
  await world.send({ type: "suback", packetIdentifier: 1, reasonCodes: [1, 0x87] });
  expect(refused.state).toBe("rejected");
  expect(world.eventsOf("message").map((message) => message.text())).toEqual(["early"]);
  expect(world.received()).toEqual(["subscribe a/q1 b/q1", "puback #1", "unsubscribe a b"]);
});

test.each<[string, SubscribeOptionsV5, string]>([
  ["no call at a time", { concurrency: 0 }, "concurrency"],
  ["a reason code that refuses nothing", { rejectWith: 0x10 }, "rejectWith"],
  ["a reason code that PUBACK does not have", { rejectWith: 0x9c }, "rejectWith"],
  ["refusing what is acknowledged on arrival", { rejectWith: 0x80, acknowledge: "received" }, "rejectWith"],
  ["no time for the handler", { handlerTimeout: 0 }, "handlerTimeout"],
  ["no time for the answer", { timeout: 0 }, "timeout"],
])("%s is refused at once", async (_, options, option) => {
  const world = await World.online();
  await expect(world.client.subscribe("a", options, () => undefined)).rejects.toMatchObject({ option });
  expect(world.received()).toEqual([]);
});

test("options for handlers need one, and refusing needs MQTT 5.0", async () => {
  const world = await World.online();
  await expect(world.client.subscribe("a", { concurrency: 2 })).rejects.toMatchObject({ option: "concurrency" });
  const old = await World.online311();
  await expect(old.client.subscribe("a", { rejectWith: 0x80 }, () => undefined)).rejects.toMatchObject({
    option: "rejectWith",
  });
});

/** A client whose microtasks alternate with the test's, as they do in a program, and the sizes of what it writes. */
async function writingClient(): Promise<{ client: Client; server: ScriptedServer; writes: number[] }> {
  const writes: number[] = [];
  const server = new ScriptedServer({ automatic: true });
  const connector: Connector = async (handler, signal) => {
    const transport = await server.connector(handler, signal);
    const write = transport.write.bind(transport);
    transport.write = (bytes) => {
      writes.push(bytes.length);
      return write(bytes);
    };
    return transport;
  };
  const time = new TestClock();
  const clock: Clock = {
    now: () => time.now(),
    wall: () => time.wall(),
    timer: (at, run) => time.timer(at, run),
    microtask: (run) => void Promise.resolve().then(run),
  };
  const client = createClient({ connector, clock });
  await client.connect();
  return { client, server, writes };
}

async function microtasks(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await Promise.resolve();
}

test("a loop acknowledges message after message, and what it took in one go leaves in one write", async () => {
  const { client, server, writes } = await writingClient();
  const readings = await client.subscribe("a", { qos: 1 });
  let taken = 0;
  const loop = (async () => {
    for await (const _ of readings) taken++;
  })();
  await Promise.resolve();
  writes.length = 0;
  const packets = Array.from({ length: 300 }, (_, index) => ({
    type: "publish" as const,
    topicName: "a",
    payload: "1",
    qos: 1 as const,
    packetIdentifier: index + 1,
  }));
  server.send(...packets);
  await microtasks(2_000);
  expect(taken).toBe(300);
  expect(writes).toEqual([256 * 4, 44 * 4]); // no more than 256 acknowledgements wait, however busy the loop is
  client.destroy();
  await loop;
});

test("the acknowledgement of a message leaves before what the program publishes because of it: Nagle's algorithm in the server waits for it", async () => {
  const { client, server, writes } = await writingClient();
  let handled!: () => void;
  await client.subscribe("question", { qos: 1 }, () => handled());
  const answered = (async () => {
    await new Promise<void>((resolve) => (handled = resolve));
    await client.publish("answer", "42", { qos: 1 });
  })();
  writes.length = 0;
  server.send({ type: "publish", topicName: "question", payload: "?", qos: 1, packetIdentifier: 1 });
  await answered;
  const publish = encodePacket({ type: "publish", topicName: "answer", payload: "42", qos: 1, packetIdentifier: 1 });
  expect(writes).toEqual([4, publish.length]);
  client.destroy();
});

test("calls of next() beside a waiting one have their turns, as in a generator", async () => {
  const world = await World.online();
  const subscription = await soon(world, world.client.subscribe("a", { qos: 1 }));
  world.received();
  const iterator = subscription[Symbol.asyncIterator]();
  const calls = [1, 2, 3].map(() => watch(iterator.next()));
  await world.publish("a", "one", 1, 1);
  await world.publish("a", "two", 1, 2);
  expect(calls.map(({ value }) => value?.value?.text())).toEqual(["one", "two", undefined]);
  await iterator.return!();
  await world.settle();
  expect(calls[2]).toMatchObject({ state: "resolved", value: { done: true } });
  expect(world.received()).toEqual(["puback #1", "puback #2"]);
});

test("a second iterator that waits is an error of its own, and the first goes on", async () => {
  const world = await World.online();
  const subscription = await soon(world, world.client.subscribe("a"));
  const first = watch(subscription[Symbol.asyncIterator]().next());
  const second = watch(subscription[Symbol.asyncIterator]().next());
  await world.settle();
  expect(second.error?.message).toContain("another consumer is already waiting");
  await world.publish("a", "one");
  expect(first.value?.value?.text()).toBe("one");
});
