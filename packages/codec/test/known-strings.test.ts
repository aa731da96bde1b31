import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { createDecoder, encodePacket, type PacketInit } from "../src/index.ts";
import { EncodedStrings, KnownStrings } from "../src/known-strings.ts";

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

describe("known strings", () => {
  test("are found from the third time on, and only those", () => {
    const known = new KnownStrings();
    const bytes = new TextEncoder().encode("sensors/kitchen");
    for (let time = 1; time <= 2; time++) {
      expect(known.find(view(bytes), 0, bytes.length)).toBeUndefined();
      known.add(view(bytes), 0, bytes.length, "sensors/kitchen");
    }
    expect(known.find(view(bytes), 0, bytes.length)).toBe("sensors/kitchen");
    expect(known.find(view(bytes), 0, bytes.length - 1)).toBeUndefined();
    expect(known.find(view(bytes), 1, bytes.length - 1)).toBeUndefined();
  });

  test("are never mistaken for another, whatever came before", () => {
    // Few bytes and few lengths: many strings meet in one slot.
    const one = fc.uint8Array({ minLength: 4, maxLength: 48, max: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(one, fc.nat({ max: 5 })), { minLength: 1, maxLength: 60 }), (strings) => {
        const known = new KnownStrings();
        for (let round = 0; round < 3; round++) {
          for (const [bytes, offset] of strings) {
            const text = String.fromCharCode(...bytes);
            const from = Uint8Array.of(...Array.from({ length: offset }, () => 9), ...bytes, 9, 9);
            const found = known.find(view(from), offset, bytes.length);
            if (found === undefined) known.add(view(from), offset, bytes.length, text);
            else expect(found).toBe(text);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test("are found again after any number of strings that never repeat", () => {
    const known = new KnownStrings();
    const look = (text: string): boolean => {
      const bytes = view(new TextEncoder().encode(text));
      if (!known.takes(text.length)) return false;
      if (known.find(bytes, 0, text.length) === text) return true;
      known.add(bytes, 0, text.length, text);
      return false;
    };
    for (let index = 0; index < 50_000; index++) look(`cold/${index}`);
    let found = 0;
    for (let index = 0; index < 1_000; index++) if (look("hot/hot")) found++;
    expect(found).toBeGreaterThan(400);
  });

  test.each([0, 1, 2, 3, 49, 65_535])("are not kept with %d bytes", (length) => {
    expect(new KnownStrings().takes(length)).toBe(false);
  });
});

describe("what comes again in packets is looked up, not decoded", () => {
  test.each<[string, PacketInit]>([
    ["a topic name", { type: "publish", topicName: "again/and/again" }],
    [
      "a content type",
      { type: "publish", topicName: "", properties: { topicAlias: 1, contentType: "again/and/again" } },
    ],
    [
      "a user property",
      { type: "puback", packetIdentifier: 1, properties: { userProperties: [["1", "again/and/again"]] } },
    ],
  ])("%s", (_, packet) => {
    const bytes = encodePacket(packet, 5);
    const decoder = createDecoder({ version: 5 });
    const find = vi.spyOn(KnownStrings.prototype, "find");
    for (let time = 0; time < 3; time++) {
      decoder.push(bytes);
      decoder.next();
    }
    expect(find).toHaveLastReturnedWith("again/and/again");
    find.mockRestore();
  });

  test("a topic name that is written", () => {
    const find = vi.spyOn(EncodedStrings.prototype, "find");
    for (let time = 0; time < 2; time++) encodePacket({ type: "publish", topicName: "again/and/again" }, 5);
    expect(find).toHaveLastReturnedWith(Uint8Array.of(0, 15, ...new TextEncoder().encode("again/and/again")));
    find.mockRestore();
  });
});

describe("encoded strings", () => {
  test("are copies of the bytes they were added with", () => {
    const encoded = new EncodedStrings();
    const bytes = Uint8Array.of(9, 0, 1, 0x61, 9);
    expect(encoded.find("a")).toBeUndefined();
    encoded.add("a", bytes, 1, 4);
    bytes.fill(0);
    expect(encoded.find("a")).toEqual(Uint8Array.of(0, 1, 0x61));
  });

  test("are found again after any number of strings that never repeat", () => {
    const encoded = new EncodedStrings();
    const look = (text: string): boolean => {
      if (encoded.find(text) !== undefined) return true;
      const bytes = new TextEncoder().encode(text);
      encoded.add(text, bytes, 0, bytes.length);
      return false;
    };
    for (let index = 0; index < 50_000; index++) look(`cold/${index}`);
    // The table rests, then forgets: a string that is asked for again and again is in it in the end.
    let found = 0;
    for (let index = 0; index < 60_000; index++) if (look("hot")) found++;
    expect(found).toBeGreaterThan(20_000);
  });

  test("that are long are not kept", () => {
    const encoded = new EncodedStrings();
    const long = "x".repeat(49);
    encoded.add(long, new Uint8Array(51), 0, 51);
    expect(encoded.find(long)).toBeUndefined();
  });
});
