import { abortedError, InvalidOptionError, TransportError } from "../errors.ts";
import { HeldInput } from "../held-input.ts";
import type { Connector, Signal, Transport, TransportHandler } from "../transport.ts";
import { closeError, isPoliteClose, textFrameError } from "../websocket-close.ts";

/** `write` returns `false` from this many waiting bytes on. */
const HIGH_WATER_MARK = 1024 * 1024;
/** How often to look whether the waiting bytes are gone: a browser does not tell. */
const DRAIN_POLL_MS = 10;

const MIB = 1024 * 1024;

/** Where {@link websocket} connects to, and how. */
export interface NativeWebSocketOptions {
  /** `ws://host:port/path` or `wss://…`; the query may be a token. */
  readonly url: string;
  /** What the server has to agree to. Default: `mqtt`; for MQTT 3.1 it is `mqttv3.1`. */
  readonly subprotocol?: string | undefined;
  /** Milliseconds for connecting, TLS and the WebSocket handshake together; 0 is no limit. Default: 10,000. */
  readonly websocketTimeoutMs?: number | undefined;
  /**
   * Bytes to hold for a paused reader. A browser can not stop the server, so beyond this the connection is given up
   * with `PETREL_TRANSPORT_OVERFLOW`. Default: 64 MiB.
   */
  readonly maximumHeldBytes?: number | undefined;
  /** The class to use. Default: the platform's `WebSocket`. */
  readonly WebSocket?: WebSocketClass | undefined;
}

/** The platform's `WebSocket`, or one like it. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

/** The part of the platform's `WebSocket` that is used. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

const OPEN = 1;

/**
 * Makes a {@link Connector} of the platform's own `WebSocket`: in browsers, workers, Deno, Bun, and Node from version 22.
 *
 * ```ts
 * const connector = websocket({ url: "wss://example.net/mqtt" });
 * ```
 *
 * It can do what the platform can: it neither sets headers nor stops a server that sends more than is read, bytes that
 * arrive after `close()` are lost, and errors come without a reason. Throws `InvalidOptionError` for options that can
 * not work; the connector rejects with a `TransportError` of stage `"websocket"`.
 */
export function websocket(options: NativeWebSocketOptions): Connector {
  checkOptions(options);
  return (handler, signal) => open(options, handler, signal);
}

function open(
  options: NativeWebSocketOptions,
  handler: TransportHandler,
  signal: Signal | undefined,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const { subprotocol = "mqtt", websocketTimeoutMs: timeoutMs = 10_000 } = options;
    const place = placeOf(options.url);
    if (signal?.aborted === true) throw abortedError(place, "websocket", signal);
    const WebSocketClass = options.WebSocket ?? globalThis.WebSocket;
    const webSocket = new WebSocketClass(options.url, [subprotocol]);
    webSocket.binaryType = "arraybuffer";
    let failure: TransportError | undefined;
    const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined;
    signal?.addEventListener("abort", onAbort);
    webSocket.onopen = onOpen;
    webSocket.onerror = onClose; // "close" follows and tells as little; in Node 22 it does not
    webSocket.onclose = onClose;

    function fail(error: TransportError): void {
      failure ??= error;
      webSocket.close();
    }
    function onAbort(): void {
      fail(abortedError(place, "websocket", signal!));
    }
    function onTimeout(): void {
      fail(
        new TransportError(
          `${place} did not open a WebSocket within ${timeoutMs} ms (websocket timeout); ` +
            "check the address, and whether a firewall drops packets to it",
          { stage: "websocket", code: "PETREL_TRANSPORT_TIMED_OUT" },
        ),
      );
    }
    function onOpen(): void {
      if (failure !== undefined) return;
      if (webSocket.protocol !== subprotocol) {
        fail(
          new TransportError(`${place} speaks WebSocket, but did not agree to the subprotocol ${subprotocol}`, {
            stage: "websocket",
            code: "PETREL_TRANSPORT_PROTOCOL",
          }),
        );
        return;
      }
      forget();
      resolve(new NativeWebSocketTransport(webSocket, handler, place, options.maximumHeldBytes ?? 64 * MIB));
    }
    function onClose(): void {
      forget();
      reject(
        failure ??
          new TransportError(
            `no WebSocket could be opened to ${place}; the platform does not say why (its console may): is the ` +
              "server running, are port and path right, is its certificate trusted, and does this page permit it?",
            { stage: "websocket", code: "PETREL_TRANSPORT_FAILED" },
          ),
      );
    }
    function forget(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  });
}

