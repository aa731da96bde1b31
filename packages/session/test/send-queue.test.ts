import type { QoS } from "@petrel/codec";
import type { SessionConfig } from "@petrel/session";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutgoingEntry } from "../src/outgoing-entry.ts";
import { SendQueue } from "../src/send-queue.ts";

let numbers = 0;

function entry(context: string, qos: QoS, size = 10): OutgoingEntry<string> {
  const made = new OutgoingEntry({ topicName: "t", qos }, context, ++numbers, 0);
  made.size = size;
  return made;
}

type Limits = Partial<SessionConfig["queue"]> & { readonly messages: number; readonly bytes: number };

const queueOf = (limits: Limits): SendQueue<string> =>
  new SendQueue<string>({ maximumAge: Infinity, overflow: "reject", ...limits });

const names = (entries: readonly OutgoingEntry<string>[]): string[] => entries.map(({ context }) => context);

test("keeps QoS 0 and the others in two lines, each in order", () => {
  const queue = queueOf({ messages: 10, bytes: 1_000 });
  for (const [context, qos] of [
    ["a", 1],
    ["b", 0],
    ["c", 2],
    ["d", 0],
  ] as const)
    queue.push(entry(context, qos), 0);
  expect([queue.count, queue.bytes]).toEqual([4, 40]);
  expect([queue.takeQos0()?.context, queue.takeAcknowledged()?.context, queue.takeAcknowledged()?.context]).toEqual([
    "b",
    "a",
    "c",
  ]);
  expect([queue.hasAcknowledged, queue.hasQos0, queue.bytes]).toEqual([false, true, 10]);
  expect(queue.takeAcknowledged()).toBeUndefined();
  expect(queue.takeAllQos0().map(({ context }) => context)).toEqual(["d"]);
  expect([queue.count, queue.bytes]).toEqual([0, 0]);
});

test("says what is full: messages or bytes", () => {
  const queue = queueOf({ messages: 3, bytes: 100 });
  queue.push(entry("a", 1, 60), 0);
  expect(() => queue.push(entry("b", 1, 41), 0)).toThrow(
    "the send queue is full: it holds at most 100 bytes; publish slower, await each publish, or raise queue.bytes",
  );
  queue.push(entry("b", 1, 40), 0);
  queue.push(entry("c", 0, 0), 0);
  expect(() => queue.push(entry("d", 0, 0), 0)).toThrow("at most 3 messages");
  expect(queue.count).toBe(3);
});

test("is high from half on, and low up to a quarter, by messages and by bytes", () => {
  const queue = queueOf({ messages: 8, bytes: 1_000 });
  const levels: [boolean, boolean][] = [];
  for (let index = 0; index < 5; index++) {
    levels.push([queue.isHigh, queue.isLow]);
    queue.push(entry("x", 1), 0);
  }
  expect(levels).toEqual([
    [false, true],
    [false, true],
    [false, true],
    [false, false],
    [true, false],
  ]);
  const byBytes = queueOf({ messages: 8, bytes: 1_000 });
  byBytes.push(entry("x", 1, 500), 0);
  expect([byBytes.isHigh, byBytes.isLow]).toEqual([true, false]);
});

test.each([1, 2, 3])("with room for %i, it is high with the first message and low without", (messages) => {
  const queue = queueOf({ messages, bytes: 1_000 });
  expect([queue.isHigh, queue.isLow]).toEqual([false, true]);
  queue.push(entry("x", 1), 0);
  expect(queue.isLow).toBe(false);
  expect(queue.isHigh).toBe(messages <= 2);
});

test("takes back what was accepted long ago, before all others and beyond its limits", () => {
  const queue = queueOf({ messages: 1, bytes: 10 });
  queue.push(entry("c", 1), 0);
  queue.putBack([entry("a", 1), entry("b", 2)]);
  expect([queue.count, queue.bytes]).toEqual([3, 30]);
  expect(queue.takeAll().map(({ context }) => context)).toEqual(["a", "b", "c"]);
  expect([queue.count, queue.bytes]).toEqual([0, 0]);
});

