import fc from "fast-check";
import { expect, test } from "vitest";
import { type Identified, IdentifierTable } from "../src/identifier-table.ts";

/** As peers choose them: from 1 upwards, near the end, all over, or so that they meet in a ring. */
const identifier = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 65_500, max: 65_535 }),
  fc.integer({ min: 1, max: 65_535 }),
  fc.integer({ min: 1, max: 7 }).map((number) => number * 8_192),
);

test("finds what was set, and nothing else, whatever the peer's identifiers are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(identifier, fc.boolean())), (steps) => {
      const table = new IdentifierTable<Identified>();
      const model = new Map<number, Identified>();
      for (const [packetIdentifier, adds] of steps) {
        if (adds) {
          const item = { packetIdentifier };
          table.set(item);
          model.set(packetIdentifier, item);
        } else {
          table.delete(packetIdentifier);
          model.delete(packetIdentifier);
        }
        for (const [known] of steps) expect(table.get(known)).toBe(model.get(known));
      }
      expect(new Set(table)).toEqual(new Set(model.values()));
      table.clear();
      for (const [known] of steps) expect(table.get(known)).toBeUndefined();
    }),
  );
});

test("has room for all 65,535", () => {
  const table = new IdentifierTable<Identified>();
  for (let packetIdentifier = 1; packetIdentifier <= 65_535; packetIdentifier++) table.set({ packetIdentifier });
  expect([...table]).toHaveLength(65_535);
  for (let packetIdentifier = 1; packetIdentifier <= 65_535; packetIdentifier++) table.delete(packetIdentifier);
  expect([...table]).toEqual([]);
});
