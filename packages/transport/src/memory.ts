import { abortedError, TransportError } from "./errors.ts";
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
   * close goes through it once, so a manual clock turns it into latency. Default: `queueMicrotask`.
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
 * Throws `RangeError` for a `chunkSize` or `highWaterMark` that is not a positive number.
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

interface MemoryLink {
  readonly chunkSize: number;
  readonly highWaterMark: number;
  readonly schedule: (run: () => void) => void;
  readonly scheduleStart: (run: () => void) => void;
}

/** In the place of bytes: the peer has ended its side. */
const END: unique symbol = Symbol("end");

class MemoryEnd implements Transport {
  readonly #link: MemoryLink;
  #peer: MemoryEnd = this;
  #handler: TransportHandler | undefined;
  #started = false;

  // Outgoing
  #writable = true;
  #bufferedBytes = 0;
  #awaitsDrain = false;

  // Incoming, in order, from `#next` on; `#arrived` of them are here, the others on the way
  #incoming: (Uint8Array | typeof END)[] = [];
  #next = 0;
  #arrived = 0;
  #paused = false;
  #peerEnded = false;

  #closed = false;
  #cause: Error | undefined;

  private constructor(link: MemoryLink) {
    this.#link = link;
  }

  static join(link: MemoryLink): [MemoryEnd, MemoryEnd] {
    const ends: [MemoryEnd, MemoryEnd] = [new MemoryEnd(link), new MemoryEnd(link)];
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return ends;
  }

  start(handler: TransportHandler, schedule: (run: () => void) => void): this {
    if (this.#handler !== undefined) {
      throw new Error("this end of the memory pair is connected already; create a pair for each connection");
    }
    this.#handler = handler;
    schedule(() => {
      this.#started = true;
      if (this.#closed) handler.onClose(this.#cause);
      else this.#deliver();
    });
    return this;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#writable) return false;
    if (bytes.length > 0) {
      this.#bufferedBytes += bytes.length;
      this.#send(bytes);
    }
    if (this.#bufferedBytes < this.#link.highWaterMark) return true;
    this.#awaitsDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#link.schedule(this.#deliver);
  }

  close(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.#send(END);
    this.#closeWhenBothEnded();
  }

  destroy(cause?: Error): void {
    if (this.#closed) return;
    this.#end(cause);
    this.#link.schedule(this.#peer.#reset);
  }

  #send(entry: Uint8Array | typeof END): void {
    this.#peer.#incoming.push(entry);
    this.#link.schedule(this.#peer.#arrive);
  }

  readonly #arrive = (): void => {
    this.#arrived++;
    this.#deliver();
  };

  readonly #deliver = (): void => {
    while (this.#arrived > 0 && this.#started && !this.#paused && !this.#closed) {
      const entry = this.#incoming[this.#next]!;
      const whole = entry === END || entry.length <= this.#link.chunkSize;
      if (whole) this.#take();
      else this.#incoming[this.#next] = entry.subarray(this.#link.chunkSize);
      if (entry === END) {
        this.#peerEnded = true;
        this.close();
        this.#closeWhenBothEnded();
      } else {
        const bytes = whole ? entry : entry.subarray(0, this.#link.chunkSize);
        this.#peer.#delivered(bytes.length);
        this.#handler!.onData(bytes);
      }
    }
  };

  #take(): void {
    this.#arrived--;
    this.#next++;
    if (this.#next < this.#incoming.length) return;
    this.#incoming = [];
    this.#next = 0;
  }

  /** The peer's handler gets this many of our bytes. */
  #delivered(length: number): void {
    if (this.#closed) return;
    this.#bufferedBytes -= length;
    if (this.#bufferedBytes > 0) return;
    if (this.#awaitsDrain && this.#writable) {
      this.#awaitsDrain = false;
      this.#link.schedule(this.#drain);
    }
    this.#closeWhenBothEnded();
  }

  readonly #drain = (): void => {
    // Filled again since: that `false` gets an onDrain of its own.
    if (this.#writable && !this.#awaitsDrain) this.#handler!.onDrain();
  };

  #closeWhenBothEnded(): void {
    if (this.#peerEnded && !this.#writable && this.#bufferedBytes === 0) this.#end();
  }

  readonly #reset = (): void => {
    this.#end(
      new TransportError("the other end of the memory pair destroyed the connection", {
        stage: "stream",
        code: "PETREL_TRANSPORT_RESET",
      }),
    );
  };

  #end(cause?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cause = cause;
    this.#writable = false;
    this.#bufferedBytes = 0;
    this.#incoming = [];
    if (this.#started) this.#link.schedule(() => this.#handler!.onClose(cause));
  }
}

function connectorOf(end: MemoryEnd, link: MemoryLink): Connector {
  return async (handler, signal) => {
    throwIfAborted(signal);
    await undefined; // so that an abort right after the call counts, as it does with a socket
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
  if (value > 0) return value;
  throw new RangeError(`${option} is ${value}; it is a number of bytes, 1 or more`);
}
