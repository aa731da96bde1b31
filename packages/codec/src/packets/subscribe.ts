/** SUBSCRIBE (section 3.8) and SUBACK (section 3.9). */

import { EncodeError } from "../errors.ts";
import type { ProtocolVersion, QoS, UserProperty } from "../packet.ts";
import { ACKNOWLEDGEMENT_PROPERTIES, SUBSCRIBE_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { ReasonCode } from "../reason-codes.ts";
import { validateTopicFilter } from "../topics.ts";
import type { SlabWriter } from "../writer.ts";
import type { AcknowledgementProperties } from "./acknowledgement.ts";
import { decodePacketIdentifier, encodablePacketIdentifier } from "./packet-identifier-field.ts";
import { decodeReasonCode, encodableReasonCode } from "./reason-code-field.ts";

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
  const packetIdentifier = encodablePacketIdentifier(packet.packetIdentifier);
  // "The Payload MUST contain at least one Topic Filter and Subscription Options pair" [MQTT-3.8.3-2]
  if (packet.subscriptions.length === 0) {
    throw new EncodeError("subscriptions is empty; a SUBSCRIBE needs at least one", { field: "subscriptions", clause: "MQTT-3.8.3-2" });
  }
  // "Bits 3,2,1 and 0 of the Fixed Header of the SUBSCRIBE packet are reserved and MUST be set to 0,0,1 and 0" [MQTT-3.8.1-1]
  writer.beginPacket(0x82, 100);
  writer.twoByteInteger(packetIdentifier);
  encodeProperties(writer, packet.properties, SUBSCRIBE_PROPERTIES, version);
  for (const subscription of packet.subscriptions) {
    const { topicFilter } = subscription;
    const problem = validateTopicFilter(topicFilter);
    if (problem !== undefined) {
      throw new EncodeError(`topicFilter "${topicFilter}" ${problem}`, { field: "topicFilter", value: topicFilter });
    }
    writer.utf8String(topicFilter, "topicFilter");
    writer.byte(subscriptionOptions(subscription, version));
  }
  return writer.endPacket();
}

function subscriptionOptions(subscription: TopicSubscriptionInit, version: ProtocolVersion): number {
  const { topicFilter, qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = subscription;
  if (qos !== 0 && qos !== 1 && qos !== 2) {
    throw new EncodeError(`qos is ${String(qos)} for "${topicFilter}"; it must be 0, 1 or 2`, { field: "qos", value: qos });
  }
  if (version !== 5) {
    if (noLocal || retainAsPublished || retainHandling !== 0) {
      throw new EncodeError(`noLocal, retainAsPublished and retainHandling need MQTT 5.0 ("${topicFilter}" has them)`, {
        field: noLocal ? "noLocal" : retainAsPublished ? "retainAsPublished" : "retainHandling",
        value: true,
      });
    }
    return qos;
  }
  if (retainHandling !== 0 && retainHandling !== 1 && retainHandling !== 2) {
    throw new EncodeError(`retainHandling is ${String(retainHandling)} for "${topicFilter}"; it must be 0, 1 or 2`, {
      field: "retainHandling",
      value: retainHandling,
    });
  }
  // "It is a Protocol Error to set the No Local bit to 1 on a Shared Subscription" [MQTT-3.8.3-4]
  if (noLocal && topicFilter.startsWith("$share/")) {
    throw new EncodeError(`noLocal must be false for the shared subscription "${topicFilter}"`, {
      field: "noLocal",
      value: true,
      clause: "MQTT-3.8.3-4",
    });
  }
  return qos | (noLocal ? NO_LOCAL : 0) | (retainAsPublished ? RETAIN_AS_PUBLISHED : 0) | (retainHandling << RETAIN_HANDLING_SHIFT);
}

export function decodeSubscribe(reader: PacketReader, version: ProtocolVersion): SubscribePacket {
  requireFlags(reader, "MQTT-3.8.1-1", version);
  const packetIdentifier = decodePacketIdentifier(reader);
  const properties = version === 5 ? decodeProperties(reader, SUBSCRIBE_PROPERTIES) : undefined;
  const subscriptions: TopicSubscription[] = [];
  while (reader.remaining > 0) {
    const topicFilter = reader.topicFilter();
    subscriptions.push(decodeOptions(reader, topicFilter, version));
  }
  if (subscriptions.length === 0) reader.violation("there is no topic filter", ReasonCode.protocolError, "MQTT-3.8.3-2");
  return { type: "subscribe", packetIdentifier, subscriptions, properties };
}

function decodeOptions(reader: PacketReader, topicFilter: string, version: ProtocolVersion): TopicSubscription {
  const options = reader.byte();
  const qos = options & 3;
  const retainHandling = (options >> RETAIN_HANDLING_SHIFT) & 3;
  const noLocal = (options & NO_LOCAL) !== 0;
  // "The Server MUST treat a SUBSCRIBE packet as malformed if any of Reserved bits in the Payload are non-zero" [MQTT-3.8.3-5]
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) reader.malformed("reserved subscription option bits are set", "MQTT-3.8.3-5");
  if (qos === 3) reader.malformed("the QoS is 3", version === 5 ? undefined : "MQTT-3.8.3-4");
  if (retainHandling === 3) reader.violation("the retain handling is 3", ReasonCode.protocolError);
  if (noLocal && topicFilter.startsWith("$share/")) {
    reader.violation("no local is set on a shared subscription", ReasonCode.protocolError, "MQTT-3.8.3-4");
  }
  return {
    topicFilter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandling as RetainHandling,
  };
}

