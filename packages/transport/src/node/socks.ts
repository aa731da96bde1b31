import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { abortedError, InvalidOptionError, type TransportErrorCode } from "../errors.ts";
import type { Signal } from "../transport.ts";
import { checkProxyTarget, type Conversation, proxyError, throughProxy } from "./conversation.ts";
import { checkRange, createDialer, type Dialer, type DialOptions, LONGEST_TIMER } from "./dial.ts";
import { connectError } from "./system-error.ts";
import { checkTarget, formatTarget } from "./target.ts";

/** `socks4` and `socks5` look names up here; `socks4a` and `socks5h` let the proxy do it. */
export type SocksKind = "socks4" | "socks4a" | "socks5" | "socks5h";

/** A SOCKS proxy. {@link DialOptions} are for the connection to it. */
export interface SocksOptions extends DialOptions {
  readonly host: string;
  /** Default: 1080. */
  readonly port?: number | undefined;
  /** Default: `"socks5h"`. */
  readonly kind?: SocksKind | undefined;
  /** At most 255 bytes of UTF-8. SOCKS 4 calls it the user id. */
  readonly username?: string | undefined;
  /** At most 255 bytes of UTF-8; SOCKS 5 only. */
  readonly password?: string | undefined;
  /** Opens the connection to the proxy. Default: a direct one. */
  readonly dial?: Dialer | undefined;
  /** Milliseconds for the proxy to connect and to say so; 0 is no limit. Default: 10,000. */
  readonly proxyTimeoutMs?: number | undefined;
}

/**
 * Makes a {@link Dialer} that connects through a SOCKS proxy.
 *
 * ```ts
 * const connector = tcp({ host: "example.net", port: 1883, dial: socks({ host: "127.0.0.1", port: 1080 }) });
 * ```
 *
 * Throws `InvalidAddressError` and `InvalidOptionError` for what can not work. The dialer rejects with a
 * `TransportError` of stage `"proxy"`, or `"dns"` where the name is looked up here.
 */
export function socks(options: SocksOptions): Dialer {
  const { host, port = 1080, kind = "socks5h", proxyTimeoutMs: timeoutMs = 10_000 } = options;
  checkTarget({ host, port });
  checkOptions(options, kind);
  const dial = options.dial ?? createDialer(options);
  return async (target, signal) => {
    checkProxyTarget(target);
    const resolvesHere = kind === "socks4" || kind === "socks5";
    const name = resolvesHere ? await resolveHere(target, kind, signal) : target.host.replace(/%.*/s, "");
    return throughProxy(dial, { host, port, timeoutMs }, target, signal, async (conversation) => {
      const request: Request = { host: name, port: target.port, proxy: formatTarget({ host, port }) };
      await (kind.startsWith("socks4") ? talk4(conversation, request, options) : talk5(conversation, request, options));
    });
  };
}

interface Request {
  readonly host: string;
  readonly port: number;
  /** The proxy, for messages. */
  readonly proxy: string;
}

/** SOCKS 5: RFC 1928, with user name and password by RFC 1929. */
async function talk5(conversation: Conversation, request: Request, options: SocksOptions): Promise<void> {
  const { username, password } = options;
  const hasCredentials = username !== undefined || password !== undefined;
  conversation.write(Uint8Array.from(hasCredentials ? [5, 2, NO_AUTHENTICATION, BY_PASSWORD] : [5, 1, 0]));
  const [version, method] = await conversation.read(2);
  if (version !== 5) throw notSocks(request, 5);
  if (method === BY_PASSWORD && hasCredentials) {
    conversation.write(Buffer.concat([Uint8Array.of(1), counted(username), counted(password)]));
    const [, status] = await conversation.read(2);
    if (status !== 0) {
      const message = `the proxy ${request.proxy} does not accept this user name and password; check both`;
      throw proxyError("PETREL_TRANSPORT_UNAUTHORIZED", message);
    }
  } else if (method !== NO_AUTHENTICATION) {
    throw proxyError(
      "PETREL_TRANSPORT_UNAUTHORIZED",
      hasCredentials
        ? `the proxy ${request.proxy} takes no user name and password; it wants another kind of authentication`
        : `the proxy ${request.proxy} wants a user name and a password; give them in its URL`,
    );
  }

  conversation.write(Buffer.concat([Uint8Array.of(5, CONNECT, 0), address5(request.host), portBytes(request.port)]));
  const [answerVersion, reply = 1, , addressType] = await conversation.read(4);
  if (answerVersion !== 5) throw notSocks(request, 5);
  if (reply !== 0) throw replyError(request, reply);
  // The address that the proxy connects from says nothing to us, but has to be read.
  const [length] = addressType === NAME ? await conversation.read(1) : [addressType === IPV6 ? 16 : 4];
  await conversation.read(length! + 2);
}

