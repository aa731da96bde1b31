/** UNSUBSCRIBE (section 3.10) and UNSUBACK (section 3.11). */

import { EncodeError } from "../errors.ts";
import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES, UNSUBSCRIBE_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { ReasonCode } from "../reason-codes.ts";
import { validateTopicFilter } from "../topics.ts";
import type { SlabWriter } from "../writer.ts";
import type { AcknowledgementProperties } from "./acknowledgement.ts";
import { decodePacketIdentifier, encodablePacketIdentifier } from "./packet-identifier-field.ts";
import { decodeReasonCode, encodableReasonCode } from "./reason-code-field.ts";
import { requireFlags } from "./subscribe.ts";

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
  const packetIdentifier = encodablePacketIdentifier(packet.packetIdentifier);
  // "The Payload of an UNSUBSCRIBE packet MUST contain at least one Topic Filter" [MQTT-3.10.3-2]
  if (packet.topicFilters.length === 0) {
    throw new EncodeError("topicFilters is empty; an UNSUBSCRIBE needs at least one", { field: "topicFilters", clause: "MQTT-3.10.3-2" });
  }
  // "Bits 3,2,1 and 0 … of the UNSUBSCRIBE packet are reserved and MUST be set to 0,0,1 and 0" [MQTT-3.10.1-1]
  writer.beginPacket(0xa2, 100);
  writer.twoByteInteger(packetIdentifier);
  encodeProperties(writer, packet.properties, UNSUBSCRIBE_PROPERTIES, version);
  for (const topicFilter of packet.topicFilters) {
    const problem = validateTopicFilter(topicFilter);
    if (problem !== undefined) {
      throw new EncodeError(`topicFilter "${topicFilter}" ${problem}`, { field: "topicFilter", value: topicFilter });
    }
    writer.utf8String(topicFilter, "topicFilter");
  }
  return writer.endPacket();
}

export function decodeUnsubscribe(reader: PacketReader, version: ProtocolVersion): UnsubscribePacket {
  requireFlags(reader, "MQTT-3.10.1-1", version);
  const packetIdentifier = decodePacketIdentifier(reader);
  const properties = version === 5 ? decodeProperties(reader, UNSUBSCRIBE_PROPERTIES) : undefined;
  const topicFilters: string[] = [];
  while (reader.remaining > 0) topicFilters.push(reader.topicFilter());
  if (topicFilters.length === 0) reader.violation("there is no topic filter", ReasonCode.protocolError, "MQTT-3.10.3-2");
  return { type: "unsubscribe", packetIdentifier, topicFilters, properties };
}

export function encodeUnsuback(writer: SlabWriter, packet: UnsubackPacketInit, version: ProtocolVersion): number {
  const { reasonCodes } = packet;
  if (version === 5 ? reasonCodes.length === 0 : reasonCodes.length > 0) {
    throw new EncodeError(
      version === 5 ? "reasonCodes is empty; an UNSUBACK has one for each filter" : "reasonCodes must be empty: an UNSUBACK of MQTT 3.x has none",
      { field: "reasonCodes", value: reasonCodes },
    );
  }
  writer.beginPacket(0xb0, 3 + reasonCodes.length);
  writer.twoByteInteger(encodablePacketIdentifier(packet.packetIdentifier));
  encodeProperties(writer, packet.properties, ACKNOWLEDGEMENT_PROPERTIES, version);
  for (const reasonCode of reasonCodes) writer.byte(encodableReasonCode(reasonCode, "unsuback"));
  return writer.endPacket();
}

export function decodeUnsuback(reader: PacketReader, version: ProtocolVersion): UnsubackPacket {
  if (reader.flags !== 0) reader.malformed(`the reserved flags are ${reader.flags}; they must be 0`, "MQTT-2.1.3-1", reader.position);
  const packetIdentifier = decodePacketIdentifier(reader);
  const reasonCodes: number[] = [];
  let properties: AcknowledgementProperties | undefined;
  if (version === 5) {
    properties = decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES);
    while (reader.remaining > 0) reasonCodes.push(decodeReasonCode(reader, "unsuback", "MQTT-3.11.3-2"));
    if (reasonCodes.length === 0) reader.malformed("there is no reason code");
  }
  reader.end();
  return { type: "unsuback", packetIdentifier, reasonCodes, properties };
}
