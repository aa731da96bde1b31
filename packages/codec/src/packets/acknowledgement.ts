/** PUBACK, PUBREC, PUBREL, PUBCOMP (sections 3.4 to 3.7): one layout, four types. */

import { SUCCESS } from "../allowed-reason-codes.ts";
import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES } from "../properties.ts";
import { decodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import type { SlabWriter } from "../writer.ts";
import {
  decodePacketIdentifier,
  checkedPacketIdentifier,
  encodePacketIdentifier,
  IDENTIFIER_OF_PUBLISH_ANSWER,
} from "./packet-identifier-field.ts";
import { decodeReasonCode, encodeReason } from "./reason-code-field.ts";

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

export function encodeAcknowledgement(
  writer: SlabWriter,
  packet: AcknowledgementPacketInit,
  version: ProtocolVersion,
  firstByte: number,
): number {
  const { type, properties } = packet;
  const reasonCode = packet.reasonCode ?? SUCCESS;
  if (reasonCode === SUCCESS && properties === undefined) {
    const packetIdentifier = checkedPacketIdentifier(packet.packetIdentifier, IDENTIFIER_OF_PUBLISH_ANSWER);
    return writer.packetOfIdentifier(firstByte, packetIdentifier);
  }
  writer.beginPacket(firstByte, 2);
  encodePacketIdentifier(writer, packet.packetIdentifier, IDENTIFIER_OF_PUBLISH_ANSWER); // §3.4.2
  encodeReason(writer, type, reasonCode, properties, ACKNOWLEDGEMENT_PROPERTIES, version); // §3.4.2.1, §3.4.2.2
  return writer.endPacket();
}

export function decodeAcknowledgement(
  reader: PacketReader,
  version: ProtocolVersion,
  type: AcknowledgementType,
): AcknowledgementPacket {
  const packetIdentifier = decodePacketIdentifier(reader, IDENTIFIER_OF_PUBLISH_ANSWER);
  let reasonCode: number = SUCCESS;
  let properties: AcknowledgementProperties | undefined;
  if (version === 5 && reader.remaining > 0) {
    reasonCode = decodeReasonCode(reader, type);
    // "If the Remaining Length is less than 4 there is no Property Length and the value of 0 is used."
    if (reader.remaining > 0) properties = decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES);
  }
  reader.end();
  return { type, packetIdentifier, reasonCode, properties };
}
