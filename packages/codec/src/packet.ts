import type { ConnackPacket, ConnackPacketInit } from "./packets/connack.ts";
import type { ConnectPacket, ConnectPacketInit } from "./packets/connect.ts";
import type { AcknowledgementPacket, AcknowledgementPacketInit } from "./packets/acknowledgement.ts";
import type { AuthPacket, AuthPacketInit, DisconnectPacket, DisconnectPacketInit } from "./packets/disconnect.ts";
import type { PingreqPacket, PingrespPacket } from "./packets/ping.ts";
import type { PublishPacket, PublishPacketInit } from "./packets/publish.ts";
import type { SubackPacket, SubackPacketInit, SubscribePacket, SubscribePacketInit } from "./packets/subscribe.ts";
import type {
  UnsubackPacket,
  UnsubackPacketInit,
  UnsubscribePacket,
  UnsubscribePacketInit,
} from "./packets/unsubscribe.ts";

/** The protocol level on the wire: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5;

/** `version` if it is one. Throws a RangeError for what only JavaScript can pass, as in 311. */
export function requireVersion(version: ProtocolVersion): ProtocolVersion {
  if (version === 5 || version === 4 || version === 3) return version;
  throw new RangeError(`version is ${String(version)}; it must be 3 (MQTT 3.1), 4 (3.1.1) or 5 (5.0)`);
}

/** At most once, at least once, exactly once (section 4.3). */
export type QoS = 0 | 1 | 2;

/** A User Property: order and repeated names matter, so it is a pair in a list. */
export type UserProperty = readonly [name: string, value: string];

/** The Control Packet types with their wire numbers (section 2.1.2). */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

export type PacketTypeName = keyof typeof PacketType;

/** Wire number → name; index 0 is reserved by the specification. */
export const PACKET_TYPE_NAMES: readonly (PacketTypeName | undefined)[] = [
  undefined,
  ...(Object.keys(PacketType) as PacketTypeName[]),
];

/** What the decoder returns: every field is there. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AcknowledgementPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;

/** What the encoder accepts: fields with an obvious default may be left out. Every {@link Packet} is one. */
export type PacketInit =
  | ConnectPacketInit
  | ConnackPacketInit
  | PublishPacketInit
  | AcknowledgementPacketInit
  | SubscribePacketInit
  | SubackPacketInit
  | UnsubscribePacketInit
  | UnsubackPacketInit
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacketInit
  | AuthPacketInit;
