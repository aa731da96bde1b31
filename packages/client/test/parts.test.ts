import { matchTopic } from "@petrel/codec";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Backlog } from "../src/backlog.ts";
import { backoffDelay } from "../src/backoff.ts";
import { Cancellation, onAbort } from "../src/cancellation.ts";
import { systemClock } from "../src/clock.ts";
import { Emitter } from "../src/emitter.ts";
import { Router } from "../src/router.ts";
import { SubscriptionIdentifiers } from "../src/subscription-identifiers.ts";

// ── router ────────────────────────────────────────────────────────────────────────────────────────

const level = fc.constantFrom("a", "b", "c", "", "$SYS", "$share");
const topic = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join("/"))
  .filter((name) => name !== "");
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 0, maxLength: 4 }), fc.boolean(), fc.boolean())
  .map(([levels, rest, shared]) => `${shared ? "$share/group/" : ""}${[...levels, ...(rest ? ["#"] : [])].join("/")}`)
  .filter(
    (text) =>
      text !== "" &&
      text !== "$share/group/" &&
      !/^\$share(\/[^/]*)?$/.test(text) &&
      !text.startsWith("$share//") &&
      !/^\$share\/[^/]*\+/.test(text) &&
      !/^\$share\/[^/]+\/$/.test(text),
  );

type Step = { readonly add: boolean; readonly filter: string; readonly target: number };
const step: fc.Arbitrary<Step> = fc.record({ add: fc.boolean(), filter, target: fc.integer({ min: 0, max: 3 }) });

test("the router finds exactly those whose filter matches, whatever was added and removed before", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.array(topic, { minLength: 1, maxLength: 5 }), (steps, topics) => {
      const router = new Router<number>();
      const model = new Map<string, Set<number>>();
      for (const { add, filter, target } of steps) {
        const targets = model.get(filter) ?? new Set();
        model.set(filter, targets);
        if (add) {
          if (!targets.has(target)) router.add(filter, target);
          targets.add(target);
        } else {
          if (targets.has(target)) router.remove(filter, target);
          targets.delete(target);
        }
        for (const name of topics) expect([...router.match(name)].sort(ascending)).toEqual(expected(model, name));
      }
    }),
    { numRuns: 300 },
  );
});

function expected(model: ReadonlyMap<string, ReadonlySet<number>>, topicName: string): readonly number[] {
  const targets = new Set<number>();
  for (const [filter, own] of model) {
    if (matchTopic(filter, topicName)) for (const target of own) targets.add(target);
  }
  return [...targets].sort(ascending);
}

function ascending(left: number, right: number): number {
  return left - right;
}

test("the router remembers topics without keeping them all", () => {
  const router = new Router<string>();
  router.add("+", "everyone");
  for (let index = 0; index < 5_000; index++) expect(router.match(`${index}`)).toEqual(["everyone"]);
  router.add("7", "seven");
  expect(router.match("7")).toEqual(expect.arrayContaining(["everyone", "seven"]));
  router.remove("+", "everyone");
  expect(router.match("7")).toEqual(["seven"]);
});

// ── subscription identifiers ──────────────────────────────────────────────────────────────────────

/** All topics that the filters above can tell apart. */
const TOPICS = topicsOfDepth(4);

function topicsOfDepth(depth: number): readonly string[] {
  const levels = ["a", "b", "c", "", "$SYS", "$share", "other"];
  let topics = levels;
  const all = [...levels];
  for (let more = 1; more < depth; more++) {
    topics = topics.flatMap((name) => levels.map((text) => `${name}/${text}`));
    all.push(...topics);
  }
  return all.filter((name) => name !== "");
}

test("two filters with the same identifier never match the same topic", () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 12 }), fc.nat(11), (filters, removed) => {
      const identifiers = new SubscriptionIdentifiers();
      const unique = [...new Set(filters)];
      for (const each of unique) identifiers.add(each, identifiers.choose([each]));
      const gone = unique[removed % unique.length]!;
      identifiers.remove(gone);
      identifiers.add(gone, identifiers.choose([gone]));
      const matched = new Map(unique.map((each) => [each, TOPICS.filter((name) => matchTopic(each, name))]));
      const overlap = (one: string, other: string): boolean =>
        matched.get(one)!.some((name) => matched.get(other)!.includes(name));
      for (const one of unique) {
        const [identifier] = identifiers.of(one);
        for (const other of unique) {
          if (one !== other && identifiers.of(other).includes(identifier!)) expect(overlap(one, other)).toBe(false);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("many filters that do not overlap share one identifier, and a filter that is subscribed again keeps its own", () => {
  const identifiers = new SubscriptionIdentifiers();
  for (let index = 0; index < 5_000; index++) {
    const name = `building/${index}/+`;
    identifiers.add(name, identifiers.choose([name]));
  }
  expect(identifiers.choose(["building/1/+"])).toBe(1);
  expect(identifiers.choose(["building/#"])).toBe(2);
  expect(identifiers.choose(["other/#", "building/1/x"])).toBe(2);
});

// ── backoff ───────────────────────────────────────────────────────────────────────────────────────

const backoff = { initialDelay: 1_000, maximumDelay: 60_000, factor: 2, jitter: "none" } as const;

test("delays double up to the maximum", () => {
  expect([1, 2, 3, 6, 7, 100, 10_000].map((attempt) => backoffDelay(attempt, backoff, 0.1))).toEqual([
    1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000,
  ]);
});

test("full jitter takes any part of the delay, and never more", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const most = backoffDelay(attempt, backoff, random);
        const delay = backoffDelay(attempt, { ...backoff, jitter: "full" }, random);
        expect(delay).toBe(Math.round(most * random));
        expect(Number.isInteger(delay)).toBe(true);
      },
    ),
  );
});

