/** SUBSCRIBE (section 3.8) and SUBACK (section 3.9). */

import type { ProtocolVersion, QoS, UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES, SUBSCRIBE_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import { quoted } from "../quoted.ts";
import type { PacketReader } from "../reader.ts";
import { refuseValue, requireList } from "../refusal.ts";
import { isShared } from "../topics.ts";
import type { SlabWriter } from "../writer.ts";
import type { AcknowledgementProperties } from "./acknowledgement.ts";
import {
  decodePacketIdentifier,
  encodePacketIdentifier,
  IDENTIFIER_OF_REQUEST,
  IDENTIFIER_OF_SUBSCRIBE_ANSWER,
} from "./packet-identifier-field.ts";
import { decodeReasonCode, encodeReasonCode } from "./reason-code-field.ts";

/** Whether retained messages come when the subscription is made: 0 yes, 1 only if it is new, 2 no. */
export type RetainHandling = 0 | 1 | 2;

/** A Topic Filter with its Subscription Options (section 3.8.3.1). All but `qos` need MQTT 5.0. */
export interface TopicSubscriptionInit {
  readonly topicFilter: string;
  /** The highest QoS that the server may send with. Default 0. */
  readonly qos?: QoS | undefined;
  /** Don't send me my own messages. Default false. */
  readonly noLocal?: boolean | undefined;
  /** Keep the RETAIN flag as published. Default false. */
  readonly retainAsPublished?: boolean | undefined;
  /** Default 0. */
  readonly retainHandling?: RetainHandling | undefined;
}

export interface TopicSubscription extends TopicSubscriptionInit {
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
}

export interface SubscribePacketInit {
  readonly type: "subscribe";
  readonly packetIdentifier: number;
  readonly subscriptions: readonly TopicSubscriptionInit[];
  readonly properties?: SubscribeProperties | undefined;
}

export interface SubscribePacket extends SubscribePacketInit {
  readonly subscriptions: readonly TopicSubscription[];
}

export interface SubscribeProperties {
  /** 1 to 268,435,455. */
  readonly subscriptionIdentifier?: number | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

export interface SubackPacketInit {
  readonly type: "suback";
  readonly packetIdentifier: number;
  /** One for each filter of the SUBSCRIBE, in its order: the granted QoS, or 0x80 and above. */
  readonly reasonCodes: readonly number[];
  readonly properties?: AcknowledgementProperties | undefined;
}

export type SubackPacket = SubackPacketInit;

const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAIN_HANDLING_SHIFT = 4;

export function encodeSubscribe(writer: SlabWriter, packet: SubscribePacketInit, version: ProtocolVersion): number {
  const { subscriptions } = packet;
  // "The Payload MUST contain at least one Topic Filter and Subscription Options pair" [MQTT-3.8.3-2]
  requireList("subscriptions", subscriptions, "of at least one", "MQTT-3.8.3-2");
  // "Bits 3,2,1 and 0 of the Fixed Header of the SUBSCRIBE packet are reserved and MUST be set to 0,0,1 and 0" [MQTT-3.8.1-1]
  writer.beginPacket(0x82, 100);
  encodePacketIdentifier(writer, packet.packetIdentifier, IDENTIFIER_OF_REQUEST); // §3.8.2
  encodeProperties(writer, packet.properties, SUBSCRIBE_PROPERTIES, version); //    §3.8.2.1
  for (const subscription of subscriptions) {
    if (typeof subscription !== "object" || subscription === null) {
      refuseValue("subscriptions", subscription, "each must be an object");
    }
    writer.topicFilter(subscription.topicFilter, "topicFilter", version); //        §3.8.3
    writer.byte(subscriptionOptions(subscription, version)); //                     §3.8.3.1
  }
  return writer.endPacket();
}

function subscriptionOptions(subscription: TopicSubscriptionInit, version: ProtocolVersion): number {
  const { topicFilter, qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = subscription;
  if (qos !== 0 && qos !== 1 && qos !== 2) refuseValue("qos", qos, `it must be 0, 1 or 2 (for ${quoted(topicFilter)})`);
  if (version !== 5) {
    const older = `that needs MQTT 5.0 (for ${quoted(topicFilter)})`;
    if (noLocal) refuseValue("noLocal", noLocal, older);
    if (retainAsPublished) refuseValue("retainAsPublished", retainAsPublished, older);
    if (retainHandling !== 0) refuseValue("retainHandling", retainHandling, older);
    return qos;
  }
  if (retainHandling !== 0 && retainHandling !== 1 && retainHandling !== 2) {
    refuseValue("retainHandling", retainHandling, `it must be 0, 1 or 2 (for ${quoted(topicFilter)})`);
  }
  // "It is a Protocol Error to set the No Local bit to 1 on a Shared Subscription" [MQTT-3.8.3-4]
  if (noLocal && isShared(topicFilter)) {
    refuseValue("noLocal", true, `it must be false for the shared subscription ${quoted(topicFilter)}`, "MQTT-3.8.3-4");
  }
  return (
    qos |
    (noLocal ? NO_LOCAL : 0) |
    (retainAsPublished ? RETAIN_AS_PUBLISHED : 0) |
    (retainHandling << RETAIN_HANDLING_SHIFT)
  );
}

export function decodeSubscribe(reader: PacketReader, version: ProtocolVersion): SubscribePacket {
  const packetIdentifier = decodePacketIdentifier(reader, IDENTIFIER_OF_REQUEST);
  const properties = version === 5 ? decodeProperties(reader, SUBSCRIBE_PROPERTIES) : undefined;
  const subscriptions: TopicSubscription[] = [];
  while (reader.remaining > 0) subscriptions.push(decodeSubscription(reader, version));
  if (subscriptions.length === 0) {
    reader.violation(reader.position, "there is no topic filter", "MQTT-3.8.3-2");
  }
  return { type: "subscribe", packetIdentifier, subscriptions, properties };
}

function decodeSubscription(reader: PacketReader, version: ProtocolVersion): TopicSubscription {
  const topicFilter = reader.topicFilter(version);
  const at = reader.position;
  const options = reader.byte();
  let qos = options & 3;
  if (qos === 3) {
    // "It is a Protocol Error if the Maximum QoS field has the value 3." (§3.8.3.1); malformed before 5.0.
    if (version === 5) reader.violation(at, "the QoS is 3");
    else reader.malformed(at, "the QoS is 3", "MQTT-3.8.3-4 of 3.1.1");
    qos = 2;
  }
  if (version !== 5) {
    // MQTT 3.1 doesn't use these bits; 3.1.1 has them 0.
    if (version === 4 && options > 3)
      reader.malformed(at, "reserved subscription option bits are set", "MQTT-3.8.3-4 of 3.1.1");
    return { topicFilter, qos: qos as QoS, noLocal: false, retainAsPublished: false, retainHandling: 0 };
  }
  // "The Server MUST treat a SUBSCRIBE packet as malformed if any of Reserved bits in the Payload are non-zero" [MQTT-3.8.3-5]
  if (options > 0x3f) reader.malformed(at, "reserved subscription option bits are set", "MQTT-3.8.3-5");
  let retainHandling = (options >> RETAIN_HANDLING_SHIFT) & 3;
  const noLocal = (options & NO_LOCAL) !== 0;
  // "It is a Protocol Error to send a Retain Handling value of 3." (§3.8.3.1)
  if (retainHandling === 3) {
    reader.violation(at, "the retain handling is 3");
    retainHandling = 2;
  }
  if (noLocal && isShared(topicFilter)) {
    reader.violation(at, "no local is set on a shared subscription", "MQTT-3.8.3-4");
  }
  return {
    topicFilter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandling as RetainHandling,
  };
}

export function encodeSuback(writer: SlabWriter, packet: SubackPacketInit, version: ProtocolVersion): number {
  const { reasonCodes } = packet;
  requireList("reasonCodes", reasonCodes, "with one for each filter");
  writer.beginPacket(0x90, 3 + reasonCodes.length);
  encodePacketIdentifier(writer, packet.packetIdentifier, IDENTIFIER_OF_SUBSCRIBE_ANSWER); // §3.9.2
  encodeProperties(writer, packet.properties, ACKNOWLEDGEMENT_PROPERTIES, version); //        §3.9.2.1
  for (const reasonCode of reasonCodes) encodeReasonCode(writer, reasonCode, "suback", version); // §3.9.3
  return writer.endPacket();
}

export function decodeSuback(reader: PacketReader, version: ProtocolVersion): SubackPacket {
  const packetIdentifier = decodePacketIdentifier(reader, IDENTIFIER_OF_SUBSCRIBE_ANSWER);
  const properties = version === 5 ? decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES) : undefined;
  const reasonCodes: number[] = [];
  while (reader.remaining > 0) reasonCodes.push(decodeReasonCode(reader, "suback", version));
  if (reasonCodes.length === 0) reader.malformed(reader.position, "there is no reason code");
  return { type: "suback", packetIdentifier, reasonCodes, properties };
}
