import type { Connector } from "../transport.ts";
import { createDialer, type Dialer, type DialOptions } from "./dial.ts";
import { createSocketTransport } from "./socket-transport.ts";
import { checkTarget, formatTarget, type DialTarget } from "./target.ts";

export { createDialer, createSocketTransport, type Dialer, type DialOptions, type DialTarget };

/** Where {@link tcp} connects to, and how. */
export type TcpOptions = DialTarget &
  DialOptions & {
    /** Opens the socket instead of a direct connection; {@link DialOptions} are then its own business. */
    readonly dial?: Dialer;
  };

/**
 * Makes a {@link Connector} for `{ host, port }` over TCP, or for `{ path }` over a Unix socket.
 *
 * ```ts
 * const connector = tcp({ host: "localhost", port: 1883, connectTimeoutMs: 5_000 });
 * ```
 *
 * Throws `InvalidAddressError` for an impossible target and `InvalidOptionError` for an option out of range. The
 * connector rejects with a `TransportError` of stage `"dns"` or `"connect"`.
 */
export function tcp(options: TcpOptions): Connector {
  const target: DialTarget =
    options.path === undefined ? { host: options.host, port: options.port } : { path: options.path };
  checkTarget(target);
  const dial = options.dial ?? createDialer(options);
  const place = formatTarget(target);
  return async (handler, signal) => createSocketTransport(await dial(target, signal), handler, place);
}
