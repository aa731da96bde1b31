/** The Reason Code fields of MQTT 5.0 packets: a byte that each packet restricts to its own list (section 2.4). */

import type { PacketTypeName } from "../packet.ts";
import type { PacketReader } from "../reader.ts";
import { refuseValue } from "../refusal.ts";
import { isReasonCodeAllowed, ReasonCode, reasonText } from "../reason-codes.ts";

/** `reasonCode` if the packet may carry it in MQTT 5.0. Throws {@link EncodeError}. */
export function encodableReasonCode(reasonCode: number, packetType: PacketTypeName, clause: string): number {
  if (typeof reasonCode === "number" && isReasonCodeAllowed(reasonCode, packetType)) return reasonCode;
  return refuseValue("reasonCode", reasonCode, `${packetType.toUpperCase()} may not carry it`, clause);
}

/** Reads a Reason Code and refuses one that this packet must not carry. */
export function decodeReasonCode(reader: PacketReader, packetType: PacketTypeName, clause: string): number {
  const at = reader.position;
  const reasonCode = reader.byte();
  if (!isReasonCodeAllowed(reasonCode, packetType)) {
    if (reader.acceptUnlistedRefusals && reasonCode >= ReasonCode.unspecifiedError) return reasonCode;
    reader.violation(
      at,
      `${reasonText(reasonCode)} is not a reason code of this packet`,
      ReasonCode.protocolError,
      clause,
    );
  }
  return reasonCode;
}
