import type { ClientOptions, UserProperty, Version, Will } from "@petrel/client";
import { Command, Option } from "commander";
import { resolve } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { complain, note } from "../output/status-line.ts";
import { inTypedWords } from "../typed-words.ts";
import { addCredentialOptions, completeCredentials, type CredentialOptions, passwordOf } from "./credentials.ts";
import { parseHeader, parseUserProperty, parseWhole } from "./parsers.ts";
import { addTlsOptions, type TlsCommandOptions, tlsOptionsOf } from "./tls.ts";
import { needingV5, parseVersionOrAuto, VERSIONS } from "./version.ts";
import { addWillOptions, v5WillOptions, type WillCommandOptions, willOf } from "./will.ts";

/** The options of every command that connects, as they were typed. */
export interface ConnectionOptions extends TlsCommandOptions, CredentialOptions, WillCommandOptions {
  readonly host?: string;
  readonly port?: number;
  readonly protocol?: Protocol;
  readonly srv?: string;
  readonly path?: string;
  readonly wsHeaders?: readonly UserProperty[];
  readonly proxy?: string;
  readonly bind?: string;
  readonly unix?: string;
  readonly mqttVersion: Version | "auto";
  readonly clientId?: string;
  readonly keepalive?: number;
  readonly clean: boolean;
  readonly sessionExpiryInterval?: number;
  readonly rcvMax?: number;
  readonly maximumPacketSize?: number;
  readonly topicAliasMaximum?: number;
  readonly reqResponseInfo?: boolean;
  readonly reqProblemInfo: boolean;
  readonly connUserProperties?: readonly UserProperty[];
  readonly reconnectPeriod?: number;
  readonly maximumReconnectTimes?: number;
  readonly connectTimeout?: number;
  readonly debug?: boolean;
  readonly quiet?: boolean;
}

const PROTOCOLS = ["mqtt", "mqtts", "ws", "wss"] as const;
type Protocol = (typeof PROTOCOLS)[number];

/**
 * Adds the connection options to a command, in groups of their own. Names that the command has given to options of its
 * own keep the command's meaning: add these last.
 */
export function addConnectionOptions(
  command: Command,
  { connects = true }: { readonly connects?: boolean } = {},
): void {
  const connection = new Command().helpOption("--help");
  defineConnectionOptions(connection);
  for (const option of connection.options) addUnlessTaken(command, option);
  if (connects) command.hook("preAction", async (_program, action) => await completeCredentials(action));
}

function addUnlessTaken(command: Command, option: Option): void {
  if (command.options.some(({ long }) => long === option.long)) return;
  const isTaken = command.options.some(({ short }) => short !== undefined && short === option.short);
  if (isTaken) {
    option.flags = option.flags.slice(option.flags.indexOf("--"));
    delete option.short;
  }
  command.addOption(option);
}

