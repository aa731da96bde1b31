// dist/web/index.d.ts

/** `@petrel/client` for browsers: what is in `../node`, over the platform's WebSocket, and awake when the page is. */
import type { Client, ClientOptions, OptionsAuto, OptionsV3, OptionsV5, Version } from "../exports.ts";
import { type PublishOnce, type SubscribeEach, type SubscribeOnce } from "../one-shot.ts";
/**
 * A client for the server at `url` that is not connected yet; `connect()` it.
 *
 * @param url `wss://host/path` or `ws://host/path`, with `user:password@` and `:port` if needed; the path is `/mqtt`
 *   unless given
 * @throws OptionError | InvalidAddressError before anything is opened
 */
export declare function createClient(url: string, options?: OptionsV5): Client<"5.0">;
export declare function createClient(url: string, options: OptionsV3<"3.1.1">): Client<"3.1.1">;
export declare function createClient(url: string, options: OptionsV3<"3.1">): Client<"3.1">;
export declare function createClient(url: string, options: OptionsAuto): Client<Version>;
export declare function createClient(url: string, options?: ClientOptions): Client<Version>;
/**
 * A client that is connected to the server at `url`: resolves after a successful CONNACK, rejects with the cause.
 *
 * @example await using client = await connect("wss://example.net")
 * @throws OptionError | InvalidAddressError | TransportError | ConnectRefusedError | TimeoutError | AbortedError
 */
export declare function connect(url: string, options?: OptionsV5): Promise<Client<"5.0">>;
export declare function connect(url: string, options: OptionsV3<"3.1.1">): Promise<Client<"3.1.1">>;
export declare function connect(url: string, options: OptionsV3<"3.1">): Promise<Client<"3.1">>;
export declare function connect(url: string, options: OptionsAuto): Promise<Client<Version>>;
export declare function connect(url: string, options?: ClientOptions): Promise<Client<Version>>;
/** Connects, publishes, and disconnects when all is acknowledged; see {@link PublishOnce}. */
export declare const publishOnce: PublishOnce;
/** Connects, waits for messages, and disconnects; see {@link SubscribeOnce}. */
export declare const subscribeOnce: SubscribeOnce;
/** Connects, hands out every message, and disconnects in the end; see {@link SubscribeEach}. */
export declare const subscribeEach: SubscribeEach;
export * from "../exports.ts";

// dist/exports.d.ts

/** What every entry of the package exports, beside its own ways to make a client. */
export type { AuthenticationAnswer, AuthenticationMethod } from "./authenticator.ts";
export type { BackoffOptions } from "./backoff.ts";
export type { BufferOptions } from "./buffer-limits.ts";
export type { Clock, Timer } from "./clock.ts";
export type { AcknowledgeMode } from "./consumer-options.ts";
export { AbortedError, ClientClosedError, ConsumerStalledError, NoResponderError, SubscriptionLostError, } from "./errors.ts";
export type { ClientEvents, ClientState, DroppedIncoming, DroppedMessage, DroppedOutgoing } from "./events.ts";
export type { MessageHandler } from "./handler-line.ts";
export { MessageStream, type NextOptions } from "./message-stream.ts";
export type { ReceiveStatistics } from "./receiver.ts";
export { Message } from "./message.ts";
export type { NetworkOptions, WebSocketOptions } from "./network-options.ts";
export type { Attempt, AttemptOptions, ClientOptions, CommonOptions, FailedAttempt, Logger, OptionsAuto, OptionsV3, OptionsV5, ReconnectOptions, SocketOptions, TimeoutOptions, UnclaimedOptions, Will, } from "./options.ts";
export type { MessageToPublish, PublishOnce, SubscribeEach, SubscribeEachOptions, SubscribeOnce, SubscribeOnceOptions, } from "./one-shot.ts";
export { json, JsonPayload } from "./payload.ts";
export { Publication, type PublicationState, type PublishResult } from "./publication.ts";
export type { PublishDefaults } from "./publish-defaults.ts";
export { scramSha1, scramSha256, scramSha512, type ScramOptions, type WebCrypto } from "./scram.ts";
export { type GrantedFilter, Subscription } from "./subscription.ts";
export type { Latency, Statistics } from "./statistics.ts";
export type { Client, ConsumeOptions, DisconnectOptions, FilterOptions, Filters, OptionsOf, MessagesOptions, Payload, PublishOptions, Reply, RequestOptions, Respond, RespondOptions, SubscribeOptions, } from "./types.ts";
export type { Version } from "./version.ts";
export { AuthenticationError, ConnectionLostError, ConnectRefusedError, type FilterFailure, type Negotiated, type DropReason, MessageDroppedError, NotConnectedError, OptionError, PublishRejectedError, type QueueOptions, RequestRejectedError, SendQueueFullError, ServerDisconnectError, ServerLimitError, SessionLostError, SubscribeRejectedError, TimeoutError, UnsubscribeRejectedError, } from "@petrel/session";
export { describePacket, EncodeError, MalformedPacketError, matchTopic, MqttError, ProtocolError, type PublishProperties, type QoS, ReasonCode, reasonText, type UserProperty, validateTopicFilter, validateTopicName, } from "@petrel/codec";
export { type Connector, InvalidAddressError, type ProxyOptions, type Signal, type TlsOptions, type Transport, TransportError, type TransportHandler, } from "@petrel/transport";

// dist/authenticator.d.ts

/**
 * An enhanced authentication method of MQTT 5.0 (section 4.12). All of it may be asynchronous, and what throws or rejects
 * ends the connection with an AuthenticationError, whose cause it is; an error with `retryable: false` stops reconnecting.
 *
 * Each exchange begins with `initial()`: a connection that is lost in the middle has no other end.
 */
export interface AuthenticationMethod {
    /** As the server knows it, as in "SCRAM-SHA-256". */
    readonly method: string;
    /** The data of CONNECT, or of the AUTH that begins to re-authenticate. */
    initial(): AuthenticationAnswer | PromiseLike<AuthenticationAnswer>;
    /** The answer to the server's data; undefined: it sent none. */
    respond(challenge: Uint8Array | undefined): AuthenticationAnswer | PromiseLike<AuthenticationAnswer>;
    /** Throws unless the server's last data, with its success, proves that it is who it should be. Default: believe it. */
    verify?(data: Uint8Array | undefined): void | PromiseLike<void>;
}
/** Authentication Data; undefined: none is sent. */
export type AuthenticationAnswer = Uint8Array | undefined | void;

// dist/clock.d.ts

/** Where the client gets its time from; tests give it another one. */
export interface Clock {
    /** Monotonic; the origin does not matter. */
    now(): Milliseconds;
    /** Since 1970, for people. */
    wall(): Milliseconds;
    /** Runs after the current turn's synchronous work, before any input or output. */
    microtask(run: () => void): void;
    /** Runs a function when {@link Clock.now} has reached `at`; at once if it has. */
    timer(at: Milliseconds, run: () => void): Timer;
}
/** What a {@link Clock} waits for. */
export interface Timer {
    /** It does not run any more. Harmless after it has. */
    clear(): void;
}

// dist/backoff.d.ts

/** How long to wait before which attempt. */
export interface BackoffOptions {
    /** Milliseconds before the first new attempt, at most. */
    readonly initialDelay: number;
    /** Milliseconds; no wait is longer. */
    readonly maximumDelay: number;
    /** Each wait is this many times longer than the one before. */
    readonly factor: number;
    /** "full": anything from 0 to the delay; "none": the delay itself. */
    readonly jitter: "full" | "none";
}

// dist/buffer-limits.d.ts

/** How much may wait for a consumer before reading from the network pauses. */
export interface BufferOptions {
    /** Default 1,000. */
    readonly messages?: number | undefined;
    /** Of topics, payloads and properties. Default 16 MiB. */
    readonly bytes?: number | undefined;
}
export interface BufferLimits {
    readonly messages: number;
    readonly bytes: number;
}
/** Whether a buffer is so full that nothing opens the network for it. */
export declare function isOverfull(bytes: number, limits: BufferLimits): boolean;

