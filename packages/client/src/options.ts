import { encodeUtf8, type QoS, type UserProperty, type WillProperties } from "@petrel/codec";
import { OptionError, type SessionOptions } from "@petrel/session";
import type { Connector, Signal, TlsOptions } from "@petrel/transport";
import type { AuthenticationMethod } from "./authenticator.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { NetworkOptions } from "./network-options.ts";
import { checkPublishDefaults, type PublishDefaults } from "./publish-defaults.ts";
import { protocolVersionOf, type Version } from "./version.ts";

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

/** The reconnect options with their defaults, checked. */
export interface ReconnectPolicy extends BackoffOptions {
  readonly enabled: boolean;
  readonly maximumAttempts: number;
  readonly resetAfter: number;
  readonly retryInitial: boolean;
  readonly decide: ReconnectOptions["decide"];
}

/**
 * Milliseconds that opening a network connection may take, 0 for no limit; undefined where the connector is ours and
 * has a deadline of its own, whose error names the address. Throws {@link OptionError}.
 */
export function connectDeadline({ connector, timeouts }: ClientOptions): number | undefined {
  const connect = timeouts?.connect ?? 10_000;
  if (!(connect >= 0)) throw new OptionError("timeouts.connect", connect, "it must be 0 or more milliseconds");
  return connector === undefined ? undefined : connect;
}

/** The options that say where and how often to try. Throws {@link OptionError}. */
export function checkAttemptOptions({ servers, followRedirects = 3, optionsForAttempt }: ClientOptions): void {
  if (servers !== undefined && !Array.isArray(servers)) {
    throw new OptionError("servers", servers, "it must be a list of URLs");
  }
  if (!(Number.isInteger(followRedirects) && followRedirects >= 0)) {
    throw new OptionError("followRedirects", followRedirects, "it must be a whole number of at least 0");
  }
  if (optionsForAttempt !== undefined && typeof optionsForAttempt !== "function") {
    throw new OptionError("optionsForAttempt", optionsForAttempt, "it must be a function that returns options");
  }
}

/** Options that neither the session nor the transport knows. Throws {@link OptionError}. */
export function checkOwnOptions({ publishDefaults }: ClientOptions): void {
  if (publishDefaults !== undefined) checkPublishDefaults(publishDefaults);
}

/** Whether subscriptions get identifiers. Throws {@link OptionError}. */
export function subscriptionIdentifiers(options: ClientOptions): boolean {
  const identifiers = "subscriptionIdentifiers" in options ? options.subscriptionIdentifiers : undefined;
  if (identifiers !== undefined && identifiers !== "automatic" && identifiers !== "off") {
    throw new OptionError("subscriptionIdentifiers", identifiers, 'it must be "automatic" or "off"');
  }
  return identifiers !== "off";
}

const RECONNECT: ReconnectPolicy = {
  enabled: true,
  initialDelay: 1_000,
  maximumDelay: 60_000,
  factor: 2,
  jitter: "full",
  maximumAttempts: Infinity,
  resetAfter: 10_000,
  retryInitial: false,
  decide: undefined,
};

/** Throws {@link OptionError}. */
export function resolveReconnect(options: ClientOptions["reconnect"]): ReconnectPolicy {
  if (options === undefined) return RECONNECT; // one for all: an idle client shall be small
  const given = options === false ? {} : options;
  const policy: ReconnectPolicy = {
    enabled: options !== false,
    initialDelay: given.initialDelay ?? RECONNECT.initialDelay,
    maximumDelay: given.maximumDelay ?? RECONNECT.maximumDelay,
    factor: given.factor ?? RECONNECT.factor,
    jitter: given.jitter ?? RECONNECT.jitter,
    maximumAttempts: given.maximumAttempts ?? RECONNECT.maximumAttempts,
    resetAfter: given.resetAfter ?? RECONNECT.resetAfter,
    retryInitial: given.retryInitial ?? RECONNECT.retryInitial,
    decide: given.decide,
  };
  for (const name of ["initialDelay", "maximumDelay", "maximumAttempts", "resetAfter"] as const) {
    if (!(policy[name] >= 0)) throw new OptionError(`reconnect.${name}`, policy[name], "it must be 0 or more");
  }
  if (!(policy.factor >= 1)) throw new OptionError("reconnect.factor", policy.factor, "it must be 1 or more");
  if (policy.decide !== undefined && typeof policy.decide !== "function") {
    throw new OptionError(
      "reconnect.decide",
      policy.decide,
      'it must be a function that returns milliseconds or "stop"',
    );
  }
  if (policy.jitter !== "full" && policy.jitter !== "none") {
    throw new OptionError("reconnect.jitter", policy.jitter, 'it must be "full" or "none"');
  }
  return policy;
}

