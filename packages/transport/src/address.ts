import { InvalidAddressError, type AddressPart } from "./errors.ts";

/** The schemes of {@link parseAddress}. */
export type AddressScheme =
  | "mqtt"
  | "tcp"
  | "mqtts"
  | "tls"
  | "ssl"
  | "ws"
  | "wss"
  | "mqtt+unix"
  | "mqtt+srv"
  | "mqtts+srv";

/** The credentials of a URL, percent-decoded; absent when the URL has none. */
export interface AddressCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** `mqtt://`, `tcp://`, and with TLS `mqtts://`, `tls://`, `ssl://`. */
export interface TcpAddress extends AddressCredentials {
  readonly transport: "tcp";
  readonly scheme: AddressScheme;
  readonly secure: boolean;
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  /** Default: 1883, and 8883 with TLS. */
  readonly port: number;
}

/** `ws://` and `wss://`. */
export interface WebSocketAddress extends AddressCredentials {
  readonly transport: "websocket";
  readonly scheme: AddressScheme;
  readonly secure: boolean;
  readonly host: string;
  /** Default: 80, and 443 with TLS. */
  readonly port: number;
  /** The path and the query as they stand in the URL. Default: `/mqtt`. */
  readonly path: string;
}

/** `mqtt+unix:///path`. */
export interface UnixAddress extends AddressCredentials {
  readonly transport: "unix";
  readonly scheme: AddressScheme;
  readonly secure: false;
  /** The path of the socket, percent-decoded. */
  readonly path: string;
}

/** `mqtt+srv://domain` and `mqtts+srv://domain`: DNS SRV records of the domain tell the hosts and their ports. */
export interface SrvAddress extends AddressCredentials {
  readonly transport: "srv";
  readonly scheme: AddressScheme;
  readonly secure: boolean;
  /** The domain. */
  readonly host: string;
}

/** What a URL says about reaching a server; told apart by `transport`. */
export type Address = TcpAddress | WebSocketAddress | UnixAddress | SrvAddress;

interface SchemeDefinition {
  readonly transport: Address["transport"];
  readonly secure: boolean;
  /** The default; 0 where the URL has no port. */
  readonly port: number;
}

const SCHEMES: Readonly<Record<AddressScheme, SchemeDefinition>> = {
  mqtt: { transport: "tcp", secure: false, port: 1883 },
  tcp: { transport: "tcp", secure: false, port: 1883 },
  mqtts: { transport: "tcp", secure: true, port: 8883 },
  tls: { transport: "tcp", secure: true, port: 8883 },
  ssl: { transport: "tcp", secure: true, port: 8883 },
  ws: { transport: "websocket", secure: false, port: 80 },
  wss: { transport: "websocket", secure: true, port: 443 },
  "mqtt+unix": { transport: "unix", secure: false, port: 0 },
  "mqtt+srv": { transport: "srv", secure: false, port: 0 },
  "mqtts+srv": { transport: "srv", secure: true, port: 0 },
};

/**
 * Reads the URL of a server.
 *
 * ```ts
 * parseAddress("mqtts://anna:s%40fe@[::1]");
 * // { transport: "tcp", scheme: "mqtts", secure: true, host: "::1", port: 8883, username: "anna", password: "s@fe" }
 * ```
 *
 * A WebSocket URL without a path gets `/mqtt`; with `/` it has the path `/`. Throws {@link InvalidAddressError}, which
 * names the part that is wrong and never shows a password.
 */
export function parseAddress(url: string): Address {
  const { scheme, authority, path, query, fragment } = splitUrl(url);
  const definition = SCHEMES[scheme];
  const { secure } = definition;
  if (fragment !== "") throw invalid("fragment", "a server's URL has no #fragment; in a password, write # as %23");

  const at = authority.lastIndexOf("@");
  const credentials = parseCredentials(authority.slice(0, Math.max(at, 0)));
  const [hostText, portText] = splitHost(authority.slice(at + 1));

  if (definition.transport === "unix") {
    if (hostText !== "" || portText !== undefined) {
      throw invalid("host", "a Unix socket has no host; write three slashes: mqtt+unix:///run/mqtt.sock");
    }
    refuseQuery(scheme, query);
    return { transport: "unix", scheme, secure: false, path: parseSocketPath(path), ...credentials };
  }

  // What follows an @ may be the rest of a password, if that has an @ of its own and the host was forgotten.
  const shown = at < 0 ? hostText : "the host";
  const host = parseHost(hostText, shown);
  if (definition.transport === "srv") {
    refusePath(scheme, path);
    refuseQuery(scheme, query);
    if (portText !== undefined) throw invalid("port", `${scheme}:// takes the port from DNS; leave it out`);
    return { transport: "srv", scheme, secure, host, ...credentials };
  }

  const port = portText === undefined ? definition.port : parsePort(portText, shown);
  if (definition.transport === "websocket") {
    return { transport: "websocket", scheme, secure, host, port, path: (path || "/mqtt") + query, ...credentials };
  }
  refusePath(scheme, path);
  refuseQuery(scheme, query);
  return { transport: "tcp", scheme, secure, host, port, ...credentials };
}

