import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createWriter,
  EncodeError,
  encodePacket,
  type PacketInit,
  packetSize,
  type PacketWriter,
  type ProtocolVersion,
} from "../src/index.ts";
import { anyPacket, withDefaults } from "./arbitraries.ts";
import { decodeAll, errorOf, VERSIONS } from "./support.ts";
import { hex } from "./vectors/vector.ts";

const SLAB = 65_536;

function taken(writer: PacketWriter): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.take(); chunk !== undefined; chunk = writer.take()) chunks.push(chunk);
  return chunks;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(chunks));
}

function publish(payload: Uint8Array | string, topicName = "t"): PacketInit {
  return { type: "publish", topicName, payload };
}

/** A packet of so many bytes that the writer copies in full. */
function subscribeOfSize(size: number): PacketInit {
  const topicFilters: string[] = [];
  // Header and Remaining Length: 4 bytes from 16,384 on; packet identifier 2; each filter 2 and its bytes.
  let left = size - 4 - 2;
  while (left > 0) {
    const length = Math.min(left - 2, 60_000);
    topicFilters.push("f".repeat(length));
    left -= length + 2;
  }
  return { type: "unsubscribe", packetIdentifier: 1, topicFilters };
}

describe("output", () => {
  test("is nothing for a writer that nothing was written to", () => {
    const writer = createWriter();
    expect(writer.pendingBytes).toBe(0);
    expect(writer.take()).toBeUndefined();
  });

  test("is one chunk for many small packets", () => {
    const writer = createWriter({ version: 4 });
    for (let index = 1; index <= 100; index++) writer.write({ type: "puback", packetIdentifier: index });
    expect(writer.pendingBytes).toBe(400);
    const chunks = taken(writer);
    expect(chunks).toHaveLength(1);
    expect(decodeAll(chunks[0]!, 4)).toHaveLength(100);
    expect(writer.pendingBytes).toBe(0);
  });

  test("that was taken is never written again, by any writer", () => {
    const writers = [createWriter({ version: 4 }), createWriter({ version: 4 }), createWriter({ version: 5 })];
    const seen: [Uint8Array, Uint8Array][] = [];
    for (let round = 0; round < 3_000; round++) {
      const writer = writers[round % 3]!;
      writer.write(publish(`${round}`.repeat(round % 40)));
      if (round % 2 === 0) for (const chunk of taken(writer)) seen.push([chunk, chunk.slice()]);
    }
    for (const [chunk, copy] of seen) expect(Buffer.compare(chunk, copy)).toBe(0);
  });

  test("of writers that take turns is what each of them wrote", () => {
    const order = fc.array(fc.tuple(fc.nat({ max: 2 }), anyPacket(5), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(order, (steps) => {
        const writers = [0, 1, 2].map(() => ({
          writer: createWriter(),
          chunks: [] as Uint8Array[],
          written: [] as PacketInit[],
        }));
        for (const [which, packet, take] of steps) {
          const one = writers[which]!;
          one.writer.write(packet);
          one.written.push(packet);
          if (take) one.chunks.push(...taken(one.writer));
        }
        for (const { writer, chunks, written } of writers) {
          chunks.push(...taken(writer));
          expect(decodeAll(joined(chunks), 5)).toEqual(written.map((packet) => withDefaults(packet, 5)));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("continues in the same slab, which writers share", () => {
    const first = createWriter({ version: 4 });
    const second = createWriter({ version: 4 });
    first.write({ type: "pingreq" });
    const one = first.take()!;
    second.write({ type: "pingresp" });
    const other = second.take()!;
    expect(other.buffer).toBe(one.buffer);
    expect(other.byteOffset).toBe(one.byteOffset + one.length);
  });

  test("doesn't cost a slab when a packet is only measured", () => {
    const writer = createWriter({ version: 4 });
    writer.write({ type: "pingreq" });
    const before = writer.take()!;
    for (let index = 0; index < 1_000; index++) {
      packetSize(publish(new Uint8Array(1_000)), 4);
      encodePacket(publish(new Uint8Array(1_000)), 4);
      expect(() => packetSize({ type: "puback", packetIdentifier: 0 }, 4)).toThrow(EncodeError);
    }
    writer.write({ type: "pingreq" });
    const after = writer.take()!;
    expect(after.buffer).toBe(before.buffer);
    expect(after.byteOffset).toBe(before.byteOffset + before.length);
  });

  test("survives a consumer that transfers a chunk's memory", () => {
    const writer = createWriter({ version: 4 });
    writer.write({ type: "pingreq" });
    const chunk = writer.take()!;
    structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] });
    writer.write({ type: "pingresp" });
    expect(joined(taken(writer))).toEqual(hex("d0 00"));
  });
});

describe("a slab that fills up", () => {
  test("is followed by another: no packet is split, and none is lost", () => {
    const writer = createWriter({ version: 4 });
    const count = 1_000;
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += writer.write(publish(`${index}`.padEnd(200, ".")));
    expect(writer.pendingBytes).toBe(bytes);
    const chunks = taken(writer);
    expect(chunks.length).toBeGreaterThan(Math.floor(bytes / SLAB));
    for (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(SLAB);
      expect(decodeAll(chunk, 4).length).toBeGreaterThan(0);
    }
    const texts = decodeAll(joined(chunks), 4).map((packet) =>
      Number.parseInt(new TextDecoder().decode((packet as { payload: Uint8Array }).payload), 10),
    );
    expect(texts).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  // Content and properties move when a length needs more bytes than were reserved: here at each place near the end of the slab.
  test.each<[string, ProtocolVersion, PacketInit]>([
    ["a small packet", 4, { type: "puback", packetIdentifier: 7 }],
    ["a packet whose Remaining Length was guessed one byte too short", 4, publish("x".repeat(150), "ä".repeat(40))],
    ["a packet whose Remaining Length was guessed one byte too long", 4, { type: "disconnect" }],
    ["a CONNECT longer than its guess", 4, { type: "connect", clientIdentifier: "c".repeat(130) }],
    [
      "a Property Length of two bytes",
      5,
      { type: "publish", topicName: "t", properties: { contentType: "c".repeat(300) } },
    ],
    [
      "two Property Lengths of two bytes",
      5,
      {
        type: "connect",
        clientIdentifier: "c",
        properties: { userProperties: [["n".repeat(100), "v".repeat(100)]] },
        will: { topicName: "w", payload: hex("01"), properties: { contentType: "c".repeat(200) } },
      },
    ],
    ["a referenced payload", 4, publish(new Uint8Array(5_000).fill(7))],
    ["a text beyond ASCII", 4, publish("ä".repeat(300))],
  ])("in the middle of %s moves it whole", (_, version, packet) => {
    const expected = encodePacket(packet, version);
    const ping = hex("c0 00");
    for (let room = 0; room <= 320; room++) {
      const writer = createWriter({ version });
      const { filled, end } = fillSlab(writer, room);
      expect(writer.write(packet)).toBe(expected.length);
      writer.write({ type: "pingreq" });
      expect(writer.pendingBytes).toBe(filled + expected.length + 2);
      const chunks = taken(writer);
      expect(Buffer.compare(joined(chunks).subarray(filled), Buffer.concat([expected, ping]))).toBe(0);
      // What didn't fit is in another slab, from its first byte on. A referenced payload is in none.
      const fits = expected.length % 5_000 <= room;
      if (!fits) expect(chunks[0]!.byteOffset + chunks[0]!.length).toBe(end - room);
    }
  });

  test("in the middle of a packet that is then refused is left as if nothing had been", () => {
    const properties = { contentType: "c".repeat(50), topicAlias: 0 };
    for (let room = 0; room <= 120; room++) {
      const writer = createWriter({ version: 5 });
      const { filled } = fillSlab(writer, room);
      expect(() => writer.write({ type: "publish", topicName: "t".repeat(20), properties })).toThrow(EncodeError);
      expect(writer.pendingBytes).toBe(filled);
      writer.write({ type: "pingreq" });
      const bytes = joined(taken(writer));
      expect(bytes.length).toBe(filled + 2);
      expect(bytes.subarray(-2)).toEqual(hex("c0 00"));
    }
  });
});

/** Writes packets until exactly `room` bytes are left in the slab that the writer is in; says how many it wrote and where the slab ends. */
function fillSlab(writer: PacketWriter, room: number): { filled: number; end: number } {
  // A writer continues where the last chunk that was taken ended, unless little was left there.
  const probe = createWriter();
  let chunk: Uint8Array;
  do {
    probe.write({ type: "pingreq" });
    chunk = probe.take()!;
  } while (chunk.buffer.byteLength - chunk.byteOffset < 1_000 + room);
  const end = chunk.buffer.byteLength;
  const filled = end - room - chunk.byteOffset - chunk.length;
  let left = filled;
  // A PUBLISH to "t" whose Remaining Length takes two bytes has six bytes, or seven in 5.0, beside its payload.
  const overhead = writer.write(publish(new Uint8Array(200))) - 200;
  left -= 200 + overhead;
  while (left >= 3_500) left -= writer.write(publish(new Uint8Array(3_000)));
  if (left > 0) writer.write(publish(new Uint8Array(left - overhead)));
  expect(writer.pendingBytes).toBe(filled);
  return { filled, end };
}

describe("packets larger than a slab", () => {
  test.each([SLAB - 1, SLAB, SLAB + 1, 3 * SLAB, 1_000_000])("of %d bytes are one chunk", (size) => {
    const writer = createWriter({ version: 4 });
    writer.write({ type: "pingreq" });
    expect(writer.write(subscribeOfSize(size))).toBe(size);
    writer.write({ type: "pingresp" });
    const bytes = joined(taken(writer));
    expect(bytes.length).toBe(size + 4);
    const packets = decodeAll(bytes, 4);
    expect(packets.map(({ type }) => type)).toEqual(["pingreq", "unsubscribe", "pingresp"]);
    expect(packets[1]).toEqual(withDefaults(subscribeOfSize(size), 4));
  });
});

describe("payloads", () => {
  test("below 4 KiB are copied: the caller may change them at once", () => {
    const writer = createWriter({ version: 4 });
    const payload = new Uint8Array(4_095).fill(1);
    writer.write(publish(payload));
    payload.fill(2);
    const chunks = taken(writer);
    expect(chunks).toHaveLength(1);
    expect(chunks[0]!.subarray(-4_095).every((byte) => byte === 1)).toBe(true);
  });

  test("from 4 KiB on are chunks of their own, not copied", () => {
    const writer = createWriter({ version: 4 });
    const payload = new Uint8Array(4_096).fill(1);
    writer.write({ type: "pingreq" });
    const size = writer.write(publish(payload));
    writer.write({ type: "pingresp" });
    expect(writer.pendingBytes).toBe(2 + size + 2);
    const [before, reference, after, ...rest] = taken(writer);
    expect(before).toEqual(hex("c0 00", "30 83 20", "00 01 74"));
    expect(reference).toBe(payload);
    expect(after).toEqual(hex("d0 00"));
    expect(rest).toEqual([]);
  });

  test("in a text of any length are its UTF-8", () => {
    for (const text of [
      "",
      "a",
      "ä",
      "\0",
      "𝄞".repeat(20),
      "x".repeat(4_095),
      "ä".repeat(4_095),
      "x".repeat(4_096),
      "𝄞".repeat(70_000),
    ]) {
      const [packet] = decodeAll(encodePacket(publish(text), 4), 4);
      expect(Buffer.from((packet as { payload: Uint8Array }).payload).toString()).toBe(text);
    }
  });

  test("fill the largest packet there is: 268,435,460 bytes, measured without a copy", () => {
    const payload = new Uint8Array(268_435_455 - 3);
    expect(packetSize(publish(payload), 4)).toBe(268_435_460);
    expect(() => packetSize(publish(new Uint8Array(268_435_455 - 2)), 4)).toThrow("the largest is 268435455");
  });

  test("by the thousand come out in order", () => {
    const writer = createWriter({ version: 4 });
    const payloads = Array.from({ length: 3_000 }, (_, index) => new Uint8Array(4_096).fill(index));
    for (const payload of payloads) writer.write(publish(payload));
    const chunks = taken(writer).filter((chunk) => chunk.length === 4_096);
    expect(chunks).toHaveLength(payloads.length);
    expect(chunks.every((chunk, index) => chunk === payloads[index])).toBe(true);
  });

  test("may be a Buffer, or a Uint8Array of another realm", async () => {
    const { runInNewContext } = await import("node:vm");
    const foreign = runInNewContext("Uint8Array.of(1, 2, 3)") as Uint8Array;
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    for (const payload of [Buffer.from([1, 2, 3]), foreign]) {
      expect(encodePacket(publish(payload), 4)).toEqual(hex("30 06", "00 01 74", "01 02 03"));
    }
  });

  test("that shrink while they wait are the caller's doing: the writer says so in its documentation", () => {
    const payload = new Uint8Array(5_000).fill(1);
    const writer = createWriter({ version: 4 });
    writer.write(publish(payload));
    payload.fill(2);
    expect(taken(writer)[1]!.every((byte) => byte === 2)).toBe(true);
  });
});

describe("Remaining Lengths", () => {
  // Table 2-1 of 2.1.4: the first and last length of each number of bytes.
  test.each([
    [2_097_151, "ff ff 7f"],
    [2_097_152, "80 80 80 01"],
    [268_435_455, "ff ff ff 7f"],
  ])("of %d are written as %s", (length, bytes) => {
    const writer = createWriter({ version: 4 });
    writer.write(publish(new Uint8Array(length - 3)));
    expect(writer.take()).toEqual(hex("30", bytes, "00 01 74"));
  });
});

describe("topics that come again", () => {
  test("are the same bytes each time, and wrong ones are wrong each time", () => {
    for (const topicName of [
      "a",
      "sensors/kitchen/temperature",
      "ä/𝄞",
      "x".repeat(48),
      "x".repeat(49),
      "x".repeat(65_535),
    ]) {
      const once = encodePacket(publish("", topicName), 4);
      for (let index = 0; index < 5; index++)
        expect(Buffer.compare(encodePacket(publish("", topicName), 4), once)).toBe(0);
      expect(decodeAll(once, 4)).toMatchObject([{ topicName }]);
    }
    for (let index = 0; index < 5; index++) {
      expect(() => encodePacket(publish("", "a/+"), 4)).toThrow(EncodeError);
      expect(() => encodePacket(publish("", "a\0"), 4)).toThrow(EncodeError);
    }
  });

  test.each(VERSIONS)(
    "of version %i make the same packet each time, whatever its size and wherever in a slab",
    (version) => {
      const sizes = [0, 1, 15, 16, 300, 3_000, 4_095, 4_096, ...Array.from({ length: 30 }, (_, index) => 95 + index)];
      for (const qos of [0, 1] as const) {
        for (const size of sizes) {
          const packet = {
            ...publish(new Uint8Array(size).fill(size), `again/${version}/${qos}/${size}`),
            qos,
            packetIdentifier: qos === 0 ? undefined : 0xabcd,
            retain: size % 2 === 1,
          } as PacketInit;
          const first = encodePacket(packet, version).slice();
          const writer = createWriter({ version });
          const times = Math.ceil((2 * SLAB) / first.length);
          for (let time = 0; time < times; time++) expect(writer.write(packet)).toBe(first.length);
          const written = Buffer.concat(taken(writer));
          expect(written.equals(Buffer.concat(Array.from({ length: times }, () => first)))).toBe(true);
        }
      }
    },
  );

  test("are right among thousands that don't", () => {
    const writer = createWriter({ version: 4 });
    const topics = Array.from({ length: 20_000 }, (_, index) =>
      index % 3 === 0 ? `hot/${index % 30}` : `cold/${index}`,
    );
    for (const topicName of topics) writer.write(publish("", topicName));
    const packets = decodeAll(joined(taken(writer)), 4);
    expect(packets.map((packet) => (packet as { topicName: string }).topicName)).toEqual(topics);
  });
});

describe.each(VERSIONS)("write() with version %d", (version) => {
  test("is all or nothing: a packet with any field replaced is written whole, or refused with an EncodeError and not at all", () => {
    const junk = fc.anything({ withNullPrototype: true, withTypedArray: true, withBigInt: true, withDate: true });
    fc.assert(
      fc.property(anyPacket(version), anyPacket(version), fc.nat(), junk, (before, packet, which, value) => {
        const paths = pathsOf(packet);
        const changed = replaced(packet, paths[which % paths.length]!, value) as PacketInit;
        const writer = createWriter({ version });
        writer.write(before);
        const pending = writer.pendingBytes;
        let written = 0;
        try {
          written = writer.write(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(EncodeError);
        }
        expect(writer.pendingBytes).toBe(pending + written);
        const bytes = joined(taken(writer));
        expect(bytes.subarray(0, pending)).toEqual(encodePacket(before, version));
        expect(decodeAll(bytes.subarray(pending), version)).toHaveLength(written === 0 ? 0 : 1);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([0, 2, 6, 311, "5", null])("version %j is none", (version) => {
  expect(() => createWriter({ version: version as never })).toThrow(RangeError);
  expect(() => encodePacket({ type: "pingreq" }, version as never)).toThrow(RangeError);
  expect(() => packetSize({ type: "pingreq" }, version as never)).toThrow(RangeError);
});

test("version 5 is the default", () => {
  const packet = { type: "auth" } as const;
  const writer = createWriter();
  expect(writer.write(packet)).toBe(2);
  expect(writer.take()).toEqual(hex("f0 00"));
  expect(createWriter({ version: undefined }).write(packet)).toBe(2);
  expect(encodePacket(packet)).toEqual(hex("f0 00"));
  expect(packetSize(packet)).toBe(2);
});

describe("a single packet", () => {
  test.each(VERSIONS)("of version %i is never written again, whatever is encoded or refused after it", (version) => {
    fc.assert(
      fc.property(fc.array(anyPacket(version), { minLength: 2, maxLength: 40 }), (packets) => {
        const results = packets.map((packet) => {
          expect(() => encodePacket({ type: "publish", topicName: "a/+", qos: 0 }, version)).toThrow(EncodeError);
          packetSize(packet, version);
          return encodePacket(packet, version);
        });
        const copies = packets.map((packet) => encodePacket(packet, version).slice());
        expect(results).toEqual(copies);
      }),
    );
  });

  test("pins 8 KiB at most if it is small, and its own bytes if it is large", () => {
    for (const size of [0, 100, 1_000, 1_100, 8_000, 70_000]) {
      const bytes = encodePacket(publish(new Uint8Array(size)), 4);
      expect(bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(8_192, bytes.length));
      const text = encodePacket(publish("€".repeat(size)), 4);
      expect(text.buffer.byteLength).toBeLessThanOrEqual(Math.max(8_192, text.length));
    }
  });

  test("survives that another one's memory is transferred", () => {
    const first = encodePacket({ type: "pingreq" }, 4);
    structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
    expect(encodePacket({ type: "pingresp" }, 4)).toEqual(hex("d0 00"));
  });

  test("may be encoded by a getter of another one", () => {
    const outer = {
      type: "publish",
      topicName: "outer",
      qos: 1,
      get packetIdentifier(): number {
        return encodePacket(publish("inner", "inner"), 4).length;
      },
    } as const;
    expect(decodeAll(encodePacket(outer, 4), 4)).toMatchObject([{ topicName: "outer", packetIdentifier: 14 }]);
  });
});

test("an error from the packet itself goes through, and leaves nothing behind", () => {
  const writer = createWriter({ version: 4 });
  const packet = {
    type: "unsubscribe",
    packetIdentifier: 1,
    get topicFilters(): string[] {
      throw new Error("mine");
    },
  } as const;
  expect(errorOf(() => writer.write(packet))).toMatchObject({ message: "mine" });
  expect(writer.pendingBytes).toBe(0);
});

/** The paths of all fields of a packet, those in lists and objects included. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [path];
  const inside = Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...path, name]));
  return path.length === 0 ? inside : [path, ...inside];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const inner = replaced((value as Record<string, unknown>)[name], rest, by);
  if (Array.isArray(value)) return value.with(Number(name), inner);
  return { ...(value as object), [name]: inner };
}
