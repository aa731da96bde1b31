import type { Duplex } from "node:stream";
import type { Transport, TransportHandler } from "../transport.ts";
import { streamError } from "./system-error.ts";

/**
 * Makes a {@link Transport} of a connected socket, or of any `Duplex` of bytes (a TLS socket, a tunnel). The transport
 * owns it from now on.
 *
 * @param place what the socket leads to, for error messages, such as `127.0.0.1:1883`
 */
export function createSocketTransport(
  socket: Duplex,
  handler: TransportHandler,
  place: string = "the other end",
): Transport {
  return new SocketTransport(socket, handler, place);
}

class SocketTransport implements Transport {
  readonly #socket: Duplex;
  readonly #handler: TransportHandler;
  readonly #place: string;
  #writable = true;
  #cause: Error | undefined;

  constructor(socket: Duplex, handler: TransportHandler, place: string) {
    this.#socket = socket;
    this.#handler = handler;
    this.#place = place;
    socket.on("error", (error) => {
      this.#cause ??= streamError(error, this.#place);
    });
    if (socket.closed) {
      this.#writable = false;
      process.nextTick(() => this.#onClose());
      return;
    }
    socket.on("data", (bytes: Buffer) => this.#onData(bytes));
    socket.on("drain", () => this.#handler.onDrain());
    socket.on("end", () => this.close());
    socket.on("close", () => this.#onClose());
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    return this.#writable && this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.#socket.end();
  }

  destroy(cause?: Error): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    this.#writable = false;
    this.#cause ??= cause;
    // A flowing stream would still hand over what it has read before.
    socket.removeAllListeners("data");
    socket.removeAllListeners("drain");
    socket.destroy();
  }

  #onData(bytes: Buffer): void {
    this.#handler.onData(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  #onClose(): void {
    this.#writable = false;
    this.#handler.onClose(this.#cause);
  }
}
