import { matchTopic, parseSharedSubscription } from "@petrel/codec";
import { ManualClock } from "@petrel/testing";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { Backlog } from "../src/backlog.ts";
import { backoffDelay } from "../src/backoff.ts";
import { Cancellation, onAbort } from "../src/cancellation.ts";
import { systemClock } from "../src/clock.ts";
import { Emitter } from "../src/emitter.ts";
import { HandlerLine } from "../src/handler-line.ts";
import { Message } from "../src/message.ts";
import { isPacked, matchPacked, packFilter } from "../src/packed-filter.ts";
import { NO_NODE, NODE_BYTES, PrefixTable } from "../src/prefix-table.ts";
import { RecentTopics } from "../src/recent-topics.ts";
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

/** A router beside a list of what it has. */
class ComparedRouter {
  readonly router: Router<{ readonly number: number }>;
  readonly #hashBits: number;
  readonly #targets = [0, 1, 2, 3].map((number) => ({ number }));
  #model: { readonly filter: string; readonly target: number }[] = [];

  constructor(hashBits: number) {
    this.#hashBits = hashBits;
    this.router = new Router(hashBits);
  }

  take({ add, filter, target }: Step): void {
    if (add) {
      this.router.add(filter, this.#targets[target]!);
      this.#model.push({ filter, target });
    } else {
      this.router.remove(filter, this.#targets[target]!);
      const index = this.#model.findIndex((each) => each.filter === filter && each.target === target);
      if (index !== -1) this.#model.splice(index, 1);
    }
    const own = this.router.targets(filter).map(({ number }) => number);
    const expected = this.#model.filter((each) => each.filter === filter).map((each) => each.target);
    expect(own.sort(ascending)).toEqual(expected.sort(ascending));
  }

  match(topicName: string): void {
    const filters: string[] = [];
    const targets = this.router.match(topicName, filters);
    const found = targets.map(({ number }, index) => `${filters[index]} ${number}`).sort();
    const matching = this.#model.filter((each) => matchTopic(each.filter, topicName));
    const expected = matching.map((each) => `${each.filter} ${each.target}`).sort();
    // Where prefixes have the same hash, a target may be found again on another way.
    if (this.#hashBits < 32) expect([...new Set(found)]).toEqual([...new Set(expected)]);
    else expect(found).toEqual(expected);
  }

  removeAll(): void {
    for (const { filter, target } of [...this.#model]) this.take({ add: false, filter, target });
  }
}

/** Steps in any order, with looks in between, and everything taken out at the end. */
function compareRouter(hashBits: number): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.array(topic, { minLength: 1, maxLength: 5 }), (steps, topics) => {
      const compared = new ComparedRouter(hashBits);
      for (const each of steps) {
        compared.take(each);
        for (const name of topics) compared.match(name);
      }
      compared.removeAll();
      for (const name of topics) compared.match(name);
      expect(compared.router.nodeCount).toBe(0);
    }),
    { numRuns: 300 },
  );
}

test("the router finds exactly those whose filter matches, whatever was added and removed before", () => {
  compareRouter(32);
});

test("the router finds them among thousands of filters that come and go", () => {
  const topicOfMany = fc
    .array(fc.nat(40).map(String), { minLength: 1, maxLength: 5 })
    .map((levels) => levels.join("/"));
  const some = fc
    .tuple(
      fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(40).map(String) }, fc.constant("+")), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.boolean(),
    )
    .map(([levels, rest]) => [...levels, ...(rest ? ["#"] : [])].join("/"));
  const filters = [...new Set(fc.sample(some, 5_000))];
  const topics = fc.sample(topicOfMany, 100);
  const router = new Router<{ readonly filter: string }>();
  const routes = filters.map((each) => ({ filter: each }));
  const compare = (expected: readonly { readonly filter: string }[]): void => {
    for (const each of topics) {
      const matching = expected.filter((route) => matchTopic(route.filter, each));
      expect(
        router
          .match(each)
          .map((route) => route.filter)
          .sort(),
      ).toEqual(matching.map((route) => route.filter).sort());
    }
  };
  for (const route of routes) router.add(route.filter, route);
  compare(routes);
  for (const route of routes.slice(1_000)) router.remove(route.filter, route);
  compare(routes.slice(0, 1_000));
  for (const route of routes.slice(2_000)) router.add(route.filter, route);
  compare([...routes.slice(0, 1_000), ...routes.slice(2_000)]);
  for (const route of routes) router.remove(route.filter, route);
  expect([topics.flatMap((each) => router.match(each)), router.nodeCount]).toEqual([[], 0]);
});

