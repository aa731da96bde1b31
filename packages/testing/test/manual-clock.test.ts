import { ManualClock } from "@petrel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";

/** A clock, and what ran on it at which time. */
function recorded(now?: number) {
  const clock = new ManualClock(now);
  const ran: string[] = [];
  const note = (name: string) => (): void => void ran.push(`${name}@${clock.now()}`);
  return { clock, ran, note };
}

test("time stands still until it is told to pass", () => {
  const { clock, ran, note } = recorded(1_000);
  clock.timer(1_500, note("timer"));
  expect([clock.now(), clock.pendingTimers, clock.nextTimer]).toEqual([1_000, 1, 1_500]);
  clock.advance(499);
  expect([clock.now(), ran]).toEqual([1_499, []]);
  clock.advance(1);
  expect([clock.now(), ran, clock.pendingTimers, clock.nextTimer]).toEqual([1_500, ["timer@1500"], 0, undefined]);
});

test("timers run at their own time and in order; those of the same time as they were set", () => {
  const { clock, ran, note } = recorded();
  for (const [name, at] of [
    ["d", 30],
    ["a", 10],
    ["b", 20],
    ["c", 20],
  ] as const)
    clock.timer(at, note(name));
  clock.advance(100);
  expect(ran).toEqual(["a@10", "b@20", "c@20", "d@30"]);
  expect(clock.now()).toBe(100);
});

test("whatever is set, and however time passes, timers run in order and each when its time has come", () => {
  const times = fc.array(fc.nat(100), { maxLength: 30 });
  fc.assert(
    fc.property(times, times, (deadlines, steps) => {
      const clock = new ManualClock();
      const ran: { index: number; at: number; now: number }[] = [];
      for (const [index, at] of deadlines.entries()) clock.timer(at, () => ran.push({ index, at, now: clock.now() }));
      for (const step of steps) {
        clock.advance(step);
        expect(clock.pendingTimers).toBe(deadlines.filter((at) => at > clock.now()).length);
      }
      expect(ran.every(({ at, now }) => at === now)).toBe(true);
      expect(ran).toEqual(ran.toSorted((one, other) => one.at - other.at || one.index - other.index));
    }),
  );
});

test("a timer that was cleared does not run; clearing late or twice is no harm", () => {
  const { clock, ran, note } = recorded();
  const first = clock.timer(10, note("first"));
  const second = clock.timer(10, note("second"));
  first.clear();
  first.clear();
  clock.advance(10);
  second.clear();
  expect(ran).toEqual(["second@10"]);
});

test("timers may set and clear timers", () => {
  const { clock, ran, note } = recorded();
  const doomed = clock.timer(20, note("doomed"));
  clock.timer(10, () => {
    note("first")();
    doomed.clear();
    clock.timer(15, note("second"));
    clock.timer(5, note("overdue"));
  });
  clock.advance(30);
  expect(ran).toEqual(["first@10", "overdue@10", "second@15"]);
});

test("a timer in the past runs with the next advance, even of nothing", () => {
  const { clock, ran, note } = recorded(100);
  clock.timer(50, note("past"));
  expect(ran).toEqual([]);
  clock.advance(0);
  expect(ran).toEqual(["past@100"]);
});

test("microtasks run when flushed, before the next timer, and those they queue as well", () => {
  const { clock, ran, note } = recorded();
  clock.microtask(() => {
    note("one")();
    clock.microtask(note("two"));
  });
  expect(ran).toEqual([]);
  clock.flush();
  expect(ran).toEqual(["one@0", "two@0"]);
  clock.timer(10, () => clock.microtask(note("of the first timer")));
  clock.timer(10, note("second timer"));
  clock.advance(10);
  expect(ran.slice(2)).toEqual(["of the first timer@10", "second timer@10"]);
});

test("sleep: all timers are late at once", () => {
  const { clock, ran, note } = recorded();
  clock.timer(10, note("a"));
  clock.timer(3_600_000, note("b"));
  clock.timer(3_600_001, note("c"));
  clock.sleep(3_600_000);
  expect(ran).toEqual(["a@3600000", "b@3600000"]);
});

test("settle and elapse let promises happen, between timers too", async () => {
  const { clock, ran, note } = recorded();
  const story = async (): Promise<void> => {
    for (const name of ["a", "b", "c"]) {
      await new Promise<void>((resolve) => void clock.timer(clock.now() + 10, resolve));
      for (let turns = 0; turns < 20; turns++) await undefined;
      note(name)();
      await new Promise<void>((resolve) => clock.microtask(resolve));
    }
  };
  const told = story();
  await clock.elapse(25);
  expect([ran, clock.now()]).toEqual([["a@10", "b@20"], 25]);
  await clock.settle();
  expect(ran).toHaveLength(2);
  await clock.elapse(5);
  await told;
  expect(ran).toEqual(["a@10", "b@20", "c@30"]);
});

test("what would never end is an error, not a test that hangs", async () => {
  const { clock } = recorded();
  const again = (): void => void clock.timer(clock.now(), again);
  again();
  expect(() => clock.advance(1)).toThrow("timers keep setting timers for now (0)");
  const other = new ManualClock();
  const more = (): void => other.microtask(more);
  more();
  expect(() => other.flush()).toThrow("microtasks keep queueing microtasks");
  await expect(other.settle()).rejects.toThrow("microtasks keep queueing microtasks");
});

test("time does not run backwards", () => {
  expect(() => new ManualClock().advance(-1)).toThrow("time passes forwards; -1 ms is backwards");
});
