/** CONNACK (section 3.2). The return codes of MQTT 3.x are presented as Reason Codes. */

import { FAILURE, isReasonCodeAllowed, SUCCESS } from "../allowed-reason-codes.ts";
import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { CONNACK_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { reasonCodeOfReturnCode, returnCodeOfReasonCode } from "../return-codes.ts";
import { refuseValue } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";
import { encodeReasonCode, unlistedReasonCode } from "./reason-code-field.ts";

export interface ConnackPacketInit {
  readonly type: "connack";
  /** Default false. MQTT 3.1 has no such flag: there it is always false. */
  readonly sessionPresent?: boolean | undefined;
  /** Default 0, success. Always a Reason Code of 5.0: return code 5 of 3.x, say, is 0x87. */
  readonly reasonCode?: number | undefined;
  readonly properties?: ConnackProperties | undefined;
}

export interface ConnackPacket extends ConnackPacketInit {
  readonly sessionPresent: boolean;
  readonly reasonCode: number;
}

/** Section 3.2.2.3. */
export interface ConnackProperties {
  /** Seconds; 0xFFFFFFFF is for ever. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly receiveMaximum?: number | undefined;
  readonly maximumQos?: 0 | 1 | undefined;
  readonly retainAvailable?: boolean | undefined;
  /** Bytes. */
  readonly maximumPacketSize?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  /** Seconds. */
  readonly serverKeepAlive?: number | undefined;
  readonly responseInformation?: string | undefined;
  readonly serverReference?: string | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
}

export function encodeConnack(writer: SlabWriter, packet: ConnackPacketInit, version: ProtocolVersion): number {
  const { sessionPresent = false, reasonCode = SUCCESS } = packet;
  // "If a Server sends a CONNACK packet containing a non-zero Reason Code it MUST set Session Present to 0" [MQTT-3.2.2-6]
  if (sessionPresent && reasonCode !== SUCCESS) {
    refuseValue("sessionPresent", true, "it must be false in a CONNACK that refuses", "MQTT-3.2.2-6");
  }
  if (sessionPresent && version === 3) {
    refuseValue("sessionPresent", true, "MQTT 3.1 cannot say so");
  }
  writer.beginPacket(0x20, 2);
  writer.byte(sessionPresent ? 1 : 0); //                                             §3.2.2.1
  if (version === 5) encodeReasonCode(writer, reasonCode, "connack"); //              §3.2.2.2
  else writer.byte(returnCode(reasonCode));
  encodeProperties(writer, packet.properties, CONNACK_PROPERTIES, version); //        §3.2.2.3
  return writer.endPacket();
}

function returnCode(reasonCode: number): number {
  const code = returnCodeOfReasonCode(reasonCode);
  if (code !== undefined) return code;
  return refuseValue("reasonCode", reasonCode, "no return code of MQTT 3.x stands for it");
}

export function decodeConnack(reader: PacketReader, version: ProtocolVersion): ConnackPacket {
  const start = reader.position;
  const flags = reader.byte();
  const code = reader.byte();
  const form = formOf(code, reader.remaining, version);
  // "Byte 1 is the "Connect Acknowledge Flags". Bits 7-1 are reserved and MUST be set to 0" [MQTT-3.2.2-1]; 3.1 doesn't use the byte.
  if (flags > 1 && form !== 3) {
    reader.malformed(start, `the connect acknowledge flags are ${flags}; they must be 0 or 1`, "MQTT-3.2.2-1");
  }
  let reasonCode = form === 5 ? code : reasonCodeOfReturnCode(code);
  if (reasonCode === undefined) {
    reader.violation(start + 1, `return code ${code} is reserved`);
    reasonCode = code; // there is no other name for it
  }
  if (form === 5 && !isReasonCodeAllowed(reasonCode, "connack")) {
    unlistedReasonCode(reader, start + 1, code, "connack");
  }
  const sessionPresent = form !== 3 && (flags & 1) !== 0;
  if (sessionPresent && reasonCode !== SUCCESS) {
    reader.violation(start, "session present is 1 although the connection is refused", "MQTT-3.2.2-6");
  }
  const properties = form === 5 ? decodeProperties(reader, CONNACK_PROPERTIES) : undefined;
  reader.end();
  return { type: "connack", sessionPresent, reasonCode, properties };
}

/**
 * The version whose form this CONNACK has: ours, unless a server that doesn't speak ours refuses us in its own. To a
 * 5.0 client a 3.x server says two bytes with a return code; to a 3.x client a 5.0 server says a Reason Code and properties.
 */
function formOf(code: number, remaining: number, version: ProtocolVersion): ProtocolVersion {
  if (version === 5) return remaining === 0 && code > 0 && code < FAILURE ? 4 : 5;
  return remaining > 0 && code >= FAILURE ? 5 : version;
}
