/** The first byte of a packet (section 2.1): its type and its flags, judged before anything else of it is read. */

import { type DecodeError, MalformedPacketError, ProtocolError } from "./errors.ts";
import { PACKET_TYPE_NAMES, type PacketTypeName, type ProtocolVersion } from "./packet.ts";
import type { PacketReader } from "./reader.ts";
import { variableByteIntegerSize } from "./variable-byte-integer.ts";

const PACKET_TOO_LARGE = 0x95;
const DUP = 0b1000;
const QOS_SHIFT = 1;

/**
 * The fixed flags of a type and the statement that fixes them. PUBLISH is not here: its flags mean something.
 * "Where a flag bit is marked as “Reserved”, it is reserved for future use and MUST be set to the value listed in
 * that table" [MQTT-2.1.3-1]; some packets say it again for themselves.
 */
const FIXED_FLAGS: Partial<Record<PacketTypeName, readonly [flags: number, clause: string]>> = {
  pubrel: [0b0010, "MQTT-3.6.1-1"],
  subscribe: [0b0010, "MQTT-3.8.1-1"],
  unsubscribe: [0b0010, "MQTT-3.10.1-1"],
  disconnect: [0b0000, "MQTT-3.14.1-1"],
  auth: [0b0000, "MQTT-3.15.1-1"],
};
const RESERVED: readonly [number, string] = [0b0000, "MQTT-2.1.3-1"];

interface Problem {
  readonly message: string;
  readonly clause?: string;
  readonly protocolError?: true;
}

function problemOf(firstByte: number, version: ProtocolVersion | undefined): Problem | undefined {
  const packetType = PACKET_TYPE_NAMES[firstByte >> 4];
  const flags = firstByte & 0x0f;
  if (packetType === undefined) return { message: "packet type 0 is reserved" };
  if (version === undefined && packetType !== "connect") {
    // "After a Network Connection is established by a Client to a Server, the first packet sent from the Client to
    // the Server MUST be a CONNECT packet" [MQTT-3.1.0-1]; it says the version.
    const message = "the first packet must be CONNECT when the decoder was given no version";
    return { message, clause: "MQTT-3.1.0-1", protocolError: true };
  }
  if (packetType === "auth" && version !== 5) return { message: "packet type 15 is reserved in MQTT 3.x" };
  if (packetType === "publish") return publishProblem(flags);

  const [expected, clause] = FIXED_FLAGS[packetType] ?? RESERVED;
  if (flags === expected) return undefined;
  // MQTT 3.1 gave PUBREL, SUBSCRIBE and UNSUBSCRIBE a QoS of 1, so that they may carry DUP when they are repeated.
  if (version === 3 && expected === 0b0010 && flags === (expected | DUP)) return undefined;
  return { message: `the fixed header flags are ${bits(flags)}; they must be ${bits(expected)}`, clause };
}

function publishProblem(flags: number): Problem | undefined {
  const qos = (flags >> QOS_SHIFT) & 3;
  // "A PUBLISH Packet MUST NOT have both QoS bits set to 1" [MQTT-3.3.1-4]
  if (qos === 3) return { message: "the QoS is 3", clause: "MQTT-3.3.1-4" };
  // "The DUP flag MUST be set to 0 for all QoS 0 messages" [MQTT-3.3.1-2]
  if (qos === 0 && (flags & DUP) !== 0) return { message: "DUP is set on a QoS 0 message", clause: "MQTT-3.3.1-2" };
  return undefined;
}

function bits(flags: number): string {
  return `0b${flags.toString(2).padStart(4, "0")}`;
}

/** For each first byte the versions that allow it: bit 3, 4, 5, and bit 0 while the version is not known. */
const ALLOWED_BY = new Uint8Array(256);
for (let firstByte = 0; firstByte < 256; firstByte++) {
  for (const version of [undefined, 3, 4, 5] as const) {
    if (problemOf(firstByte, version) === undefined) {
      ALLOWED_BY[firstByte] = ALLOWED_BY[firstByte]! | (1 << (version ?? 0));
    }
  }
}

/** Whether a packet of this version may begin with this byte; without a version only a CONNECT may. */
export function isFirstByteAllowed(firstByte: number, version: ProtocolVersion | undefined): boolean {
  return (ALLOWED_BY[firstByte]! & (1 << (version ?? 0))) !== 0;
}

/** Why {@link isFirstByteAllowed} is false. */
export function firstByteViolation(firstByte: number, version: ProtocolVersion | undefined): DecodeError {
  const { message, clause, protocolError } = problemOf(firstByte, version)!;
  const details = { packetType: PACKET_TYPE_NAMES[firstByte >> 4], offset: 0, clause };
  return protocolError ? new ProtocolError(message, details) : new MalformedPacketError(message, details);
}

/** The longest fixed header: one byte and four of Remaining Length. */
export const LARGEST_HEADER = 5;

/** Bytes of the fixed header at `start`, or 0 if it is not complete before `end`. */
export function headerSizeOf(bytes: Uint8Array, start: number, end: number): number {
  for (let size = 2; size <= LARGEST_HEADER; size++) {
    if (start + size > end) return 0;
    if (bytes[start + size - 1]! < 0x80) return size;
  }
  throw new MalformedPacketError("the remaining length is longer than four bytes", {
    packetType: PACKET_TYPE_NAMES[bytes[start]! >> 4],
    offset: 1,
  });
}

/** The Remaining Length of a complete fixed header. */
export function remainingLengthOf(bytes: Uint8Array, start: number, headerSize: number): number {
  let value = bytes[start + 1]!;
  if (headerSize > 2) {
    value &= 0x7f;
    for (let index = 2; index < headerSize; index++) value |= (bytes[start + index]! & 0x7f) << (7 * (index - 1));
  }
  return value;
}

/** The error for a packet that is larger than the receiver wants. */
export function packetTooLarge(firstByte: number, size: number, maximumPacketSize: number): ProtocolError {
  return new ProtocolError(`the packet has ${size} bytes; at most ${maximumPacketSize} are accepted`, {
    packetType: PACKET_TYPE_NAMES[firstByte >> 4],
    reasonCode: PACKET_TOO_LARGE,
    offset: 1,
  });
}

/** "The encoded value MUST use the minimum number of bytes necessary to represent the value" [MQTT-1.5.5-1], in 5.0 only. */
export function requireMinimalLength(
  reader: PacketReader,
  start: number,
  headerSize: number,
  end: number,
  version: ProtocolVersion,
): void {
  if (headerSize === 2 || version !== 5) return;
  if (headerSize - 1 > variableByteIntegerSize(end - start - headerSize)) {
    reader.malformed(start + 1, "the remaining length is longer than it needs to be", "MQTT-1.5.5-1");
  }
}
