import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createDecoder,
  createLenientDecoder,
  encodePacket,
  type LenientResult,
  MalformedPacketError,
  type Packet,
  ProtocolError,
  type ProtocolVersion,
} from "../src/index.ts";
import { anyPacket } from "./arbitraries.ts";
import { VERSIONS, isUtf8 } from "./support.ts";

/** What a decoder makes of bytes: packets, and an error if there is one in them. Anything but its own errors is ours. */
function outcome(
  bytes: Uint8Array,
  version: ProtocolVersion | undefined,
  cuts: readonly number[],
): { packets: Packet[]; error: unknown } {
  const decoder = createDecoder({ version });
  const packets: Packet[] = [];
  let start = 0;
  try {
    for (const end of [...cuts, bytes.length]) {
      decoder.push(bytes.slice(start, end));
      start = end;
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
      // Each packet has at least two bytes, so a decoder that made more of them invents.
      expect(packets.length).toBeLessThanOrEqual(end / 2);
    }
  } catch (error) {
    expect([MalformedPacketError, ProtocolError]).toContain((error as Error).constructor);
    const { reasonCode, offset, message } = error as ProtocolError;
    expect(reasonCode).toBeGreaterThanOrEqual(0x81);
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(message.length).toBeLessThan(400);
    return { packets, error: { reasonCode, offset, message } };
  }
  return { packets, error: undefined };
}

/** What a lenient decoder makes of bytes. Whatever it throws is ours. */
function lenientOutcome(bytes: Uint8Array, version: ProtocolVersion | undefined, cuts: readonly number[]) {
  const decoder = createLenientDecoder({ version });
  const results: LenientResult[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    decoder.push(bytes.slice(start, end));
    start = end;
    for (let result = decoder.next(); result !== undefined; result = decoder.next()) results.push(result);
    expect(results.length).toBeLessThanOrEqual(end / 2);
  }
  return { results, pendingBytes: decoder.pendingBytes };
}

/** A lenient decoder is a strict one up to the first violation, which is the same, and loses no byte. */
function lenientAgrees(bytes: Uint8Array, version: ProtocolVersion | undefined, cuts: readonly number[]): void {
  const strict = outcome(bytes, version, []);
  const { results, pendingBytes } = lenientOutcome(bytes, version, cuts);
  const wrong = results.findIndex(({ violations }) => violations.length > 0);
  const valid = wrong === -1 ? results : results.slice(0, wrong);
  expect(valid.map(({ packet }) => packet)).toEqual(strict.packets);
  if (wrong === -1) {
    // What is not complete has no result yet, but the strict decoder may know already.
    if (strict.error !== undefined) expect(pendingBytes).toBeGreaterThan(0);
  } else {
    const { reasonCode, offset, message } = results[wrong]!.violations[0]!;
    expect({ reasonCode, offset, message }).toEqual(strict.error);
  }
  const read = results.reduce((sum, result) => sum + result.bytes.length, 0);
  const lost = results.at(-1)?.violations.at(-1)?.message.includes("remaining length is longer than four") ?? false;
  if (!lost) expect(read + pendingBytes).toBe(bytes.length);
  for (const { packet, violations } of results) if (packet === undefined) expect(violations).not.toEqual([]);
}

/** The same outcome in one chunk and in several, strict and lenient. */
function sameInChunks(bytes: Uint8Array, version: ProtocolVersion | undefined, places: readonly number[]): void {
  const cuts = places.map((at) => at % (bytes.length + 1)).sort((one, other) => one - other);
  expect(outcome(bytes, version, cuts)).toEqual(outcome(bytes, version, []));
  lenientAgrees(bytes, version, []);
  lenientAgrees(bytes, version, cuts);
}

const places = fc.array(fc.nat(), { maxLength: 8 });
const versions = fc.constantFrom<(ProtocolVersion | undefined)[]>(undefined, ...VERSIONS);

/** One change to a packet: what a broken sender, or somebody who means it, might do. */
type Mutation = {
  readonly at: number;
  readonly kind: "flip" | "set" | "insert" | "remove" | "truncate" | "repeat";
  readonly value: number;
};

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("flip", "set", "insert", "remove", "truncate", "repeat"),
  value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x26, 0x0b)),
});

