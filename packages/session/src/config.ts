import {
  type ConnectPacketInit,
  encodePacket,
  type ProtocolVersion,
  type UserProperty,
  type WillInit,
} from "@petrel/codec";
import { OptionError } from "./errors.ts";

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

type Defined<T> = { readonly [Key in keyof T]-?: Exclude<T[Key], undefined> };
type WithoutDefault = "username" | "password" | "will" | "authenticationMethod" | "queue" | "timeouts";

/** The options with their defaults, checked and frozen. */
export interface SessionConfig
  extends
    Defined<Omit<SessionOptions, WithoutDefault>>,
    Pick<SessionOptions, "username" | "password" | "will" | "authenticationMethod"> {
  readonly queue: Defined<QueueOptions>;
  readonly timeouts: Defined<SessionTimeouts>;
}

// Defaults that are objects are one for all sessions: an idle client shall be small.
const NO_PROPERTIES: readonly never[] = /* @__PURE__ */ Object.freeze([]);
const QUEUE: SessionConfig["queue"] = /* @__PURE__ */ Object.freeze({
  messages: 1_000,
  bytes: 16 * 1_048_576,
  maximumAge: Infinity,
  overflow: "reject",
  qos0WhileOffline: "reject",
});
const TIMEOUTS: SessionConfig["timeouts"] = /* @__PURE__ */ Object.freeze({
  connack: 20_000,
  pingResponse: 20_000,
  request: 30_000,
});

/** Fills in defaults and checks every value. Throws {@link OptionError} for one that cannot work. */
export function resolveSessionConfig(options: SessionOptions = {}): SessionConfig {
  const protocolVersion = options.protocolVersion ?? 5;
  oneOf("protocolVersion", protocolVersion, [3, 4, 5]);
  const config: SessionConfig = {
    protocolVersion,
    clientIdentifier: options.clientIdentifier ?? "",
    cleanStart: options.cleanStart ?? (protocolVersion === 5 ? "first" : true),
    keepAlive: options.keepAlive ?? 60,
    username: options.username,
    password: options.password,
    will: options.will,
    bridge: options.bridge ?? false,
    sessionExpiryInterval: options.sessionExpiryInterval ?? 0,
    receiveMaximum: options.receiveMaximum ?? 65_535,
    maximumPacketSize: options.maximumPacketSize ?? 16 * 1_048_576,
    topicAliasMaximum: options.topicAliasMaximum ?? 16,
    topicAliases: options.topicAliases ?? "automatic",
    requestResponseInformation: options.requestResponseInformation ?? false,
    requestProblemInformation: options.requestProblemInformation ?? true,
    authenticationMethod: options.authenticationMethod,
    userProperties: options.userProperties ?? NO_PROPERTIES,
    // 3.x has no Receive Maximum: a server can only drop a client that sends more than it takes. Mosquitto takes 20 at QoS 2.
    maximumInflight: options.maximumInflight ?? (protocolVersion === 5 ? 256 : 20),
    queue:
      options.queue === undefined
        ? QUEUE
        : Object.freeze({
            messages: options.queue.messages ?? QUEUE.messages,
            bytes: options.queue.bytes ?? QUEUE.bytes,
            maximumAge: options.queue.maximumAge ?? QUEUE.maximumAge,
            overflow: options.queue.overflow ?? QUEUE.overflow,
            qos0WhileOffline: options.queue.qos0WhileOffline ?? QUEUE.qos0WhileOffline,
          }),
    maximumConcurrentRequests: options.maximumConcurrentRequests ?? 1_000,
    afterSessionLost: options.afterSessionLost ?? "republish",
    durable: options.durable ?? false,
    resubscribe: options.resubscribe ?? "when-session-lost",
    timeouts:
      options.timeouts === undefined
        ? TIMEOUTS
        : Object.freeze({
            connack: options.timeouts.connack ?? TIMEOUTS.connack,
            pingResponse: options.timeouts.pingResponse ?? TIMEOUTS.pingResponse,
            request: options.timeouts.request ?? TIMEOUTS.request,
          }),
  };
  check(config, options);
  return Object.freeze(config);
}

