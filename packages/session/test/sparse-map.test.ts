import fc from "fast-check";
import { expect, test } from "vitest";
import { SparseMap } from "../src/sparse-map.ts";

test("is a Map, whatever is done to it", () => {
  const step = fc.record({ does: fc.constantFrom("set", "set", "delete", "clear"), key: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new SparseMap<number, string>();
      const model = new Map<number, string>();
      for (const [index, { does, key }] of steps.entries()) {
        if (does === "set") {
          map.set(key, `value ${index}`);
          model.set(key, `value ${index}`);
        } else if (does === "delete") {
          expect(map.delete(key)).toBe(model.delete(key));
        } else {
          map.clear();
          model.clear();
        }
        expect(map.size).toBe(model.size);
        expect(map.get(key)).toBe(model.get(key));
        expect([...map]).toEqual([...model]);
        expect([...map.keys()]).toEqual([...model.keys()]);
        expect([...map.values()]).toEqual([...model.values()]);
      }
    }),
  );
});
