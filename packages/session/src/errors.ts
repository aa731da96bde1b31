/**
 * MqttError (codec)
 * ├── ConnectRefusedError        CONNACK said no
 * ├── ServerDisconnectError      DISCONNECT from the server
 * ├── ConnectionLostError        the network connection ended without a DISCONNECT
 * ├── NotConnectedError          a QoS 0 message while offline, by policy
 * ├── RequestRejectedError       a negative acknowledgement
 * │   ├── PublishRejectedError
 * │   ├── SubscribeRejectedError
 * │   └── UnsubscribeRejectedError
 * ├── ServerLimitError           the server said in CONNACK that it does not take this
 * ├── SendQueueFullError         more was accepted than the queue may hold
 * ├── MessageDroppedError        a message that was accepted was dropped, as the options say
 * ├── SessionLostError           the session ended; the message may not have been delivered
 * ├── StoreError                 what must survive a restart could not be stored
 * ├── TimeoutError               an answer did not come in time
 * ├── AuthenticationError        the authentication method failed, or does not believe the server
 * └── OptionError                an option has a value that cannot work
 */

import {
  type AcknowledgementPacket,
  type ConnackPacket,
  type DisconnectPacket,
  MqttError,
  ReasonCode,
  reasonText,
  type SubackPacket,
  type UnsubackPacket,
} from "@petrel/codec";

/** An option with a value that cannot work. Thrown before anything is opened. */
export class OptionError extends MqttError {
  override readonly name = "OptionError";
  override readonly code = "PETREL_OPTION";
  /** Its name, with a dot for those within another. */
  readonly option: string;
  /** What it was set to; `***` for a secret. */
  readonly value: unknown;
  /** What it should be, or why it can't work. */
  readonly expected: string;

  /** @param message what to say instead of the option, its value and what is expected */
  constructor(option: string, value: unknown, expected: string, message?: string) {
    super(message ?? `option ${option} is ${describeValue(value)}; ${expected}`);
    this.option = option;
    this.value = value;
    this.expected = expected;
  }
}

function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length <= 60 ? value : `${value.slice(0, 60)}…`);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return String(value);
}

/** Refusals that the same CONNECT may overcome a little later. Everything else needs a person or other options. */
const RETRYABLE: ReadonlySet<number> = new Set([
  ReasonCode.unspecifiedError,
  ReasonCode.serverUnavailable,
  ReasonCode.serverBusy,
  ReasonCode.quotaExceeded,
  ReasonCode.useAnotherServer,
  ReasonCode.connectionRateExceeded,
]);

/** The server answered CONNECT with a refusal. */
export class ConnectRefusedError extends MqttError {
  override readonly name = "ConnectRefusedError";
  override readonly code = "PETREL_CONNECT_REFUSED";
  /** The server's reason code; those of 3.x as in 5.0. */
  readonly reasonCode: number;
  /** The CONNACK, without authentication data. */
  readonly packet: ConnackPacket;
  /** Whether the same CONNECT may succeed later. */
  readonly retryable: boolean;

  constructor(packet: ConnackPacket) {
    super(withReasonString(`the server refused the connection: ${reasonText(packet.reasonCode)}`, packet));
    this.reasonCode = packet.reasonCode;
    this.packet = packet;
    this.retryable = RETRYABLE.has(packet.reasonCode);
  }
}

const REMEDIES: Readonly<Record<number, string>> = {
  [ReasonCode.sessionTakenOver]: "; another client with the same client identifier has connected: each needs its own",
};

/** The server ended the connection with a DISCONNECT. */
export class ServerDisconnectError extends MqttError {
  override readonly name = "ServerDisconnectError";
  override readonly code = "PETREL_SERVER_DISCONNECT";
  /** The server's reason code; those of 3.x as in 5.0. */
  readonly reasonCode: number;
  /** The DISCONNECT. */
  readonly packet: DisconnectPacket;

  constructor(packet: DisconnectPacket) {
    const remedy = REMEDIES[packet.reasonCode] ?? "";
    super(withReasonString(`the server ended the connection: ${reasonText(packet.reasonCode)}${remedy}`, packet));
    this.reasonCode = packet.reasonCode;
    this.packet = packet;
  }
}

/** The network connection ended without a word from the server. */
export class ConnectionLostError extends MqttError {
  override readonly name = "ConnectionLostError";
  override readonly code = "PETREL_CONNECTION_LOST";

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
  }
}

