/** Packet Identifiers (section 2.2.1): two bytes, never 0. */

import { EncodeError } from "../errors.ts";
import type { PacketReader } from "../reader.ts";
import { ReasonCode } from "../reason-codes.ts";

/** `packetIdentifier` if it is 1 to 65,535. Throws {@link EncodeError}. */
export function encodablePacketIdentifier(packetIdentifier: number | undefined): number {
  if (Number.isInteger(packetIdentifier) && packetIdentifier! >= 1 && packetIdentifier! <= 0xffff) return packetIdentifier!;
  throw new EncodeError(`packetIdentifier is ${packetIdentifier}; it must be a whole number from 1 to 65,535`, {
    field: "packetIdentifier",
    value: packetIdentifier,
    clause: "MQTT-2.2.1-3",
  });
}

export function decodePacketIdentifier(reader: PacketReader): number {
  const packetIdentifier = reader.twoByteInteger();
  // "… it MUST assign it a non-zero Packet Identifier" [MQTT-2.2.1-3] [MQTT-2.2.1-4]
  if (packetIdentifier === 0) reader.violation("the packet identifier is 0", ReasonCode.protocolError, "MQTT-2.2.1-3");
  return packetIdentifier;
}
