import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../src/fifo.ts";

const item = (number: number): { number: number } => ({ number });

test("gives back in the order it was given, whatever is put and taken in between", () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("push" as const), count: fc.nat(40) }),
    fc.record({ type: fc.constant("take" as const), count: fc.nat(40) }),
    fc.record({ type: fc.constant("putBack" as const), count: fc.nat(40) }),
    fc.record({ type: fc.constant("takeAll" as const), count: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const fifo = new Fifo<{ number: number }>();
      let model: { number: number }[] = [];
      let next = 0;
      for (const { type, count } of steps) {
        const items = Array.from({ length: count }, () => item(next++));
        if (type === "push") {
          for (const one of items) fifo.push(one);
          model.push(...items);
        } else if (type === "putBack") {
          fifo.putBack(items);
          model.unshift(...items);
        } else if (type === "takeAll") {
          expect(fifo.takeAll()).toEqual(model);
          model = [];
        } else {
          for (let index = 0; index < count; index++) expect(fifo.take()).toBe(model.shift());
        }
        expect(fifo.length).toBe(model.length);
        expect(fifo.peek()).toBe(model[0]);
        expect([...fifo]).toEqual(model);
      }
    }),
  );
});

test("a long line is taken off in no time", () => {
  const fifo = new Fifo<{ number: number }>();
  const count = 300_000;
  for (let number = 0; number < count; number++) fifo.push(item(number));
  let inOrder = 0;
  for (let number = 0; number < count; number++) inOrder += fifo.take()!.number === number ? 1 : 0;
  expect(inOrder).toBe(count);
});
