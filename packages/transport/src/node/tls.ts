import type { Duplex } from "node:stream";
import { isIP } from "node:net";
import { connect, createSecureContext, type TLSSocket } from "node:tls";
import { abortedError, TransportError } from "../errors.ts";
import type { Connector, Signal } from "../transport.ts";
import { checkRange, createDialer, LONGEST_TIMER, type Dialer, type DialOptions } from "./dial.ts";
import { createSocketTransport } from "./socket-transport.ts";
import { checkTarget, formatTarget, type DialTarget } from "./target.ts";
import { checkTlsOptions, type Fresh, type TlsBytes, type TlsOptions } from "./tls-options.ts";

export type { Fresh, TlsBytes, TlsOptions };

/** How {@link createTlsDialer} opens connections: {@link DialOptions} are for the one below TLS. */
export interface TlsDialOptions extends DialOptions, TlsOptions {
  /** Opens the stream that TLS runs on, such as one through a proxy. Default: a direct connection. */
  readonly dial?: Dialer | undefined;
  /** Milliseconds for the TLS handshake; 0 leaves it to the server. Default: 10,000. */
  readonly tlsTimeoutMs?: number | undefined;
}

/** Where {@link tls} connects to, and how. */
export type TlsConnectorOptions = DialTarget & TlsDialOptions;

/**
 * Makes a {@link Connector} for `{ host, port }` over TLS.
 *
 * ```ts
 * const connector = tls({ host: "example.net", port: 8883, caFile: "ca.pem" });
 * ```
 *
 * Throws `InvalidAddressError` for an impossible target and `InvalidOptionError` for options that can not work. The
 * connector rejects with a `TransportError` of stage `"dns"`, `"connect"` or `"tls"`.
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
 * Makes a {@link Dialer} that opens TLS connections: a `Duplex` whose handshake is done and whose peer is the one that
 * was asked for. It serves what runs inside TLS, such as a secure WebSocket, or a proxy that is spoken to over TLS.
 *
 * One dialer resumes its own TLS sessions: make one for all connections to a server, not one for each.
 */
export function createTlsDialer(
  options: TlsDialOptions = {},
): (target: DialTarget, signal?: Signal) => Promise<TLSSocket> {
  checkTlsOptions(options);
  checkRange("tlsTimeoutMs", options.tlsTimeoutMs, 0, LONGEST_TIMER);
  const dial = options.dial ?? createDialer(options);
  return async (target, signal) => handshake(await dial(target, signal), target, options, signal);
}

function handshake(
  stream: Duplex,
  target: DialTarget,
  options: TlsDialOptions,
  signal: Signal | undefined,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const place = formatTarget(target);
    const timeoutMs = options.tlsTimeoutMs ?? 10_000;
    let failure: Error | undefined;
    const socket = connect({
      socket: stream,
      host: target.host,
      servername: options.servername ?? (target.host === undefined || isIP(target.host) !== 0 ? "" : target.host),
      secureContext: createSecureContext({ ca: options.ca as string, minVersion: options.minVersion ?? "TLSv1.2" }),
      rejectUnauthorized: options.rejectUnauthorized ?? true,
    });
    const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined;
    signal?.addEventListener("abort", onAbort);
    socket.on("secureConnect", onSecure);
    socket.on("close", onClose);
    // This one stays: an error may come before the new owner listens.
    socket.on("error", (error) => {
      failure ??= new TransportError(`TLS with ${place} failed: ${error.message}`, {
        stage: "tls",
        code: "PETREL_TRANSPORT_FAILED",
        cause: error,
      });
    });
    if (signal?.aborted === true) onAbort();

    function fail(error: Error): void {
      failure ??= error;
      socket.destroy();
    }
    function onAbort(): void {
      fail(abortedError(place, "tls", signal!));
    }
    function onTimeout(): void {
      fail(
        new TransportError(`${place} did not finish the TLS handshake within ${timeoutMs} ms`, {
          stage: "tls",
          code: "PETREL_TRANSPORT_TIMED_OUT",
        }),
      );
    }
    function onSecure(): void {
      forget();
      resolve(socket);
    }
    function onClose(): void {
      forget();
      reject(failure ?? new Error("the socket closed"));
    }
    function forget(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("secureConnect", onSecure);
      socket.off("close", onClose);
    }
  });
}
