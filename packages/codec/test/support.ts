import { expect, test } from "vitest";
import {
  createDecoder,
  createLenientDecoder,
  createWriter,
  EncodeError,
  encodePacket,
  MalformedPacketError,
  type Packet,
  type PacketInit,
  packetSize,
  ProtocolError,
  type ProtocolVersion,
} from "../src/index.ts";
import type { Refusal, Vector, Violation } from "./vectors/vector.ts";

/** The names of the packet types, by their wire numbers (table 2-1). */
const PACKET_TYPES = [
  undefined,
  ...["connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe"],
  ...["suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth"],
];

const NAMES: Record<ProtocolVersion, string> = { 3: "3.1", 4: "3.1.1", 5: "5.0" };

export const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

/** All packets in `bytes`, which are pushed in chunks that end at `cuts`. */
export function decodeAll(
  bytes: Uint8Array,
  version: ProtocolVersion | undefined,
  cuts: readonly number[] = [],
): Packet[] {
  const decoder = createDecoder({ version });
  const packets: Packet[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    decoder.push(bytes.slice(start, end));
    start = end;
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) packets.push(packet);
  }
  return packets;
}

/** Each of these once for each of its versions. */
function perVersion<One extends { readonly versions: readonly ProtocolVersion[] }>(
  list: readonly One[],
): (One & { readonly version: ProtocolVersion })[] {
  return list.flatMap((one) => one.versions.map((version) => ({ ...one, version })));
}

/** The error that a function throws. */
export function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** What each vector says, both ways. */
export function testVectors(vectors: readonly Vector[]): void {
  for (const { title, version, bytes, packet } of perVersion(vectors)) {
    test(`${title} is decoded in MQTT ${NAMES[version]}`, () => {
      expect(decodeAll(bytes, version)).toEqual([packet]);
      const lenient = createLenientDecoder({ version });
      lenient.push(bytes);
      expect(lenient.next()).toEqual({ packet, violations: [], bytes });
    });
  }
  for (const { title, version, bytes, packet } of perVersion(
    vectors.filter(({ packet: { type } }) => type === "connect"),
  )) {
    test(`${title} tells a decoder that it is MQTT ${NAMES[version]}`, () => {
      const decoder = createDecoder();
      decoder.push(bytes);
      expect(decoder.next()).toEqual(packet);
      expect(decoder.version).toBe(version);
    });
  }
  for (const { title, version, bytes, packet, init = packet } of perVersion(vectors.filter((one) => !one.decodeOnly))) {
    test(`${title} is encoded in MQTT ${NAMES[version]}`, () => {
      expect(encodePacket(init, version)).toEqual(bytes);
      expect(packetSize(init, version)).toBe(bytes.length);
    });
  }
}

/** Each violation throws its error, with everything in it, and goes on throwing it. */
export function testViolations(violations: readonly Violation[]): void {
  for (const { title, version, bytes } of perVersion(violations)) {
    test(`${title} is the first violation that a lenient decoder lists in MQTT ${NAMES[version]}`, () => {
      const known = bytes[0]! >> 4 === 1 ? undefined : version;
      const strict = createDecoder({ version: known });
      strict.push(bytes);
      const { constructor, message } = errorOf(() => strict.next()) as Error;
      const lenient = createLenientDecoder({ version: known });
      lenient.push(bytes);
      lenient.push(new Uint8Array(300)); // of some only the beginning is given
      const first = lenient.next()?.violations[0];
      // The message has the type, the offset and the clause in it.
      expect([first?.constructor, first?.message]).toEqual([constructor, message]);
    });
  }
  for (const { title, version, bytes, error, reasonCode, clause, offset } of perVersion(violations)) {
    test(`${title} is refused in MQTT ${NAMES[version]}${clause === undefined ? "" : ` [${clause}]`}`, () => {
      const isConnect = bytes[0]! >> 4 === 1;
      const decoder = createDecoder(isConnect ? {} : { version });
      decoder.push(bytes);
      const thrown = errorOf(() => decoder.next());
      expect(thrown).toBeInstanceOf(error === "ProtocolError" ? ProtocolError : MalformedPacketError);
      expect(thrown).toMatchObject({
        code: error === "ProtocolError" ? "PETREL_PROTOCOL_ERROR" : "PETREL_MALFORMED_PACKET",
        reasonCode: reasonCode ?? (error === "ProtocolError" ? 0x82 : 0x81),
        packetType: PACKET_TYPES[bytes[0]! >> 4],
        clause,
        offset,
      });
      const { message } = thrown as ProtocolError;
      expect(message).toContain(`(at byte ${offset})`);
      if (clause !== undefined) expect(message).toContain(`[${clause}]`);
      expect(errorOf(() => decoder.next())).toBe(thrown);
    });
  }
}

/** Each refusal throws an EncodeError that says why, and leaves no byte behind. */
export function testRefusals(refusals: readonly Refusal[]): void {
  for (const { title, version, packet, field, clause, message } of perVersion(refusals)) {
    test(`${title} is not encoded in MQTT ${NAMES[version]}${clause === undefined ? "" : ` [${clause}]`}`, () => {
      const writer = createWriter({ version });
      writer.write({ type: "pingreq" });
      const thrown = errorOf(() => writer.write(packet as unknown as PacketInit));
      expect(thrown).toBeInstanceOf(EncodeError);
      expect(thrown).toMatchObject({ code: "PETREL_ENCODE", field, clause });
      expect((thrown as EncodeError).message).toContain(message);
      expect(writer.pendingBytes).toBe(2);
      expect(writer.take()).toEqual(Uint8Array.of(0xc0, 0));
      expect(writer.take()).toBeUndefined();
    });
  }
}

/** By the platform's own decoder, which the codec is compared with. */
export function isUtf8(bytes: Uint8Array): boolean {
  return (
    Buffer.compare(new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)), bytes) === 0
  );
}
