export { isReasonCodeAllowed } from "./allowed-reason-codes.ts";
export { createDecoder, type DecoderOptions, type PacketDecoder } from "./decoder.ts";
export type { Sender } from "./decoder-options.ts";
export { describePacket } from "./describe.ts";
export { createWriter, encodePacket, packetSize, type PacketWriter, type WriterOptions } from "./encoder.ts";
export {
  DecodeError,
  type DecodeErrorDetails,
  EncodeError,
  type EncodeErrorDetails,
  MalformedPacketError,
  MqttError,
  ProtocolError,
} from "./errors.ts";
export {
  createLenientDecoder,
  type LenientDecoderOptions,
  type LenientPacketDecoder,
  type LenientResult,
} from "./lenient-decoder.ts";
export { PacketType } from "./packet.ts";
export type { Packet, PacketInit, PacketTypeName, ProtocolVersion, QoS, UserProperty } from "./packet.ts";
export type {
  AcknowledgementPacket,
  AcknowledgementPacketInit,
  AcknowledgementProperties,
  AcknowledgementType,
} from "./packets/acknowledgement.ts";
export type { ConnackPacket, ConnackPacketInit, ConnackProperties } from "./packets/connack.ts";
export type {
  ConnectPacket,
  ConnectPacketInit,
  ConnectProperties,
  Will,
  WillInit,
  WillProperties,
} from "./packets/connect.ts";
export type {
  AuthPacket,
  AuthPacketInit,
  AuthProperties,
  DisconnectPacket,
  DisconnectPacketInit,
  DisconnectProperties,
} from "./packets/disconnect.ts";
export type { PingreqPacket, PingrespPacket } from "./packets/ping.ts";
export type { PublishPacket, PublishPacketInit, PublishProperties } from "./packets/publish.ts";
export type {
  RetainHandling,
  SubackPacket,
  SubackPacketInit,
  SubscribePacket,
  SubscribePacketInit,
  SubscribeProperties,
  TopicSubscription,
  TopicSubscriptionInit,
} from "./packets/subscribe.ts";
export type {
  UnsubackPacket,
  UnsubackPacketInit,
  UnsubscribePacket,
  UnsubscribePacketInit,
  UnsubscribeProperties,
} from "./packets/unsubscribe.ts";
export {
  type AllProperties,
  PROPERTIES,
  type PropertyDefinition,
  type PropertyKind,
  type PropertyName,
} from "./properties.ts";
export { ReasonCode, type ReasonCodeName, reasonText } from "./reason-codes.ts";
export {
  matchTopic,
  parseSharedSubscription,
  type SharedSubscription,
  validateTopicFilter,
  validateTopicName,
} from "./topics.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