// ── backlog ───────────────────────────────────────────────────────────────────────────────────────

test("a backlog gives out what was put in, in order", () => {
  const command = fc.oneof(
    fc.integer({ min: 1, max: 3_000 }),
    fc.constant("take" as const),
    fc.constant("takeAll" as const),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const backlog = new Backlog<{ readonly number: number }>();
      const model: number[] = [];
      let next = 0;
      for (const command of commands) {
        if (command === "take") {
          for (let times = 0; times < 1_500; times++) expect(backlog.take()?.number).toBe(model.shift());
        } else if (command === "takeAll") {
          expect(backlog.takeAll().map(({ number }) => number)).toEqual(model.splice(0));
        } else {
          for (let times = 0; times < command; times++) {
            backlog.push({ number: next });
            model.push(next++);
          }
        }
        expect(backlog.length).toBe(model.length);
      }
      expect([...backlog].map(({ number }) => number)).toEqual(model);
    }),
    { numRuns: 30 },
  );
});

// ── emitter ───────────────────────────────────────────────────────────────────────────────────────

interface Events {
  rain: number;
  sun: undefined;
}

class TestEmitter extends Emitter<Events> {
  readonly thrown: unknown[] = [];

  protected override onListenerError(error: unknown, name: keyof Events): void {
    this.thrown.push(name, error);
  }
}

test("listeners hear their event in order, until they are disposed", () => {
  const emitter = new TestEmitter();
  const heard: string[] = [];
  const first = (millimetres: number): void => void heard.push(`first ${millimetres}`);
  const dispose = emitter.on("rain", first);
  emitter.on("rain", first); // the same one: once
  const disposeSecond = emitter.on("rain", (millimetres) => {
    heard.push(`second ${millimetres}`);
    disposeSecond();
  });
  emitter.on("sun", () => heard.push("sun"));
  emitter.emit("rain", 1);
  emitter.emit("rain", 2);
  dispose();
  dispose();
  emitter.emit("rain", 3);
  expect(heard).toEqual(["first 1", "second 1", "first 2"]);
  expect([emitter.has("rain"), emitter.has("sun")]).toEqual([false, true]);
});

test("a listener that throws does not keep the others from hearing", () => {
  const emitter = new TestEmitter();
  const second = vi.fn<() => void>();
  emitter.on("sun", () => {
    throw new Error("too hot");
  });
  emitter.on("sun", second);
  emitter.emit("sun", undefined);
  expect(second).toHaveBeenCalledTimes(1);
  expect(emitter.thrown).toEqual(["sun", new Error("too hot")]);
});

// ── cancellation ──────────────────────────────────────────────────────────────────────────────────

test("a cancellation tells its listeners once, and those that come late at once", () => {
  const cancellation = new Cancellation();
  const early = vi.fn<(reason: unknown) => void>();
  const forgotten = vi.fn<(reason: unknown) => void>();
  onAbort(cancellation, early);
  onAbort(cancellation, forgotten)();
  cancellation.abort("why");
  cancellation.abort("why again");
  const late = vi.fn<(reason: unknown) => void>();
  onAbort(cancellation, late)();
  onAbort(undefined, late)();
  expect([early.mock.calls, forgotten.mock.calls, late.mock.calls]).toEqual([[["why"]], [], [["why"]]]);
});

// ── clock ─────────────────────────────────────────────────────────────────────────────────────────

test("a timer of the system's clock never fires early, and can be further away than the runtime's timers reach", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const run = vi.fn<() => void>();
    const start = systemClock.now();
    systemClock.timer(start + 3_000_000_000, run);
    const cleared = vi.fn<() => void>();
    systemClock.timer(start + 10, cleared).clear();
    vi.advanceTimersByTime(2_999_999_999);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
    expect([cleared.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  } finally {
    vi.useRealTimers();
  }
});
