import { OptionError } from "@petrel/session";
import {
  type Address,
  type Connector,
  InvalidOptionError,
  parseAddress,
  type SrvAddress,
  type TlsOptions,
} from "@petrel/transport";
import { srv, type SrvTarget } from "@petrel/transport/srv";
import { type DialOptions, tcp } from "@petrel/transport/tcp";
import { tls } from "@petrel/transport/tls";
import type { Destination } from "../approach.ts";
import type { ClientOptions } from "../core.ts";
import type { Logger } from "../options.ts";

/** Throws InvalidAddressError for a URL that is none, OptionError for options that cannot work. */
export function connectorFor(url: string, options: ClientOptions): Destination {
  const address = parseAddress(url);
  return {
    connector: options.connector ?? networkConnector(address, options),
    username: options.username ?? address.username,
    password: options.password ?? address.password,
  };
}

function networkConnector(address: Address, options: ClientOptions): Connector {
  if (options.tls !== undefined && !address.secure) {
    const why = `${address.scheme}:// is not encrypted; with TLS the URL begins with mqtts:// or wss://`;
    throw new OptionError("tls", options.tls, why);
  }
  if (address.secure && options.tls?.rejectUnauthorized === false) warnOnce(options.logger);
  try {
    return connectorTo(address, options);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    throw new OptionError(nameInClient(error.option), error.value, error.reason);
  }
}

function connectorTo(address: Address, options: ClientOptions): Connector {
  switch (address.transport) {
    case "unix":
      return tcp({ path: address.path, ...dialOptions(options) });
    case "tcp":
      return serverConnector({ host: address.host, port: address.port }, address.secure, options);
    case "srv":
      return domainConnector(address, options);
    case "websocket":
      throw new OptionError("url", `${address.scheme}://…`, "this version of Petrel has no WebSockets here yet");
  }
}

function serverConnector(target: SrvTarget, secure: boolean, options: ClientOptions): Connector {
  if (!secure) return tcp({ ...target, ...dialOptions(options) });
  return tls({ ...target, ...dialOptions(options), ...options.tls, tlsTimeoutMs: options.timeouts?.tls });
}

/** The services that IANA has registered for MQTT. */
function domainConnector({ host: domain, secure }: SrvAddress, options: ClientOptions): Connector {
  const connectorTo = (target: SrvTarget): Connector =>
    serverConnector(target, secure, secure ? { ...options, tls: tlsWithin(domain, target, options.tls) } : options);
  connectorTo({ host: domain, port: 1 }); // checks the options before DNS is asked
  const service = secure ? "_secure-mqtt._tcp" : "_mqtt._tcp";
  return srv({ domain, service, connectorTo, dnsTimeoutMs: options.timeouts?.connect });
}

/**
 * Whoever answers for DNS chooses the target, and may have a good certificate for it: a target outside the domain has to
 * show one for the domain (RFC 6125, section 6.2.1).
 */
function tlsWithin(domain: string, { host }: SrvTarget, options: TlsOptions | undefined): TlsOptions {
  const within = `.${host}`.toLowerCase().endsWith(`.${domain.toLowerCase()}`);
  return within ? { ...options } : { servername: domain, ...options };
}

function dialOptions({ localAddress, localPort, socket = {}, timeouts }: ClientOptions): DialOptions {
  const { noDelay, keepAlive, family, highWaterMark } = socket;
  return {
    connectTimeoutMs: timeouts?.connect ?? 10_000,
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
    ...(noDelay !== undefined && { noDelay }),
    ...(keepAlive !== undefined && { keepAlive }),
    ...(family !== undefined && { family }),
    ...(highWaterMark !== undefined && { highWaterMark }),
  };
}

const NAMES: Readonly<Record<string, string>> = {
  connectTimeoutMs: "timeouts.connect",
  dnsTimeoutMs: "timeouts.connect",
  tlsTimeoutMs: "timeouts.tls",
  localAddress: "localAddress",
  localPort: "localPort",
  family: "socket.family",
  highWaterMark: "socket.highWaterMark",
};

/** A transport's option as the client calls it. */
function nameInClient(option: string): string {
  return NAMES[option] ?? `tls.${option}`;
}

let warned = false;

function warnOnce(logger: Logger | undefined): void {
  if (warned) return;
  warned = true;
  const message = "tls.rejectUnauthorized is false: anybody can pose as the server and read along";
  if (logger === undefined) process.emitWarning(message, { code: "PETREL_TLS_UNVERIFIED" });
  else logger.warn(message);
}
