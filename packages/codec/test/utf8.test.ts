import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../src/index.ts";
import { hasLoneSurrogate, readUtf8, utf8Size, writeUtf8 } from "../src/utf8.ts";
import { hex } from "./vectors/vector.ts";

/** Text whose units are any 16 bits: half of a surrogate pair now and then. */
const anyUnits = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0xd7fe, max: 0xe001 }),
      fc.integer({ min: 0, max: 0x7f }),
    ),
    {
      maxLength: 60,
    },
  )
  .map((units) => String.fromCharCode(...units));
const text = fc.string({ unit: "binary", maxLength: 60 });

describe("reading", () => {
  // Table 3-7 of the Unicode standard: what begins, or continues, no character.
  test.each([
    ["a continuation byte alone", "80"],
    ["the overlong form of U+0000", "c0 80"],
    ["an overlong form of two bytes", "c1 bf"],
    ["an overlong form of three bytes", "e0 9f bf"],
    ["an overlong form of four bytes", "f0 8f bf bf"],
    ["the surrogate U+D800", "ed a0 80"],
    ["the surrogate U+DFFF", "ed bf bf"],
    ["a surrogate pair as in CESU-8", "ed a0 b4 ed b4 9e"],
    ["U+110000", "f4 90 80 80"],
    ["a sequence of five bytes", "f8 88 80 80 80"],
    ["half a character", "61 c3"],
    ["the byte 0xFF", "ff"],
  ])("refuses %s [MQTT-1.5.4-1]", (_, bytes) => {
    expect(() => decodeUtf8(hex(bytes))).toThrow(TypeError);
    expect(() => readUtf8(hex("61 61", bytes, "61"), 2, 2 + hex(bytes).length)).toThrow(TypeError);
    // Also in a string too long for the loop.
    expect(() => decodeUtf8(hex("61 61 61 61 61 61 61 61", bytes))).toThrow(TypeError);
  });

  test("keeps U+FEFF wherever it is [MQTT-1.5.4-3]", () => {
    expect(decodeUtf8(hex("ef bb bf 61"))).toBe("\ufeffa");
    expect(readUtf8(hex("ef bb bf 61"), 0, 4)).toBe("\ufeffa");
    expect(readUtf8(hex("61 ef bb bf"), 0, 4)).toBe("a\ufeff");
  });

  test("keeps U+0000, which is for the caller to judge", () => {
    expect(readUtf8(hex("00"), 0, 1)).toBe("\0");
  });

  test("gives back what was written, from any place", () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 20 }), (one, offset) => {
        const bytes = Buffer.from(`${"x".repeat(offset)}${one}yy`);
        const size = Buffer.byteLength(one);
        expect(readUtf8(Uint8Array.from(bytes), offset, offset + size)).toBe(one);
        expect(decodeUtf8(encodeUtf8(one))).toBe(one);
      }),
      { numRuns: 500 },
    );
  });
});

describe("writing", () => {
  test("gives the bytes that Node gives, in the place that it was told", () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 20 }), (one, position) => {
        const expected = Buffer.from(one);
        const to = new Uint8Array(position + one.length * 3 + 5).fill(0xaa);
        const end = writeUtf8(to, position, one);
        expect(end).toBe(position + expected.length);
        expect(Buffer.compare(to.subarray(position, end), expected)).toBe(0);
        expect(to.subarray(0, position).every((byte) => byte === 0xaa)).toBe(true);
        expect(encodeUtf8(one)).toEqual(Uint8Array.from(expected));
        expect(utf8Size(one)).toBe(expected.length);
      }),
      { numRuns: 500 },
    );
  });

  // Table 3-6 of the Unicode standard: the first and last code point of each number of bytes.
  test.each([
    ["\u0000", "00"],
    ["\u007f", "7f"],
    ["\u0080", "c2 80"],
    ["\u07ff", "df bf"],
    ["\u0800", "e0 a0 80"],
    ["\ud7ff", "ed 9f bf"],
    ["\ue000", "ee 80 80"],
    ["\uffff", "ef bf bf"],
    ["\u{10000}", "f0 90 80 80"],
    ["\u{10ffff}", "f4 8f bf bf"],
  ])("writes and reads %j as %s", (one, digits) => {
    const bytes = hex(digits);
    const to = new Uint8Array(10);
    expect(writeUtf8(to, 2, one)).toBe(2 + bytes.length);
    expect(to.subarray(2, 2 + bytes.length)).toEqual(bytes);
    expect(utf8Size(one)).toBe(bytes.length);
    expect(readUtf8(to, 2, 2 + bytes.length)).toBe(one);
  });

  test("refuses half of a surrogate pair, wherever it is [MQTT-1.5.4-1]", () => {
    fc.assert(
      fc.property(anyUnits, (one) => {
        // Node replaces half a pair by U+FFFD, so what it gives back differs.
        const lone = Buffer.from(one).toString() !== one;
        expect(hasLoneSurrogate(one)).toBe(lone);
        expect(writeUtf8(new Uint8Array(one.length * 3 + 1), 0, one) === -1).toBe(lone);
      }),
      { numRuns: 1_000 },
    );
    for (const one of [
      "\ud800",
      "\udfff",
      "a\ud834",
      "\udd1e\ud834",
      `${"x".repeat(60)}\ud834`,
      `${"ä".repeat(60)}\udd1e`,
    ]) {
      expect(writeUtf8(new Uint8Array(400), 0, one)).toBe(-1);
    }
  });

  test("takes U+FFFD, which replaces nothing here", () => {
    expect(writeUtf8(new Uint8Array(10), 0, "\ufffd")).toBe(3);
  });
});