/** SUBSCRIBE and UNSUBSCRIBE have the fixed flags 0b0010. MQTT 3.1 let them carry a QoS and DUP: its senders may set DUP. */
export function requireFlags(reader: PacketReader, clause: string, version: ProtocolVersion): void {
  if (reader.flags === 0b0010 || (version === 3 && reader.flags === 0b1010)) return;
  reader.malformed(`the fixed header flags are ${reader.flags}; they must be 2`, clause, reader.position);
}

export function encodeSuback(writer: SlabWriter, packet: SubackPacketInit, version: ProtocolVersion): number {
  writer.beginPacket(0x90, 3 + packet.reasonCodes.length);
  writer.twoByteInteger(encodablePacketIdentifier(packet.packetIdentifier));
  encodeProperties(writer, packet.properties, ACKNOWLEDGEMENT_PROPERTIES, version);
  if (packet.reasonCodes.length === 0) {
    throw new EncodeError("reasonCodes is empty; a SUBACK has one for each filter", { field: "reasonCodes", value: [] });
  }
  for (const reasonCode of packet.reasonCodes) {
    encodableReasonCode(reasonCode, "suback");
    if (version !== 5 && reasonCode > ReasonCode.unspecifiedError) {
      throw new EncodeError(`reasonCode is ${reasonCode}; a SUBACK of MQTT 3.x has 0, 1, 2 or 0x80`, {
        field: "reasonCodes",
        value: reasonCode,
      });
    }
    writer.byte(reasonCode);
  }
  return writer.endPacket();
}

export function decodeSuback(reader: PacketReader, version: ProtocolVersion): SubackPacket {
  if (reader.flags !== 0) reader.malformed(`the reserved flags are ${reader.flags}; they must be 0`, "MQTT-2.1.3-1", reader.position);
  const packetIdentifier = decodePacketIdentifier(reader);
  const properties = version === 5 ? decodeProperties(reader, ACKNOWLEDGEMENT_PROPERTIES) : undefined;
  const reasonCodes: number[] = [];
  while (reader.remaining > 0) {
    const reasonCode = decodeReasonCode(reader, "suback", "MQTT-3.9.3-2");
    if (version !== 5 && reasonCode > ReasonCode.unspecifiedError) {
      reader.violation(`return code ${reasonCode} is reserved`, ReasonCode.protocolError, "MQTT-3.9.3-2");
    }
    reasonCodes.push(reasonCode);
  }
  if (reasonCodes.length === 0) reader.malformed("there is no reason code");
  return { type: "suback", packetIdentifier, reasonCodes, properties };
}
