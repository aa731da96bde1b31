import { encodeUtf8 } from "@petrel/codec";
import { OptionError, type SessionOptions } from "@petrel/session";
import type { AuthenticationMethod } from "./authenticator.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { ClientOptions, CommonOptions, OptionsAuto, OptionsV3, OptionsV5, ReconnectOptions } from "./options.ts";
import { checkPublishDefaults } from "./publish-defaults.ts";
import { protocolVersionOf, type Version } from "./version.ts";

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
