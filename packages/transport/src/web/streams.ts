import { abortedError, TransportError } from "../errors.ts";
import { HeldInput } from "../held-input.ts";
import type { Connector, Signal, Transport, TransportHandler } from "../transport.ts";

/** `write` returns `false` from this many waiting bytes on. */
const HIGH_WATER_MARK = 64 * 1024;

/** What a `ReadableStream` of bytes gives by `getReader()`. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

/** What a `WritableStream` of bytes gives by `getWriter()`. */
export interface ByteWriter {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
  abort(reason?: unknown): Promise<void>;
}

/** A `ReadableWritablePair` of bytes, such as a WebTransport stream, a connection of Deno, or a `WebSocketStream`. */
export interface ByteStreamPair {
  readonly readable: { getReader(): ByteReader };
  readonly writable: { getWriter(): ByteWriter };
}

/** How {@link streams} treats its pairs. */
export interface StreamsOptions {
  /** What the streams lead to, for error messages. Default: `the other end`. */
  readonly place?: string | undefined;
}

/**
 * Makes a {@link Connector} of anything that opens a pair of WHATWG streams of bytes.
 *
 * ```ts
 * const connector = streams(() => Deno.connect({ hostname: "localhost", port: 1883 }));
 * ```
 *
 * The streams are the transport's from then on. The connector rejects with a `TransportError` whose cause is what `open`
 * failed with.
 *
 * @param open is given the connector's signal; a pair that comes too late is closed
 */
export function streams(
  open: (signal: Signal | undefined) => ByteStreamPair | Promise<ByteStreamPair>,
  options: StreamsOptions = {},
): Connector {
  const { place = "the other end" } = options;
  return (handler, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw abortedError(place, "connect", signal);
      let aborted = false;
      const onAbort = (): void => {
        aborted = true;
        signal?.removeEventListener("abort", onAbort);
        reject(abortedError(place, "connect", signal!));
      };
      signal?.addEventListener("abort", onAbort);
      Promise.resolve()
        .then(() => open(signal))
        .then(
          (pair) => {
            signal?.removeEventListener("abort", onAbort);
            if (aborted) discard(pair, signal?.reason);
            else resolve(new StreamTransport(pair, handler, place));
          },
          (error: unknown) => {
            signal?.removeEventListener("abort", onAbort);
            const message = `the streams to ${place} could not be opened: ${messageOf(error)}`;
            reject(new TransportError(message, { stage: "connect", code: "PETREL_TRANSPORT_FAILED", cause: error }));
          },
        );
    });
}

function discard({ readable, writable }: ByteStreamPair, reason: unknown): void {
  readable.getReader().cancel(reason).catch(ignore);
  writable.getWriter().abort(reason).catch(ignore);
}

class StreamTransport implements Transport {
  readonly #reader: ByteReader;
  readonly #writer: ByteWriter;
  readonly #handler: TransportHandler;
  readonly #place: string;
  readonly #input: HeldInput;
  #bufferedBytes = 0;
  #writable = true;
  #awaitsDrain = false;
  #gone = false;
  #reading = false;
  #peerEnded = false;
  /** The writer has sent everything and its end. */
  #sentAll = false;

  constructor({ readable, writable }: ByteStreamPair, handler: TransportHandler, place: string) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#handler = handler;
    this.#place = place;
    this.#input = new HeldInput(
      handler,
      (run) => queueMicrotask(run),
      () => this.#read(),
    );
    // Whoever awaits the connector has the transport by then.
    setTimeout(() => this.#input.start(), 0);
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#writable) return false;
    if (bytes.length > 0) {
      this.#bufferedBytes += bytes.length;
      this.#writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => this.#onSent(bytes.length), this.#onError);
    }
    if (this.#bufferedBytes < HIGH_WATER_MARK) return true;
    this.#awaitsDrain = true;
    return false;
  }

  pause(): void {
    this.#input.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  close(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.#writer.close().then(() => {
      this.#sentAll = true;
      this.#endWhenBothEnded();
    }, this.#onError);
  }

  destroy(cause?: Error): void {
    if (this.#gone || this.#input.closed) return;
    this.#drop(cause);
    queueMicrotask(() => this.#input.close(cause));
  }

  #drop(cause: unknown): void {
    this.#gone = true;
    this.#writable = false;
    this.#bufferedBytes = 0;
    this.#input.drop();
    this.#reader.cancel(cause).catch(ignore);
    this.#writer.abort(cause).catch(ignore);
  }

  #onSent(length: number): void {
    if (this.#gone) return;
    this.#bufferedBytes -= length;
    if (this.#bufferedBytes > 0 || !this.#awaitsDrain || !this.#writable) return;
    this.#awaitsDrain = false;
    this.#handler.onDrain();
  }

  /** One chunk at a time, so that a paused reader leaves the rest where it is; the one on the way is held. */
  #read(): void {
    if (this.#reading || this.#peerEnded || this.#gone) return;
    this.#reading = true;
    this.#reader.read().then(({ done, value }) => {
      this.#reading = false;
      if (this.#gone) return;
      if (done) {
        this.#peerEnded = true;
        this.close();
        this.#endWhenBothEnded();
      } else {
        if (value !== undefined) this.#input.push(value);
        if (this.#input.wanted) this.#read();
      }
    }, this.#onError);
  }

  #endWhenBothEnded(): void {
    if (this.#peerEnded && this.#sentAll && !this.#gone) this.#input.end();
  }

  readonly #onError = (error: unknown): void => {
    if (this.#gone || this.#input.closed) return;
    this.#drop(error);
    const message = `the connection to ${this.#place} failed: ${messageOf(error)}`;
    this.#input.close(new TransportError(message, { stage: "stream", code: "PETREL_TRANSPORT_FAILED", cause: error }));
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ignore(): void {}
