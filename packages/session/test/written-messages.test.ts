import { expect, test } from "vitest";
import { EventQueue } from "../src/events.ts";
import { OutgoingEntry } from "../src/outgoing-entry.ts";
import { WrittenMessage, WrittenMessages } from "../src/written-messages.ts";

function published(context: string): unknown {
  return { type: "published", context, packetIdentifier: undefined, reasonCode: 0, packet: undefined };
}

test("tells of the messages whose last byte was taken, in order, and keeps the others", () => {
  const events = new EventQueue<string>();
  const messages = new WrittenMessages<string>();
  const [first, second, third] = [10, 20, 30].map(
    (end) => new WrittenMessage({ topicName: "a" }, `ends at ${end}`, end),
  );
  for (const written of [first!, second!, third!]) messages.push(written);

  messages.handleTaken(19, events);
  expect(events.take()).toEqual([published("ends at 10")]);
  expect([first!.state, second!.state]).toEqual(["settled", "written"]);

  events.push({ type: "writable" });
  messages.handleTaken(30, events);
  expect(events.take()).toEqual([{ type: "writable" }, published("ends at 20"), published("ends at 30")]);
  messages.handleTaken(40, events);
  expect(events.take()).toEqual([]);
});

test("counts positions modulo 2³²", () => {
  const end = (2 ** 31 + 4) | 0;
  const written = new WrittenMessage({ topicName: "a" }, undefined, end);
  expect([written.isBefore(2 ** 31 - 1), written.isBefore(end), written.isBefore(end + 1)]).toEqual([
    false,
    true,
    true,
  ]);
});

test("gives back what nobody will take any more, whether it had waited before or not", () => {
  const messages = new WrittenMessages<string>();
  const waited = new OutgoingEntry({ topicName: "a", payload: "1" }, "waited", 7, 0);
  const sentAtOnce = new WrittenMessage({ topicName: "b", payload: "2" }, "sent at once", 20);
  messages.push(new WrittenMessage(waited, waited.context, 10));
  messages.push(sentAtOnce);

  const [first, second, ...others] = messages.takeAll();
  expect(first).toBe(waited);
  expect(second).toMatchObject({ topicName: "b", payload: "2", qos: 0, context: "sent at once" });
  expect(others).toEqual([]);
  expect([waited.state, sentAtOnce.state]).toEqual(["settled", "settled"]);
  expect(messages.takeAll()).toEqual([]);
});