// dist/message.d.ts

/** Who is told that a message is taken care of. */
export interface AcknowledgementTarget {
    acknowledge(delivery: Delivery, reasonCode: number): void;
}
/** The acknowledgement of a message that several may have got: it goes out when all of them are done. */
export declare class SharedAcknowledgement {
    #private;
    constructor(delivery: Delivery, target: AcknowledgementTarget, consumers: number);
    /** One consumer is done. The worst reason of all is what the server is told. */
    done(reasonCode: number): void;
}
/** A message from the server. */
export declare class Message {
    #private;
    /** The topic name, in full also where the server used an alias. */
    readonly topic: string;
    /** A view into the chunk that came from the network: `slice()` it to keep it for long without keeping the chunk. */
    readonly payload: Uint8Array;
    /** The lesser of the QoS it was published with and the one that was granted. */
    readonly qos: QoS;
    /** It was kept by the server from before the subscription. */
    readonly retain: boolean;
    /** It may have been delivered before, on an earlier connection. */
    readonly duplicate: boolean;
    /** Undefined for QoS 0. */
    readonly packetIdentifier: number | undefined;
    /** 5.0; undefined where there are none. */
    readonly properties: PublishProperties | undefined;
    /** Milliseconds since 1970. */
    readonly receivedAt: number;
    /** @internal */
    constructor(packet: PublishPacket, receivedAt: number, acknowledgement: SharedAcknowledgement | undefined);
    /** The payload as text. Throws a TypeError if it is not UTF-8. */
    text(): string;
    /** The payload as JSON. Throws a SyntaxError (or TypeError) if it is not. */
    json<Value = unknown>(): Value;
    /**
     * Tells the server that the message is taken care of; a no-op for QoS 0 and the second time. Needed only with
     * `acknowledge: "manual"`, allowed always.
     *
     * @param reasonCode 5.0: 0x80 and above refuse the message. 3.x can not say it, and accepts.
     * @throws EncodeError for a reason code that PUBACK and PUBREC don't have
     */
    acknowledge(reasonCode?: number): void;
}

// dist/consumer-options.d.ts

/** When a QoS 1 or 2 message is acknowledged: when the consumer asks for the next one, on arrival, or by hand. */
export type AcknowledgeMode = "consumed" | "received" | "manual";
/** How messages are consumed, checked and with defaults. */
export interface ConsumerOptions {
    readonly acknowledge: AcknowledgeMode;
    readonly buffer: BufferLimits;
    readonly concurrency: number;
    readonly rejectWith: number | undefined;
    /** Milliseconds; Infinity: no limit. */
    readonly handlerTimeout: number;
}

// dist/types.d.ts

/** Text is sent as UTF-8, a number as its decimal text, null and undefined as an empty payload; views are not copied. */
export type Payload = string | number | Uint8Array | ArrayBuffer | ArrayBufferView | JsonPayload | null | undefined;
interface PublishOptionsV3 {
    /** Default 0. */
    readonly qos?: QoS | undefined;
    /** The server keeps the message for later subscribers. Default false. */
    readonly retain?: boolean | undefined;
    /** Gives up; a message that was sent already may still arrive. */
    readonly signal?: Signal | undefined;
    /** Milliseconds after which it is given up; a message that was sent already may still arrive. Default: none, for a message survives reconnects. */
    readonly timeout?: number | undefined;
}
export interface PublishOptionsV5 extends PublishOptionsV3 {
    /** Content type, expiry, response topic, user properties and their like. */
    readonly properties?: Omit<PublishProperties, "subscriptionIdentifiers"> | undefined;
}
/** How to publish, in this version. */
export type PublishOptions<V extends Version> = V extends "5.0" ? PublishOptionsV5 : PublishOptionsV3;
interface RequestOptionsBase {
    /** Default 1. */
    readonly qos?: QoS | undefined;
    /** Milliseconds to wait for replies. Default 30,000. */
    readonly timeout?: number | undefined;
    /** Gives up waiting. */
    readonly signal?: Signal | undefined;
}
/** How to ask (5.0). */
export interface RequestOptions extends RequestOptionsBase {
    /**
     * Where the reply shall come to; it stays subscribed, until {@link Client.unsubscribe}. Default: one topic for all
     * requests of the client, made on the first.
     */
    readonly responseTopic?: string | undefined;
    /** Correlation data is made for you, unless you give some. */
    readonly properties?: Omit<PublishProperties, "subscriptionIdentifiers" | "responseTopic"> | undefined;
}
/** What a responder answers: a payload, with properties if there are any. */
export type Reply = Payload | {
    /** Default: empty. */
    readonly payload?: Payload;
    /** Beside the correlation data, which is that of the request. */
    readonly properties?: PublishOptionsV5["properties"];
};
/** Makes the reply to a request; it may be async. */
export type Respond = (request: Message) => Reply | Promise<Reply>;
/** How to subscribe for requests. They are acknowledged when they were answered. */
export type RespondOptions = Omit<SubscribeOptionsV5, "acknowledge">;
/** Options of one filter. */
interface FilterOptionsV3 {
    /** The highest QoS to receive with. Default 0. */
    readonly qos?: QoS | undefined;
}
export interface FilterOptionsV5 extends FilterOptionsV3 {
    /** Don't send me my own messages. Default false. */
    readonly noLocal?: boolean | undefined;
    /** Keep the retain flag as it was published. Default false. */
    readonly retainAsPublished?: boolean | undefined;
    /** Whether retained messages come: 0 yes, 1 only if the subscription is new, 2 no. Default 0. */
    readonly retainHandling?: RetainHandling | undefined;
}
/** Options of one filter, in this version. */
export type FilterOptions<V extends Version> = V extends "5.0" ? FilterOptionsV5 : FilterOptionsV3;
/** How `messages()` are consumed. */
export interface MessagesOptions {
    /** When QoS 1 and 2 messages are acknowledged. Default "consumed". */
    readonly acknowledge?: AcknowledgeMode | undefined;
    /**
     * What may wait for the consumer before reading from the network pauses: so many messages, or messages and bytes.
     * Default `{ messages: 1_000, bytes: 16 * 1024 * 1024 }`. While an answer is awaited, reading goes on, and up to four
     * times the bytes are taken at QoS 1 and 2.
     */
    readonly buffer?: number | BufferOptions | undefined;
}
interface ConsumeOptionsV3 extends MessagesOptions {
    /** Calls of the handler that may run at the same time. Default 1: one message after the other. */
    readonly concurrency?: number | undefined;
    /**
     * Milliseconds that one call of the handler may take. Then it has failed, like one that throws: an "error" event, the
     * message is acknowledged, so that others need not wait for it, and the handler gets its next one. Default 300,000,
     * five minutes; Infinity is no limit.
     */
    readonly handlerTimeout?: number | undefined;
}
export interface ConsumeOptionsV5 extends ConsumeOptionsV3 {
    /**
     * The reason code, 0x80 or more, that refuses a message whose handler failed. The server does not send it again.
     * Default: it is acknowledged like any other.
     */
    readonly rejectWith?: number | undefined;
}
/** How a handler gets its messages. */
export type ConsumeOptions<V extends Version> = V extends "5.0" ? ConsumeOptionsV5 : ConsumeOptionsV3;
interface SubscribeCommon {
    /** Gives up waiting for the server's answer. */
    readonly signal?: Signal | undefined;
    /** Milliseconds to wait for the server's answer, if that is less than `timeouts.request`. */
    readonly timeout?: number | undefined;
}
interface SubscribeOptionsV3 extends FilterOptionsV3, ConsumeOptionsV3, SubscribeCommon {
}
export interface SubscribeOptionsV5 extends FilterOptionsV5, ConsumeOptionsV5, SubscribeCommon {
    /**
     * 1 to 268,435,455; comes back with every message of the subscription. Default: one that tells overlapping
     * subscriptions apart, where the server supports it.
     */
    readonly subscriptionIdentifier?: number | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
}
/** How to subscribe and to consume, in this version. */
export type SubscribeOptions<V extends Version> = V extends "5.0" ? SubscribeOptionsV5 : SubscribeOptionsV3;
/** One filter, several, or several with options of their own. */
export type Filters<V extends Version> = string | readonly string[] | Readonly<Record<string, FilterOptions<V>>>;
interface DisconnectOptionsV3 {
    /** Milliseconds to wait for messages that are queued or in flight. Default 0. */
    readonly drain?: number | undefined;
}
export interface DisconnectOptionsV5 extends DisconnectOptionsV3 {
    /** Default 0, normal disconnection. */
    readonly reasonCode?: number | undefined;
    readonly reasonString?: string | undefined;
    /** Seconds: changes how long the server keeps the session. */
    readonly sessionExpiryInterval?: number | undefined;
    readonly userProperties?: readonly UserProperty[] | undefined;
    /** Asks the server to publish the will (reason code 4). Default false. */
    readonly sendWill?: boolean | undefined;
}
/** How to say goodbye, in this version. */
export type DisconnectOptions<V extends Version> = V extends "5.0" ? DisconnectOptionsV5 : DisconnectOptionsV3;
/** The options of a client of this version. */
export type OptionsOf<V extends Version> = V extends "5.0" ? OptionsV5 : V extends "3.1.1" | "3.1" ? OptionsV3<V> : never;
/**
 * An MQTT client. Nothing is lost silently, nothing hangs: every promise settles, with an answer, a refusal, a
 * timeout, or `ClientClosedError`.
 */
