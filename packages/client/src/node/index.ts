/** `@petrel/client` for Node: the client of `./core`, with a connector made from a URL. */

import { MqttClient } from "../client.ts";
import type { Client, ClientOptions, OptionsAuto, OptionsV3, OptionsV5, Version } from "../core.ts";
import { connectorFor } from "./connector.ts";

/**
 * A client for the server at `url` that is not connected yet; `connect()` it.
 *
 * @param url `mqtt://host`, with `user:password@` and `:port` if needed
 * @throws OptionError | InvalidAddressError before anything is opened
 */
export function createClient(url: string, options?: OptionsV5): Client<"5.0">;
export function createClient(url: string, options: OptionsV3<"3.1.1">): Client<"3.1.1">;
export function createClient(url: string, options: OptionsV3<"3.1">): Client<"3.1">;
export function createClient(url: string, options: OptionsAuto): Client<Version>;
export function createClient(url: string, options?: ClientOptions): Client<Version>;
export function createClient(url: string, options: ClientOptions = {}): unknown {
  return new MqttClient(connectorFor, url, options);
}

/**
 * A client that is connected to the server at `url`: resolves after a successful CONNACK, rejects with the cause.
 *
 * @example await using client = await connect("mqtt://localhost")
 * @throws OptionError | InvalidAddressError | TransportError | ConnectRefusedError | TimeoutError | AbortedError
 */
export function connect(url: string, options?: OptionsV5): Promise<Client<"5.0">>;
export function connect(url: string, options: OptionsV3<"3.1.1">): Promise<Client<"3.1.1">>;
export function connect(url: string, options: OptionsV3<"3.1">): Promise<Client<"3.1">>;
export function connect(url: string, options: OptionsAuto): Promise<Client<Version>>;
export function connect(url: string, options?: ClientOptions): Promise<Client<Version>>;
export async function connect(url: string, options: ClientOptions = {}): Promise<Client<Version>> {
  const client = createClient(url, options);
  await client.connect();
  return client;
}

export {
  AbortedError,
  type AcknowledgeMode,
  type Attempt,
  type AttemptOptions,
  type AuthenticationAnswer,
  AuthenticationError,
  type AuthenticationMethod,
  type BackoffOptions,
  type Client,
  ClientClosedError,
  type ClientEvents,
  type ClientOptions,
  type ClientState,
  type Clock,
  type CommonOptions,
  ConnectionLostError,
  type Connector,
  ConnectRefusedError,
  type DisconnectOptions,
  EncodeError,
  type FailedAttempt,
  type FilterFailure,
  type FilterOptions,
  type Filters,
  type GrantedFilter,
  InvalidAddressError,
  type Logger,
  MalformedPacketError,
  matchTopic,
  Message,
  type MessageHandler,
  MqttError,
  type Negotiated,
  NoResponderError,
  type DropReason,
  MessageDroppedError,
  NotConnectedError,
  OptionError,
  type OptionsAuto,
  type OptionsV3,
  type OptionsV5,
  type Payload,
  ProtocolError,
  Publication,
  type PublishOptions,
  type PublishProperties,
  PublishRejectedError,
  type PublishResult,
  type QoS,
  type QueueOptions,
  ReasonCode,
  reasonText,
  type ReconnectOptions,
  type Reply,
  type RequestOptions,
  RequestRejectedError,
  scramSha1,
  scramSha256,
  scramSha512,
  type ScramOptions,
  type Respond,
  type RespondOptions,
  SendQueueFullError,
  ServerDisconnectError,
  ServerLimitError,
  SessionLostError,
  type Signal,
  type SubscribeOptions,
  SubscribeRejectedError,
  Subscription,
  SubscriptionLostError,
  TimeoutError,
  type TimeoutOptions,
  type Timer,
  type Transport,
  TransportError,
  type TransportHandler,
  UnsubscribeRejectedError,
  type UserProperty,
  validateTopicFilter,
  validateTopicName,
  type Version,
  type WebCrypto,
  type Will,
} from "../core.ts";