/** A QoS 0 message was published while there is no connection, and the queue is not told to keep those. */
export class NotConnectedError extends MqttError {
  override readonly name = "NotConnectedError";
  override readonly code = "PETREL_NOT_CONNECTED";

  constructor(message: string) {
    super(message);
  }
}

/** The server answered with a negative acknowledgement, which the error carries. */
export abstract class RequestRejectedError extends MqttError {
  /** The server's answer. */
  abstract readonly packet: AcknowledgementPacket | SubackPacket | UnsubackPacket;
}

/** PUBACK or PUBREC with a Reason Code of 0x80 or above. */
export class PublishRejectedError extends RequestRejectedError {
  override readonly name = "PublishRejectedError";
  override readonly code = "PETREL_PUBLISH_REJECTED";
  /** The server's reason code; those of 3.x as in 5.0. */
  readonly reasonCode: number;
  /** The server's answer. */
  override readonly packet: AcknowledgementPacket;

  constructor(packet: AcknowledgementPacket, topicName: string) {
    super(
      withReasonString(`the server refused the message to "${topicName}": ${reasonText(packet.reasonCode)}`, packet),
    );
    this.reasonCode = packet.reasonCode;
    this.packet = packet;
  }
}

/** A filter that was refused, and why. */
export interface FilterFailure {
  /** As it was asked for. */
  readonly topicFilter: string;
  /** The server's reason code; those of 3.x as in 5.0. */
  readonly reasonCode: number;
}

/** SUBACK: at least one filter was refused. Those that were granted are in force: see `packet.reasonCodes`. */
export class SubscribeRejectedError extends RequestRejectedError {
  override readonly name = "SubscribeRejectedError";
  override readonly code = "PETREL_SUBSCRIBE_REJECTED";
  /** The server's answer. */
  override readonly packet: SubackPacket;
  /** The filters that were refused; others may have been granted. */
  readonly failures: readonly FilterFailure[];

  constructor(packet: SubackPacket, failures: readonly FilterFailure[]) {
    super(withReasonString(`the server refused the subscription: ${describeFailures(failures)}`, packet));
    this.packet = packet;
    this.failures = failures;
  }
}

/** UNSUBACK: at least one filter was refused. */
export class UnsubscribeRejectedError extends RequestRejectedError {
  override readonly name = "UnsubscribeRejectedError";
  override readonly code = "PETREL_UNSUBSCRIBE_REJECTED";
  /** The server's answer. */
  override readonly packet: UnsubackPacket;
  /** The filters that were refused; others may have been granted. */
  readonly failures: readonly FilterFailure[];

  constructor(packet: UnsubackPacket, failures: readonly FilterFailure[]) {
    super(withReasonString(`the server refused to unsubscribe: ${describeFailures(failures)}`, packet));
    this.packet = packet;
    this.failures = failures;
  }
}

function describeFailures(failures: readonly FilterFailure[]): string {
  return failures.map(({ topicFilter, reasonCode }) => `"${topicFilter}" ${reasonText(reasonCode)}`).join(", ");
}

/** What a packet had that the server of this connection does not take. */
export interface ServerLimitDetails {
  /** The CONNACK property, as in `maximumQos`. */
  readonly limit: ServerLimit;
  /** What the server allows. */
  readonly allowed: number | boolean;
  /** What the packet had: a QoS, bytes, an alias, an identifier, a topic filter. */
  readonly found: number | boolean | string;
  /** What the server would have answered. */
  readonly reasonCode: number;
}

export type ServerLimit =
  | "maximumQos"
  | "retainAvailable"
  | "maximumPacketSize"
  | "topicAliasMaximum"
  | "wildcardSubscriptionAvailable"
  | "subscriptionIdentifiersAvailable"
  | "sharedSubscriptionAvailable";

/** The server said in CONNACK that it does not take this; nothing was sent. */
export class ServerLimitError extends MqttError {
  override readonly name = "ServerLimitError";
  override readonly code = "PETREL_SERVER_LIMIT";
  /** The CONNACK property, as in `maximumQos`. */
  readonly limit: ServerLimit;
  /** What the server allows. */
  readonly allowed: number | boolean;
  /** What the packet had: a QoS, bytes, an alias, an identifier, a topic filter. */
  readonly found: number | boolean | string;
  /** What the server would have answered. */
  readonly reasonCode: number;

  constructor(message: string, { limit, allowed, found, reasonCode }: ServerLimitDetails) {
    super(message);
    this.limit = limit;
    this.allowed = allowed;
    this.found = found;
    this.reasonCode = reasonCode;
  }
}

