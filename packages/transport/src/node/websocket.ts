import { type Agent, type IncomingMessage, validateHeaderName, validateHeaderValue } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { abortedError, InvalidOptionError, TransportError } from "../errors.ts";
import type { Connector, Signal, Transport, TransportHandler } from "../transport.ts";
import { checkRange, createDialer, type Dialer, LONGEST_TIMER } from "./dial.ts";
import { streamError } from "./system-error.ts";
import { checkTarget, formatTarget } from "./target.ts";
import { createTlsDialer, type TlsDialOptions } from "./tls.ts";
import type { WebSocketHeaders, WebSocketQuery, WebSocketRequestOptions } from "../websocket-options.ts";
import { upgradeError, statusError } from "./websocket-errors.ts";
import { createWebSocketTransport, WebSocketTransport } from "./websocket-transport.ts";

export { createWebSocketTransport };
export type { WebSocketHeaders, WebSocketQuery, WebSocketRequestOptions };

/** Where {@link websocket} connects to, and how. */
export interface WebSocketOptions extends WebSocketRequestOptions, TlsDialOptions {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** `wss`: over TLS, by the options of TLS. Default: false. */
  readonly secure?: boolean | undefined;
}

const MIB = 1024 * 1024;

/**
 * Makes a {@link Connector} for a WebSocket.
 *
 * ```ts
 * const connector = websocket({ host: "example.net", port: 443, secure: true, headers: { authorization: token } });
 * ```
 *
 * Throws `InvalidAddressError` for an impossible target and `InvalidOptionError` for options that can not work. The
 * connector rejects with a `TransportError` of stage `"websocket"`, or of a stage of the connection below.
 */
export function websocket(options: WebSocketOptions): Connector {
  const { host, port } = options;
  checkTarget({ host, port });
  checkOptions(options);
  const dial = options.secure === true ? createTlsDialer(options) : (options.dial ?? createDialer(options));
  return (handler, signal) => new Opening(options, dial, signal).open(handler);
}

/** One attempt to open a WebSocket. */
class Opening {
  readonly #options: WebSocketOptions;
  readonly #dial: Dialer;
  readonly #signal: Signal | undefined;
  readonly #place: string;
  readonly #timeoutMs: number;

  constructor(options: WebSocketOptions, dial: Dialer, signal: Signal | undefined) {
    this.#options = options;
    this.#dial = dial;
    this.#signal = signal;
    this.#place = formatTarget({ host: options.host, port: options.port });
    this.#timeoutMs = options.websocketTimeoutMs ?? 10_000;
  }

  async open(handler: TransportHandler): Promise<Transport> {
    const { host, port, agent } = this.#options;
    const url = await this.#url();
    const headers = await this.#headers(url);
    // Loaded when it is needed: it would double the time that a program over TCP takes to start.
    const { WebSocket } = await import("ws");
    const socket = agent === undefined ? await this.#dial({ host, port }, this.#signal) : undefined;
    try {
      return await this.#upgrade(WebSocket, handler, url, headers, socket);
    } catch (error) {
      socket?.destroy(); // also of what `ws` refuses at once
      throw error;
    }
  }

