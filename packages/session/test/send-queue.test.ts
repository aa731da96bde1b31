import type { QoS } from "@petrel/codec";
import { expect, test } from "vitest";
import { OutgoingEntry } from "../src/outgoing-entry.ts";
import { SendQueue } from "../src/send-queue.ts";

function entry(context: string, qos: QoS, size = 10): OutgoingEntry<string> {
  const made = new OutgoingEntry({ topicName: "t", qos }, context);
  made.size = size;
  return made;
}

test("keeps QoS 0 and the others in two lines, each in order", () => {
  const queue = new SendQueue<string>({ messages: 10, bytes: 1_000 });
  for (const [context, qos] of [
    ["a", 1],
    ["b", 0],
    ["c", 2],
    ["d", 0],
  ] as const)
    queue.push(entry(context, qos));
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
  const queue = new SendQueue<string>({ messages: 3, bytes: 100 });
  queue.push(entry("a", 1, 60));
  expect(() => queue.push(entry("b", 1, 41))).toThrow(
    "the send queue is full: it holds at most 100 bytes; publish slower, await each publish, or raise queue.bytes",
  );
  queue.push(entry("b", 1, 40));
  queue.push(entry("c", 0, 0));
  expect(() => queue.push(entry("d", 0, 0))).toThrow("at most 3 messages");
  expect(queue.count).toBe(3);
});

test("is high from half on, and low up to a quarter, by messages and by bytes", () => {
  const queue = new SendQueue<string>({ messages: 8, bytes: 1_000 });
  const levels: [boolean, boolean][] = [];
  for (let index = 0; index < 5; index++) {
    levels.push([queue.isHigh, queue.isLow]);
    queue.push(entry("x", 1));
  }
  expect(levels).toEqual([
    [false, true],
    [false, true],
    [false, true],
    [false, false],
    [true, false],
  ]);
  const byBytes = new SendQueue<string>({ messages: 8, bytes: 1_000 });
  byBytes.push(entry("x", 1, 500));
  expect([byBytes.isHigh, byBytes.isLow]).toEqual([true, false]);
});

test.each([1, 2, 3])("with room for %i, it is high with the first message and low without", (messages) => {
  const queue = new SendQueue<string>({ messages, bytes: 1_000 });
  expect([queue.isHigh, queue.isLow]).toEqual([false, true]);
  queue.push(entry("x", 1));
  expect(queue.isLow).toBe(false);
  expect(queue.isHigh).toBe(messages <= 2);
});

test("takes back what was accepted long ago, before all others and beyond its limits", () => {
  const queue = new SendQueue<string>({ messages: 1, bytes: 10 });
  queue.push(entry("c", 1));
  queue.putBack([entry("a", 1), entry("b", 2)]);
  expect([queue.count, queue.bytes]).toEqual([3, 30]);
  expect(queue.takeAll().map(({ context }) => context)).toEqual(["a", "b", "c"]);
  expect([queue.count, queue.bytes]).toEqual([0, 0]);
});
