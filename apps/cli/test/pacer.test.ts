import { expect, test } from "vitest";
import { Pacer, sleep } from "../src/pacer.ts";

test("a pacer lets one through at once, and a second one when its time has come", async () => {
  const pacer = new Pacer(0.001);
  expect(pacer.ready()).toBe(true);
  expect(pacer.ready()).toBe(true); // nobody has gone
  pacer.take();
  expect(pacer.ready()).toBe(false);
  expect(await pacer.untilReady(AbortSignal.abort())).toBe(false);
  const fast = new Pacer(1_000_000_000);
  expect(fast.ready()).toBe(true);
  fast.take();
  expect(await fast.untilReady(new AbortController().signal)).toBe(true);
});

test("a sleep ends with its signal", async () => {
  const controller = new AbortController();
  const sleeping = sleep(1_000_000, controller.signal);
  controller.abort();
  expect(await sleeping).toBe(false);
  expect(await sleep(0, new AbortController().signal)).toBe(true);
});
