/// <reference lib="esnext.disposable" preserve="true" />
/** The client as its users see it: one class, a view for each protocol version. */

import type { PublishProperties, QoS, RetainHandling, UserProperty } from "@petrel/codec";
import type { Negotiated } from "@petrel/session";
import type { Signal } from "@petrel/transport";
import type { ClientEvents, ClientState } from "./events.ts";
import type { Message } from "./message.ts";
import type { OptionsV3, OptionsV5 } from "./options.ts";
import type { JsonPayload } from "./payload.ts";
import type { Publication } from "./publication.ts";
import type { BufferOptions } from "./buffer-limits.ts";
import type { AcknowledgeMode } from "./consumer-options.ts";
import type { MessageHandler } from "./handler-line.ts";
import type { MessageStream } from "./message-stream.ts";
import type { Subscription } from "./subscription.ts";
import type { Statistics } from "./statistics.ts";
import type { Version } from "./version.ts";

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
export type Reply =
  | Payload
  | {
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

interface SubscribeOptionsV3 extends FilterOptionsV3, ConsumeOptionsV3, SubscribeCommon {}

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
export type OptionsOf<V extends Version> = V extends "5.0"
  ? OptionsV5
  : V extends "3.1.1" | "3.1"
    ? OptionsV3<V>
    : never;

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
  readonly request: V extends "5.0"
    ? (topic: string, payload?: Payload, options?: RequestOptions) => Promise<Message>
    : never;
  /** As {@link Client.request}, for many replies: iterates those that come until `timeout`. */
  readonly requestMany: V extends "5.0"
    ? (topic: string, payload?: Payload, options?: RequestOptions) => AsyncIterableIterator<Message, undefined>
    : never;
  /** Subscribes, and answers each request with what `respond` returns, at the request's QoS (5.0). */
  readonly respond: V extends "5.0"
    ? (filter: string, respond: Respond, options?: RespondOptions) => Promise<Subscription>
    : never;

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
