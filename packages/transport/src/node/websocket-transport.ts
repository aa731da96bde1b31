import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { TransportError } from "../errors.ts";
import { HeldInput } from "../held-input.ts";
import type { Transport, TransportHandler } from "../transport.ts";
import { closeError, isPoliteClose, textFrameError } from "../websocket-close.ts";
import { streamError } from "./system-error.ts";

/** `write` returns `false` from this many waiting bytes on. */
const HIGH_WATER_MARK = 64 * 1024;

/**
 * Makes a {@link Transport} of an open WebSocket of the `ws` package; the transport owns it from now on. Call it where
 * the WebSocket opens (in the `connection` event, for a server), or `pause()` the WebSocket there: `ws` keeps no
 * message that nobody listens for.
 *
 * @param place what the WebSocket leads to, for error messages; default: `the other end`
 */
export function createWebSocketTransport(
  webSocket: WebSocket,
  handler: TransportHandler,
  place: string = "the other end",
): Transport {
  return new WebSocketTransport(webSocket, handler, place, undefined);
}

/** @internal */
export class WebSocketTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #handler: TransportHandler;
  readonly #place: string;
  readonly #input: HeldInput;
  #writable = true;
  #awaitsDrain = false;
  /** This side has ended it, politely or not; the peer may answer as it likes. */
  #ending = false;
  #gone = false;
  #cause: Error | undefined;

  /** @param socket what the WebSocket runs on, where it is known: `ws` keeps its errors to itself */
  constructor(webSocket: WebSocket, handler: TransportHandler, place: string, socket: Duplex | undefined) {
    this.#webSocket = webSocket;
    this.#handler = handler;
    this.#place = place;
    this.#input = new HeldInput(
      handler,
      (run) => process.nextTick(run),
      () => webSocket.resume(),
    );
    webSocket.pause();
    webSocket.on("message", (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on("error", (error) => this.#onError(error));
    webSocket.on("close", (code, reason) => this.#onClose(code, reason.toString()));
    socket?.on("error", (error) => {
      this.#cause ??= streamError(error, place);
    });
    // Whoever awaits the connector has the transport by then.
    setImmediate(() => this.#input.start());
  }

  get bufferedBytes(): number {
    return this.#gone || this.#webSocket.readyState === this.#webSocket.CLOSED ? 0 : this.#webSocket.bufferedAmount;
  }

  write(bytes: Uint8Array): boolean {
    const webSocket = this.#webSocket;
    if (!this.#writable || webSocket.readyState !== webSocket.OPEN) return false;
    // Masking (RFC 6455, section 5.3) copies: the bytes as they were given stay as they were.
    if (bytes.length > 0) webSocket.send(bytes, BINARY, this.#onSent);
    if (webSocket.bufferedAmount < HIGH_WATER_MARK) return true;
    this.#awaitsDrain = true;
    return false;
  }

  pause(): void {
    this.#input.pause();
    this.#webSocket.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  close(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.#ending = true;
    this.#webSocket.close(1000);
  }

  destroy(cause?: Error): void {
    if (this.#gone || this.#input.closed) return;
    this.#gone = true;
    this.#writable = false;
    this.#cause = cause;
    this.#input.drop();
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) process.nextTick(() => this.#input.close(cause));
    else this.#webSocket.terminate();
  }

  readonly #onSent = (): void => {
    if (!this.#awaitsDrain || !this.#writable || this.#webSocket.bufferedAmount > 0) return;
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#awaitsDrain = false;
    this.#handler.onDrain();
  };

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#gone) return;
    if (!isBinary) {
      this.#giveUp(textFrameError(this.#place), 1003);
      return;
    }
    const bytes = data as Buffer; // by its binaryType, "nodebuffer"
    this.#input.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  #onError(error: Error): void {
    const { code } = error as { code?: string };
    const what =
      code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"
        ? "sent a larger WebSocket message than may come (maxPayload); raise the limit of packets, or lower the server's"
        : `broke the WebSocket protocol: ${error.message}`;
    this.#giveUp(
      new TransportError(`${this.#place} ${what}`, {
        stage: "stream",
        code: "PETREL_TRANSPORT_PROTOCOL",
        cause: error,
      }),
    );
  }

  /** The peer can not be talked to. It is told why, by a close frame, and is not waited for. */
  #giveUp(cause: TransportError, closeCode?: number): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#writable = false;
    this.#cause = cause;
    this.#input.drop();
    if (closeCode !== undefined) this.#webSocket.close(closeCode);
    setImmediate(() => this.#webSocket.terminate());
  }

  #onClose(code: number, reason: string): void {
    this.#writable = false;
    const isPolite = isPoliteClose(code) || (this.#ending && this.#cause === undefined);
    if (this.#gone) this.#input.close(this.#cause);
    else if (isPolite) this.#input.end();
    else this.#input.close(this.#cause ?? closeError(code, reason, this.#place));
  }
}

const BINARY = { binary: true } as const;