describe("when it is full", () => {
  test('"reject" throws, and nothing is dropped', () => {
    const queue = queueOf({ messages: 1, bytes: 100 });
    queue.push(entry("a", 1), 0);
    expect(() => queue.push(entry("b", 1), 0)).toThrow("at most 1 messages");
    expect(names(queue.takeAll())).toEqual(["a"]);
  });

  test('"wait" takes everything, and the limits only say when to pause', () => {
    const queue = queueOf({ messages: 2, bytes: 100, overflow: "wait" });
    for (const name of ["a", "b", "c"]) expect(queue.push(entry(name, 1), 0)).toEqual([]);
    expect([queue.count, queue.isHigh]).toEqual([3, true]);
  });

  test('"drop-newest" drops the one that comes', () => {
    const queue = queueOf({ messages: 1, bytes: 100, overflow: "drop-newest" });
    queue.push(entry("a", 1), 0);
    expect(names(queue.push(entry("b", 1), 0))).toEqual(["b"]);
    expect(names(queue.takeAll())).toEqual(["a"]);
  });

  test('"drop-oldest" drops what came first, in whichever line, and as many as needed', () => {
    const queue = queueOf({ messages: 4, bytes: 40, overflow: "drop-oldest" });
    for (const [name, qos] of [
      ["a", 1],
      ["b", 0],
      ["c", 2],
      ["d", 0],
    ] as const)
      queue.push(entry(name, qos), 0);
    expect(names(queue.push(entry("e", 1), 0))).toEqual(["a"]);
    expect(names(queue.push(entry("f", 1, 20), 0))).toEqual(["b", "c"]);
    expect([names(queue.takeAll()), queue.bytes]).toEqual([["e", "f", "d"], 0]);
  });

  test('"drop-qos0-first" drops the oldest of QoS 0, and of the others only for one of their own', () => {
    const queue = queueOf({ messages: 3, bytes: 100, overflow: "drop-qos0-first" });
    for (const [name, qos] of [
      ["a", 1],
      ["b", 0],
      ["c", 0],
    ] as const)
      queue.push(entry(name, qos), 0);
    expect(names(queue.push(entry("d", 0), 0))).toEqual(["b"]);
    expect(names(queue.push(entry("e", 2), 0))).toEqual(["c"]);
    expect(names(queue.push(entry("f", 1), 0))).toEqual(["d"]);
    expect(names(queue.push(entry("g", 0), 0))).toEqual(["g"]);
    expect(names(queue.push(entry("h", 1), 0))).toEqual(["a"]);
    expect(names(queue.takeAll())).toEqual(["e", "f", "h"]);
  });

  test.each(["drop-oldest", "drop-qos0-first"] as const)("%s: what never fits drops nothing but itself", (overflow) => {
    const queue = queueOf({ messages: 4, bytes: 40, overflow });
    queue.push(entry("a", 0), 0);
    expect(names(queue.push(entry("huge", 1, 41), 0))).toEqual(["huge"]);
    const closed = queueOf({ messages: 0, bytes: 40, overflow });
    expect(names(closed.push(entry("b", 1), 0))).toEqual(["b"]);
    expect([queue.count, closed.count]).toEqual([1, 0]);
  });
});

test("knows when each message is too old: by its own interval and by the queue's maximum", () => {
  const queue = queueOf({ messages: 10, bytes: 1_000, maximumAge: 5_000 });
  const interval = (seconds: number, context: string) =>
    new OutgoingEntry({ topicName: "t", qos: 1, properties: { messageExpiryInterval: seconds } }, context, 1, 0);
  queue.push(interval(7, "by the queue"), 0);
  queue.push(interval(3, "by itself"), 0);
  queue.push(entry("later", 0), 1_000);
  expect(queue.nextDeadline()).toBe(3_000);
  expect(queue.takeTooOld(2_999)).toBeUndefined();
  expect(queue.takeTooOld(3_000)?.context).toBe("by itself");
  expect(queue.nextDeadline()).toBe(5_000);
  expect(queue.takeAcknowledged()?.context).toBe("by the queue");
  expect(queue.nextDeadline()).toBe(6_000);
  expect(queue.takeTooOld(6_000)?.context).toBe("later");
  expect([queue.nextDeadline(), queue.count]).toEqual([undefined, 0]);
});

test("agrees with a plain list, whatever comes, goes, is taken out of the middle or grows old", () => {
  const step = fc.record({
    what: fc.constantFrom("push", "push", "push", "take", "remove", "age"),
    qos: fc.constantFrom(0, 1, 2),
    at: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = queueOf({ messages: Infinity, bytes: Infinity });
      let list: OutgoingEntry<string>[] = [];
      for (const { what, qos, at } of steps) {
        if (what === "push") {
          const properties = at % 2 === 0 ? { messageExpiryInterval: at % 50 } : undefined;
          const made = new OutgoingEntry({ topicName: "t", qos, properties }, "x", ++numbers, 0);
          queue.push(made, 0);
          list.push(made);
        } else if (what === "take") {
          const first = list.find((one) => (one.qos === 0) === (qos === 0));
          expect(qos === 0 ? queue.takeQos0() : queue.takeAcknowledged()).toBe(first);
          list = list.filter((one) => one !== first);
        } else if (what === "remove" && list.length > 0) {
          const [removed] = list.splice(at % list.length, 1);
          queue.remove(removed!);
        } else if (what === "age") {
          const now = (at % 50) * 1_000;
          for (let old = queue.takeTooOld(now); old !== undefined; old = queue.takeTooOld(now)) {
            expect(old.expiresAt).toBeLessThanOrEqual(now);
            list = list.filter((one) => one !== old);
          }
        }
        const deadlines = list.map(({ expiresAt }) => expiresAt ?? Infinity);
        expect(queue.nextDeadline() ?? Infinity).toBe(Math.min(...deadlines));
        expect(queue.count).toBe(list.length);
        expect(queue.hasQos0).toBe(list.some((one) => one.qos === 0));
      }
      expect(queue.takeAll()).toEqual(list.toSorted((a, b) => Number(a.qos === 0) - Number(b.qos === 0)));
    }),
  );
});
