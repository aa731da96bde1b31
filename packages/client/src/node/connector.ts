import { OptionError } from "@petrel/session";
import {
  type Address,
  type Connector,
  InvalidOptionError,
  parseAddress,
  type SrvAddress,
  type TlsOptions,
  type WebSocketAddress,
} from "@petrel/transport";
import { srv, type SrvConnector, type SrvTarget } from "@petrel/transport/srv";
import { proxy, proxyFromEnvironment } from "@petrel/transport/proxy";
import { createDialer, type Dialer, type DialOptions, tcp } from "@petrel/transport/tcp";
import { tls } from "@petrel/transport/tls";
import { websocket } from "@petrel/transport/websocket";
import type { Destination } from "../approach.ts";
import type { ClientOptions, Logger } from "../options.ts";

/** Throws InvalidAddressError for a URL that is none, OptionError for options that cannot work. */
export function connectorFor(url: string, options: ClientOptions): Destination {
  const address = parseAddress(url);
  const connector: Connector & Partial<SrvConnector> = options.connector ?? networkConnector(address, options);
  return {
    connector,
    username: options.username ?? address.username,
    password: options.password ?? address.password,
    handleEnded: connector.handleEnded,
  };
}

function networkConnector(address: Address, options: ClientOptions): Connector & Partial<SrvConnector> {
  if (options.tls !== undefined && !address.secure) {
    const why = `${address.scheme}:// is not encrypted; with TLS the URL begins with mqtts:// or wss://`;
    throw new OptionError("tls", options.tls, why);
  }
  if (address.secure && options.tls?.rejectUnauthorized === false) warnOnce(options.logger);
  return inOurWords("tls.", () => connectorTo(address, options));
}

function connectorTo(address: Address, options: ClientOptions): Connector & Partial<SrvConnector> {
  switch (address.transport) {
    case "unix":
      refuseProxy(options, "there is none before a Unix socket");
      return tcp({ path: address.path, ...dialOptions(options) });
    case "tcp":
      return serverConnector({ host: address.host, port: address.port }, address.secure, options);
    case "srv":
      return domainConnector(address, options);
    case "websocket":
      return webSocketConnector(address, options);
  }
}

const MIB = 1024 * 1024;

function webSocketConnector(address: WebSocketAddress, options: ClientOptions): Connector {
  const { timeouts, version, maximumPacketSize = 16 * MIB } = options;
  const { path = address.path, subprotocol, agent, headers, query, compression } = options.websocket ?? {};
  if (agent !== undefined) refuseProxy(options, "websocket.agent opens the sockets itself");
  const { host, port, secure } = address;
  const target = { host, port };
  const dial = agent === undefined ? dialerFor(target, secure, options) : undefined;
  return inOurWords("websocket.", () =>
    websocket({
      ...(secure && options.tls),
      ...{ host, port, secure, dial, agent, path, headers, query, compression },
      // Servers of MQTT 3.1 knew another name. [MQTT-6.0.0-3]
      subprotocol: subprotocol ?? (version === "3.1" ? "mqttv3.1" : "mqtt"),
      // A WebSocket message may carry several packets, and parts of them: the largest, and others beside it.
      maxPayload: maximumPacketSize + MIB,
      tlsTimeoutMs: timeouts?.tls,
      websocketTimeoutMs: timeouts?.websocket,
    }),
  );
}

function serverConnector(target: SrvTarget, secure: boolean, options: ClientOptions): Connector {
  const dial = dialerFor(target, secure, options);
  if (!secure) return tcp({ ...target, dial });
  return tls({ ...target, ...dialOptions(options), dial, ...options.tls, tlsTimeoutMs: options.timeouts?.tls });
}

/** What opens the connection that all else runs on: to the server, or through a proxy. */
function dialerFor(target: SrvTarget, secure: boolean, options: ClientOptions): Dialer {
  const { timeouts } = options;
  const chosen = options.proxy === "environment" ? proxyFromEnvironment({ ...target, secure }) : options.proxy;
  if (chosen === undefined) return createDialer(dialOptions(options));
  const via = { ...dialOptions(options), proxyTimeoutMs: timeouts?.proxy, tlsTimeoutMs: timeouts?.tls };
  return inOurWords("proxy.", () => proxy(chosen, via));
}

function refuseProxy({ proxy: given }: ClientOptions, why: string): void {
  if (given !== undefined && given !== "environment") throw new OptionError("proxy", "given", why);
}

/** The services that IANA has registered for MQTT. */
function domainConnector({ host: domain, secure }: SrvAddress, options: ClientOptions): SrvConnector {
  const connectorTo = (target: SrvTarget): Connector =>
    serverConnector(target, secure, secure ? { ...options, tls: tlsWithin(domain, target, options.tls) } : options);
  connectorTo({ host: domain, port: 1 }); // checks the options before DNS is asked
  const service = secure ? "_secure-mqtt._tcp" : "_mqtt._tcp";
  return srv({ domain, service, connectorTo, dnsTimeoutMs: options.timeouts?.dns ?? options.timeouts?.connect });
}

/**
 * Whoever answers for DNS chooses the target, and may have a good certificate for it: a target outside the domain has to
 * show one for the domain (RFC 6125, section 6.2.1).
 */
function tlsWithin(domain: string, { host }: SrvTarget, options: TlsOptions | undefined): TlsOptions {
  const within = `.${host}`.toLowerCase().endsWith(`.${domain.toLowerCase()}`);
  return within ? { ...options } : { ...options, servername: options?.servername ?? domain };
}

function dialOptions({ localAddress, localPort, socket = {}, timeouts }: ClientOptions): DialOptions {
  const { noDelay, keepAlive, family, highWaterMark } = socket;
  return {
    connectTimeoutMs: timeouts?.connect ?? 10_000,
    ...(timeouts?.dns !== undefined && { dnsTimeoutMs: timeouts.dns }),
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
    ...(noDelay !== undefined && { noDelay }),
    ...(keepAlive !== undefined && { keepAlive }),
    ...(family !== undefined && { family }),
    ...(highWaterMark !== undefined && { highWaterMark }),
  };
}

/** The transport's options that the client has elsewhere. */
const NAMES: Readonly<Record<string, string>> = {
  connectTimeoutMs: "timeouts.connect",
  dnsTimeoutMs: "timeouts.dns",
  tlsTimeoutMs: "timeouts.tls",
  proxyTimeoutMs: "timeouts.proxy",
  websocketTimeoutMs: "timeouts.websocket",
  maxPayload: "maximumPacketSize",
  localAddress: "localAddress",
  localPort: "localPort",
  family: "socket.family",
  highWaterMark: "socket.highWaterMark",
  proxy: "proxy",
};

const OF_THE_WEBSOCKET: readonly string[] = ["path", "query", "headers", "subprotocol", "agent"];

/** Names a wrong option as it was typed; `prefix` is the object that it came in. */
function inOurWords<Made>(prefix: "tls." | "websocket." | "proxy.", make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const { option, value, reason } = error;
    // A secure WebSocket takes options of TLS, too.
    const object = prefix === "websocket." && !OF_THE_WEBSOCKET.includes(option) ? "tls." : prefix;
    throw new OptionError(NAMES[option] ?? object + option, value, reason);
  }
}

let warned = false;

function warnOnce(logger: Logger | undefined): void {
  if (warned) return;
  warned = true;
  const message = "tls.rejectUnauthorized is false: anybody can pose as the server and read along";
  if (logger === undefined) process.emitWarning(message, { code: "PETREL_TLS_UNVERIFIED" });
  else logger.warn(message);
}
