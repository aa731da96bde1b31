import fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlineHeap } from "../src/deadlines.ts";

test("the earliest is on top, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat()), { maxLength: 200 }), (steps) => {
      const heap = new DeadlineHeap<{ deadline: number; place: number }>();
      const items: { deadline: number; place: number }[] = [];
      for (const [deadline, at] of steps) {
        if (at % 3 === 0 && items.length > 0) {
          const [gone] = items.splice(at % items.length, 1);
          heap.remove(gone!);
          heap.remove(gone!); // once more is no harm
          expect(gone!.place).toBe(-1);
        } else {
          const item = { deadline, place: -1 };
          items.push(item);
          heap.add(item);
        }
        expect(heap.peek()?.deadline).toBe(
          items.length === 0 ? undefined : Math.min(...items.map((one) => one.deadline)),
        );
      }
      heap.clear();
      expect(heap.peek()).toBeUndefined();
      expect(items.every(({ place }) => place === -1)).toBe(true);
    }),
  );
});
