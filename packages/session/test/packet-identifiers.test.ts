import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketIdentifiers } from "../src/packet-identifiers.ts";

test("gives out the lowest unused identifier, never 0 [MQTT-2.2.1-3]", () => {
  const identifiers = new PacketIdentifiers();
  expect([1, 2, 3, 4].map(() => identifiers.allocate())).toEqual([1, 2, 3, 4]);
  identifiers.release(2);
  identifiers.release(1);
  expect([identifiers.allocate(), identifiers.allocate(), identifiers.allocate()]).toEqual([1, 2, 5]);
  expect(identifiers.count).toBe(5);
});

test("has 65,535 of them, and undefined after that", () => {
  const identifiers = new PacketIdentifiers();
  for (let expected = 1; expected <= 65_535; expected++) {
    if (identifiers.allocate() !== expected) expect.unreachable(`${expected}`);
  }
  expect(identifiers.allocate()).toBeUndefined();
  expect(identifiers.count).toBe(65_535);
  identifiers.release(40_000);
  expect(identifiers.allocate()).toBe(40_000);
  expect(identifiers.allocate()).toBeUndefined();
});

test("releasing what is not taken changes nothing", () => {
  const identifiers = new PacketIdentifiers();
  identifiers.allocate();
  for (const unused of [0, 2, 65_535]) identifiers.release(unused);
  expect(identifiers.count).toBe(1);
  expect(identifiers.allocate()).toBe(2);
});

test("agrees with a plain set, in any order of taking and releasing", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 80 })), { maxLength: 300 }), (steps) => {
      const identifiers = new PacketIdentifiers();
      const taken = new Set<number>();
      for (const released of steps) {
        if (released > 0) {
          identifiers.release(released);
          taken.delete(released);
          continue;
        }
        let lowest = 1;
        while (taken.has(lowest)) lowest++;
        expect(identifiers.allocate()).toBe(lowest);
        taken.add(lowest);
      }
      expect(identifiers.count).toBe(taken.size);
      for (let identifier = 1; identifier <= 81; identifier++) {
        expect(identifiers.isTaken(identifier)).toBe(taken.has(identifier));
      }
    }),
  );
});
