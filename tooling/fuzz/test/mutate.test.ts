import { expect, test } from "vitest";
import { framed, relengthed } from "../src/mutate.mjs";
import { createRandom } from "../src/random.mjs";

test("a seed and a case give the same numbers again, and others other numbers", () => {
  const numbers = (seed: number, index: number) => createRandom(seed, index).bytes(20);
  expect(numbers(1, 2)).toEqual(numbers(1, 2));
  expect(numbers(1, 2)).not.toEqual(numbers(1, 3));
  expect(numbers(1, 2)).not.toEqual(numbers(2, 2));
});

test("a header is made for any content, and made right again", () => {
  expect(framed(0x30, new Uint8Array(127)).subarray(0, 2)).toEqual(Uint8Array.of(0x30, 0x7f));
  expect(framed(0x30, new Uint8Array(128)).subarray(0, 3)).toEqual(Uint8Array.of(0x30, 0x80, 1));
  expect(relengthed(Uint8Array.of(0xc0, 5, 1))).toEqual(Uint8Array.of(0xc0, 1, 1));
  expect(relengthed(Uint8Array.of(0xc0))).toEqual(Uint8Array.of(0xc0));
});
