import { InvalidOptionError } from "../errors.ts";
import type { ProxyOptions } from "../proxy-options.ts";
import type { Dialer, DialOptions } from "./dial.ts";
import { httpProxy } from "./http-proxy.ts";
import { proxyFromEnvironment, type ProxyTarget } from "./proxy-environment.ts";
import { socks, type SocksKind } from "./socks.ts";

export { proxyFromEnvironment, type ProxyOptions, type ProxyTarget };

/** How the connection to a proxy is opened. */
export interface ProxyDialOptions extends DialOptions {
  /** Opens the connection to the proxy. Default: a direct one. */
  readonly dial?: Dialer | undefined;
  /** Milliseconds for the proxy to connect and to say so; 0 is no limit. Default: 10,000. */
  readonly proxyTimeoutMs?: number | undefined;
  /** Milliseconds for the TLS handshake with an `https` proxy; 0 is no limit. Default: 10,000. */
  readonly tlsTimeoutMs?: number | undefined;
}

const SOCKS_KINDS: ReadonlyMap<string, SocksKind> = new Map([
  ["socks", "socks5h"],
  ["socks4", "socks4"],
  ["socks4a", "socks4a"],
  ["socks5", "socks5"],
  ["socks5h", "socks5h"],
]);

/**
 * Makes a {@link Dialer} that connects through the proxy at a URL.
 *
 * ```ts
 * const connector = tcp({ host: "example.net", port: 1883, dial: proxy("socks5h://anna:secret@127.0.0.1") });
 * ```
 *
 * Throws `InvalidOptionError` for what can not work; it never shows a password.
 */
export function proxy(options: string | ProxyOptions, via: ProxyDialOptions = {}): Dialer {
  const given: ProxyOptions = typeof options === "string" ? { url: options } : options;
  const { scheme, username, password, ...place } = parseProxyUrl(given.url);
  const credentials = { username: given.username ?? username, password: given.password ?? password };
  const kind = SOCKS_KINDS.get(scheme);
  if (kind === undefined) {
    const secure = scheme === "https";
    return httpProxy({ ...via, ...given.tls, ...place, ...credentials, secure, headers: given.headers });
  }
  for (const name of ["headers", "tls"] as const) {
    if (given[name] !== undefined) {
      throw new InvalidOptionError(name, "given", `it is for HTTP proxies, not for ${scheme}://`);
    }
  }
  return socks({ ...via, ...place, ...credentials, kind });
}

interface ProxyUrl {
  readonly scheme: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** The text itself is not shown: it may have a password where none belongs. */
function parseProxyUrl(text: string): ProxyUrl {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]]*\]|[^:/?#@[\]]+)(?::(\d{1,5}))?\/?$/i.exec(text);
  if (match === null) {
    throw new InvalidOptionError("proxy", "not a proxy's URL", "it looks like socks5h://user:password@host:1080");
  }
  const scheme = match[1]!.toLowerCase();
  if (!SOCKS_KINDS.has(scheme) && scheme !== "http" && scheme !== "https") {
    const known = [...SOCKS_KINDS.keys(), "http", "https"].join(", ");
    throw new InvalidOptionError("proxy", `${scheme}://…`, `known are ${known}`);
  }
  const [, , userInfo, host = "", portText] = match;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw new InvalidOptionError("proxy", `${scheme}://…:${port}`, "a port is a whole number from 1 to 65535");
  }
  const colon = userInfo?.indexOf(":") ?? -1;
  const part = (value: string | undefined): string | undefined =>
    value === undefined || value === "" ? undefined : decode(value);
  return {
    scheme,
    host: host.startsWith("[") ? host.slice(1, -1) : host,
    port,
    username: part(colon < 0 ? userInfo : userInfo!.slice(0, colon)),
    password: part(colon < 0 ? undefined : userInfo!.slice(colon + 1)),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidOptionError("proxy", "not a proxy's URL", "write a % in a user name or password as %25");
  }
}