class NativeWebSocketTransport implements Transport {
  readonly #webSocket: WebSocketLike;
  readonly #handler: TransportHandler;
  readonly #place: string;
  readonly #maximumHeldBytes: number;
  readonly #input: HeldInput;
  #writable = true;
  #drainTimer: ReturnType<typeof setTimeout> | undefined;
  #ending = false;
  #gone = false;

  constructor(webSocket: WebSocketLike, handler: TransportHandler, place: string, maximumHeldBytes: number) {
    this.#webSocket = webSocket;
    this.#handler = handler;
    this.#place = place;
    this.#maximumHeldBytes = maximumHeldBytes;
    this.#input = new HeldInput(
      handler,
      (run) => queueMicrotask(run),
      () => {},
    );
    webSocket.onerror = () => {}; // "close" follows
    webSocket.onmessage = (event: { readonly data: unknown }) => this.#onMessage(event.data);
    webSocket.onclose = (event: { readonly code: number; readonly reason: string }) =>
      this.#onClose(event.code, event.reason);
    // Whoever awaits the connector has the transport by then.
    setTimeout(() => this.#input.start(), 0);
  }

  get bufferedBytes(): number {
    return this.#gone || this.#input.closed ? 0 : this.#webSocket.bufferedAmount;
  }

  write(bytes: Uint8Array): boolean {
    const webSocket = this.#webSocket;
    if (!this.#writable || webSocket.readyState !== OPEN) return false;
    if (bytes.length > 0) webSocket.send(bytes as Uint8Array<ArrayBuffer>);
    if (webSocket.bufferedAmount < HIGH_WATER_MARK) return true;
    this.#drainTimer ??= setTimeout(this.#lookForDrain, DRAIN_POLL_MS);
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
    this.#stopWriting();
    this.#ending = true;
    this.#webSocket.close(1000);
  }

  destroy(cause?: Error): void {
    if (!this.#gone && !this.#input.closed) this.#destroy(cause);
  }

  #destroy(cause: Error | undefined): void {
    this.#gone = true;
    this.#stopWriting();
    this.#input.drop();
    // What the platform was given it may still send: there is no way to stop it.
    this.#webSocket.close();
    queueMicrotask(() => this.#input.close(cause));
  }

  #stopWriting(): void {
    this.#writable = false;
    clearTimeout(this.#drainTimer);
  }

  readonly #lookForDrain = (): void => {
    const more = this.#webSocket.bufferedAmount > 0;
    this.#drainTimer = more ? setTimeout(this.#lookForDrain, DRAIN_POLL_MS) : undefined;
    if (!more && this.#writable && this.#webSocket.readyState === OPEN) this.#handler.onDrain();
  };

  #onMessage(data: unknown): void {
    if (this.#gone) return;
    if (!(data instanceof ArrayBuffer)) {
      this.#destroy(textFrameError(this.#place));
      return;
    }
    this.#input.push(new Uint8Array(data));
    if (this.#input.heldBytes <= this.#maximumHeldBytes) return;
    this.#destroy(
      new TransportError(
        `${this.#place} sent more than the ${this.#maximumHeldBytes} bytes that are held for a paused reader; a browser can ` +
          "not make a server wait: read faster, ask for less, or raise maximumHeldBytes",
        { stage: "stream", code: "PETREL_TRANSPORT_OVERFLOW" },
      ),
    );
  }

  #onClose(code: number, reason: string): void {
    this.#stopWriting();
    if (this.#gone) return;
    if (isPoliteClose(code) || this.#ending) this.#input.end();
    else this.#input.close(closeError(code, reason, this.#place));
  }
}

/** The host and the port: the path may have a token in it. */
function placeOf(url: string): string {
  return new URL(url).host;
}

function checkOptions(options: NativeWebSocketOptions): void {
  const { url, websocketTimeoutMs = 0, maximumHeldBytes = 0 } = options;
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new InvalidOptionError("url", "not a WebSocket's URL", "it looks like wss://host/path");
  }
  for (const [name, value] of Object.entries({ websocketTimeoutMs, maximumHeldBytes })) {
    if (!(value >= 0)) throw new InvalidOptionError(name, value, "it is 0 or more");
  }
  if (options.WebSocket === undefined && typeof globalThis.WebSocket !== "function") {
    throw new InvalidOptionError("WebSocket", undefined, "this platform has none; give the class of one");
  }
}