export interface Client<V extends Version = "5.0"> extends AsyncDisposable {
    /** That is spoken, or will be tried next. */
    readonly version: V;
    /** Where it is between offline and online. */
    readonly state: ClientState;
    /** What was agreed on the present connection; undefined unless online. */
    readonly connection: Negotiated | undefined;
    /** The client identifier in use: given, or assigned by the server. */
    readonly clientId: string;
    /**
     * Connects, and keeps connected from then on. Resolves after a successful CONNACK.
     *
     * @throws the cause: TransportError, ConnectRefusedError, TimeoutError, ClientClosedError, AbortedError
     */
    connect(): Promise<void>;
    /**
     * Publishes a message. The result is awaitable: it settles when the server has acknowledged the message (QoS 0: when
     * its bytes were handed to the network). Misuse rejects at once and takes nothing.
     *
     * @example await client.publish("sensors/kitchen", "21.5", { qos: 1, retain: true })
     */
    publish(topic: string, payload?: Payload, options?: PublishOptions<V>): Publication;
    /** What the client has done since it was made, and what it holds now. */
    statistics(): Statistics;
    /** False: the network or the queue has enough for now; await {@link Client.drained} before publishing more. */
    readonly writable: boolean;
    /** Resolves when {@link Client.writable} is true; rejects with ClientClosedError when the client is closed first. */
    drained(): Promise<void>;
    /**
     * Subscribes. Rejects if the server refuses any of the filters. With a handler, messages go to it one after the
     * other, or `concurrency` at a time (it may be async); without one, iterate the subscription.
     *
     * @throws OptionError, EncodeError, SubscribeRejectedError, TimeoutError, ClientClosedError, AbortedError
     */
    subscribe(filters: Filters<V>, options?: SubscribeOptions<V>, handler?: MessageHandler): Promise<Subscription>;
    /** As above, without options. */
    subscribe(filters: Filters<V>, handler: MessageHandler): Promise<Subscription>;
    /**
     * Calls a handler with every message that matches a filter, without subscribing: for the subscriptions of a resumed
     * session, or beside those of this client. All routes and subscriptions that match get a message. A route stays until
     * it is disposed, also when the client is closed.
     *
     * @returns a function that ends the route
     * @throws EncodeError for a filter that is none, OptionError
     */
    route(filters: string | readonly string[], handler: MessageHandler): () => void;
    /** As above, with options. */
    route(filters: string | readonly string[], options: ConsumeOptions<V>, handler: MessageHandler): () => void;
    /**
     * Every message that comes, beside those who subscribed. Ends when its loop is left, with `await using`, and when the
     * client is closed.
     *
     * @throws OptionError
     */
    messages(options?: MessagesOptions): MessageStream;
    /**
     * Publishes a request and waits for the first reply to it (5.0). Needs somebody who answers, as {@link Client.respond}
     * does: with the correlation data of the request, to its response topic.
     *
     * @throws TimeoutError, NoResponderError if the server knows of nobody who subscribes to `topic`, and as publish and subscribe do
     * @example const reply = await client.request("light/kitchen", "on", { timeout: 1_000 })
     */
    readonly request: V extends "5.0" ? (topic: string, payload?: Payload, options?: RequestOptions) => Promise<Message> : never;
    /** As {@link Client.request}, for many replies: iterates those that come until `timeout`. */
    readonly requestMany: V extends "5.0" ? (topic: string, payload?: Payload, options?: RequestOptions) => AsyncIterableIterator<Message, undefined> : never;
    /** Subscribes, and answers each request with what `respond` returns, at the request's QoS (5.0). */
    readonly respond: V extends "5.0" ? (filter: string, respond: Respond, options?: RespondOptions) => Promise<Subscription> : never;
    /**
     * Asks the server for a sign of life. Resolves with the round trip in milliseconds.
     *
     * @throws NotConnectedError, or what ended the connection before the answer came
     */
    ping(): Promise<number>;
    /**
     * Unsubscribes filters, whoever subscribed to them; subscriptions all of whose filters are gone end.
     *
     * @returns the server's reason codes, one for each filter; empty in 3.x
     * @throws UnsubscribeRejectedError, TimeoutError, ClientClosedError
     */
    unsubscribe(filters: string | readonly string[]): Promise<readonly number[]>;
    /**
     * Proves again who we are, without a break, with the option `authentication` (MQTT 5.0). If it fails the connection ends.
     *
     * @throws AuthenticationError, ServerDisconnectError, ConnectionLostError, NotConnectedError, OptionError without a method
     */
    readonly reauthenticate: V extends "5.0" ? () => Promise<void> : never;
    /**
     * Connects anew, now: a connection there is ends politely, a wait between attempts is cut short. As
     * {@link Client.connect} if the client is offline or closed.
     */
    reconnect(): Promise<void>;
    /**
     * Ends the connection politely. Always resolves: within `drain`, and 2 s for the server to close. Bytes that are still
     * on their way get longer, until the network has taken none for 30 s; then they are lost, which is an "error" event.
     * Safe at any time, and twice.
     */
    disconnect(options?: DisconnectOptions<V>): Promise<void>;
    /**
     * Disconnects, and begins anew with other options or the same: unconnected, with a session and statistics of its own.
     * Listeners stay; subscriptions and routes are gone.
     *
     * @throws OptionError, and then it is only disconnected
     */
    reinitialise(options?: OptionsOf<V>): Promise<void>;
    /** Drops the connection now: the server sends the will. */
    destroy(cause?: Error): void;
    /** Adds a listener; the result removes it. */
    on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void;
}

// dist/events.d.ts

