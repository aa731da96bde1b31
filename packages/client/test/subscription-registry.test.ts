import { matchTopic } from "@petrel/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { consumerOptions } from "../src/consumer-options.ts";
import { MessageStream, type StreamOwner } from "../src/message-stream.ts";
import { Route } from "../src/route.ts";
import { Subscription } from "../src/subscription.ts";
import { SubscriptionRegistry } from "../src/subscription-registry.ts";

const FILTERS = ["a", "a/b", "a/+", "+/b", "a/#", "#", "+", "$share/g/a/b", "$share/g/#", "b/c/d", "+/+/d", "$sys/#"];
const TOPICS = ["a", "b", "a/b", "a/c", "b/b", "b/c/d", "a/b/d", "$sys/a", "c"];
const OPTIONS = consumerOptions({}, false, "5.0");
const NOBODY = {} as StreamOwner; // nothing is delivered here

function isOf(
  stream: MessageStream,
  topicName: string,
  gone: ReadonlyMap<MessageStream, ReadonlySet<string>>,
): boolean {
  if (!(stream instanceof Subscription) && !(stream instanceof Route)) return true;
  const left = stream.filters.filter((filter) => gone.get(stream)?.has(filter) !== true);
  return left.some((filter) => matchTopic(filter, topicName));
}

test("whoever comes and goes, a message is for those one of whose filters matches, each once", () => {
  const filters = fc.array(fc.constantFrom(...FILTERS), { minLength: 1, maxLength: 4 });
  const step = fc.oneof(
    fc.record({ does: fc.constantFrom("subscribe", "route"), filters }),
    fc.record({ does: fc.constantFrom("remove"), which: fc.nat() }),
    fc.record({ does: fc.constantFrom("removeFilters", "loseFilters"), filters }),
    fc.record({ does: fc.constantFrom("messages", "removeAll") }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const registry = new SubscriptionRegistry();
      let streams: MessageStream[] = [];
      /** Filters of a subscription that were taken away from it. */
      const gone = new Map<MessageStream, Set<string>>();
      const isSubscribed = (filter: string): boolean =>
        streams.some(
          (stream) =>
            stream instanceof Subscription && stream.filters.includes(filter) && gone.get(stream)?.has(filter) !== true,
        );
      for (const each of steps) {
        if (each.does === "subscribe" && "filters" in each) {
          const subscription = new Subscription(each.filters, NOBODY, OPTIONS, undefined);
          registry.add(subscription, registry.chooseIdentifier(each.filters));
          streams.push(subscription);
        } else if (each.does === "route" && "filters" in each) {
          const route = new Route(each.filters, NOBODY, OPTIONS, () => undefined);
          registry.listen(route);
          streams.push(route);
        } else if (each.does === "messages") {
          const stream = new MessageStream(NOBODY, OPTIONS, {});
          registry.listen(stream);
          streams.push(stream);
        } else if (each.does === "removeAll") {
          expect(new Set(registry.removeAll())).toEqual(new Set(streams.filter((one) => !(one instanceof Route))));
          streams = streams.filter((stream) => stream instanceof Route);
        } else if ("which" in each) {
          const stream = streams[each.which % Math.max(1, streams.length)];
          if (stream === undefined) continue;
          streams = streams.filter((other) => other !== stream);
          if (stream instanceof Subscription) {
            const unused = [...new Set(stream.filters)].filter((filter) => !isSubscribed(filter));
            expect(registry.remove(stream)).toEqual(unused);
            expect(registry.remove(stream)).toBeUndefined();
          } else {
            registry.leave(stream);
          }
        } else if ("filters" in each) {
          const ended = new Set<MessageStream>();
          for (const stream of streams) {
            if (!(stream instanceof Subscription)) continue;
            const taken = gone.get(stream) ?? new Set<string>();
            const hits = stream.filters.filter((filter) => each.filters.includes(filter) && !taken.has(filter));
            for (const filter of hits) taken.add(filter);
            gone.set(stream, taken);
            if (hits.length > 0 && stream.filters.every((filter) => taken.has(filter))) ended.add(stream);
          }
          if (each.does === "removeFilters") {
            expect(new Set(registry.removeFilters(each.filters))).toEqual(ended);
          } else {
            const failures = each.filters.map((topicFilter) => ({ topicFilter, reasonCode: 0x87 }));
            expect(new Set(registry.loseFilters(failures).map(([stream]) => stream))).toEqual(ended);
          }
          streams = streams.filter((stream) => !ended.has(stream));
        }
        for (const topicName of TOPICS) {
          const packet = { type: "publish", topicName, payload: new Uint8Array(), qos: 0, retain: false } as const;
          const recipients = registry.recipients({ ...packet, dup: false }) ?? [];
          expect(new Set(recipients)).toEqual(new Set(streams.filter((stream) => isOf(stream, topicName, gone))));
          expect(recipients.length).toBe(new Set(recipients).size);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a subscription that loses some filters is told of these when the last of them is lost", () => {
  const registry = new SubscriptionRegistry();
  const subscription = new Subscription(["a", "b", "c"], NOBODY, OPTIONS, undefined);
  registry.add(subscription, undefined);
  expect(registry.loseFilters([{ topicFilter: "b", reasonCode: 0x87 }])).toEqual([]);
  const failures = ["a", "c", "d"].map((topicFilter) => ({ topicFilter, reasonCode: 0x8f }));
  expect(registry.loseFilters(failures)).toMatchObject([[subscription, { failures: failures.slice(0, 2) }]]);
});

test("tens of thousands of filters, in one subscription or each in its own, are gone at once", () => {
  const filters = Array.from({ length: 50_000 }, (_, index) => `a/${index}/b`);
  const failures = filters.map((topicFilter) => ({ topicFilter, reasonCode: 0x87 }));
  const together = new SubscriptionRegistry();
  const one = new Subscription(filters, NOBODY, OPTIONS, undefined);
  together.add(one, 1);
  expect(together.removeFilters(filters)).toEqual([one]); // pairwise, it would take minutes
  const apart = new SubscriptionRegistry();
  for (const filter of filters) apart.add(new Subscription([filter], NOBODY, OPTIONS, undefined), 1);
  expect(apart.loseFilters(failures).length).toBe(filters.length);
});