/** The session's part of the options, in the specification's words. Throws {@link OptionError} for an option of another version. */
export function sessionOptions(
  given: ClientOptions,
  version: Version = given.version === "auto" ? "5.0" : (given.version ?? "5.0"),
): SessionOptions {
  const options = given.version === "auto" ? withoutVersion(given, version) : given;
  const { timeouts } = options;
  const common = {
    clientIdentifier: options.clientId,
    username: options.username,
    password: typeof options.password === "string" ? encodeUtf8(options.password) : options.password,
    keepAlive: options.keepAlive,
    maximumPacketSize: options.maximumPacketSize,
    maximumInflight: options.maximumInflight,
    queue: options.queue,
    maximumConcurrentRequests: options.maximumConcurrentRequests,
    afterSessionLost: options.afterSessionLost,
    resubscribe: options.resubscribe,
    timeouts: timeouts && { connack: timeouts.connack, pingResponse: timeouts.pingResponse, request: timeouts.request },
    will: sessionWill(options.will),
  } satisfies SessionOptions;
  const protocolVersion = protocolVersionOf(version);
  if (isV5(options)) {
    refuseOptions(options, ["cleanSession"], "is called cleanStart in MQTT 5.0");
    refuseOptions(options, ["bridge"], "marks MQTT 3.x clients only");
    const { sessionExpiryInterval } = options;
    checkClientId(options, version, options.cleanStart === false);
    return {
      ...common,
      protocolVersion,
      cleanStart: options.cleanStart,
      sessionExpiryInterval: sessionExpiryInterval === "never" ? 0xffff_ffff : sessionExpiryInterval,
      receiveMaximum: options.receiveMaximum,
      topicAliasMaximum: options.topicAliasMaximum,
      topicAliases: options.topicAliases,
      requestResponseInformation: options.requestResponseInformation,
      requestProblemInformation: options.requestProblemInformation,
      authenticationMethod: authenticationMethod(options.authentication),
      userProperties: options.userProperties,
    };
  }
  refuseOptions(options, ["cleanStart"], "is called cleanSession in MQTT 3.x");
  refuseOptions(options, V5_ONLY, "needs MQTT 5.0");
  if (options.will?.properties !== undefined)
    throw new OptionError("will.properties", options.will.properties, "it needs MQTT 5.0");
  checkClientId(options, version, options.cleanSession === false);
  return { ...common, protocolVersion, cleanStart: options.cleanSession, bridge: options.bridge };
}

/** What the options for any version mean in this one. */
function withoutVersion(options: OptionsAuto, version: Version): OptionsV5 | OptionsV3 {
  if (version === "5.0") return { ...options, version };
  const { cleanStart, sessionExpiryInterval = 0, will, ...rest } = options;
  const common: Partial<Record<keyof OptionsV5, unknown>> = { ...rest };
  for (const name of V5_ONLY) delete common[name];
  // Left out like the others it would let a server that claims to be old have us without proofs.
  if (options.authentication !== undefined) {
    throw new OptionError(
      "authentication",
      options.authentication,
      "it needs MQTT 5.0, which the server does not speak",
    );
  }
  const keepsSession = cleanStart === false || (sessionExpiryInterval !== 0 && options.clientId !== undefined);
  return {
    ...(common as CommonOptions),
    version,
    cleanSession: !keepsSession,
    will: will && { ...will, properties: undefined },
  };
}

const V5_ONLY = [
  "sessionExpiryInterval",
  "receiveMaximum",
  "topicAliasMaximum",
  "topicAliases",
  "subscriptionIdentifiers",
  "requestResponseInformation",
  "requestProblemInformation",
  "authentication",
  "userProperties",
] as const;

/** For callers without types: what lacks a part would fail in the middle of connecting. */
function authenticationMethod(authentication: AuthenticationMethod | undefined): string | undefined {
  if (authentication === undefined) return undefined;
  const { method } = authentication;
  if (typeof method !== "string" || method === "") {
    throw new OptionError("authentication.method", method, "it must be the method's name, as the server knows it");
  }
  for (const name of ["initial", "respond", "verify"] as const) {
    const part: unknown = authentication[name];
    if (typeof part === "function" || (name === "verify" && part === undefined)) continue;
    throw new OptionError(`authentication.${name}`, part, "it must be a function");
  }
  return method;
}

/** The session's options that the client calls otherwise. */
const TYPED: Readonly<Record<string, string>> = { clientIdentifier: "clientId", "will.topicName": "will.topic" };

/** Makes what checks the session's options: an {@link OptionError} names them as they were typed. */
export function inTypedWords<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const { option, value, expected } = error;
    throw new OptionError(TYPED[option] ?? option, value, expected);
  }
}

/** In the words of the option that was typed; the session would speak of the client identifier. */
function checkClientId({ clientId = "" }: ClientOptions, version: Version, resumes: boolean): void {
  if (clientId !== "") return;
  if (resumes)
    throw new OptionError(
      "clientId",
      clientId,
      "a session can only be resumed by its name: give the client id it was made with",
    );
  if (version === "3.1") throw new OptionError("clientId", clientId, "MQTT 3.1 needs one of 1 to 23 characters");
}

function isV5(options: ClientOptions): options is OptionsV5 {
  return (options.version ?? "5.0") === "5.0";
}

/** For callers without types: an option of the other version is an error, not silently dropped. */
export function refuseOptions(options: object, names: readonly string[], why: string): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) throw new OptionError(name, value, `it ${why}`);
  }
}

function sessionWill(will: ClientOptions["will"]): SessionOptions["will"] {
  if (will === undefined) return undefined;
  const { topic, payload = "", qos, retain, properties } = will;
  return {
    topicName: topic,
    payload: typeof payload === "string" ? encodeUtf8(payload) : payload,
    qos,
    retain,
    properties,
  };
}