/** offline: not connected yet, or given up. closed: by you. Both can `connect()` (again). */
export type ClientState = "offline" | "connecting" | "online" | "reconnecting" | "closed";
/** A message that was given up: one from the server ("in"), or one of ours ("out"). */
export type DroppedMessage = DroppedIncoming | DroppedOutgoing;
/** One from the server. */
export interface DroppedIncoming {
    /** From the server. */
    readonly direction: "in";
    /**
     * overflow: QoS 0, its consumer is too slow and the network could not be paused, because an answer is awaited or the
     * consumer has stalled. unclaimed: nobody asked for it.
     */
    readonly reason: "overflow" | "unclaimed";
    /** It is acknowledged after the listeners returned, if it has to be. */
    readonly message: Message;
}
/** It was accepted and will not be sent, as the options of the queue or its expiry say. */
export interface DroppedOutgoing {
    /** To the server. */
    readonly direction: "out";
    /** "overflow": the queue was full. "offline": QoS 0 without a connection. "tooOld": `queue.maximumAge` was over. "expired": its Message Expiry Interval was. */
    readonly reason: DropReason;
    /** As it was given to `publish()`. */
    readonly message: OutgoingMessage;
    /** What the publication fails with. */
    readonly error: MessageDroppedError;
}
/** What a client tells its listeners, by name. */
export interface ClientEvents {
    /** An attempt begins; the first is 1. */
    connecting: {
        /** 1 for the first, and after a connection that lasted. */
        readonly attempt: number;
    };
    /** CONNACK came, and it was a success. */
    connected: {
        /** The server goes on with the session of an earlier connection. */
        readonly sessionPresent: boolean;
        /** What was agreed. */
        readonly connection: Negotiated;
        /** What the server said, without authentication data. */
        readonly packet: ConnackPacket;
        /** Its URL, without credentials and query; "" with a connector of your own. */
        readonly server: string;
    };
    /** A connection, or an attempt to make one, ended. */
    disconnected: {
        /** Who ended it. It was the client where the server had made a mistake. */
        readonly by: "client" | "server" | "network";
        /** What the server said, if it said anything. */
        readonly reasonCode: number | undefined;
        /** The DISCONNECT, or the CONNACK that refused. */
        readonly packet: DisconnectPacket | ConnackPacket | undefined;
        /** Undefined when you asked for it. */
        readonly cause: Error | undefined;
        /** As in "connected"; "" also if the attempt failed before it was known. */
        readonly server: string;
        /** Milliseconds until the next attempt; undefined: there will be none. */
        readonly willReconnectIn: number | undefined;
    };
    /** Waiting before attempt number `attempt`. */
    reconnecting: {
        /** The one that comes next. */
        readonly attempt: number;
        /** Milliseconds until then. */
        readonly delay: number;
        /** Why there is need for it. */
        readonly cause: Error | undefined;
    };
    /** A message that no subscription, route or `messages()` takes. It is acknowledged after the listeners returned. */
    message: Message;
    /** A message that was given up, one of ours or one of the server's. Not told, the first of a kind is a warning of the logger. */
    dropped: DroppedMessage;
    /** Subscriptions that were not granted again after the server had lost the session. */
    resubscribeFailed: {
        /** The filters, with the server's reason codes. */
        readonly failures: readonly FilterFailure[];
    };
    /** A message was acknowledged after its connection, or session, had ended: no harm, but the server sends it again. */
    lateAcknowledgement: {
        /** Of the message, on the connection that has ended. */
        readonly packetIdentifier: number;
    };
    /** A failure that no promise tells anybody: of a message that nobody awaited, or of a listener or handler. */
    error: Error;
    /** A packet that was written. Passwords and authentication data are shown as ***. Listening costs some speed. */
    packetSent: PacketInit;
    /** A packet that came, before anything is done about it. */
    packetReceived: Packet;
    /** By you; nothing follows until `connect()`. */
    closed: undefined;
}

// dist/options.d.ts