function mutated(bytes: Uint8Array, { at, kind, value }: Mutation): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  const after = bytes.subarray(place);
  switch (kind) {
    case "flip":
      return Uint8Array.of(...before, (after[0] ?? 0) ^ (1 << (value % 8)), ...after.subarray(1));
    case "set":
      return Uint8Array.of(...before, value, ...after.subarray(1));
    case "insert":
      return Uint8Array.of(...before, value, ...after);
    case "remove":
      return Uint8Array.of(...before, ...after.subarray(1 + (value % 4)));
    case "truncate":
      return before.slice();
    case "repeat":
      return Uint8Array.of(...before, ...after.subarray(0, value % 16), ...after);
  }
}

/** Makes the Remaining Length of a packet right again, so that a mutation reaches what is behind it. */
function relengthed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 2) return bytes;
  let header = 2;
  while (header < 5 && header < bytes.length && bytes[header - 1]! >= 0x80) header++;
  const content = bytes.subarray(header);
  const length: number[] = [];
  for (let left = content.length; ; left = Math.floor(left / 128)) {
    if (left < 128) {
      length.push(left);
      break;
    }
    length.push((left % 128) | 0x80);
  }
  return Uint8Array.of(bytes[0]!, ...length, ...content);
}

describe("a decoder throws only its own errors, ends, and does the same for any chunks", () => {
  test("given random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), versions, places, sameInChunks), { numRuns: 3_000 });
  });

  test("given random content behind a header that is right", () => {
    const first = fc.integer({ min: 0x10, max: 0xff });
    fc.assert(
      fc.property(first, fc.uint8Array({ maxLength: 60 }), versions, places, (firstByte, content, version, cuts) => {
        sameInChunks(Uint8Array.of(firstByte, content.length, ...content), version, cuts);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each(VERSIONS)("given packets of version %d with a few changes", (version) => {
    const packet = anyPacket(version)
      .map((init) => encodePacket(init, version))
      .filter((bytes) => bytes.length < 2_000);
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
    const reader = fc.constantFrom<(ProtocolVersion | undefined)[]>(version, version, version, ...VERSIONS, undefined);
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(packet, mutations, fc.boolean(), reader, places, (bytes, changes, fix, readAs, cuts) => {
        const changed = changes.reduce(mutated, bytes);
        const final = fix ? relengthed(changed) : changed;
        sameInChunks(final, readAs, cuts);
        if (outcome(final, readAs, []).error === undefined) accepted++;
        else refused++;
      }),
      { numRuns: 2_000 },
    );
    // The changes are neither all harmless nor all fatal at the first byte: the property says something.
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  test.each(VERSIONS)(
    "and what it accepts of changed packets of version %d can be written and read again",
    (version) => {
      const packet = anyPacket(version)
        .map((init) => encodePacket(init, version))
        .filter((bytes) => bytes.length < 500);
      fc.assert(
        fc.property(packet, mutation, (bytes, change) => {
          const { packets } = outcome(relengthed(mutated(bytes, change)), version, []);
          for (const one of packets) {
            if (!canBeWritten(one, version)) continue;
            expect(outcome(encodePacket(one, version), version, [])).toEqual({ packets: [one], error: undefined });
          }
        }),
        { numRuns: 1_000 },
      );
    },
  );
});

/** The reason codes that a return code of 3.x stands for. */
const IN_THREE = [0x00, 0x84, 0x85, 0x86, 0x87, 0x88];

/**
 * What a decoder takes from others although nobody may send it: refusals of other versions, clients without a name, and
 * payloads that are not the UTF-8 that they say they are.
 */
function canBeWritten(packet: Packet, version: ProtocolVersion): boolean {
  if (packet.type === "connack" && version !== 5)
    return IN_THREE.includes(packet.reasonCode) && packet.properties === undefined;
  const message = packet.type === "connect" ? packet.will : packet.type === "publish" ? packet : undefined;
  if (message?.properties?.payloadFormatIndicator === 1 && !isUtf8(message.payload)) return false;
  if (packet.type === "connect")
    return packet.protocolVersion === version && (version === 5 || packet.clientIdentifier !== "");
  return true;
}
