import { OptionError } from "@petrel/session";
import type { ProxyOptions, TlsOptions } from "@petrel/transport";
import type { WebSocketOptions } from "./network-options.ts";
import { checkNames } from "./option-names.ts";
import {
  type AttemptOptions,
  type ClientOptions,
  type OptionsV3,
  type OptionsV5,
  type ReconnectOptions,
  type SocketOptions,
  type TimeoutOptions,
  type UnclaimedOptions,
  type Will,
} from "./options.ts";
import type { PublishDefaults } from "./publish-defaults.ts";

const WORDS = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  function: "a function",
  object: "an object",
  bytes: "a Uint8Array",
  list: "a list",
} as const;

type Kind = keyof typeof WORDS;
type Kinds = readonly Kind[];
interface Table {
  readonly [name: string]: Kinds | Table;
}
/** None is forgotten: what is in no table is no option. */
type TableOf<Options> = Table & Readonly<Record<keyof Options, Kinds | Table>>;

const text: Kinds = ["string"];
const number: Kinds = ["number"];
const flag: Kinds = ["boolean"];
const object: Kinds = ["object"];
const list: Kinds = ["list"];
const callback: Kinds = ["function"];
const textOrBytes: Kinds = ["string", "bytes"];
/** Text or bytes, several of them, or a function that is asked for them. */
const material: Kinds = ["string", "bytes", "list", "function"];

const will: TableOf<Will<unknown>> = {
  topic: text,
  payload: textOrBytes,
  qos: number,
  retain: flag,
  properties: object,
};
const publishDefaults: TableOf<PublishDefaults> = { qos: number, retain: flag, topics: object };
const queue: TableOf<NonNullable<OptionsV5["queue"]>> = {
  messages: number,
  bytes: number,
  maximumAge: number,
  overflow: text,
  qos0WhileOffline: text,
};
const unclaimed: TableOf<UnclaimedOptions> = { hold: number, buffer: number, bytes: number };
const timeouts: TableOf<TimeoutOptions> = {
  connect: number,
  dns: number,
  proxy: number,
  tls: number,
  websocket: number,
  connack: number,
  pingResponse: number,
  request: number,
  consumer: number,
};
const reconnect: TableOf<ReconnectOptions> = {
  initialDelay: number,
  maximumDelay: number,
  factor: number,
  jitter: text,
  maximumAttempts: number,
  resetAfter: number,
  retryInitial: flag,
  decide: callback,
};
const tls: TableOf<TlsOptions> = {
  ca: material,
  caFile: text,
  caPath: text,
  cert: material,
  certFile: text,
  key: material,
  keyFile: text,
  passphrase: ["string", "function"],
  pfx: ["bytes", "function"],
  pfxFile: text,
  crl: material,
  crlFile: text,
  alpnProtocols: list,
  ciphers: text,
  minVersion: text,
  maxVersion: text,
  servername: text,
  rejectUnauthorized: flag,
  checkHostname: flag,
  secureContext: ["object", "function"],
  resumeSession: flag,
};
const websocket: TableOf<WebSocketOptions> = {
  path: text,
  query: ["string", "object", "function"],
  headers: ["object", "function"],
  subprotocol: text,
  compression: flag,
  agent: object,
};
const socket: TableOf<SocketOptions> = { noDelay: flag, keepAlive: flag, family: number, highWaterMark: number };
const proxy: TableOf<ProxyOptions> = { url: text, username: text, password: text, headers: object, tls };

/** What each option is, for callers without types. What it may say is checked by whoever it is for. */
const OPTIONS: TableOf<Omit<OptionsV5, "version"> & OptionsV3> = {
  version: text,
  clientId: text,
  username: text,
  password: textOrBytes,
  keepAlive: number,
  cleanStart: ["boolean", "string"],
  cleanSession: flag,
  sessionExpiryInterval: ["number", "string"],
  bridge: flag,
  will,
  receiveMaximum: number,
  maximumPacketSize: number,
  maximumInflight: number,
  maximumConcurrentRequests: number,
  topicAliasMaximum: number,
  topicAliases: text,
  subscriptionIdentifiers: text,
  requestResponseInformation: flag,
  requestProblemInformation: flag,
  userProperties: list,
  authentication: object,
  publishDefaults,
  queue,
  afterSessionLost: text,
  resubscribe: text,
  unclaimed,
  timeouts,
  reconnect,
  servers: list,
  followRedirects: number,
  optionsForAttempt: callback,
  tls,
  websocket,
  proxy,
  localAddress: text,
  localPort: number,
  socket,
  connector: callback,
  logger: object,
  signal: object,
  clock: object,
  random: callback,
};

/** Objects of the application's own, and what they must be able to do. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  logger: ["warn", "error"],
  signal: ["addEventListener", "removeEventListener"],
  clock: ["now", "wall", "microtask", "timer"],
};

/** Their values stay out of errors. */
const SECRETS: ReadonlySet<string> = new Set(["password", "passphrase", "key", "pfx", "headers", "query"]);

/** Throws {@link OptionError} for an option that there is not, or that is of another kind than it has to be. */
export function checkOptionKinds(options: ClientOptions): void {
  requireKind("options", options, object);
  checkTable(options as Readonly<Record<string, unknown>>, OPTIONS, "");
}

/** As {@link checkOptionKinds}, for those of an attempt. */
export function checkAttemptKinds({ url, ...options }: AttemptOptions): void {
  if (url !== undefined) requireKind("url", url, text);
  checkOptionKinds(options);
}

function checkTable(options: Readonly<Record<string, unknown>>, table: Table, prefix: string): void {
  checkNames(options, table, "a client", prefix, OPTIONS);
  for (const name in table) {
    const value = options[name];
    if (value === undefined) continue;
    const kinds = table[name]!;
    const option = prefix + name;
    if (isList(kinds)) {
      requireKind(option, value, kinds);
      for (const method of METHODS[option] ?? []) {
        requireKind(`${option}.${method}`, (value as Readonly<Record<string, unknown>>)[method], callback);
      }
    } else if (!(option === "reconnect" && value === false) && !(option === "proxy" && typeof value === "string")) {
      requireKind(option, value, object, option === "reconnect" ? "false or " : option === "proxy" ? "text or " : "");
      checkTable(value as Readonly<Record<string, unknown>>, kinds, `${option}.`);
    }
  }
}

function requireKind(option: string, value: unknown, kinds: Kinds, or = ""): void {
  if (kinds.includes(kindOf(value) as Kind)) return;
  const shown = SECRETS.has(option.slice(option.lastIndexOf(".") + 1)) ? "***" : value;
  throw new OptionError(option, shown, `it must be ${or}${kinds.map((kind) => WORDS[kind]).join(" or ")}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return value instanceof Uint8Array ? "bytes" : typeof value;
}

function isList(kinds: Kinds | Table): kinds is Kinds {
  return Array.isArray(kinds);
}
