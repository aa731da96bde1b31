/** PUBLISH (section 3.3). */

import type { ProtocolVersion, QoS, UserProperty } from "../packet.ts";
import { PUBLISH_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { refuseValue } from "../refusal.ts";
import { requireBytes, type SlabWriter } from "../writer.ts";
import { checkedPacketIdentifier, decodePacketIdentifier } from "./packet-identifier-field.ts";
import { checkPayloadFormat, requirePayloadFormat } from "./payload-format.ts";

export interface PublishPacketInit {
  readonly type: "publish";
  /** May be empty in 5.0 when a Topic Alias stands for it. */
  readonly topicName: string;
  /** Text is written as UTF-8. Default: empty. A large array is referenced, not copied, until its bytes are taken. */
  readonly payload?: Uint8Array | string | undefined;
  /** Default 0. */
  readonly qos?: QoS | undefined;
  /** Default false. */
  readonly retain?: boolean | undefined;
  /** Set on a repeated delivery. Default false. */
  readonly dup?: boolean | undefined;
  /** Needed when qos > 0, and only then. */
  readonly packetIdentifier?: number | undefined;
  readonly properties?: PublishProperties | undefined;
}

export interface PublishPacket extends PublishPacketInit {
  /** A view into the received chunk: `slice()` it to keep it without keeping the chunk. */
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
}

/** Section 3.3.2.3. */
export interface PublishProperties {
  /** 1: the payload is UTF-8 text. */
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  /** Seconds. */
  readonly messageExpiryInterval?: number | undefined;
  /** A number that stands for the topic, on this connection. */
  readonly topicAlias?: number | undefined;
  /** Where a reply shall go. */
  readonly responseTopic?: string | undefined;
  /** Tells the reply to this request apart from others. */
  readonly correlationData?: Uint8Array | undefined;
  /** Names and values of the application's own; a name may come more than once. */
  readonly userProperties?: readonly UserProperty[] | undefined;
  /** From the server only: the identifiers of the subscriptions that matched. */
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  /** What the payload is, as in `application/json`. */
  readonly contentType?: string | undefined;
}

const DUP = 0x08;
const RETAIN = 0x01;

export function encodePublish(writer: SlabWriter, packet: PublishPacketInit, version: ProtocolVersion): number {
  const { topicName, payload, properties } = packet;
  const qos = packet.qos ?? 0;
  const dup = packet.dup === true;
  // "A PUBLISH Packet MUST NOT have both QoS bits set to 1" [MQTT-3.3.1-4]
  if (qos !== 0 && qos !== 1 && qos !== 2) refuseValue("qos", qos, "it must be 0, 1 or 2", "MQTT-3.3.1-4");
  if (qos === 0) checkQosZero(packet);
  const packetIdentifier = qos === 0 ? 0 : checkedPacketIdentifier(packet.packetIdentifier);
  if (typeof topicName !== "string") refuseValue("topicName", topicName, "it must be a string");
  if (topicName === "" && (version !== 5 || properties?.topicAlias === undefined)) {
    refuseValue("topicName", "", "only a topic alias may stand for it", "MQTT-4.7.3-1");
  }
  if (payload !== undefined && typeof payload !== "string") {
    requireBytes(payload, "payload");
    if (properties?.payloadFormatIndicator === 1) requirePayloadFormat(payload, "payload");
  }

  const flags = (dup ? DUP : 0) | (qos << 1) | (packet.retain === true ? RETAIN : 0);
  if (properties === undefined && typeof payload === "object") {
    const size = writer.plainPublish(0x30 | flags, topicName, packetIdentifier, version === 5, payload);
    if (size > 0) return size;
  }
  const payloadLength = payload === undefined ? 0 : payload.length;
  writer.beginPacket(0x30 | flags, topicName.length + payloadLength + (properties === undefined ? 4 : 64)); // §3.3.1
  writer.topicName(topicName, "topicName", "MQTT-3.3.2-2"); //                              §3.3.2.1
  if (qos > 0) writer.twoByteInteger(packetIdentifier); //                                  §3.3.2.2
  encodeProperties(writer, properties, PUBLISH_PROPERTIES, version); //                     §3.3.2.3
  return typeof payload === "string" ? writer.endPacketWithText(payload, "payload") : writer.endPacket(payload); // §3.3.3
}

function checkQosZero({ dup, packetIdentifier }: PublishPacketInit): void {
  // "The DUP flag MUST be set to 0 for all QoS 0 messages" [MQTT-3.3.1-2]
  if (dup === true) refuseValue("dup", true, "it must be false for QoS 0", "MQTT-3.3.1-2");
  // "A PUBLISH packet MUST NOT contain a Packet Identifier if its QoS value is set to 0" [MQTT-2.2.1-2]
  if (packetIdentifier !== undefined) {
    refuseValue("packetIdentifier", packetIdentifier, "a QoS 0 PUBLISH has none", "MQTT-2.2.1-2");
  }
}

/** The flags were judged with the fixed header; the nearest to a QoS of 3 is 2. */
export function decodePublish(reader: PacketReader, version: ProtocolVersion): PublishPacket {
  const { flags, position: start } = reader;
  const qos = Math.min((flags >> 1) & 3, 2) as QoS;
  const topicName = reader.topicName("MQTT-3.3.2-2");
  const packetIdentifier = qos === 0 ? undefined : decodePacketIdentifier(reader);
  const propertiesAt = reader.position;
  const properties: PublishProperties | undefined =
    version === 5 ? decodeProperties(reader, PUBLISH_PROPERTIES) : undefined;
  if (topicName === "" && properties?.topicAlias === undefined) {
    // "It is a Protocol Error if the Topic Name is zero length and there is no Topic Alias." (§3.3.2.1)
    reader.violation(start, "the topic name is empty and there is no topic alias", "MQTT-4.7.3-1");
  }
  // "A PUBLISH packet sent from a Client to a Server MUST NOT contain a Subscription Identifier" [MQTT-3.3.4-6]
  if (properties?.subscriptionIdentifiers !== undefined && reader.sender === "client") {
    reader.violation(propertiesAt, "a client may not send subscription identifiers", "MQTT-3.3.4-6");
  }
  const payloadAt = reader.position;
  const payload = reader.rest();
  if (properties !== undefined) checkPayloadFormat(reader, payloadAt, payload, properties.payloadFormatIndicator);
  // Always these keys in this order, so that every reader of a PUBLISH stays monomorphic.
  return {
    type: "publish",
    topicName,
    payload,
    qos,
    retain: (flags & RETAIN) !== 0,
    dup: (flags & DUP) !== 0,
    packetIdentifier,
    properties,
  };
}