function defineConnectionOptions(command: Command): void {
  command
    .optionsGroup("Connection:")
    .option("-h, --host <host>", "server (default: localhost)")
    .option("-p, --port <port>", "port (default: 1883, with mqtts 8883)", parseWhole("--port", 1, 65_535))
    .addOption(
      new Option("-l, --protocol <protocol>", "ws is WebSocket; mqtts and wss are with TLS")
        .choices(PROTOCOLS)
        .default(undefined, "mqtt"),
    )
    .option("-L, --url <url>", "mqtt://user:password@host:port, instead of -h, -p and -l")
    .option("-S, --srv <domain>", "domain that names its servers in DNS, instead of -h and -p")
    .option("--unix <path>", "Unix socket, instead of -h and -p")
    .option("--path <path>", "WebSocket: path, and query if any (default: /mqtt)")
    .option("--ws-headers <name: value>", "WebSocket: header to add, repeatable (also -wh)", parseHeader)
    .option("--proxy <url>", "socks5h://user:password@host:port, http://host:port, or environment")
    .option("--bind <address>", "IP address of this machine to connect from")
    .addOption(
      new Option("-V, --mqtt-version <version>", "auto: the newest that the server speaks, 5.0 if an option needs it")
        .choices(["auto", ...VERSIONS])
        .argParser(parseVersionOrAuto)
        .default("auto"),
    )
    .option("-i, --client-id <id>", "client identifier (default: the server assigns one)");
  addCredentialOptions(command);
  command
    .option("-k, --keepalive <seconds>", "keep alive (default: 60)", parseWhole("--keepalive", 0, 65_535))
    .option(
      "--connect-timeout <seconds>",
      "to open the connection, for TLS, and for the server's answer, each (default: 10, 10 and 20)",
      parseWhole("--connect-timeout", 1, 86_400),
    );
  addTlsOptions(command);
  command
    .optionsGroup("Session:")
    .option("--no-clean", "resume the session of this client id, and keep it (5.0: for --session-expiry-interval)")
    .option(
      "--session-expiry-interval <seconds>",
      "5.0: how long the server keeps the session (default: 0, with --no-clean 3600; also -se)",
      parseWhole("--session-expiry-interval", 0, 0xffff_ffff),
    )
    .option(
      "--rcv-max <n>",
      "5.0: QoS 1 and 2 messages in flight towards us (default: 65535)",
      parseWhole("--rcv-max", 1, 65_535),
    )
    .option(
      "--maximum-packet-size <bytes>",
      "largest packet to accept (default: 16777216)",
      parseWhole("--maximum-packet-size", 1, 0xffff_ffff),
    )
    .option(
      "--topic-alias-maximum <n>",
      "5.0: topic aliases the server may use (default: 16)",
      parseWhole("--topic-alias-maximum", 0, 65_535),
    )
    .option("--req-response-info", "5.0: ask for response information")
    .option("--no-req-problem-info", "5.0: ask for no reason strings and user properties")
    .option(
      "--conn-user-properties <name: value>",
      "5.0: user property of CONNECT, repeatable (also -Cup)",
      parseUserProperty,
    )
    .optionsGroup("Reconnect:")
    .option(
      "--reconnect-period <ms>",
      "fixed time between attempts; 0: never (default: 1 s, growing to 60 s, with jitter; also -rp)",
      parseWhole("--reconnect-period", 0, 86_400_000),
    )
    .option(
      "--maximum-reconnect-times <n>",
      "give up when so many in a row have failed (default: never)",
      parseWhole("--maximum-reconnect-times", 0, 1_000_000),
    );
  addWillOptions(command);
  command
    .optionsGroup("General:")
    .option("--profile <name>", "connect as was saved by petrel profile save; what is typed here goes before")
    .option("--load-options <file>", "JSON or YAML: options as they were saved; what is typed goes before (also -lo)")
    .option("--save-options <file>", "JSON or YAML: keep the options of this command, but no password (also -so)")
    .option("--debug", "on stderr: every packet, and where errors come from")
    .option("--quiet", "say nothing about reconnects");
}

/** Where to connect to. Throws UsageError for what says it twice. */
export function urlOf({ url, unix, srv, host, port, protocol }: ConnectionOptions): string {
  const given = [
    url === undefined ? undefined : "--url",
    srv === undefined ? undefined : "--srv",
    unix === undefined ? undefined : "--unix",
    host === undefined && port === undefined ? undefined : "-h and -p",
  ].filter((name) => name !== undefined);
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} each say where to connect; give one`);
  const fixed = url === undefined ? (unix === undefined ? undefined : "--unix") : "--url";
  if (protocol !== undefined && fixed !== undefined) {
    throw new UsageError(`${fixed} and --protocol each say how to connect; give one`);
  }
  if (url !== undefined) return url;
  if (srv !== undefined && protocol?.startsWith("ws") === true) {
    throw new UsageError("--srv finds servers of mqtt and mqtts; DNS has no records for WebSocket");
  }
  if (srv !== undefined) return `${protocol ?? "mqtt"}+srv://${hostInUrl(srv)}`;
  if (unix !== undefined) return `mqtt+unix://${resolve(unix).split("/").map(encodeURIComponent).join("/")}`;
  return `${protocol ?? "mqtt"}://${hostInUrl(host ?? "localhost")}${port === undefined ? "" : `:${port}`}`;
}

