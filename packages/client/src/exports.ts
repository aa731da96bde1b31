/** What every entry of the package exports, beside its own ways to make a client. */

export type { AuthenticationAnswer, AuthenticationMethod } from "./authenticator.ts";
export type { BackoffOptions } from "./backoff.ts";
export type { BufferOptions } from "./buffer-limits.ts";
export type { Clock, Timer } from "./clock.ts";
export type { AcknowledgeMode } from "./consumer-options.ts";
export {
  AbortedError,
  ClientClosedError,
  ConsumerStalledError,
  NoResponderError,
  SubscriptionLostError,
} from "./errors.ts";
export type { ClientEvents, ClientState, DroppedIncoming, DroppedMessage, DroppedOutgoing } from "./events.ts";
export type { MessageHandler } from "./handler-line.ts";
export { MessageStream, type NextOptions } from "./message-stream.ts";
export type { ReceiveStatistics } from "./receiver.ts";
export { Message } from "./message.ts";
export type { NetworkOptions, WebSocketOptions } from "./network-options.ts";
export type {
  Attempt,
  AttemptOptions,
  ClientOptions,
  CommonOptions,
  FailedAttempt,
  Logger,
  OptionsAuto,
  OptionsV3,
  OptionsV5,
  ReconnectOptions,
  SocketOptions,
  TimeoutOptions,
  UnclaimedOptions,
  Will,
} from "./options.ts";
export type {
  MessageToPublish,
  PublishOnce,
  SubscribeEach,
  SubscribeEachOptions,
  SubscribeOnce,
  SubscribeOnceOptions,
} from "./one-shot.ts";
export { json, JsonPayload } from "./payload.ts";
export { Publication, type PublicationState, type PublishResult } from "./publication.ts";
export type { PublishDefaults } from "./publish-defaults.ts";
export { scramSha1, scramSha256, scramSha512, type ScramOptions, type WebCrypto } from "./scram.ts";
export { type GrantedFilter, Subscription } from "./subscription.ts";
export type { Latency, Statistics } from "./statistics.ts";
export type {
  Client,
  ConsumeOptions,
  DisconnectOptions,
  FilterOptions,
  Filters,
  OptionsOf,
  MessagesOptions,
  Payload,
  PublishOptions,
  Reply,
  RequestOptions,
  Respond,
  RespondOptions,
  SubscribeOptions,
} from "./types.ts";
export type { Version } from "./version.ts";
export {
  AuthenticationError,
  ConnectionLostError,
  ConnectRefusedError,
  type FilterFailure,
  type Negotiated,
  type DropReason,
  MessageDroppedError,
  NotConnectedError,
  OptionError,
  PublishRejectedError,
  type QueueOptions,
  RequestRejectedError,
  SendQueueFullError,
  ServerDisconnectError,
  ServerLimitError,
  SessionLostError,
  SubscribeRejectedError,
  TimeoutError,
  UnsubscribeRejectedError,
} from "@petrel/session";
export {
  describePacket,
  EncodeError,
  MalformedPacketError,
  matchTopic,
  MqttError,
  ProtocolError,
  type PublishProperties,
  type QoS,
  ReasonCode,
  reasonText,
  type UserProperty,
  validateTopicFilter,
  validateTopicName,
} from "@petrel/codec";
export {
  type Connector,
  InvalidAddressError,
  type ProxyOptions,
  type Signal,
  type TlsOptions,
  type Transport,
  TransportError,
  type TransportHandler,
} from "@petrel/transport";