test.each([1, 2, 4])("it does so, too, where prefixes have the same hash, of %i bits", compareRouter);

test("the router forgets topics that begin with $ for wildcards in front, and takes # for the level above it", () => {
  const router = new Router<{ readonly name: string }>();
  for (const name of ["#", "+/a", "$SYS/#", "a/#", "a/+", "/a", "/+", "$share/g/a/b", "a/b"])
    router.add(name, { name });
  const found = (topicName: string): readonly string[] =>
    router
      .match(topicName)
      .map(({ name }) => name)
      .sort();
  // "The Server MUST NOT match Topic Filters starting with a wildcard character (# or +) with Topic Names beginning
  // with a $ character" [MQTT-4.7.2-1]
  expect(found("$SYS/a")).toEqual(["$SYS/#"]);
  expect(found("$SYS")).toEqual(["$SYS/#"]);
  expect(found("a")).toEqual(["#", "a/#"]);
  expect(found("a/")).toEqual(["#", "a/#", "a/+"]);
  expect(found("/a")).toEqual(["#", "+/a", "/+", "/a"]);
  expect(found("a/b")).toEqual(["#", "$share/g/a/b", "a/#", "a/+", "a/b"]);
});

test("filters and topics of thousands of levels need no stack, and no time to speak of", () => {
  const router = new Router<{ readonly name: string }>();
  const named = "a/".repeat(30_000);
  const any = "+/".repeat(30_000);
  const names = [`${named}b`, `${named}c`, `${named}+`, `${any}b`, `${any}x`];
  for (const name of names) router.add(name, { name });
  expect(router.match(`x/${named.slice(2)}b`)).toEqual([{ name: `${any}b` }]);
  expect(router.match(`${named}b`).length).toBe(3);
  expect(router.match(named)).toEqual([{ name: `${named}+` }]);
});

