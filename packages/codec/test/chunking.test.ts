import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDecoder, encodePacket, type Packet, type PacketInit } from "../src/index.ts";
import { anyPacket, withDefaults } from "./arbitraries.ts";
import { decodeAll, VERSIONS } from "./support.ts";
import * as acknowledgement from "./vectors/acknowledgement.ts";
import * as connack from "./vectors/connack.ts";
import * as connect from "./vectors/connect.ts";
import * as disconnect from "./vectors/disconnect.ts";
import * as ping from "./vectors/ping.ts";
import * as publish from "./vectors/publish.ts";
import * as subscribe from "./vectors/subscribe.ts";
import * as unsubscribe from "./vectors/unsubscribe.ts";
import type { Vector } from "./vectors/vector.ts";

const VECTORS: readonly Vector[] = [
  ...acknowledgement.vectors,
  ...connack.vectors,
  ...connect.vectors,
  ...disconnect.authVectors,
  ...disconnect.disconnectVectors,
  ...ping.vectors,
  ...publish.vectors,
  ...subscribe.subscribeVectors,
  ...subscribe.subackVectors,
  ...unsubscribe.unsubscribeVectors,
  ...unsubscribe.unsubackVectors,
].filter(({ bytes }) => bytes.length <= 150);

function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(chunks));
}

/** All packets in `bytes`, where the chunk after each cut is pushed before what came before it is read, or not. */
function decodeInBatches(bytes: Uint8Array, version: 3 | 4 | 5, cuts: readonly [at: number, read: number][]): Packet[] {
  const decoder = createDecoder({ version });
  const packets: Packet[] = [];
  let start = 0;
  for (const [end, read] of [...cuts, [bytes.length, Number.POSITIVE_INFINITY] as const]) {
    decoder.push(bytes.slice(start, end));
    start = end;
    for (let count = 0; count < read; count++) {
      const packet = decoder.next();
      if (packet === undefined) break;
      packets.push(packet);
    }
  }
  return packets;
}

describe.each(VERSIONS)("a stream of version %d that is cut anywhere", (version) => {
  const vectors = VECTORS.filter(({ versions }) => versions.includes(version));
  // A CONNECT says its own version, and each of these is of this one.
  const stream = concatenated(vectors.map(({ bytes }) => bytes));
  const packets = vectors.map(({ packet }) => packet);

  test("gives the same packets for every place to cut it once", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(decodeAll(stream, version, [cut])).toEqual(packets);
    }
  });

  test("gives the same packets byte by byte", () => {
    expect(decodeAll(stream, version, Array.from(stream.keys()))).toEqual(packets);
  });

  test.each([2, 3, 5, 7, 11, 64, 1_000])("gives the same packets in chunks of %d bytes", (size) => {
    const cuts = Array.from({ length: Math.floor(stream.length / size) }, (_, index) => (index + 1) * size);
    expect(decodeAll(stream, version, cuts)).toEqual(packets);
  });

  test("gives the same packets for every two places in each packet", () => {
    for (const { bytes, packet } of vectors.filter((vector) => vector.bytes.length < 40)) {
      for (let first = 0; first <= bytes.length; first++) {
        for (let second = first; second <= bytes.length; second++) {
          expect(decodeAll(bytes, version, [first, second])).toEqual([packet]);
        }
      }
    }
  });

  test("gives the same packets for random packets, random chunks and a reader that doesn't keep up", () => {
    const cuts = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 4 })), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(anyPacket(version), { minLength: 1, maxLength: 8 }), cuts, (inits: PacketInit[], places) => {
        const bytes = concatenated(inits.map((init) => encodePacket(init, version)));
        const sorted = places
          .map(([at, read]): [number, number] => [at % (bytes.length + 1), read])
          .sort(([one], [other]) => one - other);
        expect(decodeInBatches(bytes, version, sorted)).toEqual(inits.map((init) => withDefaults(init, version)));
      }),
      { numRuns: 150 },
    );
  });
});