/** More was published than the queue may hold. */
export class SendQueueFullError extends MqttError {
  override readonly name = "SendQueueFullError";
  override readonly code = "PETREL_SEND_QUEUE_FULL";
  /** Which limit it was. */
  readonly full: "messages" | "bytes";
  /** How many of them there may be. */
  readonly limit: number;

  constructor(full: "messages" | "bytes", limit: number) {
    super(
      `the send queue is full: it holds at most ${limit} ${full}; publish slower, await each publish, or raise queue.${full}`,
    );
    this.full = full;
    this.limit = limit;
  }
}

/**
 * overflow: the queue was full. offline: QoS 0 without a connection. tooOld: it waited longer than `queue.maximumAge`.
 * expired: its Message Expiry Interval was over before it could be sent.
 */
export type DropReason = "overflow" | "offline" | "tooOld" | "expired";

const DROPS = {
  overflow: "the send queue was full",
  offline: "there is no connection, and queue.qos0WhileOffline drops QoS 0 messages",
  tooOld: "it waited longer than queue.maximumAge",
  expired: "its message expiry interval was over before it could be sent",
} as const satisfies Record<DropReason, string>;

/** A message was accepted and dropped before it was sent, as the options, or its Message Expiry Interval, say. */
export class MessageDroppedError extends MqttError {
  override readonly name = "MessageDroppedError";
  override readonly code = "PETREL_MESSAGE_DROPPED";
  /** Why. */
  readonly reason: DropReason;

  constructor(topicName: string, reason: DropReason) {
    super(`the message to "${topicName}" was dropped: ${DROPS[reason]}`);
    this.reason = reason;
  }
}

/** The session ended, at the server or by its Session Expiry Interval, and `afterSessionLost` says not to send the message again. */
export class SessionLostError extends MqttError {
  override readonly name = "SessionLostError";
  override readonly code = "PETREL_SESSION_LOST";

  constructor(topicName: string) {
    super(
      `the session ended before the server acknowledged the message to "${topicName}"; it may not have been delivered`,
    );
  }
}

/** What must survive a restart could not be stored, so the server can not be told what rests on it. */
export class StoreError extends MqttError {
  override readonly name = "StoreError";
  override readonly code = "PETREL_STORE";

  constructor(cause: Error) {
    super(`the session could not be stored: ${cause.message}`, { cause });
  }
}

/** What to look at when an answer does not come. */
const QUESTIONS: Readonly<Record<string, string>> = {
  CONNACK: "; does the server speak MQTT on this port?",
  PINGRESP: "; the server is gone, or the way to it",
};

/** An answer did not come in time. */
export class TimeoutError extends MqttError {
  override readonly name = "TimeoutError";
  override readonly code = "PETREL_TIMEOUT";
  /** What was waited for, as in `SUBACK`. */
  readonly what: string;
  /** How long it was waited for, in milliseconds. */
  readonly afterMs: number;

  /** The cause: why there was no connection to ask on. */
  constructor(what: string, afterMs: number, options?: { readonly cause?: Error | undefined }) {
    const cause = options?.cause;
    const why = cause === undefined ? "" : `, for there is no connection: ${cause.message}`;
    super(`no ${what} within ${afterMs} ms${why}${QUESTIONS[what] ?? ""}`, cause === undefined ? undefined : { cause });
    this.what = what;
    this.afterMs = afterMs;
  }
}

/**
 * Enhanced authentication ended on our side: the method threw, which is the `cause`, it does not believe the server, or
 * took too long. A server that refuses says so with ConnectRefusedError or ServerDisconnectError.
 */
export class AuthenticationError extends MqttError {
  override readonly name = "AuthenticationError";
  override readonly code = "PETREL_AUTHENTICATION";
  /** Its name, as in `SCRAM-SHA-256`. */
  readonly method: string;
  /** Whether it may succeed later; false if the cause has `retryable: false`, as for a wrong proof. */
  readonly retryable: boolean;

  constructor(method: string, cause: Error) {
    super(`${method} authentication failed: ${cause.message}`, { cause });
    this.method = method;
    this.retryable = (cause as { readonly retryable?: unknown }).retryable !== false;
  }
}

interface WithReasonString {
  readonly properties?: { readonly reasonString?: string | undefined } | undefined;
}

function withReasonString(message: string, { properties }: WithReasonString): string {
  const reasonString = properties?.reasonString;
  return reasonString === undefined ? message : `${message}; the server says: ${reasonString}`;
}
