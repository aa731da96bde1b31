/** Packet Identifiers (section 2.2.1): two bytes, never 0. */

import type { PacketReader } from "../reader.ts";
import { refuseValue } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";

/**
 * The statements that forbid 0. A client "MUST assign it a non-zero Packet Identifier" to a SUBSCRIBE or UNSUBSCRIBE
 * [MQTT-2.2.1-3]; answers repeat the identifier [MQTT-2.2.1-5] [MQTT-2.2.1-6]. For PUBLISH it is [MQTT-2.2.1-3] from a
 * client and [MQTT-2.2.1-4] from a server, and a codec doesn't know who is speaking.
 */
export const IDENTIFIER_OF_REQUEST = "MQTT-2.2.1-3";
export const IDENTIFIER_OF_PUBLISH_ANSWER = "MQTT-2.2.1-5";
export const IDENTIFIER_OF_SUBSCRIBE_ANSWER = "MQTT-2.2.1-6";

/** `packetIdentifier` if it is 1 to 65535. Throws {@link EncodeError}. */
export function checkedPacketIdentifier(packetIdentifier: number | undefined, clause?: string): number {
  if (
    typeof packetIdentifier === "number" &&
    packetIdentifier > 0 &&
    packetIdentifier === (packetIdentifier & 0xffff)
  ) {
    return packetIdentifier;
  }
  return refuseValue("packetIdentifier", packetIdentifier, "it must be a whole number from 1 to 65535", clause);
}

export function encodePacketIdentifier(
  writer: SlabWriter,
  packetIdentifier: number | undefined,
  clause?: string,
): void {
  writer.twoByteInteger(checkedPacketIdentifier(packetIdentifier, clause));
}

export function decodePacketIdentifier(reader: PacketReader, clause?: string): number {
  const at = reader.position;
  const packetIdentifier = reader.twoByteInteger();
  if (packetIdentifier === 0) reader.violation(at, "the packet identifier is 0", clause);
  return packetIdentifier;
}
