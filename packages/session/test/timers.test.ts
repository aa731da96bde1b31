import { expect, test } from "vitest";
import { TimerTable } from "../src/timers.ts";

test("tells the earliest deadline, and takes out what is due", () => {
  const timers = new TimerTable<"a" | "b" | "c">();
  expect(timers.next()).toBeUndefined();
  timers.set("a", 300);
  timers.set("b", 100);
  timers.set("c", 200);
  expect(timers.next()).toBe(100);
  expect(timers.takeExpired(99)).toEqual([]);
  expect(timers.takeExpired(200)).toEqual(["b", "c"]);
  expect(timers.next()).toBe(300);
  timers.clear("a");
  expect(timers.next()).toBeUndefined();
});

test("takes Infinity for never, also where there was a deadline", () => {
  const timers = new TimerTable<"a">();
  timers.set("a", 100);
  timers.set("a", Infinity);
  expect(timers.next()).toBeUndefined();
});

test("gives a deadline that was slept through one more second, once", () => {
  const timers = new TimerTable<"a">();
  timers.set("a", 1_000);
  expect(timers.takeExpired(3_600_000)).toEqual([]);
  expect(timers.next()).toBe(3_601_000);
  timers.set("a", 1_000); // armed again as it was: still the same deadline
  expect(timers.next()).toBe(3_601_000);
  expect(timers.takeExpired(7_200_000)).toEqual(["a"]);
  expect(timers.next()).toBeUndefined();
});

test("does not take an ordinary delay for sleep", () => {
  const timers = new TimerTable<"a">();
  timers.set("a", 1_000);
  expect(timers.takeExpired(2_000)).toEqual(["a"]);
});