function check(config: SessionConfig, options: SessionOptions): void {
  oneOf("cleanStart", config.cleanStart, config.protocolVersion === 5 ? [true, false, "first"] : [true, false]);
  oneOf("afterSessionLost", config.afterSessionLost, ["republish", "fail"]);
  oneOf("topicAliases", config.topicAliases, ["automatic", "off"]);
  oneOf("resubscribe", config.resubscribe, ["when-session-lost", "always", "never"]);
  oneOf("queue.qos0WhileOffline", config.queue.qos0WhileOffline, ["reject", "queue", "drop"]);
  oneOf("queue.overflow", config.queue.overflow, OVERFLOWS);
  for (const name of FLAGS) oneOf(name, config[name], [true, false]);
  if (config.authenticationMethod === "") {
    throw new OptionError("authenticationMethod", "", "leave it out, or name the method");
  }
  whole("keepAlive", config.keepAlive, 0, 65_535, "seconds");
  whole("sessionExpiryInterval", config.sessionExpiryInterval, 0, 0xffff_ffff, "seconds");
  whole("receiveMaximum", config.receiveMaximum, 1, 65_535);
  whole("maximumPacketSize", config.maximumPacketSize, 1, 0xffff_ffff, "bytes");
  whole("topicAliasMaximum", config.topicAliasMaximum, 0, 65_535);
  whole("maximumInflight", config.maximumInflight, 1, 65_535);
  whole("queue.messages", config.queue.messages, 0, Infinity);
  whole("queue.bytes", config.queue.bytes, 0, Infinity, "bytes");
  whole("queue.maximumAge", config.queue.maximumAge, 1, Infinity, "ms");
  whole("maximumConcurrentRequests", config.maximumConcurrentRequests, 1, 65_535);
  for (const [name, value] of Object.entries(config.timeouts)) whole(`timeouts.${name}`, value, 1, Infinity, "ms");

  if (config.protocolVersion !== 5) {
    for (const name of FIVE_ONLY) {
      if (options[name] !== undefined)
        throw new OptionError(name, options[name], "MQTT 3.x has no such thing; leave it out or use 5.0");
    }
  }
  checkClientIdentifier(config);
  checkConnectPacket(config);
}

const OVERFLOWS = [
  "reject",
  "wait",
  "drop-newest",
  "drop-oldest",
  "drop-qos0-first",
] as const satisfies readonly QueueOptions["overflow"][];

const FLAGS = ["bridge", "requestResponseInformation", "requestProblemInformation", "durable"] as const;

const FIVE_ONLY = [
  "sessionExpiryInterval",
  "receiveMaximum",
  "topicAliasMaximum",
  "topicAliases",
  "requestResponseInformation",
  "requestProblemInformation",
  "authenticationMethod",
  "userProperties",
] as const satisfies readonly (keyof SessionOptions)[];

function checkClientIdentifier({ clientIdentifier, cleanStart, protocolVersion }: SessionConfig): void {
  if (clientIdentifier !== "") return;
  // "If the Client supplies a zero-byte ClientId, the Client MUST also set CleanSession to 1" [MQTT-3.1.3-7 of 3.1.1]
  if (cleanStart === false) {
    throw new OptionError(
      "clientIdentifier",
      "",
      "a session can only be resumed by its name: give the client identifier it was made with",
    );
  }
  if (protocolVersion === 3) throw new OptionError("clientIdentifier", "", "MQTT 3.1 needs one of 1 to 23 characters");
}

/** The codec knows what a CONNECT can express; asking it now is better than failing on every connection. */
function checkConnectPacket(config: SessionConfig): void {
  try {
    encodePacket(connectPacket(config, config.clientIdentifier, true), config.protocolVersion);
  } catch (error) {
    const { field = "will", value, message } = error as { field?: string; value?: unknown; message: string };
    const end = message.startsWith(`${field} is `) ? message.indexOf("; ") : -1;
    const problem = end === -1 ? message : message.slice(end + 2);
    throw new OptionError(field.replace(/^properties\./, ""), field === "password" ? "***" : value, problem);
  }
}

/** The CONNECT that this configuration means. Defaults of the protocol are left out of it. */
export function connectPacket(
  config: SessionConfig,
  clientIdentifier: string,
  cleanStart: boolean,
  authenticationData?: Uint8Array,
): ConnectPacketInit {
  const { protocolVersion, keepAlive, username, password, will, bridge } = config;
  const properties =
    protocolVersion !== 5
      ? undefined
      : {
          sessionExpiryInterval: config.sessionExpiryInterval === 0 ? undefined : config.sessionExpiryInterval,
          receiveMaximum: config.receiveMaximum === 65_535 ? undefined : config.receiveMaximum,
          maximumPacketSize: config.maximumPacketSize,
          topicAliasMaximum: config.topicAliasMaximum === 0 ? undefined : config.topicAliasMaximum,
          requestResponseInformation: config.requestResponseInformation ? true : undefined,
          requestProblemInformation: config.requestProblemInformation ? undefined : false,
          authenticationMethod: config.authenticationMethod,
          authenticationData,
          userProperties: config.userProperties.length === 0 ? undefined : config.userProperties,
        };
  return {
    type: "connect",
    protocolVersion,
    bridge,
    clientIdentifier,
    cleanStart,
    keepAlive,
    username,
    password,
    will,
    properties,
  };
}

function oneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new OptionError(option, value, `it must be one of ${allowed.map((one) => JSON.stringify(one)).join(", ")}`);
}

function whole(option: string, value: number, minimum: number, maximum: number, unit = ""): void {
  const fits =
    (Number.isInteger(value) || (value === Infinity && maximum === Infinity)) && value >= minimum && value <= maximum;
  if (fits) return;
  const range = maximum === Infinity ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  throw new OptionError(option, value, `it must be a whole number ${range}${unit === "" ? "" : ` ${unit}`}`);
}
