/** The Reason Code fields of MQTT 5.0 packets: a byte that each packet restricts to its own list (section 2.4). */

import { FAILURE, isReasonCodeAllowed, SUCCESS } from "../allowed-reason-codes.ts";
import type { PacketTypeName, ProtocolVersion } from "../packet.ts";
import type { AllProperties, PropertySection } from "../properties.ts";
import { encodeProperties } from "../property-codec.ts";
import { hexadecimal } from "../quoted.ts";
import type { PacketReader } from "../reader.ts";
import { refuseValue } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";

export type PacketWithReasonCode = Exclude<
  PacketTypeName,
  "connect" | "publish" | "subscribe" | "unsubscribe" | "pingreq" | "pingresp"
>;

/** "The Client or Server sending the PUBACK packet MUST use one of the PUBACK Reason Codes" [MQTT-3.4.2-1], and so on. */
const CLAUSE: Readonly<Record<PacketWithReasonCode, string>> = {
  connack: "MQTT-3.2.2-8",
  puback: "MQTT-3.4.2-1",
  pubrec: "MQTT-3.5.2-1",
  pubrel: "MQTT-3.6.2-1",
  pubcomp: "MQTT-3.7.2-1",
  suback: "MQTT-3.9.3-2",
  unsuback: "MQTT-3.11.3-2",
  disconnect: "MQTT-3.14.2-1",
  auth: "MQTT-3.15.2-1",
};

/** Writes a Reason Code, if the packet may carry it; in MQTT 3.x only SUBACK has some, up to 0x80. */
export function encodeReasonCode(
  writer: SlabWriter,
  reasonCode: number,
  packetType: PacketWithReasonCode,
  version: ProtocolVersion = 5,
): void {
  if (typeof reasonCode !== "number" || !isReasonCodeAllowed(reasonCode, packetType)) {
    refuseValue("reasonCode", reasonCode, `${packetType.toUpperCase()} may not carry it`, CLAUSE[packetType]);
  }
  if (version !== 5 && reasonCode > FAILURE) {
    refuseValue("reasonCode", reasonCode, "a SUBACK of MQTT 3.x has 0, 1, 2 or 0x80", CLAUSE[packetType]);
  }
  writer.byte(reasonCode);
}

/**
 * Reason Code and properties, the end of a packet. They "can be omitted if the Reason Code is 0x00 (Success) and there
 * are no Properties" (§3.4.2.1, §3.14.2.1, §3.15.2.1).
 */
export function encodeReason(
  writer: SlabWriter,
  packetType: PacketWithReasonCode,
  reasonCode: number,
  properties: AllProperties | undefined,
  section: PropertySection,
  version: ProtocolVersion,
): void {
  if (reasonCode === SUCCESS && properties === undefined) return;
  if (version === 5) encodeReasonCode(writer, reasonCode, packetType);
  else if (reasonCode !== SUCCESS) {
    refuseValue("reasonCode", reasonCode, `${packetType.toUpperCase()} has no reason code in MQTT 3.x`);
  }
  if (properties !== undefined) encodeProperties(writer, properties, section, version);
}

/** Reads a Reason Code and refuses one that this packet must not carry; in MQTT 3.x only SUBACK has some, up to 0x80. */
export function decodeReasonCode(
  reader: PacketReader,
  packetType: PacketWithReasonCode,
  version: ProtocolVersion = 5,
): number {
  const at = reader.position;
  const reasonCode = reader.byte();
  if (isReasonCodeAllowed(reasonCode, packetType) && (version === 5 || reasonCode <= FAILURE)) return reasonCode;
  if (reader.acceptUnlistedRefusals && reasonCode >= FAILURE) return reasonCode;
  unlistedReasonCode(reader, at, reasonCode, packetType);
  return reasonCode;
}

export function unlistedReasonCode(
  reader: PacketReader,
  at: number,
  reasonCode: number,
  packetType: PacketWithReasonCode,
): void {
  reader.violation(at, `${hexadecimal(reasonCode)} is not a reason code of this packet`, CLAUSE[packetType]);
}
