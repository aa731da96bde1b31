/** UNSUBSCRIBE (section 3.10) and UNSUBACK (section 3.11). */

import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES, UNSUBSCRIBE_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { refuseValue, requireList } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";
import type { AcknowledgementProperties } from "./acknowledgement.ts";
import {
  decodePacketIdentifier,
  encodePacketIdentifier,
  IDENTIFIER_OF_REQUEST,
  IDENTIFIER_OF_SUBSCRIBE_ANSWER,
} from "./packet-identifier-field.ts";
import { decodeReasonCode, encodeReasonCode } from "./reason-code-field.ts";

export interface UnsubscribePacketInit {
  readonly type: "unsubscribe";
  readonly packetIdentifier: number;
  readonly topicFilters: readonly string[];
  readonly properties?: UnsubscribeProperties | undefined;
}

export type UnsubscribePacket = UnsubscribePacketInit;

export interface UnsubscribeProperties {
  readonly userProperties?: readonly UserProperty[] | undefined;
}

export interface UnsubackPacketInit {
  readonly type: "unsuback";
  readonly packetIdentifier: number;
  /** 5.0: one for each filter of the UNSUBSCRIBE, in its order. 3.x: empty, its UNSUBACK says nothing. */
  readonly reasonCodes: readonly number[];
  readonly properties?: AcknowledgementProperties | undefined;
}

export type UnsubackPacket = UnsubackPacketInit;

export function encodeUnsubscribe(writer: SlabWriter, packet: UnsubscribePacketInit, version: ProtocolVersion): number {
  const { topicFilters } = packet;
  // "The Payload of an UNSUBSCRIBE packet MUST contain at least one Topic Filter" [MQTT-3.10.3-2]
  requireList("topicFilters", topicFilters, "of at least one", "MQTT-3.10.3-2");
  // "Bits 3,2,1 and 0 … of the UNSUBSCRIBE packet are reserved and MUST be set to 0,0,1 and 0" [MQTT-3.10.1-1]
  writer.beginPacket(0xa2, 100);
  encodePacketIdentifier(writer, packet.packetIdentifier, IDENTIFIER_OF_REQUEST); // §3.10.2
  encodeProperties(writer, packet.properties, UNSUBSCRIBE_PROPERTIES, version); //  §3.10.2.1
  for (const topicFilter of topicFilters) writer.topicFilter(topicFilter, "topicFilter", version); // §3.10.3
  return writer.endPacket();
}

export function decodeUnsubscribe(reader: PacketReader, version: ProtocolVersion): UnsubscribePacket {
  const packetIdentifier = decodePacketIdentifier(reader, IDENTIFIER_OF_REQUEST);
  const properties = version === 5 ? decodeProperties(reader, UNSUBSCRIBE_PROPERTIES) : undefined;
  const topicFilters: string[] = [];
  while (reader.remaining > 0) topicFilters.push(reader.topicFilter(version));
  if (topicFilters.length === 0) {
    reader.violation(reader.position, "there is no topic filter", "MQTT-3.10.3-2");
  }
  return { type: "unsubscribe", packetIdentifier, topicFilters, properties };
}

export function encodeUnsuback(writer: SlabWriter, packet: UnsubackPacketInit, version: ProtocolVersion): number {
  const { reasonCodes } = packet;
  if (version === 5) requireList("reasonCodes", reasonCodes, "with one for each filter");
  else if (!Array.isArray(reasonCodes) || reasonCodes.length > 0) {
    refuseValue("reasonCodes", reasonCodes, "it must be a list that is empty: an UNSUBACK of MQTT 3.x has none");
  }
  writer.beginPacket(0xb0, 3 + reasonCodes.length);
  encodePacketIdentifier(writer, packet.packetIdentifier, IDENTIFIER_OF_SUBSCRIBE_ANSWER); // §3.11.2
  encodeProperties(writer, packet.properties, ACKNOWLEDGEMENT_PROPERTIES, version); //        §3.11.2.1
  for (const reasonCode of reasonCodes) encodeReasonCode(writer, reasonCode, "unsuback"); //  §3.11.3
  return writer.endPacket();
}

export function decodeUnsuback(reader: PacketReader, version: ProtocolVersion): UnsubackPacket {
  const packetIdentifier = decodePacketIdentifier(reader, IDENTIFIER_OF_SUBSCRIBE_ANSWER);
  const reasonCodes: number[] = [];
  let properties: AcknowledgementProperties | undefined;
  if (version === 5) {
    properties = decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES);
    while (reader.remaining > 0) reasonCodes.push(decodeReasonCode(reader, "unsuback"));
    if (reasonCodes.length === 0) reader.malformed(reader.position, "there is no reason code");
  }
  reader.end();
  return { type: "unsuback", packetIdentifier, reasonCodes, properties };
}
