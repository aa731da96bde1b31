/** PUBACK, PUBREC, PUBREL, PUBCOMP (sections 3.4 to 3.7): one layout, four types. */

import { EncodeError } from "../errors.ts";
import { PacketType, type ProtocolVersion, type UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { ReasonCode } from "../reason-codes.ts";
import type { SlabWriter } from "../writer.ts";
import { decodePacketIdentifier, encodablePacketIdentifier } from "./packet-identifier-field.ts";
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

/** The low bits of the first byte: "PUBREL … bits 3,2,1 and 0 … MUST be set to 0,0,1 and 0" [MQTT-3.6.1-1], else 0. */
function fixedFlags(type: AcknowledgementType): number {
  return type === "pubrel" ? 0b0010 : 0;
}

export function encodeAcknowledgement(writer: SlabWriter, packet: AcknowledgementPacketInit, version: ProtocolVersion): number {
  const { type, properties } = packet;
  const packetIdentifier = encodablePacketIdentifier(packet.packetIdentifier);
  const reasonCode = packet.reasonCode ?? ReasonCode.success;
  if (version !== 5 && reasonCode !== ReasonCode.success) {
    throw new EncodeError(`reasonCode is ${reasonCode}; ${type.toUpperCase()} has no reason code in MQTT 3.x`, {
      field: "reasonCode",
      value: reasonCode,
    });
  }
  writer.beginPacket((PacketType[type] << 4) | fixedFlags(type), 2);
  writer.twoByteInteger(packetIdentifier);
  // "The Reason Code and Property Length can be omitted if the Reason Code is 0x00 and there are no Properties."
  if (reasonCode !== ReasonCode.success || properties !== undefined) {
    if (version === 5) writer.byte(encodableReasonCode(reasonCode, type));
    if (properties !== undefined) encodeProperties(writer, properties, ACKNOWLEDGEMENT_PROPERTIES, version);
  }
  return writer.endPacket();
}

export function decodeAcknowledgement(reader: PacketReader, version: ProtocolVersion, type: AcknowledgementType): AcknowledgementPacket {
  const { flags } = reader;
  if (flags !== fixedFlags(type)) {
    const clause = type === "pubrel" ? "MQTT-3.6.1-1" : "MQTT-2.1.3-1";
    reader.malformed(`the fixed header flags are ${flags}; they must be ${fixedFlags(type)}`, clause, reader.position);
  }
  const packetIdentifier = decodePacketIdentifier(reader);
  let reasonCode: number = ReasonCode.success;
  let properties: AcknowledgementProperties | undefined;
  if (version === 5 && reader.remaining > 0) {
    reasonCode = decodeReasonCode(reader, type);
    // "If the Remaining Length is less than 4 there is no Property Length and the value of 0 is used."
    if (reader.remaining > 0) properties = decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES);
  }
  reader.end();
  return { type, packetIdentifier, reasonCode, properties };
}
