export type { Challenge } from "./authentication.ts";
export type { Change, ChangeBatch, ChangeRecord } from "./changes.ts";
export {
  resolveSessionConfig,
  type QueueOptions,
  type SessionConfig,
  type SessionOptions,
  type SessionTimeouts,
} from "./config.ts";
export type { Phase } from "./connection.ts";
export type { DisconnectOptions } from "./disconnect.ts";
export {
  AuthenticationError,
  ConnectionLostError,
  ConnectRefusedError,
  type DropReason,
  type FilterFailure,
  MessageDroppedError,
  NotConnectedError,
  OptionError,
  PublishRejectedError,
  RequestRejectedError,
  SendQueueFullError,
  ServerDisconnectError,
  type ServerLimit,
  type ServerLimitDetails,
  ServerLimitError,
  SessionLostError,
  StoreError,
  SubscribeRejectedError,
  TimeoutError,
  UnsubscribeRejectedError,
} from "./errors.ts";
export type { Milliseconds, SessionEvent } from "./events.ts";
export type { Delivery, OldestUnacknowledged } from "./incoming-publish.ts";
export type { Negotiated } from "./negotiated.ts";
export type { Dispatch, DispatchState, OutgoingMessage } from "./outgoing-entry.ts";
export type { RequestTicket, SubscribeRequest, UnsubscribeRequest } from "./requests.ts";
export { MqttSession } from "./session.ts";
export type { TrafficCount } from "./traffic.ts";
