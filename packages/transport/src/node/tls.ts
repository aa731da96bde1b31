import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, connect, type SecureContext, type TLSSocket } from "node:tls";
import { abortedError, TransportError } from "../errors.ts";
import type { Fresh, TlsBytes, TlsOptions, TlsVersion } from "../tls-options.ts";
import type { Connector, Signal } from "../transport.ts";
import { checkRange, createDialer, HIGH_WATER_MARK, LONGEST_TIMER, type Dialer, type DialOptions } from "./dial.ts";
import { createSocketTransport } from "./socket-transport.ts";
import { checkTarget, formatTarget, type DialTarget } from "./target.ts";
import { certificateError, handshakeCutError, isTlsError, tlsError } from "./tls-error.ts";
import { createContextReader } from "./tls-material.ts";
import { checkTlsOptions } from "./tls-options.ts";

export type { Fresh, TlsBytes, TlsOptions, TlsVersion };

/** How {@link createTlsDialer} opens connections: {@link DialOptions} are for the one below TLS. */
export interface TlsDialOptions extends DialOptions, TlsOptions {
  /** Opens the stream that TLS runs on, such as one through a proxy. Default: a direct connection. */
  readonly dial?: Dialer | undefined;
  /** Milliseconds to read the certificates, and again for the TLS handshake; 0 is no limit. Default: 10,000. */
  readonly tlsTimeoutMs?: number | undefined;
}

/** Where {@link tls} connects to, and how. */
export type TlsConnectorOptions = DialTarget & TlsDialOptions;

/** A `Dialer` whose streams are TLS sockets. */
export type TlsDialer = (target: DialTarget, signal?: Signal) => Promise<TLSSocket>;

/**
 * Makes a {@link Connector} for `{ host, port }` over TLS.
 *
 * ```ts
 * const connector = tls({ host: "example.net", port: 8883, caFile: "ca.pem" });
 * ```
 *
 * Throws `InvalidAddressError` for an impossible target and `InvalidOptionError` for options that can not work. The
 * connector rejects with a `TransportError` of stage `"dns"`, `"connect"` or `"tls"`. In TLS 1.3 a server may refuse
 * the client's certificate after that: then `onClose` gets a `TransportError` of stage `"tls"`.
 */
export function tls(options: TlsConnectorOptions): Connector {
  const target: DialTarget =
    options.path === undefined ? { host: options.host, port: options.port } : { path: options.path };
  checkTarget(target);
  const dial = createTlsDialer(options);
  const place = formatTarget(target);
  return async (handler, signal) => createSocketTransport(await dial(target, signal), handler, place);
}

/**
 * Makes a `Dialer` that opens TLS connections: a socket whose handshake is done, and whose peer is the one that was
 * asked for. It serves what runs inside TLS, such as a secure WebSocket, or a proxy that is spoken to over TLS.
 *
 * One dialer resumes its own last TLS session: make one for all connections to a server, not one for each.
 *
 * Throws `InvalidOptionError` for options that can not work.
 */
export function createTlsDialer(options: TlsDialOptions = {}): TlsDialer {
  checkTlsOptions(options);
  checkRange("tlsTimeoutMs", options.tlsTimeoutMs, 0, LONGEST_TIMER);
  const dial = options.dial ?? createDialer(options);
  const readContext = createContextReader(options);
  const sessions = options.resumeSession === false ? undefined : new LastSession();
  return async (target, signal) => {
    checkTarget(target);
    const context = await inTime(readContext(), formatTarget(target), options, signal);
    const stream = await dial(target, signal);
    return handshake(stream, target, context, options, sessions, signal);
  };
}

const TLS_TIMEOUT_MS = 10_000;

