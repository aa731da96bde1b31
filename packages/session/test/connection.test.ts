import { resolveSessionConfig } from "@petrel/session";
import { expect, test } from "vitest";
import { Connection } from "../src/connection.ts";
import { EventQueue } from "../src/events.ts";
import { Traffic } from "../src/traffic.ts";

test("knows up to where its output was taken", () => {
  const connection = new Connection(resolveSessionConfig(), true, 0, new Traffic(new EventQueue()));
  connection.write({ type: "pingreq" });
  const first = connection.position;
  connection.write({ type: "publish", topicName: "t", payload: new Uint8Array(5_000) });
  const second = connection.position;
  expect([first, second, connection.pendingBytes]).toEqual([2, second, second]);
  expect([connection.hasTaken(0), connection.hasTaken(first)]).toEqual([true, false]);
  connection.take();
  expect([connection.hasTaken(first), connection.hasTaken(second)]).toEqual([true, false]);
  connection.take();
  expect([connection.hasTaken(second), connection.pendingBytes, connection.take()]).toEqual([true, 0, undefined]);
});

test("what it can not write leaves no trace", () => {
  const connection = new Connection(resolveSessionConfig(), true, 0, new Traffic(new EventQueue()));
  expect(() => connection.write({ type: "publish", topicName: "#" })).toThrow("wildcard");
  expect([connection.position, connection.pendingBytes]).toEqual([0, 0]);
});