/** SOCKS 4, and 4a, whose host name follows an address that can't be one. */
async function talk4(conversation: Conversation, request: Request, { username = "" }: SocksOptions): Promise<void> {
  const isAddress = isIP(request.host) === 4;
  conversation.write(
    Buffer.concat([
      Uint8Array.of(4, CONNECT),
      portBytes(request.port),
      Uint8Array.from(isAddress ? request.host.split(".").map(Number) : [0, 0, 0, 1]),
      Buffer.from(`${username}\0`),
      Buffer.from(isAddress ? "" : `${request.host}\0`),
    ]),
  );
  const [version, reply = 0] = await conversation.read(8);
  if (version !== 0) throw notSocks(request, 4);
  if (reply === 0x5a) return;
  if (reply === 0x5c || reply === 0x5d) {
    const message = `the proxy ${request.proxy} does not accept this user id; check it, and this machine's identd`;
    throw proxyError("PETREL_TRANSPORT_UNAUTHORIZED", message);
  }
  throw proxyError(
    "PETREL_TRANSPORT_REFUSED",
    `the proxy ${request.proxy} could not connect to ${formatTarget(request)}, or may not (SOCKS 4 reply ${reply}); ` +
      "is the server running, and does the proxy permit it?",
  );
}

const NO_AUTHENTICATION = 0;
const BY_PASSWORD = 2;
const CONNECT = 1;
const NAME = 3;
const IPV6 = 4;

/** What SOCKS 5 answers, RFC 1928, section 6. */
const REPLIES: ReadonlyMap<number, readonly [code: TransportErrorCode, says: string]> = new Map([
  [1, ["PETREL_TRANSPORT_FAILED", "could not connect; does the name exist, and is the server running?"]],
  [2, ["PETREL_TRANSPORT_FORBIDDEN", "does not permit it by its rules"]],
  [3, ["PETREL_TRANSPORT_UNREACHABLE", "has no route to its network"]],
  [4, ["PETREL_TRANSPORT_UNREACHABLE", "has no route to it, or does not find the name; check the host"]],
  [5, ["PETREL_TRANSPORT_REFUSED", "found that nothing listens there; is the server running, and is this its port?"]],
  [6, ["PETREL_TRANSPORT_UNREACHABLE", "lost the packets on the way (TTL expired)"]],
  [7, ["PETREL_TRANSPORT_PROTOCOL", "does not open connections (CONNECT)"]],
  [
    8,
    ["PETREL_TRANSPORT_PROTOCOL", "does not know this kind of address; another is given with socks5:// or socks5h://"],
  ],
]);

function replyError(request: Request, reply: number): Error {
  const [code, says] = REPLIES.get(reply) ?? (["PETREL_TRANSPORT_FAILED", "could not connect"] as const);
  const message = `asked for ${formatTarget(request)}, the proxy ${request.proxy} ${says} (SOCKS 5 reply ${reply})`;
  return proxyError(code, message);
}

function notSocks(request: Request, version: number): Error {
  return proxyError(
    "PETREL_TRANSPORT_PROTOCOL",
    `${request.proxy} does not answer in SOCKS ${version}; is it a proxy of this kind?`,
  );
}

async function resolveHere(
  target: { readonly host: string; readonly port: number },
  kind: SocksKind,
  signal: Signal | undefined,
): Promise<string> {
  const version = isIP(target.host);
  if (kind === "socks4" && version === 6) throw noIpv6();
  if (version !== 0) return target.host.replace(/%.*/s, "");
  if (signal?.aborted === true) throw abortedError(formatTarget(target), "dns", signal);
  return new Promise((resolve, reject) => {
    // The lookup itself can't be ended; what it finds is then ignored.
    const onAbort = (): void => reject(abortedError(formatTarget(target), "dns", signal!));
    signal?.addEventListener("abort", onAbort);
    lookup(target.host, { family: kind === "socks4" ? 4 : 0 })
      .then(
        ({ address }) => resolve(address),
        (error: Error) => reject(connectError(error, target)),
      )
      .finally(() => signal?.removeEventListener("abort", onAbort));
  });
}

function noIpv6(): Error {
  return proxyError("PETREL_TRANSPORT_PROTOCOL", "SOCKS 4 has no IPv6 addresses; use socks5://, if the proxy knows it");
}

function address5(host: string): Uint8Array {
  switch (isIP(host)) {
    case 4:
      return Uint8Array.from([1, ...host.split(".").map(Number)]);
    case 6:
      return Uint8Array.from([IPV6, ...ipv6Bytes(host)]);
    default:
      return Buffer.concat([Uint8Array.of(NAME), counted(host)]);
  }
}

function ipv6Bytes(address: string): number[] {
  // The URL writes it in its shortest form, without dots.
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (half: string): string[] => (half === "" ? [] : half.split(":"));
  const [before, after] = [groups(left), groups(right ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}

function portBytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

/** The text after its length in one byte. */
function counted(text: string = ""): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

function checkOptions({ username, password, proxyTimeoutMs }: SocksOptions, kind: SocksKind): void {
  checkRange("proxyTimeoutMs", proxyTimeoutMs, 0, LONGEST_TIMER);
  for (const [name, value] of Object.entries({ username, password })) {
    if (value === undefined || Buffer.byteLength(value) <= 255) continue;
    throw new InvalidOptionError(name, "too long", "SOCKS takes at most 255 bytes");
  }
  if (!kind.startsWith("socks4")) return;
  if (password !== undefined) throw new InvalidOptionError("password", "given", "SOCKS 4 takes a user name only");
  if (username?.includes("\0")) throw new InvalidOptionError("username", "given", "it has a zero character");
}
