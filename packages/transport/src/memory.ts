import { abortedError } from "./errors.ts";
import { MemoryEnd, type MemoryLink } from "./memory-end.ts";
import type { Connector, Signal, Transport, TransportHandler } from "./transport.ts";

declare const queueMicrotask: (run: () => void) => void;

/** How a {@link MemoryPair} carries bytes. */
export interface MemoryPairOptions {
  /** The longest chunk given to `onData`, in bytes; longer writes arrive in pieces. Default: no limit. */
  readonly chunkSize?: number;
  /** `write` returns `false` from this many undelivered bytes on. Default: 65,536. */
  readonly highWaterMark?: number;
  /**
   * Runs a function later, never at once, and functions in the order in which they were given. Every delivery, drain and
   * close goes through it once, so a manual clock turns it into latency. Default: `queueMicrotask`; then no timer runs
   * while the ends keep each other busy, which `setImmediate` would allow.
   */
  readonly schedule?: (run: () => void) => void;
}

/** Two ends of one connection in memory. Each end can be connected once, in any order. */
export interface MemoryPair {
  /** Connects one end. */
  readonly client: Connector;
  /** Connects the other end. */
  readonly server: Connector;
  /** As {@link server}, but at once; for a server that lives inside a synchronous test. */
  accept(handler: TransportHandler): Transport;
}

/**
 * Makes a connection that needs no network: two transports, joined in memory, that keep the same contract as sockets.
 * What one end writes before the other is connected waits for it.
 *
 * `close()` on one end ends both politely; `destroy()` reaches the other end as a reset (`PETREL_TRANSPORT_RESET`).
 * Bytes are passed on as they are, without a copy.
 *
 * ```ts
 * const pair = createMemoryPair({ chunkSize: 1 });
 * const server = pair.accept({ onData: (bytes) => server.write(bytes), onDrain() {}, onClose() {} }); // an echo
 * const client = await pair.client(handler);
 * client.write(bytes);                                       // handler.onData is called once for each byte
 * ```
 *
 * A connector for many connections makes a pair each time:
 *
 * ```ts
 * const connector: Connector = (handler, signal) => {
 *   const pair = createMemoryPair();
 *   pair.accept(createServer());
 *   return pair.client(handler, signal);
 * };
 * ```
 *
 * Throws `RangeError` for a `chunkSize` or `highWaterMark` below 1 or not whole.
 */
export function createMemoryPair(options: MemoryPairOptions = {}): MemoryPair {
  const link: MemoryLink = {
    chunkSize: positive("chunkSize", options.chunkSize ?? Infinity),
    highWaterMark: positive("highWaterMark", options.highWaterMark ?? 65_536),
    schedule: options.schedule ?? ((run) => queueMicrotask(run)),
    scheduleStart: options.schedule ?? afterAwaits,
  };
  const [client, server] = MemoryEnd.join(link);
  return {
    client: connectorOf(client, link),
    server: connectorOf(server, link),
    accept: (handler) => server.start(handler, link.schedule),
  };
}

function connectorOf(end: MemoryEnd, link: MemoryLink): Connector {
  return async (handler, signal) => {
    throwIfAborted(signal);
    await Promise.resolve(); // so that an abort right after the call counts, as it does with a socket
    throwIfAborted(signal);
    return end.start(handler, link.scheduleStart);
  };
}

function throwIfAborted(signal: Signal | undefined): void {
  if (signal?.aborted === true) throw abortedError("the memory pair", "connect", signal);
}

/**
 * A socket's first byte comes after all microtasks that its "connect" caused, so whoever awaits the connector through a
 * few async functions has the transport by then. Here the byte is a microtask too and has to let them pass.
 */
function afterAwaits(run: () => void, awaits = 16): void {
  queueMicrotask(awaits === 0 ? run : () => afterAwaits(run, awaits - 1));
}

function positive(option: string, value: number): number {
  if (value >= 1 && (Number.isInteger(value) || value === Infinity)) return value;
  throw new RangeError(`${option} is ${value}; it is a whole number of bytes, 1 or more`);
}