  async #url(): Promise<string> {
    const { query, secure, path = "/mqtt", host, port } = this.#options;
    const given = typeof query === "function" ? await this.#ask("query", query) : query;
    const text = typeof given === "object" ? new URLSearchParams(given).toString() : (given ?? "");
    const search = text === "" ? "" : (path.includes("?") ? "&" : "?") + text.replace(/^\?/, "");
    // The zone of fe80::1%eth0 is this machine's business.
    const authority = formatTarget({ host: host.replace(/%.*/s, ""), port });
    const url = `${secure === true ? "wss" : "ws"}://${authority}${path.startsWith("/") ? "" : "/"}${path}${search}`;
    if (URL.canParse(url)) return url;
    throw new TransportError(`${this.#place} can not stand in a WebSocket URL; check the host name`, {
      stage: "websocket",
      code: "PETREL_TRANSPORT_FAILED",
    });
  }

  async #headers(url: string): Promise<WebSocketHeaders> {
    const { headers = {} } = this.#options;
    if (typeof headers !== "function") return headers;
    const defaults = { host: new URL(url).host };
    return this.#ask("headers", async () => {
      const given = await headers(defaults, url);
      checkHeaders(given);
      return given;
    });
  }

  /** What a function of the options answers, in time. */
  #ask<Value>(option: string, ask: () => Value | Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const signal = this.#signal;
      if (signal?.aborted === true) throw abortedError(this.#place, "websocket", signal);
      const onAbort = (): void => settle(() => reject(abortedError(this.#place, "websocket", signal!)));
      const onTimeout = (): void =>
        settle(() =>
          reject(
            new TransportError(
              `the function given as websocket.${option} did not answer within ${this.#timeoutMs} ms (websocket timeout)`,
              { stage: "websocket", code: "PETREL_TRANSPORT_TIMED_OUT" },
            ),
          ),
        );
      const timer = this.#timeoutMs > 0 ? setTimeout(onTimeout, this.#timeoutMs) : undefined;
      signal?.addEventListener("abort", onAbort);
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        then();
      };
      Promise.resolve()
        .then(ask)
        .then(
          (value) => settle(() => resolve(value)),
          (error: unknown) => settle(() => reject(this.#functionError(option, error))),
        );
    });
  }

  #functionError(option: string, error: unknown): TransportError {
    const why = error instanceof Error ? error.message : String(error);
    return new TransportError(`the function given as websocket.${option} failed: ${why}`, {
      stage: "websocket",
      code: "PETREL_TRANSPORT_FAILED",
      cause: error,
    });
  }

  #upgrade(
    Upgrading: typeof WebSocket,
    handler: TransportHandler,
    url: string,
    headers: WebSocketHeaders,
    socket: Duplex | undefined,
  ): Promise<Transport> {
    const { subprotocol = "mqtt", maxPayload = 17 * MIB, compression = false, agent } = this.#options;
    return new Promise((resolve, reject) => {
      const place = this.#place;
      const signal = this.#signal;
      const timeoutMs = this.#timeoutMs;
      let failure: TransportError | undefined;
      const webSocket = new Upgrading(url, subprotocol, {
        headers: { ...headers },
        maxPayload,
        perMessageDeflate: compression,
        followRedirects: false,
        skipUTF8Validation: true, // text is refused, whatever it says
        // `close()` has no deadline of its own: whoever closes has one, and calls `destroy()`.
        ...{ closeTimeout: LONGEST_TIMER },
        ...(socket === undefined ? { agent: agent as Agent } : { createConnection: () => socket as never }),
      });
      const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined;
      signal?.addEventListener("abort", onAbort);
      socket?.on("error", onSocketError);
      webSocket.on("open", onOpen);
      webSocket.on("unexpected-response", onStatus);
      webSocket.on("error", onError);
      webSocket.on("close", onClose);
      if (signal?.aborted === true) onAbort();

      function fail(error: TransportError): void {
        failure ??= error;
        webSocket.terminate();
      }
      function onAbort(): void {
        fail(abortedError(place, "websocket", signal!));
      }
      function onTimeout(): void {
        fail(
          new TransportError(
            `${place} did not answer the WebSocket request within ${timeoutMs} ms (websocket timeout); ` +
              "is this its WebSocket port?",
            { stage: "websocket", code: "PETREL_TRANSPORT_TIMED_OUT" },
          ),
        );
      }
      function onStatus(_request: unknown, response: IncomingMessage): void {
        fail(statusError(response, place, new URL(url).pathname));
      }
      function onSocketError(error: Error): void {
        failure ??= upgradeError(error, place, subprotocol);
      }
      function onError(error: Error): void {
        failure ??= upgradeError(error, place, subprotocol);
      }
      function onOpen(): void {
        forget();
        resolve(new WebSocketTransport(webSocket, handler, place, socket));
      }
      // Only when the socket is gone, too, whoever hears of the failure finds nothing left open.
      function onClose(): void {
        forget();
        webSocket.on("error", () => {});
        const rejectNow = (): void => reject(failure ?? streamError(new Error("the socket closed"), place));
        if (socket === undefined || socket.closed) rejectNow();
        else socket.once("close", rejectNow).destroy();
      }
      function forget(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        socket?.off("error", onSocketError);
        webSocket.off("open", onOpen);
        webSocket.off("unexpected-response", onStatus);
        webSocket.off("error", onError);
        webSocket.off("close", onClose);
      }
    });
  }
}

function checkOptions(options: WebSocketOptions): void {
  const { path = "/mqtt", subprotocol = "mqtt", headers, query, agent, dial } = options;
  checkRange("websocketTimeoutMs", options.websocketTimeoutMs, 0, LONGEST_TIMER);
  checkRange("maxPayload", options.maxPayload, 0, Number.MAX_SAFE_INTEGER);
  // oxlint-disable-next-line no-control-regex
  if (/[#\u0000-\u0020\u007f-\uffff]/.test(path)) {
    throw new InvalidOptionError("path", JSON.stringify(path), "it has a character that has to be percent-encoded");
  }
  if (typeof query === "string" && query.includes("#")) {
    throw new InvalidOptionError("query", "given", "it has a #, which has to be percent-encoded as %23");
  }
  // RFC 6455, section 4.1: a token of RFC 2616.
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(subprotocol)) {
    throw new InvalidOptionError("subprotocol", JSON.stringify(subprotocol), "it is one word, such as mqtt");
  }
  if (typeof headers === "object") checkHeaders(headers);
  if (agent !== undefined && dial !== undefined) {
    throw new InvalidOptionError(
      "agent",
      "given",
      "it opens the sockets itself: a proxy or dialer can not be given too",
    );
  }
}

/** Never shows a value: it may be a token. */
function checkHeaders(headers: WebSocketHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      throw new InvalidOptionError("headers", JSON.stringify(name), (error as Error).message);
    }
  }
}