interface UrlParts {
  readonly scheme: AddressScheme;
  readonly authority: string;
  readonly path: string;
  /** With its question mark. */
  readonly query: string;
  readonly fragment: string;
}

/** An unescaped / ? or # in a password ends the authority early, and `user:secr` is left of it. */
const PLAUSIBLE_AUTHORITY = /^(.*@)?(\[[^\]]*\]|[^:]+)(:\d+)?$/s;

function splitUrl(url: string): UrlParts {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is.exec(url);
  if (match === null) {
    throw invalid("scheme", "the URL does not start with a scheme and two slashes, such as mqtt://localhost");
  }
  const [, scheme = "", authority = "", path = "", query = "", fragment = ""] = match;
  const known = scheme.toLowerCase();
  if (!isScheme(known)) {
    throw invalid("scheme", `${scheme}:// is not a scheme of MQTT; known are ${Object.keys(SCHEMES).join(", ")}`);
  }
  const { transport } = SCHEMES[known];
  if (
    (path + query + fragment).includes("@") &&
    (transport === "tcp" || transport === "srv" || (transport === "websocket" && !PLAUSIBLE_AUTHORITY.test(authority)))
  ) {
    throw invalid("password", "an @ follows the first / ? or #; in a username or password, write those as %2F %3F %23");
  }
  return { scheme: known, authority, path, query, fragment };
}

function isScheme(text: string): text is AddressScheme {
  return Object.hasOwn(SCHEMES, text);
}

function parseCredentials(text: string): AddressCredentials {
  const colon = text.indexOf(":");
  const username = decode("username", colon < 0 ? text : text.slice(0, colon));
  if (colon < 0) return username === "" ? {} : { username };
  const password = decode("password", text.slice(colon + 1));
  return username === "" ? { password } : { username, password };
}

function decode(part: AddressPart, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(part, `the ${part} has a % that starts no UTF-8 percent-encoding; write a literal % as %25`);
  }
}

function splitHost(text: string): [host: string, port: string | undefined] {
  const colon = text.indexOf(":", text.startsWith("[") ? text.indexOf("]") : 0);
  if (colon >= 0 && text.includes(":", colon + 1)) {
    throw invalid("host", "the host has several colons; an IPv6 address stands in brackets, such as [::1]");
  }
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function parseHost(text: string, shown: string): string {
  if (text === "") throw invalid("host", "the URL names no host; this machine is localhost");
  if (text.startsWith("[")) {
    const address = /^\[([^%\]]*)(?:%25([^%\]]+))?\]$/.exec(text);
    if (address === null || !isIpv6(address[1]!)) {
      throw invalid("host", `${shown} is not an IPv6 address in brackets, such as [::1] or [fe80::1%25eth0]`);
    }
    return address[2] === undefined ? address[1]! : `${address[1]}%${address[2]}`;
  }
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f<>[\]\\^`{|}%"]/.test(text)) {
    throw invalid("host", `${JSON.stringify(shown)} has a character that no host name has`);
  }
  return text;
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(groups.at(-1) ?? "");
  if (dotted !== null && dotted.slice(1).every((byte) => Number(byte) <= 255)) groups.splice(-1, 1, "0", "0");
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8;
}

/** The text is not shown: in `mqtt://user:secret`, where the host was forgotten, it is the password. */
function parsePort(text: string, shown: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw invalid("port", `what follows ${shown}: is not a port, a whole number from 1 to 65535`);
}

function parseSocketPath(path: string): string {
  if (path === "" || path === "/") {
    throw invalid("path", "the URL names no socket; write its path after three slashes: mqtt+unix:///run/mqtt.sock");
  }
  return decode("path", path);
}

function refusePath(scheme: AddressScheme, path: string): void {
  if (path === "" || path === "/") return;
  throw invalid("path", `${scheme}:// has no path, and this URL has one; topics are not part of the URL`);
}

function refuseQuery(scheme: AddressScheme, query: string): void {
  if (query !== "") throw invalid("query", `${scheme}:// has no ?query; give options to the client instead`);
}

function invalid(part: AddressPart, message: string): InvalidAddressError {
  return new InvalidAddressError(part, message);
}
