import type { QoS, UserProperty, WillProperties } from "@petrel/codec";
import type { SessionOptions } from "@petrel/session";
import type { Connector, Signal, TlsOptions } from "@petrel/transport";
import type { AuthenticationMethod } from "./authenticator.ts";
import type { Clock } from "./clock.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { PublishDefaults } from "./publish-defaults.ts";
import type { Version } from "./version.ts";

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

type FixedOption =
  | "version"
  | "clientId"
  | "servers"
  | "followRedirects"
  | "optionsForAttempt"
  | "reconnect"
  | "logger"
  | "signal"
  | "clock"
  | "random";

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
