import type { ProxyOptions, WebSocketRequestOptions } from "@petrel/transport";

/** How `ws://` and `wss://` are opened. In a browser only `path`, `query` and `subprotocol` can be chosen. */
export type WebSocketOptions = Omit<WebSocketRequestOptions, "maxPayload" | "websocketTimeoutMs">;

/** The way to the server, below MQTT. */
export interface NetworkOptions {
  /** For `ws://` and `wss://`. `path` goes before that of the URL. */
  readonly websocket?: WebSocketOptions | undefined;
  /**
   * Connects through a proxy: its URL, such as `socks5h://user:password@host:1080` or `http://host:3128`, or an object
   * with one. `"environment"` looks into HTTPS_PROXY (for TLS), HTTP_PROXY (for the others), ALL_PROXY and NO_PROXY.
   * Node only. Default: none.
   */
  readonly proxy?: string | ProxyOptions | undefined;
}