test("a packed filter matches what the filter matches", () => {
  fc.assert(
    fc.property(filter, topic, fc.nat(40), (text, name, padding) => {
      const levels = parseSharedSubscription(text)?.topicFilter ?? text;
      const front = "x".repeat(padding);
      for (const [one, other, expected] of [
        [levels, name, matchTopic(text, name)],
        [`${front}/${levels}`, `${front}/${name}`, matchTopic(`${front}/${levels}`, `${front}/${name}`)],
      ] as const) {
        const bytes = new Uint8Array(3 * NODE_BYTES).fill(0xff);
        packFilter(one, bytes, NODE_BYTES);
        expect(isPacked(bytes, NODE_BYTES)).toBe(one.length < NODE_BYTES);
        if (one.length < NODE_BYTES) expect(matchPacked(bytes, NODE_BYTES, other)).toBe(expected);
        const outside = [...bytes.subarray(0, NODE_BYTES), ...bytes.subarray(2 * NODE_BYTES)];
        expect(outside.every((byte) => byte === 0xff)).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("filters that are long, or not of ASCII, are matched, too", () => {
  const router = new Router<{ readonly name: string }>();
  const long = `${"x".repeat(60)}/+`;
  for (const name of ["Küche/+", "Küchf/+", "日本/#", long, `${long}/y`]) router.add(name, { name });
  const found = (topicName: string): readonly string[] => router.match(topicName).map(({ name }) => name);
  expect(found("Küche/Licht")).toEqual(["Küche/+"]);
  expect(found("日本/東京")).toEqual(["日本/#"]);
  expect(found("\u{e5}/a")).toEqual([]); // the low byte of 日
  expect(found(`${"x".repeat(60)}/a`)).toEqual([long]);
  expect(found(`${"x".repeat(60)}/a/y`)).toEqual([`${long}/y`]);
});

test("a table of nodes holds what was put into it, wherever the hashes lead", () => {
  const hash = fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: -12, max: -1 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((number) => number !== 0),
  );
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 60 }), (hashes) => {
      const table = new PrefixTable<string, string>();
      const model = new Map<number, number>();
      for (const [turn, each] of hashes.entries()) {
        const node = table.find(each);
        expect(node !== NO_NODE).toBe(model.has(each));
        if (node === NO_NODE) {
          const made = table.make(each);
          table.nodes[made + 1] = turn;
          table.pairs[made] = `first ${turn}`;
          table.pairs[made + 1] = `second ${turn}`;
          table.bytes.fill(turn, table.bytesOf(made), table.bytesOf(made + 2));
          model.set(each, turn);
        } else {
          table.delete(node);
          model.delete(each);
        }
        for (const [known, value] of model) {
          const at = table.find(known);
          const bytes = table.bytes.subarray(table.bytesOf(at), table.bytesOf(at + 2));
          const pair = [table.pairs[at], table.pairs[at + 1]];
          expect([table.nodes[at + 1], ...pair]).toEqual([value, `first ${value}`, `second ${value}`]);
          expect(bytes.length >= NODE_BYTES && bytes.every((byte) => byte === value)).toBe(true);
        }
        expect(table.size).toBe(model.size);
      }
    }),
  );
});

test("a table of nodes gives back the room of what is gone", () => {
  const table = new PrefixTable<string, string>();
  const roomOfNone = table.nodes.length;
  for (let hash = 1; hash <= 5_000; hash++) table.make(Math.imul(hash, 0x9e37_79b1));
  expect(table.nodes.length).toBeGreaterThan(5_000);
  for (let hash = 1; hash <= 5_000; hash++) table.delete(table.find(Math.imul(hash, 0x9e37_79b1)));
  expect([table.size, table.nodes.length, table.pairs.length]).toEqual([0, roomOfNone, roomOfNone]);
});

// ── recent topics ─────────────────────────────────────────────────────────────────────────────────

test("topics that are long are not remembered: a server could have us hold a thousand of 64 KiB", () => {
  const recent = new RecentTopics<object>();
  const [usual, long] = ["a".repeat(1_024), "a".repeat(1_025)];
  recent.set(usual, {});
  recent.set(long, {});
  expect([recent.get(usual), recent.get(long)]).toEqual([{}, undefined]);
});

test("recent topics are known again until they are forgotten, and are not all kept", () => {
  const recent = new RecentTopics<object>();
  const values = [{}, {}];
  recent.set("a", values[0]!);
  recent.set("b", values[1]!);
  expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([values[0], values[1], undefined]);
  recent.clear();
  expect(recent.get("a")).toBeUndefined();
});

test("a thousand topics that come in turn are all known after a while, and topics that never come again are not kept", () => {
  const recent = new RecentTopics<{ readonly name: string }>();
  /** How many of so many topics are known. */
  const known = (count: number, prefix: string): number => {
    let found = 0;
    for (let index = 0; index < count; index++) {
      const name = `${prefix}${index}`;
      const value = recent.get(name);
      if (value === undefined) recent.set(name, { name });
      else if (value.name === name) found++;
    }
    return found;
  };
  for (let turn = 0; turn < 40; turn++) known(1_000, "again ");
  expect(known(1_000, "again ")).toBe(1_000);
  expect(known(100_000, "once ")).toBe(0);
  for (let turn = 0; turn < 40; turn++) known(1_000, "again ");
  expect(known(1_000, "again ")).toBe(1_000);
});

function ascending(left: number, right: number): number {
  return left - right;
}

// ── handler line ──────────────────────────────────────────────────────────────────────────────────

/** A line, and two who wait in it and note what they get. */
function handlerLine() {
  const clock = new ManualClock();
  const line = new HandlerLine(clock);
  const turns: string[] = [];
  const note = (name: string) => ({
    handleTurn: (message: Message) => {
      turns.push(`${name} ${message.topic}`);
      if (message.topic === "more") line.push(anna, messageTo("late"));
      if (message.topic === "bad") throw new Error("a defect");
    },
  });
  const anna = note("anna");
  const bert = note("bert");
  return { clock, line, turns, anna, bert };
}

function messageTo(topicName: string): Message {
  const packet = { type: "publish", topicName, payload: new Uint8Array(), qos: 0, retain: false, dup: false } as const;
  return new Message(packet, 0, undefined);
}

test("everyone in the handler line has their turn in the order of arrival, after what arrived together", () => {
  const { clock, line, turns, anna, bert } = handlerLine();
  line.push(anna, messageTo("1"));
  line.push(bert, messageTo("more"));
  line.push(anna, messageTo("3"));
  expect(turns).toEqual([]);
  clock.flush();
  expect(turns).toEqual(["anna 1", "bert more", "anna 3", "anna late"]);
  line.push(bert, messageTo("5"));
  clock.flush();
  expect(turns.slice(4)).toEqual(["bert 5"]);
});

test("who leaves the handler line takes their messages along", () => {
  const { clock, line, turns, anna, bert } = handlerLine();
  line.push(anna, messageTo("1"));
  line.push(bert, messageTo("2"));
  line.push(anna, messageTo("3"));
  expect(line.of(bert).map(({ topic: name }) => name)).toEqual(["2"]);
  expect(line.takeBack(anna).map(({ topic: name }) => name)).toEqual(["1", "3"]);
  expect(line.of(anna)).toEqual([]);
  clock.flush();
  expect(turns).toEqual(["bert 2"]);
  expect(line.of(bert)).toEqual([]);
});

test("whoever comes and leaves, each message in the handler line has one turn, in order, or is taken back", () => {
  const step = fc.record({
    who: fc.nat(2),
    does: fc.constantFrom("push", "push", "push", "takeBack", "turn"),
    /** Messages that come, and those who leave, in the turn of the next message. */
    during: fc.array(fc.record({ who: fc.nat(2), does: fc.constantFrom("push", "takeBack") }), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new ManualClock();
      const line = new HandlerLine(clock);
      let expected: string[] = [];
      const left: (() => void)[] = [];
      let count = 0;
      const streams = [0, 1, 2].map((who) => ({
        handleTurn: ({ topic: name }: Message) => {
          expect(`${who} ${name}`).toBe(expected.shift());
          left.shift()?.();
        },
      }));
      const act = (who: number, does: string): void => {
        const own = expected.filter((each) => each.startsWith(`${who} `)).map((each) => each.slice(2));
        expect(line.of(streams[who]!).map(({ topic: name }) => name)).toEqual(own);
        if (does === "push") {
          expected.push(`${who} ${++count}`);
          line.push(streams[who]!, messageTo(`${count}`));
        } else if (does === "takeBack") {
          expected = expected.filter((each) => !each.startsWith(`${who} `));
          expect(line.takeBack(streams[who]!).map(({ topic: name }) => name)).toEqual(own);
        } else {
          clock.flush();
          expect(expected).toEqual([]);
        }
      };
      for (const { who, does, during } of steps) {
        for (const each of during) left.push(() => act(each.who, each.does));
        act(who, does);
      }
      clock.flush();
      expect(expected).toEqual([]);
    }),
  );
});

test("a defect that throws in the handler line costs nobody else their turn", () => {
  const { clock, line, turns, anna, bert } = handlerLine();
  line.push(anna, messageTo("bad"));
  line.push(bert, messageTo("2"));
  expect(() => clock.flush()).toThrow("a defect");
  clock.flush();
  expect(turns).toEqual(["anna bad", "bert 2"]);
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