function hostInUrl(host: string): string {
  if (host.includes("://")) throw new UsageError("-h takes the name or address of a host; a URL goes with -L");
  if (/[@/?#]/.test(host)) throw new UsageError(`the host has a character that no host name has (one of @ / ? #)`);
  if (!host.includes(":") || host.startsWith("[")) return host;
  return `[${host.replace("%", "%25")}]`; // the % of a zone, as in fe80::1%eth0
}

/** What the client warns of is a line like all others. */
const LOGGER: ClientOptions["logger"] = {
  warn: (message) => note(inTypedWords(message.replace(/^petrel: /, ""))),
  error: (message) => complain(inTypedWords(message.replace(/^petrel: /, ""))),
};

/** Seconds to open a connection, and for the server's answer to CONNECT. */
const CONNECT_TIMEOUTS = [10, 20] as const;

/** Messages that wait in the client. Bytes are counted by `pub` itself, which knows how to wait for them. */
const QUEUE: ClientOptions["queue"] = { qos0WhileOffline: "queue", bytes: Infinity };

/** The client's options for what was typed. Throws UsageError for what contradicts itself. */
export function clientOptionsOf(options: ConnectionOptions): ClientOptions {
  const { clean, connectTimeout } = options;
  const { mqttVersion: version } = needingV5(options, firstV5Option(options));
  const [connect, connack] = connectTimeout === undefined ? CONNECT_TIMEOUTS : [connectTimeout, connectTimeout];
  const common = {
    clientId: options.clientId,
    username: options.username,
    // With --auth-method the password is proved, and does not go with CONNECT.
    password: options.authMethod === undefined ? passwordOf(options) : undefined,
    keepAlive: options.keepalive,
    tls: tlsOptionsOf(options, urlOf(options)),
    websocket: webSocketOptionsOf(options),
    proxy: options.proxy,
    localAddress: options.bind,
    maximumPacketSize: options.maximumPacketSize,
    logger: LOGGER,
    queue: QUEUE,
    // `sub` subscribes before it is connected: what it waits for is the connection, too.
    timeouts: {
      connect: connect * 1_000,
      proxy: connect * 1_000,
      tls: connect * 1_000,
      websocket: connect * 1_000,
      connack: connack * 1_000,
      request: (4 * connect + connack + 30) * 1_000,
    },
    reconnect: reconnectOf(options),
  } satisfies ClientOptions;
  if (!clean && options.clientId === undefined) {
    throw new UsageError("--no-clean resumes a session by its client id; give it with -i");
  }
  const will = willOf(options);
  if (version === "3.1.1" || version === "3.1") {
    return { ...common, version, cleanSession: clean, will: will as Will<never> | undefined };
  }
  return {
    ...common,
    version,
    // A command is a new process each time: without --no-clean its first connection starts clean, its reconnects resume.
    cleanStart: clean ? "first" : false,
    sessionExpiryInterval: options.sessionExpiryInterval ?? (clean ? undefined : DEFAULT_SESSION_EXPIRY),
    receiveMaximum: options.rcvMax,
    topicAliasMaximum: options.topicAliasMaximum,
    subscriptionIdentifiers: "off", // there is one subscription, and what is printed is what was published
    requestResponseInformation: options.reqResponseInfo,
    requestProblemInformation: options.reqProblemInfo ? undefined : false,
    userProperties: options.connUserProperties,
    authentication: options.authentication,
    will,
  };
}

function webSocketOptionsOf(options: ConnectionOptions): ClientOptions["websocket"] {
  const { path, wsHeaders } = options;
  const given = path !== undefined ? "--path" : wsHeaders !== undefined ? "--ws-headers" : undefined;
  if (given === undefined) return undefined;
  const url = urlOf(options);
  if (!/^wss?:/i.test(url)) {
    throw new UsageError(
      `${given} is for WebSocket, and ${url.slice(0, url.indexOf(":"))}:// is not; add -l ws or wss`,
    );
  }
  return { path, headers: wsHeaders && Object.fromEntries(wsHeaders) };
}

/** Seconds. A session that was asked for is kept for an hour: never for ever without a word. */
const DEFAULT_SESSION_EXPIRY = 3_600;

/** The first option given that only 5.0 has. */
function firstV5Option(options: ConnectionOptions): string | undefined {
  const given: Readonly<Record<string, unknown>> = {
    "--session-expiry-interval": options.sessionExpiryInterval,
    "--rcv-max": options.rcvMax,
    "--topic-alias-maximum": options.topicAliasMaximum,
    "--req-response-info": options.reqResponseInfo,
    "--no-req-problem-info": options.reqProblemInfo ? undefined : true,
    "--conn-user-properties": options.connUserProperties,
    "--auth-method": options.authMethod,
  };
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  return [...names, ...v5WillOptions(options)][0];
}

function reconnectOf({ reconnectPeriod, maximumReconnectTimes }: ConnectionOptions): ClientOptions["reconnect"] {
  if (reconnectPeriod === 0 && maximumReconnectTimes !== undefined && maximumReconnectTimes > 0) {
    throw new UsageError("--reconnect-period 0 means never, and --maximum-reconnect-times how often; give one");
  }
  if (reconnectPeriod === 0 || maximumReconnectTimes === 0) return false;
  // The client counts the first connection as an attempt, too.
  const maximumAttempts = maximumReconnectTimes === undefined ? undefined : maximumReconnectTimes + 1;
  if (reconnectPeriod === undefined) return { maximumAttempts };
  return { initialDelay: reconnectPeriod, maximumDelay: reconnectPeriod, jitter: "none", maximumAttempts };
}
