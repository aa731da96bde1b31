// dist/index.d.ts

export type { Challenge } from "./authentication.ts";
export type { Change, ChangeBatch, ChangeRecord } from "./changes.ts";
export { resolveSessionConfig, type QueueOptions, type SessionConfig, type SessionOptions, type SessionTimeouts, } from "./config.ts";
export type { Phase } from "./connection.ts";
export type { DisconnectOptions } from "./disconnect.ts";
export { AuthenticationError, ConnectionLostError, ConnectRefusedError, type DropReason, type FilterFailure, MessageDroppedError, NotConnectedError, OptionError, PublishRejectedError, RequestRejectedError, SendQueueFullError, ServerDisconnectError, type ServerLimit, type ServerLimitDetails, ServerLimitError, SessionLostError, StoreError, SubscribeRejectedError, TimeoutError, UnsubscribeRejectedError, } from "./errors.ts";
export type { Milliseconds, SessionEvent } from "./events.ts";
export type { Delivery, OldestUnacknowledged } from "./incoming-publish.ts";
export type { Negotiated } from "./negotiated.ts";
export type { Dispatch, DispatchState, OutgoingMessage } from "./outgoing-entry.ts";
export type { RequestTicket, SubscribeRequest, UnsubscribeRequest } from "./requests.ts";
export { MqttSession } from "./session.ts";
export type { TrafficCount } from "./traffic.ts";

// dist/authentication.d.ts

/**
 * What the authentication method is asked; the answer goes to `MqttSession.authenticate`, or `refuseChallenge`, together
 * with this object. It may come at any time later. One that a newer challenge or the connection's end has overtaken does
 * nothing.
 */
export interface Challenge {
    /**
     * initial: the first data of an exchange, for CONNECT or to re-authenticate. respond: the answer to the server's
     * `data`. verify: whether the server may be believed; its answer has no data.
     */
    readonly step: "initial" | "respond" | "verify";
    readonly method: string;
    /** What the server said; undefined: nothing. */
    readonly data: Uint8Array | undefined;
}

// dist/connection.d.ts

/** offline: no connection. connecting: CONNECT sent. online: CONNACK came. disconnecting: only the rest of the output is left. */
export type Phase = "offline" | "connecting" | "online" | "disconnecting";

// dist/config.d.ts

