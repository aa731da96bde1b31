import type { Signal } from "./transport.ts";

/** How far a connection came before it failed; `"stream"` is after it stood. */
export type TransportStage = "dns" | "connect" | "proxy" | "tls" | "websocket" | "stream";

/**
 * What happened, for programs; the message says it for people.
 *
 * - `…_ABORTED`: the signal was aborted before the connection stood.
 * - `…_TIMED_OUT`: no answer in time, by our own timeout or the system's (ETIMEDOUT).
 * - `…_HOST_NOT_FOUND`: DNS says that there is no such name (ENOTFOUND).
 * - `…_DNS_UNAVAILABLE`: DNS could not be asked (EAI_AGAIN).
 * - `…_REFUSED`: nothing listens there (ECONNREFUSED), or there is no such Unix socket (ENOENT). At stage `"proxy"` it is
 *   the proxy that found nobody.
 * - `…_UNREACHABLE`: there is no way to the host or its network (EHOSTUNREACH, ENETUNREACH).
 * - `…_FORBIDDEN`: the system (EACCES, EPERM), the proxy by its rules, or the server (HTTP 403) does not allow it.
 * - `…_UNAUTHORIZED`: the proxy wants another user name or password, or the server other credentials (HTTP 401).
 * - `…_PROXY_UNREACHABLE`: there is no connection to the proxy itself; the cause tells why.
 * - `…_HTTP_STATUS`: the server or the proxy answered with a status that is none of the above; it is in `status`.
 * - `…_PROTOCOL`: the peer does not speak what it should: not HTTP, not SOCKS, text instead of binary frames.
 * - `…_CLOSED`: the peer ended a WebSocket with a close code that means trouble.
 * - `…_OVERFLOW`: more came than may be held for a paused reader, where the peer can not be stopped.
 * - `…_LOCAL_ADDRESS`: the local address or port can not be used (EADDRINUSE, EADDRNOTAVAIL).
 * - `…_RESET`: the peer dropped the connection without ending it (ECONNRESET, ECONNABORTED, EPIPE).
 * - `…_UNTRUSTED`: the server's certificate is not accepted: expired, of another host, from a stranger, and so on.
 * - `…_CLIENT_CERTIFICATE`: the server wants a certificate of the client, or refuses the one it got.
 * - `…_NOT_TLS`: what answers there does not speak TLS.
 * - `…_TLS_REFUSED`: no TLS version, cipher or protocol in common.
 * - `…_TLS_MATERIAL`: a certificate, key or list given for TLS can not be read or used. Nothing was opened.
 * - `…_FAILED`: anything else; the cause tells.
 */
export type TransportErrorCode =
  | "PETREL_TRANSPORT_ABORTED"
  | "PETREL_TRANSPORT_TIMED_OUT"
  | "PETREL_TRANSPORT_HOST_NOT_FOUND"
  | "PETREL_TRANSPORT_DNS_UNAVAILABLE"
  | "PETREL_TRANSPORT_REFUSED"
  | "PETREL_TRANSPORT_UNREACHABLE"
  | "PETREL_TRANSPORT_FORBIDDEN"
  | "PETREL_TRANSPORT_UNAUTHORIZED"
  | "PETREL_TRANSPORT_PROXY_UNREACHABLE"
  | "PETREL_TRANSPORT_HTTP_STATUS"
  | "PETREL_TRANSPORT_PROTOCOL"
  | "PETREL_TRANSPORT_CLOSED"
  | "PETREL_TRANSPORT_OVERFLOW"
  | "PETREL_TRANSPORT_LOCAL_ADDRESS"
  | "PETREL_TRANSPORT_RESET"
  | "PETREL_TRANSPORT_UNTRUSTED"
  | "PETREL_TRANSPORT_CLIENT_CERTIFICATE"
  | "PETREL_TRANSPORT_NOT_TLS"
  | "PETREL_TRANSPORT_TLS_REFUSED"
  | "PETREL_TRANSPORT_TLS_MATERIAL"
  | "PETREL_TRANSPORT_FAILED";

/** What a {@link TransportError} carries beside its message. */
export interface TransportErrorDetails {
  /** How far the connection had come. */
  readonly stage: TransportStage;
  /** A stable literal, `PETREL_TRANSPORT_…`, for programs to switch on. */
  readonly code: TransportErrorCode;
  /** The HTTP status that the server (stage `"websocket"`) or the proxy answered with. */
  readonly status?: number;
  /** The error underneath, such as Node's. */
  readonly cause?: unknown;
}

/**
 * A connection could not be opened, or broke. The message is a sentence with the host, the port and the system's error
 * code in it; `stage` and `code` are for programs, `cause` is the error underneath.
 */
export class TransportError extends Error {
  /** How far the connection had come. */
  readonly stage: TransportStage;
  /** A stable literal, `PETREL_TRANSPORT_…`, for programs to switch on. */
  readonly code: TransportErrorCode;
  /** The HTTP status that came instead of what was asked for; absent where HTTP has no part in it. */
  declare readonly status?: number;

  static {
    this.prototype.name = "TransportError";
  }

  constructor(message: string, details: TransportErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.stage = details.stage;
    this.code = details.code;
    if (details.status !== undefined) this.status = details.status;
  }
}

/**
 * The error of a connector whose signal was aborted; its cause is the signal's reason.
 *
 * @param place where the connection was to lead, such as `127.0.0.1:1883`
 */
export function abortedError(place: string, stage: TransportStage, signal: Signal): TransportError {
  const why = signal.reason instanceof Error ? signal.reason.message : "no reason given";
  return new TransportError(`connecting to ${place} was aborted by its signal (${why})`, {
    stage,
    code: "PETREL_TRANSPORT_ABORTED",
    cause: signal.reason,
  });
}

/** A part of a URL, as {@link InvalidAddressError} names it. */
export type AddressPart = "scheme" | "username" | "password" | "host" | "port" | "path" | "query" | "fragment";

/** A URL or a target can not be connected to as it is written. The message says which part is wrong, never a password. */
export class InvalidAddressError extends Error {
  /** A stable literal, for programs to switch on. */
  readonly code = "PETREL_INVALID_ADDRESS";
  /** Which part of the URL it is. */
  readonly part: AddressPart;

  static {
    this.prototype.name = "InvalidAddressError";
  }

  constructor(part: AddressPart, message: string) {
    super(message);
    this.part = part;
  }
}

/** An option of a transport can not be used. Nothing was opened. The message never shows a key or a passphrase. */
export class InvalidOptionError extends RangeError {
  /** A stable literal, for programs to switch on. */
  readonly code = "PETREL_INVALID_OPTION";
  /** The option's name. */
  readonly option: string;
  readonly value: unknown;
  /** What is wrong with it, or what it has to be. */
  readonly reason: string;

  static {
    this.prototype.name = "InvalidOptionError";
  }

  constructor(option: string, value: unknown, reason: string) {
    super(`${option} is ${String(value)}; ${reason}`);
    this.option = option;
    this.value = value;
    this.reason = reason;
  }
}