/** Options of every version. All are optional. */
export interface CommonOptions extends NetworkOptions {
    /** Default "": the server assigns one, which is kept for reconnects (5.0 and clean 3.1.1). */
    readonly clientId?: string | undefined;
    /** Default: the URL's, or none. */
    readonly username?: string | undefined;
    /** Text is sent as UTF-8. A password without a user name needs 5.0. */
    readonly password?: string | Uint8Array | undefined;
    /** Seconds, 0 to 65,535; 0 is off. Default 60. */
    readonly keepAlive?: number | undefined;
    /** Largest packet we accept, in bytes. Default 16 MiB. */
    readonly maximumPacketSize?: number | undefined;
    /** QoS 1 and 2 messages in flight: at most this and the server's Receive Maximum. Default 256; 20 in 3.x, where a server can't say. */
    readonly maximumInflight?: number | undefined;
    /** QoS and retain of messages that don't say otherwise, also by topic. */
    readonly publishDefaults?: PublishDefaults | undefined;
    /** Limits for messages that were accepted and not sent yet. */
    readonly queue?: SessionOptions["queue"];
    /** SUBSCRIBE and UNSUBSCRIBE that wait for their answer; more wait their turn. Default 1,000. */
    readonly maximumConcurrentRequests?: number | undefined;
    /** What becomes of messages the server lost with the session: sent again as new, or failed. Default "republish". */
    readonly afterSessionLost?: "republish" | "fail" | undefined;
    /** When to subscribe again after a reconnect. Default "when-session-lost". */
    readonly resubscribe?: "when-session-lost" | "always" | "never" | undefined;
    /**
     * What becomes of messages that a resumed session brings before anybody asked for them: they wait for the first
     * subscription, route, `messages()` or "message" listener that wants them.
     */
    readonly unclaimed?: UnclaimedOptions | undefined;
    /** How long to wait for what, in milliseconds. */
    readonly timeouts?: TimeoutOptions | undefined;
    /** false: never connect again by itself. */
    readonly reconnect?: false | ReconnectOptions | undefined;
    /** More servers to try when one fails, in this order and then from the start. Their URLs are as the first one's. */
    readonly servers?: readonly string[] | undefined;
    /** How often in a row a server may send us to another one (5.0 Server Reference). Default 3; 0 follows none. */
    readonly followRedirects?: number | undefined;
    /**
     * What is different for this attempt to connect: fresh credentials, a signed URL, the will. Called before each, also
     * the first. One that throws or rejects is an attempt that failed; it has 30 s.
     *
     * @example optionsForAttempt: async () => ({ password: await token() })
     */
    readonly optionsForAttempt?: ((attempt: Attempt) => AttemptOptions | Promise<AttemptOptions>) | undefined;
    /** Certificates, keys and versions, for `mqtts://` and `wss://`. */
    readonly tls?: TlsOptions | undefined;
    /** The IP address of this machine to connect from. Default: the system's choice. */
    readonly localAddress?: string | undefined;
    /** The port to connect from. Default: the system's choice. */
    readonly localPort?: number | undefined;
    /** Of the TCP connection. Node only. */
    readonly socket?: SocketOptions | undefined;
    /** Your own transport, instead of the URL's. */
    readonly connector?: Connector | undefined;
    /**
     * Where to report what nobody listens for; with `info`, also how connections come and go; with `debug`, also each
     * packet. Default: the runtime's console, for errors and warnings only.
     */
    readonly logger?: Logger | undefined;
    /** Aborts connecting. */
    readonly signal?: Signal | undefined;
    /** For tests: another source of time. */
    readonly clock?: Clock | undefined;
    /** For tests: another source of randomness, from 0 (included) to 1 (excluded). */
    readonly random?: (() => number) | undefined;
}
/** Options of MQTT 5.0, the default. */
export interface OptionsV5 extends CommonOptions {
    /** 5.0 is the default. */
    readonly version?: "5.0" | undefined;
    /** Start without what the server remembers. Default "first": only on this client's first connection. */
    readonly cleanStart?: boolean | "first" | undefined;
    /** Seconds that the server keeps the session after the connection. Default 0. */
    readonly sessionExpiryInterval?: number | "never" | undefined;
    /** What the server publishes if the connection ends without a goodbye. Default: nothing. */
    readonly will?: Will<WillProperties> | undefined;
    /** QoS 1 and 2 messages that the server may have in flight towards us. Default 65,535. */
    readonly receiveMaximum?: number | undefined;
    /** Topic aliases that the server may use towards us. Default 16. */
    readonly topicAliasMaximum?: number | undefined;
    /** Topic aliases towards the server, as many as it takes. Default "automatic": for topics that repeat. */
    readonly topicAliases?: "automatic" | "off" | undefined;
    /**
     * Whether subscriptions get identifiers, where the server supports them, that tell apart the copies for filters that
     * overlap. Messages carry them in their properties. Default "automatic".
     */
    readonly subscriptionIdentifiers?: "automatic" | "off" | undefined;
    /** Ask the server what response topics shall begin with. Default false. */
    readonly requestResponseInformation?: boolean | undefined;
    /** Let the server explain failures in words also on packets other than CONNACK and DISCONNECT. Default true. */
    readonly requestProblemInformation?: boolean | undefined;
    /** Enhanced authentication: `scramSha256(username, password)` and its like, or a method of yours. */
    readonly authentication?: AuthenticationMethod | undefined;
    /** Names and values that are sent in CONNECT. Default: none. */
    readonly userProperties?: readonly UserProperty[] | undefined;
}
/** Options of MQTT 3.1.1 and 3.1. */
export interface OptionsV3<V extends "3.1.1" | "3.1" = "3.1.1" | "3.1"> extends CommonOptions {
    /** Which of the two; it is part of the client's type. */
    readonly version: V;
    /** Start without what the server remembers, and leave nothing. Default true. */
    readonly cleanSession?: boolean | undefined;
    /** What the server publishes if the connection ends without a goodbye. Default: nothing. */
    readonly will?: Will<never> | undefined;
    /** Marks the client as a bridge, for servers that know it. Default false. */
    readonly bridge?: boolean | undefined;
}
/** Options for whichever version the server speaks: 5.0, then 3.1.1, then 3.1. What only 5.0 has is left out with older servers. */
export interface OptionsAuto extends Omit<OptionsV5, "version"> {
    /** Whichever the server takes; `client.version` says which that is. */
    readonly version: "auto";
}
/** Options of any version. */
export type ClientOptions = OptionsV5 | OptionsV3 | OptionsAuto;
/** An attempt to connect that is about to begin. */
export interface Attempt {
    /** 1 is the first, and the first after a connection that lasted. */
    readonly attempt: number;
    /** Where it goes, unless the options say otherwise; "" with a connector of your own. */
    readonly url: string;
    /** That will be tried. */
    readonly version: Version;
}
type FixedOption = "version" | "clientId" | "servers" | "followRedirects" | "optionsForAttempt" | "reconnect" | "logger" | "signal" | "clock" | "random";
/** Options that may differ between attempts. */
export interface AttemptOptions extends Partial<Omit<OptionsV5, FixedOption>> {
    /** Where to go instead. Default: the client's URL, or the next of `servers`. */
    readonly url?: string | undefined;
}
/** What the server publishes when the connection ends without a goodbye. */
export interface Will<Properties> {
    /** A topic name, without wildcards. */
    readonly topic: string;
    /** Text is sent as UTF-8. Default: empty. */
    readonly payload?: string | Uint8Array | undefined;
    /** Default 0. */
    readonly qos?: QoS | undefined;
    /** Default false. */
    readonly retain?: boolean | undefined;
    /** 5.0, `willDelayInterval` (seconds) among them. */
    readonly properties?: Properties | undefined;
}
/** Of the sockets below. */
export interface SocketOptions {
    /** Send small packets at once (TCP_NODELAY). Default true. */
    readonly noDelay?: boolean | undefined;
    /** Let the system probe an idle connection; MQTT has its own keep alive. Default false. */
    readonly keepAlive?: boolean | undefined;
    /** The only IP version to use. Default 0: both, whichever answers first. */
    readonly family?: 0 | 4 | 6 | undefined;
    /** Bytes that may wait in the socket before the client holds back. Default 131,072. */
    readonly highWaterMark?: number | undefined;
}
/** Milliseconds. */
export interface TimeoutOptions {
    /** To look the name up and open the network connection; 0 leaves it to the system. Default 10,000. */
    readonly connect?: number | undefined;
    /**
     * To look the name up alone, or the SRV records of `mqtt+srv://`; 0 is no limit of its own. Node only. Default: for a
     * name 0, as `connect` covers it; for records as `connect`.
     */
    readonly dns?: number | undefined;
    /** For a proxy to connect to the server and say so; 0 is no limit. Default 10,000. */
    readonly proxy?: number | undefined;
    /** For the TLS handshake; 0 is no limit. Default 10,000. */
    readonly tls?: number | undefined;
    /** For the server's answer to the WebSocket request; 0 is no limit. In a browser: for connecting altogether. Default 10,000. */
    readonly websocket?: number | undefined;
    /** From CONNECT to CONNACK. Default 20,000. */
    readonly connack?: number | undefined;
    /** From PINGREQ to PINGRESP. Default 20,000. */
    readonly pingResponse?: number | undefined;
    /** From `subscribe()` or `unsubscribe()` to the answer. Default 30,000. */
    readonly request?: number | undefined;
    /**
     * How long a consumer that holds up others may make no progress before it is told as an "error" event, and no longer
     * waited for; 0 is for ever. Default 30,000.
     */
    readonly consumer?: number | undefined;
}
/** Of messages that a resumed session brings before anybody asked for them. */
export interface UnclaimedOptions {
    /** Milliseconds after CONNACK; 0: not at all. Default 10,000. */
    readonly hold?: number | undefined;
    /** Messages that are held before reading from the network pauses. Default 1,000. */
    readonly buffer?: number | undefined;
    /** The same, in bytes of topics, payloads and properties. Default 16 MiB. */
    readonly bytes?: number | undefined;
}
/** When to try again, and when no more. */
export interface ReconnectOptions {
    /** Milliseconds before the first new attempt, at most. Default 1,000. */
    readonly initialDelay?: number | undefined;
    /** Milliseconds; no wait is longer. Default 60,000. */
    readonly maximumDelay?: number | undefined;
    /** Each wait is at most this many times longer than the one before. Default 2. */
    readonly factor?: number | undefined;
    /** "full": wait anything from 0 to the delay. Default "full". */
    readonly jitter?: "full" | "none" | undefined;
    /** Attempts in a row that may fail, or connect and not last, before it gives up. Default Infinity. */
    readonly maximumAttempts?: number | undefined;
    /** Milliseconds that a connection must have lasted for the delays to begin anew. Default 10,000. */
    readonly resetAfter?: number | undefined;
    /** Whether the first connection is tried again too, instead of rejecting. Default false. */
    readonly retryInitial?: boolean | undefined;
    /**
     * Your own policy: how many milliseconds to wait before the next attempt, or "stop". Undefined does what would be done
     * without it.
     */
    readonly decide?: ((failed: FailedAttempt) => number | "stop" | undefined) | undefined;
}
/** An attempt that failed, or a connection that was lost. */
export interface FailedAttempt {
    /** Attempts since the last connection that lasted. */
    readonly attempt: number;
    /** Why. */
    readonly cause: Error;
    /** What the other options lead to: milliseconds until the next attempt, or undefined to stop. */
    readonly delay: number | undefined;
}
/** The console and most loggers fit: of pino and winston, an instance. A call that throws stops nothing. */
export interface Logger {
    /**
     * A line for each packet, sent or received, with the first 32 bytes of its payload and without passwords and
     * authentication data. It costs as much as listening to `packetSent` and `packetReceived`; a logger without `debug`
     * pays nothing.
     */
    debug?(message: string, ...details: readonly unknown[]): void;
    /** How connections come and go. */
    info?(message: string, ...details: readonly unknown[]): void;
    /** What was dropped, and what is unsafe. */
    warn(message: string, ...details: readonly unknown[]): void;
    /** What an "error" event would have told, if anybody listened. */
    error(message: string, ...details: readonly unknown[]): void;
    /** Where there is one, it is asked once whether `debug` is wanted. */
    isLevelEnabled?(level: string): boolean;
}

// dist/network-options.d.ts

/** How `ws://` and `wss://` are opened. In a browser only `path`, `query` and `subprotocol` can be chosen. */
export type WebSocketOptions = Omit<WebSocketRequestOptions, "maxPayload" | "websocketTimeoutMs">;
/** The way to the server, below MQTT. */
export interface NetworkOptions {
    /** For `ws://` and `wss://`. `path` goes before that of the URL. */
    readonly websocket?: WebSocketOptions | undefined;
    /**
     * Connects through a proxy: its URL, such as `socks5h://user:password@host:1080` or `http://host:3128`, or an object
     * with one. `"environment"` looks into HTTPS_PROXY (for TLS), HTTP_PROXY (for the others), ALL_PROXY and NO_PROXY.
     * Node only. Default: none.
     */
    readonly proxy?: string | ProxyOptions | undefined;
}