/** What a session is made of. Everything is optional. */
export interface SessionOptions {
    /** 3 (MQTT 3.1), 4 (3.1.1) or 5 (5.0). Default 5. */
    readonly protocolVersion?: ProtocolVersion | undefined;
    /** Default "": the server assigns one (5.0), which is kept for reconnects. */
    readonly clientIdentifier?: string | undefined;
    /** Start without what the server remembers. "first": only on the first connection. Default "first" in 5.0, true in 3.x. */
    readonly cleanStart?: boolean | "first" | undefined;
    /** Seconds, 0 to 65,535; 0 is off. Default 60. */
    readonly keepAlive?: number | undefined;
    readonly username?: string | undefined;
    readonly password?: Uint8Array | undefined;
    readonly will?: WillInit | undefined;
    /** Marks a 3.x client as a bridge. Default false. */
    readonly bridge?: boolean | undefined;
    /** 5.0: seconds that the server keeps the session after the connection; 0xFFFFFFFF is for ever. Default 0. */
    readonly sessionExpiryInterval?: number | undefined;
    /** 5.0: QoS 1 and 2 messages that the server may have in flight towards us, 1 to 65,535. Default 65,535. */
    readonly receiveMaximum?: number | undefined;
    /** Largest packet we accept, in bytes. Default 16 MiB. Sent to the server in 5.0, enforced in every version. */
    readonly maximumPacketSize?: number | undefined;
    /** 5.0: topic aliases that the server may use towards us, 0 to 65,535. Default 16. */
    readonly topicAliasMaximum?: number | undefined;
    /** 5.0: topic aliases towards the server, as many as it takes. Default "automatic": for names that repeat. */
    readonly topicAliases?: "automatic" | "off" | undefined;
    /** 5.0. Default false. */
    readonly requestResponseInformation?: boolean | undefined;
    /** 5.0. Default true. */
    readonly requestProblemInformation?: boolean | undefined;
    /** 5.0: the name of an enhanced authentication method; the session then asks for its data with "challenge" events. */
    readonly authenticationMethod?: string | undefined;
    /** 5.0: user properties of CONNECT. */
    readonly userProperties?: readonly UserProperty[] | undefined;
    /** QoS 1 and 2 messages of ours in flight: at most this and the server's Receive Maximum. 1 to 65,535; default 256, 20 in 3.x. */
    readonly maximumInflight?: number | undefined;
    readonly queue?: QueueOptions | undefined;
    /** SUBSCRIBE and UNSUBSCRIBE that wait for their answer; more wait their turn. Default 1,000. */
    readonly maximumConcurrentRequests?: number | undefined;
    /** What becomes of messages that the server lost with the session. Default "republish". */
    readonly afterSessionLost?: "republish" | "fail" | undefined;
    /** When to subscribe again after a connection. Default "when-session-lost". */
    readonly resubscribe?: "when-session-lost" | "always" | "never" | undefined;
    /**
     * What must survive a restart comes out of `takeChanges`, and what the server is told rests on what was stored: without
     * a driver that stores it, nothing goes out. Default false.
     */
    readonly durable?: boolean | undefined;
    readonly timeouts?: SessionTimeouts | undefined;
}
/** Limits for messages that were accepted and not sent yet. */
export interface QueueOptions {
    /** Default 1,000. */
    readonly messages?: number | undefined;
    /** Encoded size. Default 16 MiB. */
    readonly bytes?: number | undefined;
    /** Milliseconds that a message may wait. One that waits longer is dropped. Default Infinity. */
    readonly maximumAge?: number | undefined;
    /**
     * What becomes of messages when the queue is full. "reject": `publish` throws. "wait": it takes them all, and the
     * limits only say when `writable` is false. "drop-newest", "drop-oldest". "drop-qos0-first": the oldest of QoS 0,
     * then, for a message of QoS 1 or 2, the oldest of the others. Default "reject".
     */
    readonly overflow?: "reject" | "wait" | "drop-newest" | "drop-oldest" | "drop-qos0-first" | undefined;
    /** What becomes of QoS 0 messages without a connection. Default "reject". */
    readonly qos0WhileOffline?: "reject" | "queue" | "drop" | undefined;
}
/** Milliseconds. */
export interface SessionTimeouts {
    /** From CONNECT to CONNACK. Default 20,000. */
    readonly connack?: number | undefined;
    /** From PINGREQ to PINGRESP. Default 20,000. */
    readonly pingResponse?: number | undefined;
    /** From the call to SUBACK or UNSUBACK, reconnects included. Default 30,000. */
    readonly request?: number | undefined;
}
type Defined<T> = {
    readonly [Key in keyof T]-?: Exclude<T[Key], undefined>;
};
type WithoutDefault = "username" | "password" | "will" | "authenticationMethod" | "queue" | "timeouts";
/** The options with their defaults, checked and frozen. */
export interface SessionConfig extends Defined<Omit<SessionOptions, WithoutDefault>>, Pick<SessionOptions, "username" | "password" | "will" | "authenticationMethod"> {
    readonly queue: Defined<QueueOptions>;
    readonly timeouts: Defined<SessionTimeouts>;
}
/** Fills in defaults and checks every value. Throws {@link OptionError} for one that cannot work. */
export declare function resolveSessionConfig(options?: SessionOptions): SessionConfig;

// dist/events.d.ts

