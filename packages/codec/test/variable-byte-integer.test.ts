import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedPacketError } from "../src/index.ts";
import { PacketReader } from "../src/reader.ts";
import {
  VARIABLE_BYTE_INTEGER_MAXIMUM,
  variableByteIntegerSize,
  writeVariableByteInteger,
} from "../src/variable-byte-integer.ts";
import { errorOf } from "./support.ts";
import { hex } from "./vectors/vector.ts";

function read(bytes: Uint8Array): { value: number; position: number } {
  const reader = new PacketReader();
  reader.reset(bytes, 0, bytes.length, 0);
  return { value: reader.variableByteInteger(), position: reader.position };
}

/** Section 1.5.5's own algorithm, with division. */
function encode(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  do {
    let byte = left % 128;
    left = Math.floor(left / 128);
    if (left > 0) byte += 128;
    bytes.push(byte);
  } while (left > 0);
  return Uint8Array.from(bytes);
}

describe("a variable byte integer", () => {
  // Table 1-1.
  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "80 01"],
    [16_383, "ff 7f"],
    [16_384, "80 80 01"],
    [2_097_151, "ff ff 7f"],
    [2_097_152, "80 80 80 01"],
    [268_435_455, "ff ff ff 7f"],
  ])("of %d is %s", (value, digits) => {
    const bytes = hex(digits);
    expect(variableByteIntegerSize(value)).toBe(bytes.length);
    const to = new Uint8Array(bytes.length + 2).fill(0xaa);
    writeVariableByteInteger(to, 1, value, bytes.length);
    expect(to).toEqual(Uint8Array.from([0xaa, ...bytes, 0xaa]));
    expect(read(bytes)).toEqual({ value, position: bytes.length });
  });

  test("is written in the least bytes, and read again [MQTT-1.5.5-1]", () => {
    const any = fc.oneof(
      fc.integer({ min: 0, max: VARIABLE_BYTE_INTEGER_MAXIMUM }),
      fc.integer({ min: 0, max: 20_000 }),
    );
    fc.assert(
      fc.property(any, (value) => {
        const size = variableByteIntegerSize(value);
        const bytes = new Uint8Array(size);
        writeVariableByteInteger(bytes, 0, value, size);
        expect(bytes).toEqual(encode(value));
        expect(read(bytes).value).toBe(value);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(["80 00", "81 00", "ff 00", "80 80 00", "ff ff 00", "80 80 80 00"])(
    "in more bytes than it needs is malformed: %s [MQTT-1.5.5-1]",
    (digits) => {
      const error = errorOf(() => read(hex(digits)));
      expect(error).toBeInstanceOf(MalformedPacketError);
      expect(error).toMatchObject({ clause: "MQTT-1.5.5-1", offset: 0 });
    },
  );

  test.each(["80 80 80 80", "ff ff ff ff 01", "80 80 80 80 00"])(
    "of more than four bytes is malformed: %s",
    (digits) => {
      expect(errorOf(() => read(hex(digits)))).toMatchObject({ reasonCode: 0x81, offset: 0 });
    },
  );

  test.each(["", "80", "ff ff", "80 80 80"])("that ends too early is malformed: %j", (digits) => {
    expect(errorOf(() => read(hex(digits)))).toBeInstanceOf(MalformedPacketError);
  });
});