// dist/publish-defaults.d.ts

/** What holds for messages that don't say otherwise. */
export interface PublishDefaults {
    /** Default 0. */
    readonly qos?: QoS | undefined;
    /** Default false. */
    readonly retain?: boolean | undefined;
    /** By topic filter; the first that matches counts, and what it leaves open is as above. */
    readonly topics?: Readonly<Record<string, Omit<PublishDefaults, "topics">>> | undefined;
}

// dist/version.d.ts

/** MQTT versions by the names people use. */
export type Version = "5.0" | "3.1.1" | "3.1";

// dist/payload.d.ts

/** A value that is sent as JSON, with the properties that say so. Made by {@link json}. */
export declare class JsonPayload {
    /** The value as JSON. */
    readonly text: string;
    /** @internal */
    constructor(text: string);
}
/**
 * A payload of JSON; 5.0 also says so in Content Type and Payload Format Indicator. Throws a TypeError for what JSON
 * can't express.
 *
 * @example await client.publish("sensors/kitchen", json({ celsius: 21.5 }))
 */
export declare function json(value: unknown): JsonPayload;

// dist/publication.d.ts

/** What became of a message that was published. */
export interface PublishResult {
    /** The server's answer; 0 for QoS 0, which has none. */
    readonly reasonCode: number;
    /** 5.0: why, in the server's words. */
    readonly reasonString: string | undefined;
    /** 5.0: what else the server said. */
    readonly userProperties: readonly UserProperty[] | undefined;
    /** Undefined for QoS 0. */
    readonly packetIdentifier: number | undefined;
}
/** queued: accepted, not sent. inflight: sent, and the answer is awaited. settled: acknowledged (QoS 0: written). failed: it never will be. */
export type PublicationState = "queued" | "inflight" | "settled" | "failed";
/** Takes messages back. */
export interface PublicationOwner {
    /** Returns false if it is too late. */
    cancel(publication: Publication): boolean;
}
/**
 * A message on its way. Await it for the server's acknowledgement (QoS 0: for its bytes to be handed to the network);
 * leave it, and a failure is an "error" event. The promise is made only when somebody asks for it: one per message
 * would halve the rate.
 */
export declare class Publication implements PromiseLike<PublishResult> {
    #private;
    /** Where the message goes. */
    readonly topic: string;
    /** @internal When it was published. */
    publishedAt: number;
    /** @internal Where the message is in the session; undefined if it was not accepted. */
    dispatch: Dispatch | undefined;
    /** @internal */
    constructor(topic: string, owner: PublicationOwner);
    /** Where it is on its way. */
    get state(): PublicationState;
    /** The number that the message has on the wire; undefined until it is sent, and for QoS 0. */
    get packetIdentifier(): number | undefined;
    /** Whether the outcome is known. */
    get settled(): boolean;
    /** Why it failed. */
    get error(): Error | undefined;
    /** Whether somebody waits for the outcome, and so will hear of a failure. */
    get isAwaited(): boolean;
    then<Fulfilled = PublishResult, Rejected = never>(onFulfilled?: ((result: PublishResult) => Fulfilled | PromiseLike<Fulfilled>) | null, onRejected?: ((error: Error) => Rejected | PromiseLike<Rejected>) | null): Promise<Fulfilled | Rejected>;
    /** As of a promise. */
    catch<Rejected = never>(onRejected?: ((error: Error) => Rejected | PromiseLike<Rejected>) | null): Promise<PublishResult | Rejected>;
    /** As of a promise. */
    finally(onFinally?: (() => void) | null): Promise<PublishResult>;
    /** Takes the message back if it was not sent yet: it fails with AbortedError. Returns false if it is too late. */
    cancel(): boolean;
    /** @internal */
    settle(result: PublishResult): void;
    /** @internal Returns false if the outcome was known already. */
    fail(error: Error): boolean;
    /** @internal Runs when the outcome is known; for the timer and the signal that came with the call. */
    onEnd(run: () => void): void;
}

// dist/handler-line.d.ts

/** It may be async: with a `concurrency` of 1, the next message comes when it has settled. */
export type MessageHandler = (message: Message) => unknown;
/** Who waits in line: a stream with a handler. */
export interface Handled {
    /** It is this message's turn. */
    handleTurn(message: Message): void;
}
/**
 * What arrived in this turn for handlers, in the order in which it came. They are called after it, outside the read loop.
 * One line serves all streams of a client: with a buffer and a promise for each stream, a message to one of a hundred
 * thousand took three times as long (measured), mostly for memory that nobody had touched for long.
 */
export declare class HandlerLine {
    #private;
    constructor(clock: Clock);
    push(stream: Handled, message: Message): void;
    /** What is in line for this stream. */
    of(stream: Handled): readonly Message[];
    /** Takes what is in line for this stream out of it. */
    takeBack(stream: Handled): readonly Message[];
}

// dist/message-stream.d.ts

/** What a stream needs of its client. */
export interface StreamOwner {
    readonly clock: Clock;
    /** Where messages for handlers wait for their turn. */
    readonly handlerLine: HandlerLine;
    /** Gives up handlers that take too long. */
    readonly handlerWatch: HandlerWatch;
    /** The stream's buffer became full, or has room again. */
    onFull(stream: MessageStream, full: boolean): void;
    /** Whether the network is read although this stream's buffer is full. */
    readsOnThough(stream: MessageStream): boolean;
    /** The buffer has no room for a QoS 0 message, and the network could not be paused. */
    onOverflow(message: Message): void;
    /** A handler threw, rejected, or took too long. */
    onHandlerError(error: unknown, message: Message): void;
    /** Ends the stream. */
    end(stream: MessageStream): Promise<void>;
}
/** How long to wait for a message. */
export interface NextOptions {
    /** Milliseconds; 0 takes only what is there. Default: no limit. */
    readonly timeout?: number | undefined;
    /** Gives up waiting. */
    readonly signal?: Signal | undefined;
}
/**
 * Messages for one consumer: an async iterable with a bounded buffer. A message counts as consumed, and is
 * acknowledged, when the loop asks for the next one or ends.
 */