/** Monotonic; the origin is the caller's business. */
export type Milliseconds = number;
/** What happened, in order. `context` is the reference that came with the command, given back exactly once. */
export type SessionEvent<Context = unknown> = 
/** The connection may have ended since, as the events that follow tell. */
{
    readonly type: "connected";
    readonly connack: ConnackPacket;
    readonly negotiated: Negotiated;
}
/** `delivery` is what `MqttSession.acknowledge` takes; undefined for QoS 0. */
 | {
    readonly type: "message";
    readonly packet: PublishPacket;
    readonly delivery: Delivery | undefined;
}
/** QoS 0: its bytes were handed over. QoS 1 and 2: the server acknowledged it. */
 | {
    readonly type: "published";
    readonly context: Context;
    readonly packetIdentifier: number | undefined;
    readonly reasonCode: number;
    /** The answer, for what else is in it. QoS 2: PUBREC if that says more than success, else PUBCOMP. */
    readonly packet: AcknowledgementPacket | undefined;
}
/** The message was accepted and will not be sent, as the options or its Message Expiry Interval say. */
 | {
    readonly type: "dropped";
    readonly context: Context;
    readonly message: OutgoingMessage;
    readonly error: MessageDroppedError;
} | {
    readonly type: "subscribed";
    readonly context: Context;
    readonly suback: SubackPacket;
} | {
    readonly type: "unsubscribed";
    readonly context: Context;
    readonly unsuback: UnsubackPacket;
}
/** The server answered a ping: so long after the question went out. */
 | {
    readonly type: "pinged";
    readonly context: Context;
    readonly roundTripMs: Milliseconds;
}
/** The authentication method is asked: `MqttSession.authenticate` takes the answer. */
 | {
    readonly type: "challenge";
    readonly challenge: Challenge;
} | {
    readonly type: "reauthenticated";
    readonly context: Context;
}
/** The command that came with `context` failed. */
 | {
    readonly type: "failed";
    readonly context: Context;
    readonly error: Error;
}
/** Subscriptions that were not granted again after the server had lost the session. */
 | {
    readonly type: "resubscribeFailed";
    readonly failures: readonly FilterFailure[];
}
/** An acknowledgement that came too late: its connection, or session, has ended. The server sends the message again. */
 | {
    readonly type: "lateAcknowledgement";
    readonly packetIdentifier: number;
}
/** While `MqttSession.isObserved`: a packet was written, or came. Passwords and authentication data are left out. */
 | {
    readonly type: "packetSent";
    readonly packet: PacketInit;
    readonly size: number;
} | {
    readonly type: "packetReceived";
    readonly packet: Packet;
}
/** After `MqttSession.writable` was false: there is room again. */
 | {
    readonly type: "writable";
}
/** Exactly one for each connection. `error` is undefined when we asked for it. */
 | {
    readonly type: "disconnected";
    readonly by: "client" | "server" | "network";
    readonly error: Error | undefined;
    readonly packet: DisconnectPacket | ConnackPacket | undefined;
};

// dist/errors.d.ts

