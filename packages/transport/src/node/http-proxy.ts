import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import { InvalidOptionError, type TransportErrorCode } from "../errors.ts";
import { checkProxyTarget, proxyError, throughProxy } from "./conversation.ts";
import { checkRange, createDialer, type Dialer, LONGEST_TIMER } from "./dial.ts";
import { checkTarget, formatTarget } from "./target.ts";
import { createTlsDialer, type TlsDialOptions } from "./tls.ts";

/** An HTTP proxy. {@link TlsDialOptions} are for the connection to it. */
export interface HttpProxyOptions extends TlsDialOptions {
  readonly host: string;
  /** Default: 80, and 443 if secure. */
  readonly port?: number | undefined;
  /** Whether the proxy itself is spoken to over TLS (`https://`). Default: false. */
  readonly secure?: boolean | undefined;
  /** Sent as Basic authentication, without waiting to be asked. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Headers to add to the request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for the proxy to connect and to say so; 0 is no limit. Default: 10,000. */
  readonly proxyTimeoutMs?: number | undefined;
}

/**
 * Makes a {@link Dialer} that connects through an HTTP proxy by its method CONNECT. The proxy looks names up.
 *
 * ```ts
 * const connector = tls({ host: "example.net", port: 8883, dial: httpProxy({ host: "proxy.example", port: 3128 }) });
 * ```
 *
 * Throws `InvalidAddressError` and `InvalidOptionError` for what can not work. The dialer rejects with a
 * `TransportError` of stage `"proxy"`.
 */
export function httpProxy(options: HttpProxyOptions): Dialer {
  const { secure = false, host, port = secure ? 443 : 80, proxyTimeoutMs: timeoutMs = 10_000 } = options;
  checkTarget({ host, port });
  checkOptions(options);
  const dial = secure ? createTlsDialer(options) : (options.dial ?? createDialer(options));
  const place = formatTarget({ host, port });
  return async (target, signal) => {
    checkProxyTarget(target);
    const authority = formatTarget({ host: target.host.replace(/%.*/s, ""), port: target.port });
    return throughProxy(dial, { host, port, timeoutMs }, target, signal, async (conversation) => {
      conversation.write(requestFor(authority, options));
      let status: number;
      do status = statusIn(await conversation.readHead(), place);
      while (status < 200); // interim answers
      if (status >= 300) throw statusError(status, place, authority);
    });
  };
}

/** RFC 9110, section 9.3.6. */
function requestFor(authority: string, { username, password, headers = {} }: HttpProxyOptions): string {
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (username !== undefined || password !== undefined) {
    const credentials = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
    lines.push(`Proxy-Authorization: Basic ${credentials}`);
  }
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function statusIn(head: string, place: string): number {
  const match = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head);
  if (match !== null) return Number(match[1]);
  throw proxyError("PETREL_TRANSPORT_PROTOCOL", `${place} does not answer in HTTP; is it an HTTP proxy?`);
}

const FAILURES: ReadonlyMap<number, readonly [code: TransportErrorCode, says: string]> = new Map([
  [403, ["PETREL_TRANSPORT_FORBIDDEN", "does not permit it; many proxies permit port 443 only"]],
  [404, ["PETREL_TRANSPORT_HOST_NOT_FOUND", "does not find the host; check its name"]],
  [405, ["PETREL_TRANSPORT_FORBIDDEN", "permits no CONNECT; many proxies permit it to port 443 only"]],
  [500, ["PETREL_TRANSPORT_REFUSED", "could not connect; does the name exist, and is the server running?"]],
  [502, ["PETREL_TRANSPORT_REFUSED", "could not connect; does the name exist, and is the server running?"]],
  [503, ["PETREL_TRANSPORT_REFUSED", "could not connect; does the name exist, and is the server running?"]],
  [504, ["PETREL_TRANSPORT_UNREACHABLE", "got no answer from it; is the server running?"]],
]);

function statusError(status: number, place: string, authority: string): Error {
  const text = `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  if (status === 407 || status === 401) {
    // 401 is what tinyproxy says
    const message = `the proxy ${place} wants another user name and password (${text}); check those given for it`;
    return proxyError("PETREL_TRANSPORT_UNAUTHORIZED", message, { status });
  }
  const [code, says] = FAILURES.get(status) ?? (["PETREL_TRANSPORT_HTTP_STATUS", "did not connect"] as const);
  return proxyError(code, `asked for ${authority}, the proxy ${place} ${says} (${text})`, { status });
}

/** Never shows a value: it may be a token. */
function checkOptions({ username, headers = {}, proxyTimeoutMs }: HttpProxyOptions): void {
  checkRange("proxyTimeoutMs", proxyTimeoutMs, 0, LONGEST_TIMER);
  if (username?.includes(":") === true) {
    throw new InvalidOptionError("username", "given", "Basic authentication takes no colon in it (RFC 7617)");
  }
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      throw new InvalidOptionError("headers", JSON.stringify(name), (error as Error).message);
    }
  }
}