export declare class MessageStream implements AsyncIterable<Message>, AsyncDisposable {
    #private;
    /** @internal */
    constructor(owner: StreamOwner, options: ConsumerOptions, { handler, endsWithLoop, }: {
        readonly handler?: MessageHandler | undefined;
        readonly endsWithLoop?: boolean;
    });
    /** @internal What a report calls it. */
    get label(): string;
    /** Messages that wait for the consumer. */
    get buffered(): number;
    /** @internal Messages that left the buffer so far. */
    get passed(): number;
    /** @internal No more messages come. */
    get isEnded(): boolean;
    /** @internal Nothing opens the network as long as so much waits. */
    get isOverfull(): boolean;
    /** Ends the stream. What it holds is acknowledged now; a loop still gets it. */
    [Symbol.asyncDispose](): Promise<void>;
    /**
     * The next message; undefined when the stream has ended. Acknowledges the message handed out before.
     *
     * One consumer at a time: a second one that waits beside the first is an error.
     *
     * @throws TimeoutError when no message came within `timeout`, AbortedError; the stream goes on
     */
    next(options?: NextOptions): Promise<Message | undefined>;
    /** Everything that waits, at once: the fastest way. A batch is acknowledged when the next one is asked for. */
    batches(): AsyncIterableIterator<readonly Message[], undefined>;
    /** One message after the other. Each is acknowledged when the next one is asked for, or the loop is left. */
    [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined>;
    /** @internal */
    handleMessage(message: Message): void;
    /** @internal It is this message's turn at the handler. */
    handleTurn(message: Message): void;
    /** @internal No more messages come. With an error, the consumer gets it after the last of them. */
    handleEnd(error?: Error): void;
    /** @internal Nobody got hold of this stream: what it holds, for others. Call before {@link handleEnd}. */
    takeBack(): readonly Message[];
}

// dist/handler-watch.d.ts

/** A call of a handler that has returned a promise. Used again for the next one. */
export interface Waiting {
    /** When its time is over; Infinity: it has settled. */
    due: Milliseconds;
    /** What it works on; undefined: it was given up. */
    message: Message | undefined;
    readonly giveUp: (waiting: Waiting) => void;
}
/**
 * Gives up calls of handlers that don't settle in time. One timer serves a client: one for each call, and a promise that
 * races against it, would cost as much as the message.
 */
export declare class HandlerWatch {
    #private;
    constructor(clock: Clock);
    /** The call may take so long; Infinity: for ever. */
    wait(waiting: Waiting, timeout: Milliseconds): void;
    /** There is no further call. */
    forget(waiting: Waiting): void;
    pause(): void;
    resume(): void;
}

// dist/subscription.d.ts

/** What the server granted for one filter. */
export interface GrantedFilter {
    /** As it was asked for. */
    readonly filter: string;
    /** The highest that messages come with; it may be less than was asked for. */
    readonly qos: 0 | 1 | 2;
}
/**
 * What you get for a subscription: an async iterable of messages. A message counts as consumed, and is acknowledged,
 * when the loop asks for the next one or ends. Messages wait in a bounded buffer; when it is full, reading from the
 * network pauses until there is room. Leaving the loop does not end the subscription: {@link Subscription.unsubscribe}
 * does, and so does `await using`.
 */
export declare class Subscription extends MessageStream {
    #private;
    /** As they were asked for. */
    readonly filters: readonly string[];
    /** @internal */
    constructor(filters: readonly string[], owner: StreamOwner, options: ConsumerOptions, handler: MessageHandler | undefined);
    /** @internal */
    get label(): string;
    /** What the server granted for each filter. */
    get granted(): readonly GrantedFilter[];
    /**
     * Asks the server to send no more, and ends the iteration once the buffer is empty. What the subscription holds is
     * acknowledged now: messages of others must not have to wait for a consumer that may have left.
     *
     * @throws UnsubscribeRejectedError, TimeoutError, ClientClosedError; the subscription has ended all the same
     */
    unsubscribe(): Promise<void>;
    /** As {@link Subscription.unsubscribe}, but content when the client is closed first. */
    [Symbol.asyncDispose](): Promise<void>;
    /** @internal */
    handleGranted(granted: readonly GrantedFilter[]): void;
}

// dist/statistics.d.ts

/** Milliseconds, right to a fifth. */
export interface Latency {
    /** So many were acknowledged. */
    readonly count: number;
    /** Half of them were faster. */
    readonly p50: number;
    /** Nine in ten were faster. */
    readonly p90: number;
    /** 99 in a hundred were faster. */
    readonly p99: number;
    /** The slowest. */
    readonly maximum: number;
}
/** What a client has done since it was made, and what it holds now. */
export interface Statistics {
    /** Packets by type, and bytes of MQTT. */
    readonly sent: TrafficCount;
    /** The same of what the server sent. */
    readonly received: TrafficCount;
    /** Accepted and not sent yet. */
    readonly queued: {
        /** How many. */
        readonly messages: number;
        /** Of topics, payloads and properties. */
        readonly bytes: number;
    };
    /** QoS 1 and 2 messages that were sent and not acknowledged yet. */
    readonly inflight: number;
    /** Messages that were accepted and dropped, by the options of the queue or their expiry. */
    readonly dropped: number;
    /** Connections that got as far as CONNACK. */
    readonly connections: number;
    /** Milliseconds that the last `ping()` took. */
    readonly lastRoundTrip: number | undefined;
    /** From `publish()` to the acknowledgement, queueing and reconnects included; QoS 1 and 2. */
    readonly acknowledgement: Latency;
    /** The messages of others. */
    readonly receiving: ReceiveStatistics;
}

// dist/resolved-options.d.ts

/** Whether subscriptions get identifiers. Throws {@link OptionError}. */
export declare function subscriptionIdentifiers(options: ClientOptions): boolean;

// dist/receiver.d.ts

/** What came in and is not done with. */
export interface ReceiveStatistics {
    /** Messages in the buffers of subscriptions, routes and `messages()`. A message that several get counts for each. */
    readonly buffered: number;
    /** Messages of a resumed session that nobody has asked for yet. */
    readonly held: number;
    /**
     * QoS 1 and 2 messages whose exchange is not over. When there are as many as `client.connection.receive.receiveMaximum`
     * says, or as a 3.x server has decided by itself, it sends no more at these QoS.
     */
    readonly inflight: number;
    /** Of these, the one that came first and was not acknowledged yet: later ones of its QoS wait for it. */
    readonly oldestUnacknowledged: {
        /** Where it was published. */
        readonly topic: string;
        /** Each has a line of its own. */
        readonly qos: 1 | 2;
        /** Milliseconds since it came. */
        readonly age: number;
        /** Later messages that were consumed, whose acknowledgements wait for this one's. */
        readonly heldUp: number;
    } | undefined;
    /** Messages that were dropped, each with a "dropped" event, since the client was made. */
    readonly dropped: number;
}

// dist/errors.d.ts

/** The client was closed, by you, before this could be done. Call `connect()` to use it again. */
export declare class ClientClosedError extends MqttError {
    readonly name = "ClientClosedError";
    readonly code = "PETREL_CLIENT_CLOSED";
    constructor(message?: string);
}
/** You gave up waiting, through the `signal` of the call. Its reason is the `cause`. */
export declare class AbortedError extends MqttError {
    readonly name = "AbortedError";
    readonly code = "PETREL_ABORTED";
    constructor(what: string, reason: unknown);
}
/** The server took the request, and knows of nobody who subscribes to its topic: no reply will come. */
export declare class NoResponderError extends MqttError {
    readonly name = "NoResponderError";
    readonly code = "PETREL_NO_RESPONDER";
    constructor(topic: string);
}
/** The server lost the session and did not grant the subscription again: its iteration ends with this. */
export declare class SubscriptionLostError extends MqttError {
    readonly name = "SubscriptionLostError";
    readonly code = "PETREL_SUBSCRIPTION_LOST";
    /** The filters that were not granted, with the server's reason codes. */
    readonly failures: readonly FilterFailure[];
    constructor(failures: readonly FilterFailure[]);
}
/**
 * A consumer makes no progress, and others feel it: its buffer is full, or a message was not acknowledged and
 * acknowledgements of later messages wait for it. An "error" event.
 */
export declare class ConsumerStalledError extends MqttError {
    readonly name = "ConsumerStalledError";
    readonly code = "PETREL_CONSUMER_STALLED";
    /** Milliseconds that were waited. */
    readonly afterMs: number;
    /** Of the message that was not acknowledged, if that is what others wait for. */
    readonly topic: string | undefined;
    constructor(message: string, afterMs: number, topic?: string);
}

// dist/one-shot.d.ts

/** A message for {@link publishOnce}. */
export interface MessageToPublish extends Omit<PublishOptionsV5, "signal"> {
    /** A topic name, without wildcards. */
    readonly topic: string;
    /** Default: empty. */
    readonly payload?: Payload;
}
/** How to subscribe, beside how to connect. */
type SubscribeOnceBase = ClientOptions & {
    readonly subscribe?: Omit<SubscribeOptionsV5, "signal"> | undefined;
};
/** How to connect and subscribe, and what to wait for. */
export type SubscribeOnceOptions = SubscribeOnceBase & {
    /** Messages to wait for. Without it the result is one message, with it a list. */
    readonly count?: number | undefined;
    /** Wait for messages that are published from now on. Default false: what the server has retained counts. */
    readonly skipRetained?: boolean | undefined;
    /** Milliseconds from the subscription on. Default: none. */
    readonly timeout?: number | undefined;
};
/** How to connect and subscribe. */
export type SubscribeEachOptions = SubscribeOnceBase;
/**
 * Connects, publishes one message or several in order, and disconnects when all are acknowledged.
 *
 * @example await publishOnce("mqtt://localhost", { topic: "sensors/kitchen", payload: "21.5", qos: 1 })
 * @throws as `connect` and `publish` do
 */
export type PublishOnce = (url: string, messages: MessageToPublish | readonly MessageToPublish[], options?: ClientOptions) => Promise<readonly PublishResult[]>;
/**
 * Connects, waits for the first message to `filters` (with `count`: for so many), and disconnects.
 *
 * @example const message = await subscribeOnce("mqtt://localhost", "sensors/+", { timeout: 5_000 })
 * @throws TimeoutError if `timeout` is over first, AbortedError, and as `connect` and `subscribe` do
 */
export interface SubscribeOnce {
    (url: string, filters: Filters<"5.0">, options: SubscribeOnceOptions & {
        readonly count: number;
    }): Promise<readonly Message[]>;
    (url: string, filters: Filters<"5.0">, options?: SubscribeOnceOptions): Promise<Message>;
}
/**
 * Connects and hands every message to `handler`, one after the other. Resolves when `signal` is aborted, rejects when the
 * handler fails; disconnects either way.
 */
export type SubscribeEach = (url: string, filters: Filters<"5.0">, handler: (message: Message) => unknown, options?: SubscribeEachOptions) => Promise<void>;

// dist/scram.d.ts

/** What SCRAM needs of WebCrypto; the global `crypto` of every runtime fits. */
export interface WebCrypto {
    /** For the nonce. */
    getRandomValues(bytes: Uint8Array): unknown;
    /** For the proofs. */
    readonly subtle: {
        /** Of the password, and of HMAC. */
        importKey(format: "raw", bytes: Uint8Array, algorithm: "PBKDF2" | {
            readonly name: "HMAC";
            readonly hash: string;
        }, extractable: false, usages: readonly ("deriveBits" | "sign")[]): Promise<unknown>;
        /** PBKDF2. */
        deriveBits(algorithm: {
            readonly name: "PBKDF2";
            readonly hash: string;
            readonly salt: Uint8Array;
            readonly iterations: number;
        }, key: unknown, bits: number): Promise<ArrayBuffer>;
        /** HMAC. */
        sign(algorithm: "HMAC", key: unknown, bytes: Uint8Array): Promise<ArrayBuffer>;
        /** SHA-1, SHA-256 or SHA-512. */
        digest(hash: string, bytes: Uint8Array): Promise<ArrayBuffer>;
    };
}
/** What of SCRAM may be otherwise. */
export interface ScramOptions {
    /** Fewer make a stolen or tricked-out proof easy to guess the password from. Default 4,096, which RFC 7677 asks for. */
    readonly minimumIterations?: number | undefined;
    /** More would let a hostile server keep us busy. Default 1,000,000, about half a second. */
    readonly maximumIterations?: number | undefined;
    /** Default: the runtime's. */
    readonly crypto?: WebCrypto | undefined;
    /** For tests: the client's part of the nonce, printable and without a comma. Default: 24 random bytes each time. */
    readonly nonce?: string | undefined;
}
/** SCRAM-SHA-1 (RFC 5802), for servers that know nothing newer. Throws for a name or password that SASLprep prohibits. */
export declare function scramSha1(username: string, password: string, options?: ScramOptions): AuthenticationMethod;
/** SCRAM-SHA-256 (RFC 7677). Throws for a name or password that SASLprep prohibits. */
export declare function scramSha256(username: string, password: string, options?: ScramOptions): AuthenticationMethod;
/** SCRAM-SHA-512, as SCRAM-SHA-256 with a longer hash. Throws for a name or password that SASLprep prohibits. */
export declare function scramSha512(username: string, password: string, options?: ScramOptions): AuthenticationMethod;

// dist/node/index.d.ts

/** `@petrel/client` for Node: the client of `./core`, with a connector made from a URL. */
import type { Client, ClientOptions, OptionsAuto, OptionsV3, OptionsV5, Version } from "../exports.ts";
import { type PublishOnce, type SubscribeEach, type SubscribeOnce } from "../one-shot.ts";
/**
 * A client for the server at `url` that is not connected yet; `connect()` it.
 *
 * @param url `mqtt://host`, `mqtts://host` (TLS), `ws://host/path` or `wss://host/path` (WebSocket), with
 *   `user:password@` and `:port` if needed; `mqtt+unix:///path`
 * @throws OptionError | InvalidAddressError before anything is opened
 */
export declare function createClient(url: string, options?: OptionsV5): Client<"5.0">;
export declare function createClient(url: string, options: OptionsV3<"3.1.1">): Client<"3.1.1">;
export declare function createClient(url: string, options: OptionsV3<"3.1">): Client<"3.1">;
export declare function createClient(url: string, options: OptionsAuto): Client<Version>;
export declare function createClient(url: string, options?: ClientOptions): Client<Version>;
/**
 * A client that is connected to the server at `url`: resolves after a successful CONNACK, rejects with the cause.
 *
 * @example await using client = await connect("mqtt://localhost")
 * @throws OptionError | InvalidAddressError | TransportError | ConnectRefusedError | TimeoutError | AbortedError
 */
export declare function connect(url: string, options?: OptionsV5): Promise<Client<"5.0">>;
export declare function connect(url: string, options: OptionsV3<"3.1.1">): Promise<Client<"3.1.1">>;
export declare function connect(url: string, options: OptionsV3<"3.1">): Promise<Client<"3.1">>;
export declare function connect(url: string, options: OptionsAuto): Promise<Client<Version>>;
export declare function connect(url: string, options?: ClientOptions): Promise<Client<Version>>;
/** Connects, publishes, and disconnects when all is acknowledged; see {@link PublishOnce}. */
export declare const publishOnce: PublishOnce;
/** Connects, waits for messages, and disconnects; see {@link SubscribeOnce}. */
export declare const subscribeOnce: SubscribeOnce;
/** Connects, hands out every message, and disconnects in the end; see {@link SubscribeEach}. */
export declare const subscribeEach: SubscribeEach;
export * from "../exports.ts";

// dist/core.d.ts

/** `@petrel/client/core`: the client for any runtime, given a connector of yours. */
import type { Connector } from "@petrel/transport";
import type { ClientOptions, OptionsAuto, OptionsV3, OptionsV5 } from "./options.ts";
import type { Client } from "./types.ts";
import type { Version } from "./version.ts";
type WithConnector<Options> = Options & {
    readonly connector: Connector;
};
/**
 * A client that is not connected yet; `connect()` it. Wrong options throw OptionError here, before anything is opened.
 *
 * @example const client = createClient({ connector: pair.client, clientId: "kitchen" })
 */
export declare function createClient(options: WithConnector<OptionsV5>): Client<"5.0">;
export declare function createClient(options: WithConnector<OptionsV3<"3.1.1">>): Client<"3.1.1">;
export declare function createClient(options: WithConnector<OptionsV3<"3.1">>): Client<"3.1">;
export declare function createClient(options: WithConnector<OptionsAuto>): Client<Version>;
export declare function createClient(options: WithConnector<ClientOptions>): Client<Version>;
/** A client that is connected: resolves after CONNACK, rejects with the cause. */
export declare function connect(options: WithConnector<OptionsV5>): Promise<Client<"5.0">>;
export declare function connect(options: WithConnector<OptionsV3<"3.1.1">>): Promise<Client<"3.1.1">>;
export declare function connect(options: WithConnector<OptionsV3<"3.1">>): Promise<Client<"3.1">>;
export declare function connect(options: WithConnector<OptionsAuto>): Promise<Client<Version>>;
export declare function connect(options: WithConnector<ClientOptions>): Promise<Client<Version>>;
export * from "./exports.ts";
