/** PUBACK, PUBREC, PUBREL, PUBCOMP (sections 3.4 to 3.7): one layout, four types. */

import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { ReasonCode } from "../reason-codes.ts";
import { refuseValue } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";
import {
  decodePacketIdentifier,
  encodablePacketIdentifier,
  IDENTIFIER_OF_PUBLISH_ANSWER,
} from "./packet-identifier-field.ts";
import { decodeReasonCode, encodableReasonCode } from "./reason-code-field.ts";

export type AcknowledgementType = "puback" | "pubrec" | "pubrel" | "pubcomp";

export interface AcknowledgementPacketInit {
  readonly type: AcknowledgementType;
  readonly packetIdentifier: number;
  /** Default 0, success. MQTT 3.x has no other. */
  readonly reasonCode?: number | undefined;
  readonly properties?: AcknowledgementProperties | undefined;
}

export interface AcknowledgementPacket extends AcknowledgementPacketInit {
  readonly reasonCode: number;
}

/** The properties of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
export interface AcknowledgementProperties {
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** PUBREL has the flags 0b0010 [MQTT-3.6.1-1]. */
const FIRST_BYTE: Record<AcknowledgementType, number> = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 };

/** "The Client or Server sending the PUBACK packet MUST use one of the PUBACK Reason Codes" [MQTT-3.4.2-1], and so on. */
const REASON_CODE_CLAUSE: Record<AcknowledgementType, string> = {
  puback: "MQTT-3.4.2-1",
  pubrec: "MQTT-3.5.2-1",
  pubrel: "MQTT-3.6.2-1",
  pubcomp: "MQTT-3.7.2-1",
};

export function encodeAcknowledgement(
  writer: SlabWriter,
  packet: AcknowledgementPacketInit,
  version: ProtocolVersion,
): number {
  const { type, properties } = packet;
  const packetIdentifier = encodablePacketIdentifier(packet.packetIdentifier, IDENTIFIER_OF_PUBLISH_ANSWER);
  const reasonCode = packet.reasonCode ?? ReasonCode.success;
  if (version !== 5 && reasonCode !== ReasonCode.success) {
    refuseValue("reasonCode", reasonCode, `${type.toUpperCase()} has no reason code in MQTT 3.x`);
  }
  writer.beginPacket(FIRST_BYTE[type], 2);
  writer.twoByteInteger(packetIdentifier); //                                                 §3.4.2
  // "The Reason Code and Property Length can be omitted if the Reason Code is 0x00 (Success) and there are no Properties."
  if (reasonCode !== ReasonCode.success || properties !== undefined) {
    if (version === 5) writer.byte(encodableReasonCode(reasonCode, type, REASON_CODE_CLAUSE[type])); // §3.4.2.1
    if (properties !== undefined) encodeProperties(writer, properties, ACKNOWLEDGEMENT_PROPERTIES, version); // §3.4.2.2
  }
  return writer.endPacket();
}

export function decodeAcknowledgement(
  reader: PacketReader,
  version: ProtocolVersion,
  type: AcknowledgementType,
): AcknowledgementPacket {
  const packetIdentifier = decodePacketIdentifier(reader, IDENTIFIER_OF_PUBLISH_ANSWER);
  let reasonCode: number = ReasonCode.success;
  let properties: AcknowledgementProperties | undefined;
  if (version === 5 && reader.remaining > 0) {
    reasonCode = decodeReasonCode(reader, type, REASON_CODE_CLAUSE[type]);
    // "If the Remaining Length is less than 4 there is no Property Length and the value of 0 is used."
    if (reader.remaining > 0) properties = decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES);
  }
  reader.end();
  return { type, packetIdentifier, reasonCode, properties };
}
