/** CONNACK (section 3.2). The return codes of MQTT 3.x are presented as Reason Codes. */

import { EncodeError } from "../errors.ts";
import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { CONNACK_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { isReasonCodeAllowed, ReasonCode, reasonCodeOfReturnCode, returnCodeOfReasonCode } from "../reason-codes.ts";
import type { SlabWriter } from "../writer.ts";
import { encodableReasonCode } from "./reason-code-field.ts";

export interface ConnackPacketInit {
  readonly type: "connack";
  /** Default false. MQTT 3.1 has no such flag: there it is never sent and always false. */
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
  const { sessionPresent = false, reasonCode = ReasonCode.success } = packet;
  // "If a Server sends a CONNACK packet containing a non-zero Reason Code it MUST set Session Present to 0" [MQTT-3.2.2-6]
  if (sessionPresent && reasonCode !== 0) {
    throw new EncodeError("sessionPresent must be false in a CONNACK that refuses", {
      field: "sessionPresent",
      value: true,
      clause: "MQTT-3.2.2-6",
    });
  }
  writer.beginPacket(0x20, 2);
  writer.byte(sessionPresent && version !== 3 ? 1 : 0); //                            §3.2.2.1
  writer.byte(version === 5 ? encodableReasonCode(reasonCode, "connack") : returnCode(reasonCode)); // §3.2.2.2
  encodeProperties(writer, packet.properties, CONNACK_PROPERTIES, version); //        §3.2.2.3
  return writer.endPacket();
}

function returnCode(reasonCode: number): number {
  const code = returnCodeOfReasonCode(reasonCode);
  if (code !== undefined) return code;
  throw new EncodeError(`reasonCode is ${reasonCode}, which no return code of MQTT 3.x stands for`, {
    field: "reasonCode",
    value: reasonCode,
  });
}

export function decodeConnack(reader: PacketReader, version: ProtocolVersion): ConnackPacket {
  if (reader.flags !== 0) reader.malformed(`the reserved flags are ${reader.flags}; they must be 0`, "MQTT-2.1.3-1", reader.position);
  // A server that knows only 3.1.1 answers a 5.0 CONNECT in its own form: two bytes, return code 1.
  const form = version === 5 && reader.remaining === 2 ? 4 : version;
  const flags = reader.byte();
  // "Byte 1 is the Connect Acknowledge Flags. Bits 7-1 are reserved and MUST be set to 0" [MQTT-3.2.2-1]
  if (flags > 1 && form !== 3) reader.malformed(`the connect acknowledge flags are ${flags}; they must be 0 or 1`, "MQTT-3.2.2-1");
  const code = reader.byte();
  const reasonCode = form === 5 ? code : (reasonCodeOfReturnCode(code) ?? code);
  if (form !== 5 && reasonCode === code && code !== 0) {
    if (version !== 5) reader.violation(`return code ${code} is reserved`, ReasonCode.protocolError);
  }
  if (version === 5 && !isReasonCodeAllowed(reasonCode, "connack")) {
    reader.violation(`reason code ${code} is not one of CONNACK`, ReasonCode.protocolError, "MQTT-3.2.2-8");
  }
  const sessionPresent = form !== 3 && flags === 1;
  if (sessionPresent && reasonCode !== 0) {
    reader.violation("session present is 1 although the connection is refused", ReasonCode.protocolError, "MQTT-3.2.2-6");
  }
  const properties = form === 5 ? decodeProperties(reader, CONNACK_PROPERTIES) : undefined;
  reader.end();
  return { type: "connack", sessionPresent, reasonCode, properties };
}