/** An option with a value that cannot work. Thrown before anything is opened. */
export declare class OptionError extends MqttError {
    readonly name = "OptionError";
    readonly code = "PETREL_OPTION";
    /** Its name, with a dot for those within another. */
    readonly option: string;
    /** What it was set to; `***` for a secret. */
    readonly value: unknown;
    /** What it should be, or why it can't work. */
    readonly expected: string;
    /** @param message what to say instead of the option, its value and what is expected */
    constructor(option: string, value: unknown, expected: string, message?: string);
}
/** The server answered CONNECT with a refusal. */
export declare class ConnectRefusedError extends MqttError {
    readonly name = "ConnectRefusedError";
    readonly code = "PETREL_CONNECT_REFUSED";
    /** The server's reason code; those of 3.x as in 5.0. */
    readonly reasonCode: number;
    /** The CONNACK, without authentication data. */
    readonly packet: ConnackPacket;
    /** Whether the same CONNECT may succeed later. */
    readonly retryable: boolean;
    constructor(packet: ConnackPacket);
}
/** The server ended the connection with a DISCONNECT. */
export declare class ServerDisconnectError extends MqttError {
    readonly name = "ServerDisconnectError";
    readonly code = "PETREL_SERVER_DISCONNECT";
    /** The server's reason code; those of 3.x as in 5.0. */
    readonly reasonCode: number;
    /** The DISCONNECT. */
    readonly packet: DisconnectPacket;
    constructor(packet: DisconnectPacket);
}
/** The network connection ended without a word from the server. */
export declare class ConnectionLostError extends MqttError {
    readonly name = "ConnectionLostError";
    readonly code = "PETREL_CONNECTION_LOST";
    constructor(message: string, options?: {
        readonly cause?: unknown;
    });
}
/** A QoS 0 message was published while there is no connection, and the queue is not told to keep those. */
export declare class NotConnectedError extends MqttError {
    readonly name = "NotConnectedError";
    readonly code = "PETREL_NOT_CONNECTED";
    constructor(message: string);
}
/** The server answered with a negative acknowledgement, which the error carries. */
export declare abstract class RequestRejectedError extends MqttError {
    /** The server's answer. */
    abstract readonly packet: AcknowledgementPacket | SubackPacket | UnsubackPacket;
}
/** PUBACK or PUBREC with a Reason Code of 0x80 or above. */
export declare class PublishRejectedError extends RequestRejectedError {
    readonly name = "PublishRejectedError";
    readonly code = "PETREL_PUBLISH_REJECTED";
    /** The server's reason code; those of 3.x as in 5.0. */
    readonly reasonCode: number;
    /** The server's answer. */
    readonly packet: AcknowledgementPacket;
    constructor(packet: AcknowledgementPacket, topicName: string);
}
/** A filter that was refused, and why. */
export interface FilterFailure {
    /** As it was asked for. */
    readonly topicFilter: string;
    /** The server's reason code; those of 3.x as in 5.0. */
    readonly reasonCode: number;
}
/** SUBACK: at least one filter was refused. Those that were granted are in force: see `packet.reasonCodes`. */
export declare class SubscribeRejectedError extends RequestRejectedError {
    readonly name = "SubscribeRejectedError";
    readonly code = "PETREL_SUBSCRIBE_REJECTED";
    /** The server's answer. */
    readonly packet: SubackPacket;
    /** The filters that were refused; others may have been granted. */
    readonly failures: readonly FilterFailure[];
    constructor(packet: SubackPacket, failures: readonly FilterFailure[]);
}
/** UNSUBACK: at least one filter was refused. */
export declare class UnsubscribeRejectedError extends RequestRejectedError {
    readonly name = "UnsubscribeRejectedError";
    readonly code = "PETREL_UNSUBSCRIBE_REJECTED";
    /** The server's answer. */
    readonly packet: UnsubackPacket;
    /** The filters that were refused; others may have been granted. */
    readonly failures: readonly FilterFailure[];
    constructor(packet: UnsubackPacket, failures: readonly FilterFailure[]);
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
export type ServerLimit = "maximumQos" | "retainAvailable" | "maximumPacketSize" | "topicAliasMaximum" | "wildcardSubscriptionAvailable" | "subscriptionIdentifiersAvailable" | "sharedSubscriptionAvailable";
/** The server said in CONNACK that it does not take this; nothing was sent. */
export declare class ServerLimitError extends MqttError {
    readonly name = "ServerLimitError";
    readonly code = "PETREL_SERVER_LIMIT";
    /** The CONNACK property, as in `maximumQos`. */
    readonly limit: ServerLimit;
    /** What the server allows. */
    readonly allowed: number | boolean;
    /** What the packet had: a QoS, bytes, an alias, an identifier, a topic filter. */
    readonly found: number | boolean | string;
    /** What the server would have answered. */
    readonly reasonCode: number;
    constructor(message: string, { limit, allowed, found, reasonCode }: ServerLimitDetails);
}
/** More was published than the queue may hold. */
export declare class SendQueueFullError extends MqttError {
    readonly name = "SendQueueFullError";
    readonly code = "PETREL_SEND_QUEUE_FULL";
    /** Which limit it was. */
    readonly full: "messages" | "bytes";
    /** How many of them there may be. */
    readonly limit: number;
    constructor(full: "messages" | "bytes", limit: number);
}
/**
 * overflow: the queue was full. offline: QoS 0 without a connection. tooOld: it waited longer than `queue.maximumAge`.
 * expired: its Message Expiry Interval was over before it could be sent.
 */
export type DropReason = "overflow" | "offline" | "tooOld" | "expired";
/** A message was accepted and dropped before it was sent, as the options, or its Message Expiry Interval, say. */
export declare class MessageDroppedError extends MqttError {
    readonly name = "MessageDroppedError";
    readonly code = "PETREL_MESSAGE_DROPPED";
    /** Why. */
    readonly reason: DropReason;
    constructor(topicName: string, reason: DropReason);
}
/** The session ended, at the server or by its Session Expiry Interval, and `afterSessionLost` says not to send the message again. */
export declare class SessionLostError extends MqttError {
    readonly name = "SessionLostError";
    readonly code = "PETREL_SESSION_LOST";
    constructor(topicName: string);
}
/** What must survive a restart could not be stored, so the server can not be told what rests on it. */
export declare class StoreError extends MqttError {
    readonly name = "StoreError";
    readonly code = "PETREL_STORE";
    constructor(cause: Error);
}
/** An answer did not come in time. */
export declare class TimeoutError extends MqttError {
    readonly name = "TimeoutError";
    readonly code = "PETREL_TIMEOUT";
    /** What was waited for, as in `SUBACK`. */
    readonly what: string;
    /** How long it was waited for, in milliseconds. */
    readonly afterMs: number;
    /** The cause: why there was no connection to ask on. */
    constructor(what: string, afterMs: number, options?: {
        readonly cause?: Error | undefined;
    });
}
/**
 * Enhanced authentication ended on our side: the method threw, which is the `cause`, it does not believe the server, or
 * took too long. A server that refuses says so with ConnectRefusedError or ServerDisconnectError.
 */
export declare class AuthenticationError extends MqttError {
    readonly name = "AuthenticationError";
    readonly code = "PETREL_AUTHENTICATION";
    /** Its name, as in `SCRAM-SHA-256`. */
    readonly method: string;
    /** Whether it may succeed later; false if the cause has `retryable: false`, as for a wrong proof. */
    readonly retryable: boolean;
    constructor(method: string, cause: Error);
}

// dist/incoming-publish.d.ts

/** A received QoS 1 or 2 message that waits for its acknowledgement. Opaque: it goes back into `acknowledge`. */
export interface Delivery {
    readonly packetIdentifier: number;
    readonly qos: 1 | 2;
}
/** The first message whose acknowledgement has not gone out, and what that costs. */
export interface OldestUnacknowledged {
    readonly delivery: Delivery;
    readonly topicName: string;
    readonly receivedAt: Milliseconds;
    /** Later messages that the application is done with: their acknowledgements wait for this one's. */
    readonly heldUp: number;
}

// dist/changes.d.ts

/**
 * What must survive a restart, in small plain records. `number` names a message of ours in all its records; times are
 * the session's, so who keeps them for another process turns them into time of day and back.
 */
export type Change = 
/** The server has accepted us under this name: there is a session to resume. */
{
    readonly type: "connected";
    readonly clientIdentifier: string;
}
/** The session is lost: nothing is in flight any more, and what was is published again, unless "settled" follows. */
 | {
    readonly type: "sessionLost";
}
/** A message of QoS 1 or 2 is ours to deliver. */
 | {
    readonly type: "accepted";
    readonly number: number;
    readonly message: OutgoingMessage;
    /** When its Message Expiry Interval is over. */
    readonly expiresAt: Milliseconds | undefined;
} | {
    readonly type: "sent";
    readonly number: number;
    readonly packetIdentifier: number;
}
/** PUBREC came: the server owns the message, and awaits PUBREL. */
 | {
    readonly type: "pubrec";
    readonly number: number;
}
/** Its context was given back; the server may be in the middle of its QoS 2 exchange, so the identifier stays taken. */
 | {
    readonly type: "givenUp";
    readonly number: number;
}
/** Nothing is left of the message. */
 | {
    readonly type: "settled";
    readonly number: number;
}
/** The application is done with a QoS 2 message of the server's, and PUBREC goes out. */
 | {
    readonly type: "received";
    readonly packetIdentifier: number;
}
/** PUBREL came: the identifier stands for nothing any more. */
 | {
    readonly type: "released";
    readonly packetIdentifier: number;
} | {
    readonly type: "subscribed";
    readonly subscription: TopicSubscriptionInit;
    /** What else was in the request. */
    readonly terms: Terms;
} | {
    readonly type: "unsubscribed";
    readonly topicFilter: string;
};
export type ChangeRecord = Change & {
    readonly version: 1;
};
/** Records to store together, and in the order of the batches. */
export interface ChangeBatch {
    readonly records: readonly ChangeRecord[];
}

// dist/outgoing-entry.d.ts

/** A message to publish. Bytes are not copied: leave a `Uint8Array` payload alone until the message is settled. */
export interface OutgoingMessage {
    readonly topicName: string;
    /** Text is sent as UTF-8. Default: empty. */
    readonly payload?: Uint8Array | string | undefined;
    /** Default 0. */
    readonly qos?: QoS | undefined;
    /** Default false. */
    readonly retain?: boolean | undefined;
    /**
     * 5.0. `topicAlias` asks for that alias on the connection the message goes out on; with an empty `topicName` it stands
     * for the name it was last sent with on this connection. Subscription identifiers are the server's business.
     */
    readonly properties?: PublishProperties | undefined;
}
/**
 * `queued`: accepted, not sent. `written`: QoS 0, in the output that nobody has taken. `awaiting…`: sent, and what the
 * server owes for QoS 1 and 2. `settled`: its context was given back.
 */
export type DispatchState = "queued" | "written" | "awaitingPuback" | "awaitingPubrec" | "awaitingPubcomp" | "settled";
/** A message that was accepted, and where it is now. It goes back into `cancel`. */
export interface Dispatch {
    readonly state: DispatchState;
    /** Of QoS 1 and 2, once it is sent. */
    readonly packetIdentifier: number | undefined;
}

// dist/requests.d.ts

export interface SubscribeRequest {
    readonly subscriptions: readonly TopicSubscriptionInit[];
    /** 5.0. */
    readonly properties?: SubscribeProperties | undefined;
    /** 5.0: a Subscription Identifier for servers that take them; others are not asked for it. */
    readonly preferredIdentifier?: number | undefined;
}
/** What the filters of one SUBSCRIBE have in common. */
export type Terms = Omit<SubscribeRequest, "subscriptions">;
export interface UnsubscribeRequest {
    readonly topicFilters: readonly string[];
    /** 5.0. */
    readonly properties?: {
        readonly userProperties?: readonly UserProperty[] | undefined;
    } | undefined;
}
/** A SUBSCRIBE or UNSUBSCRIBE that was accepted. Opaque: it goes back into `cancelRequest`. */
export interface RequestTicket {
    readonly type: "subscribe" | "unsubscribe";
    /** The server has got it, perhaps. */
    readonly wasSent: boolean;
}

// dist/negotiated.d.ts

/** The limits in force on one connection: ours and what CONNACK said, by direction. Never written back to the options. */
export interface Negotiated {
    /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
    readonly protocolVersion: ProtocolVersion;
    /** The one in use: given, or assigned by the server. */
    readonly clientIdentifier: string;
    /** The server goes on with an earlier session. */
    readonly sessionPresent: boolean;
    /** Seconds; the server's, if it sent one. */
    readonly keepAlive: number;
    /** Seconds; the server's, if it sent one. */
    readonly sessionExpiryInterval: number;
    /** What we may send. */
    readonly send: {
        /** QoS 1 and 2 messages in flight: min(our maximumInflight, the server's Receive Maximum). */
        readonly receiveMaximum: number;
        /** Bytes. */
        readonly maximumPacketSize: number;
        /** The highest QoS that the server takes. */
        readonly maximumQos: 0 | 1 | 2;
        /** Whether the server keeps messages. */
        readonly retainAvailable: boolean;
        /** Topic aliases; 0: none. */
        readonly topicAliasMaximum: number;
        /** Whether filters may have wildcards. */
        readonly wildcardSubscriptionAvailable: boolean;
        /** Whether subscriptions may have identifiers. */
        readonly subscriptionIdentifiersAvailable: boolean;
        /** Whether there are shared subscriptions. */
        readonly sharedSubscriptionAvailable: boolean;
    };
    /** What the server may send. */
    readonly receive: {
        /** QoS 1 and 2 messages in flight. */
        readonly receiveMaximum: number;
        /** Bytes. */
        readonly maximumPacketSize: number;
        /** Topic aliases; 0: none. */
        readonly topicAliasMaximum: number;
    };
    /** What response topics shall begin with, if the server was asked and says so. */
    readonly responseInformation: string | undefined;
    /** Another server that may be used. */
    readonly serverReference: string | undefined;
}

// dist/traffic.d.ts

/** Packets by type, as they are written or read, and the bytes that went over the wire, since the session was made. */
export interface TrafficCount {
    readonly bytes: number;
    readonly packets: Readonly<Record<PacketTypeName, number>>;
}

// dist/disconnect.d.ts

/** How a connection ends politely. Everything is optional. */
export interface DisconnectOptions {
    /** 5.0. Default 0, normal; 4 asks the server to publish the will. */
    readonly reasonCode?: number | undefined;
    /** 5.0. */
    readonly properties?: DisconnectProperties | undefined;
}

// dist/session.d.ts

/**
 * The MQTT protocol of a client, without I/O: bytes and a time go in; bytes, events and a deadline come out.
 *
 * After every call that takes `now`, drain {@link MqttSession.takeOutput}, {@link MqttSession.takeEvents} and
 * {@link MqttSession.nextTimeout}. `Context` is a reference of the caller's choice that comes with a command and is
 * given back exactly once, in `published`, `subscribed`, `unsubscribed`, `pinged`, `reauthenticated` or `failed`.
 */
export declare class MqttSession<Context = unknown> {
    #private;
    /** Throws OptionError for an option that cannot work. */
    constructor(options?: SessionOptions);
    /** The options with their defaults, as of the next connection. */
    get config(): SessionConfig;
    get phase(): Phase;
    /** QoS 1 and 2 messages that were sent and not acknowledged. */
    get inflightCount(): number;
    /** Messages that were accepted and not sent. */
    get queuedCount(): number;
    /** Their encoded size. */
    get queuedBytes(): number;
    /**
     * False: 64 KiB of output were not taken, or the queue is half full; publish no more until the "writable" event. Ignoring
     * it ends in SendQueueFullError.
     */
    get writable(): boolean;
    /** How long the last answer to a PINGREQ took on this connection, be it a ping or keep alive's own. */
    get roundTripMs(): Milliseconds | undefined;
    /**
     * QoS 1 and 2 messages that the server has in flight towards us on this connection. When there are as many as our
     * Receive Maximum, it must send no more of them [MQTT-3.3.4-9].
     */
    get receivingCount(): number;
    /**
     * The message of this QoS that was received first and has no acknowledgement yet; undefined: none waits. One that is
     * never acknowledged holds up those of all later ones of its QoS [MQTT-4.6.0-2] [MQTT-4.6.0-3], and at last the server.
     */
    oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined;
    /** What CONNACK settled, until the connection is closed; undefined before. */
    get negotiated(): Negotiated | undefined;
    /** What went over the wire since the session was made. The objects change as it goes on. */
    get traffic(): {
        readonly sent: TrafficCount;
        readonly received: TrafficCount;
    };
    /** Whether every packet is an event, "packetSent" or "packetReceived". Default false: it costs. */
    get isObserved(): boolean;
    set isObserved(isObserved: boolean);
    /**
     * A network connection is open: CONNECT goes out, with an authentication method as soon as the "challenge" for its data
     * is answered. One that was open before counts as lost.
     */
    handleOpen(now: Milliseconds): void;
    /** Takes ownership of the bytes: payloads of messages are views into them. */
    handleBytes(bytes: Uint8Array, now: Milliseconds): void;
    /** The network connection is gone, for whatever reason; or, if there was none, an attempt to make one has failed. */
    handleClose(now: Milliseconds, cause?: Error): void;
    handleTimeout(now: Milliseconds): void;
    /** The application is slow and reading has stopped: an answer may be waiting in the network, so its deadline waits too. */
    handleReadingPaused(now: Milliseconds): void;
    handleReadingResumed(now: Milliseconds): void;
    /**
     * Sends a message now, or queues it; the result tells where it is from then on. When it throws, nothing was taken and
     * `context` will not come back. See {@link MqttSession.writable} for when to pause.
     *
     * @throws EncodeError | ServerLimitError | SendQueueFullError | NotConnectedError
     */
    publish(message: OutgoingMessage, context: Context, now: Milliseconds): Dispatch;
    /** Takes a message back that is still queued, and gives its context back with `error`. False if it is not. */
    cancel(dispatch: Dispatch, error: Error): boolean;
    /**
     * Takes other options, for the next connection. The client identifier stays, for the session is its; so does the
     * protocol version after the first CONNACK. Messages and requests that another version can't express fail.
     *
     * @throws OptionError, and then nothing has changed
     */
    configure(options: SessionOptions): void;
    /** @throws EncodeError */
    subscribe(request: SubscribeRequest, context: Context, now: Milliseconds): RequestTicket;
    /** @throws EncodeError */
    unsubscribe(request: UnsubscribeRequest, context: Context, now: Milliseconds): RequestTicket;
    /** Takes a request back that was never sent, and gives its context back with `error`. False if it was, or is settled. */
    cancelRequest(ticket: RequestTicket, error: Error): boolean;
    /**
     * Asks the server for a sign of life: "pinged" tells how long it took. Without one within `timeouts.pingResponse`, the
     * connection ends; a ping that waits for its answer then fails with the connection's error.
     *
     * @throws NotConnectedError
     */
    ping(context: Context, now: Milliseconds): void;
    /**
     * The application is done with a message: PUBACK or PUBREC goes out when those of all earlier messages of its QoS have.
     * Too late is no harm: it is reported as a "lateAcknowledgement" event.
     *
     * @param reasonCode 0x80 and above refuse the message. Default 0. 3.x can not say it, and accepts.
     * @throws EncodeError for a Reason Code that no acknowledgement may carry
     */
    acknowledge(delivery: Delivery, reasonCode?: number): void;
    /**
     * What the authentication method answers to a "challenge" event: its data, or that it believes the server. Too late is
     * no harm.
     *
     * @throws EncodeError | ServerLimitError for data that no packet can carry, and then nothing has happened
     */
    authenticate(challenge: Challenge, data: Uint8Array | undefined, now: Milliseconds): void;
    /** The authentication method failed, or does not believe the server: the connection ends. Too late is no harm. */
    refuseChallenge(challenge: Challenge, error: Error, now: Milliseconds): void;
    /**
     * Proves again who we are, without a break (section 4.12.1): "challenge" events follow. If it fails the connection ends.
     *
     * @throws OptionError without an authentication method | NotConnectedError | AuthenticationError if one is under way
     */
    reauthenticate(context: Context, now: Milliseconds): void;
    /**
     * Ends the connection politely; a no-op without one. What is in flight or queued stays for the next connection.
     *
     * @throws EncodeError, and then nothing has happened
     */
    disconnect(options: DisconnectOptions, now: Milliseconds): void;
    /**
     * Gives every context back with `error`, and forgets what was granted. A connection there is ends here, without a
     * DISCONNECT. The next one goes on with the session, for the server may still have it.
     */
    abandon(error: Error): void;
    /**
     * The next bytes to send, or undefined. They are yours.
     *
     * @param now if time may have passed since the last call, as when the network takes bytes again
     */
    takeOutput(now?: Milliseconds): Uint8Array | undefined;
    takeEvents(): readonly SessionEvent<Context>[];
    /** When to call {@link MqttSession.handleTimeout}; undefined: not at all. */
    nextTimeout(): Milliseconds | undefined;
    /**
     * Goes on where an earlier process was, before the first connection: with the records that it stored, in order, and a
     * context for each message that was not settled.
     *
     * @throws Error for records of another version, or that contradict each other | OptionError for those of another client
     */
    restore(records: Iterable<ChangeRecord>, contextOf: (message: OutgoingMessage) => Context): void;
    /** What has changed since the last call, to be stored as one and in order; undefined: nothing. */
    takeChanges(): ChangeBatch | undefined;
    /** A batch is safe: the output that waited for it may go. Throws Error if an earlier one is not. */
    handleStored(batch: ChangeBatch, now: Milliseconds): void;
    /**
     * The store failed: the connection ends, and what waited for the batch does not go out, on no later connection either,
     * until the same batch is stored after all. Throws Error if an earlier one is not.
     */
    handleStoreFailed(batch: ChangeBatch, error: Error, now: Milliseconds): void;
}
