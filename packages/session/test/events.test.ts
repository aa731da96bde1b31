import { expect, test } from "vitest";
import { EventQueue } from "../src/events.ts";

test("hands over what happened, in order, once; the list is the taker's", () => {
  const queue = new EventQueue<string>();
  expect(queue.take()).toEqual([]);
  queue.push({ type: "lateAcknowledgement", packetIdentifier: 1 });
  queue.push({ type: "writable" });
  const taken = queue.take();
  queue.push({ type: "writable" });
  expect(taken.map(({ type }) => type)).toEqual(["lateAcknowledgement", "writable"]);
  expect(queue.take()).toEqual([{ type: "writable" }]);
  expect(queue.take()).toEqual([]);
});