function handshake(
  stream: Duplex,
  target: DialTarget,
  context: SecureContext,
  options: TlsDialOptions,
  sessions: LastSession | undefined,
  signal: Signal | undefined,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const place = formatTarget(target);
    // No certificate knows the zone of fe80::1%eth0, which is this machine's business.
    const hostname = options.servername ?? target.host?.replace(/%.*/s, "") ?? "localhost";
    const session = sessions?.find(place, context);
    const { alpnProtocols } = options;
    const buffer = { highWaterMark: options.highWaterMark ?? HIGH_WATER_MARK };
    let failure: TransportError | undefined;
    let cut: Error | undefined;
    let wrongHost: Error | undefined;
    let trusted = false;
    let ticket: Buffer | undefined;
    const socket = connect({
      socket: stream,
      host: hostname,
      // "Literal IPv4 and IPv6 addresses are not permitted in "HostName"." (RFC 6066, section 3)
      servername: isIP(hostname) === 0 ? hostname : "",
      secureContext: context,
      // The certificate is judged in onSecure, where it can still be looked at and described.
      rejectUnauthorized: false,
      checkServerIdentity: (host, certificate) => {
        wrongHost = options.checkHostname === false ? undefined : checkServerIdentity(host, certificate);
        return wrongHost;
      },
      ...(alpnProtocols !== undefined && { ALPNProtocols: [...alpnProtocols] }),
      ...(session !== undefined && { session }),
      ...buffer,
    });
    const forgetLimits = watchLimits(options, signal, onAbort, onTimeout);
    socket.on("session", onSession);
    socket.on("secureConnect", onSecure);
    socket.on("close", onClose);
    // This one stays: an error may come before the new owner listens.
    socket.on("error", (error) => {
      cut ??= error;
    });

    function fail(error: TransportError): void {
      failure ??= error;
      socket.destroy();
    }
    function onAbort(): void {
      fail(abortedError(place, "tls", signal!));
    }
    function onTimeout(timeoutMs: number): void {
      const message = `${place} did not finish the TLS handshake within ${timeoutMs} ms; does it speak TLS on this port?`;
      fail(new TransportError(message, { stage: "tls", code: "PETREL_TRANSPORT_TIMED_OUT" }));
    }
    // TLS 1.2 sends its ticket before the certificate is judged, TLS 1.3 after the handshake, so this one stays. A
    // resumed session is not judged again: that of a peer who was not trusted must never be kept, not for a moment.
    function onSession(newest: Buffer): void {
      ticket = newest;
      if (trusted) sessions?.keep(place, context, ticket);
    }
    function onSecure(): void {
      if (options.rejectUnauthorized !== false && !socket.authorized) {
        const cause = wrongHost ?? verdictOf(socket);
        fail(certificateError(socket, cause, place, hostname));
        return;
      }
      trusted = true;
      if (ticket !== undefined) sessions?.keep(place, context, ticket);
      // The handshake's last bytes leave after this event: a connection destroyed right away would never have stood.
      setImmediate(onSent);
    }
    function onSent(): void {
      if (socket.destroyed) return;
      forget();
      resolve(socket);
    }
    // Only now is the handle gone, so whoever hears of the failure finds nothing left open.
    function onClose(): void {
      forget();
      // Whatever it was, the next handshake is to be a full one.
      sessions?.forget();
      reject(failure ?? (cut !== undefined && isTlsError(cut) ? tlsError(cut, place) : handshakeCutError(cut, place)));
    }
    function forget(): void {
      forgetLimits();
      socket.off("secureConnect", onSecure);
      socket.off("close", onClose);
    }
  });
}

/** Node gives its verdict as a code alone, although the types say otherwise. */
function verdictOf({ authorizationError }: TLSSocket): Error {
  const code = String(authorizationError);
  return Object.assign(new Error(`the certificate was not accepted: ${code}`), { code });
}

/** Settles as `reading` does, or rejects when the time is up or the signal aborted. */
function inTime<Value>(
  reading: Promise<Value>,
  place: string,
  options: TlsDialOptions,
  signal: Signal | undefined,
): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const forget = watchLimits(options, signal, onAbort, onTimeout);
    reading.then(resolve, reject).finally(forget);

    function onAbort(): void {
      forget();
      reject(abortedError(place, "tls", signal!));
    }
    function onTimeout(timeoutMs: number): void {
      forget();
      const message = `the certificates and keys for ${place} were not there within ${timeoutMs} ms (TLS timeout)`;
      reject(new TransportError(message, { stage: "tls", code: "PETREL_TRANSPORT_TIMED_OUT" }));
    }
  });
}

/** Calls back on an abort, before or later, and when the time is up, until the returned function is called. */
function watchLimits(
  options: TlsDialOptions,
  signal: Signal | undefined,
  onAbort: () => void,
  onTimeout: (timeoutMs: number) => void,
): () => void {
  const timeoutMs = options.tlsTimeoutMs ?? TLS_TIMEOUT_MS;
  const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs, timeoutMs) : undefined;
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) queueMicrotask(onAbort);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}

/** The session that was established last: with whom, and as whom, which the context tells. */
class LastSession {
  #place: string | undefined;
  #context: SecureContext | undefined;
  #ticket: Buffer | undefined;

  find(place: string, context: SecureContext): Buffer | undefined {
    return place === this.#place && context === this.#context ? this.#ticket : undefined;
  }

  keep(place: string, context: SecureContext, ticket: Buffer): void {
    this.#place = place;
    this.#context = context;
    this.#ticket = ticket;
  }

  forget(): void {
    this.#ticket = undefined;
  }
}
