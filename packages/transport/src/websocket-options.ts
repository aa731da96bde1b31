/** Header names and their values. */
export type WebSocketHeaders = Readonly<Record<string, string>>;

/** What is appended to the path: `token=1&v=2`, or names and values, which are percent-encoded. */
export type WebSocketQuery = string | Readonly<Record<string, string>>;

/** What the HTTP request that opens a WebSocket says. */
export interface WebSocketRequestOptions {
  /** Default: `/mqtt`. */
  readonly path?: string | undefined;
  /** As a function it is asked for each connection: for signatures that expire. */
  readonly query?: WebSocketQuery | (() => WebSocketQuery | Promise<WebSocketQuery>) | undefined;
  /**
   * Headers to add. As a function it is called for each connection, with the headers that would be sent and the URL, and
   * returns those to send: for tokens that expire, and signatures.
   */
  readonly headers?:
    | WebSocketHeaders
    | ((defaults: WebSocketHeaders, url: string) => WebSocketHeaders | Promise<WebSocketHeaders>)
    | undefined;
  /** What the server has to agree to. Default: `mqtt`; for MQTT 3.1 it is `mqttv3.1`. */
  readonly subprotocol?: string | undefined;
  /** The longest message to accept, in bytes; 0 is no limit. Default: 17 MiB. */
  readonly maxPayload?: number | undefined;
  /** Offers compression (permessage-deflate), which costs memory and time. Default: false. */
  readonly compression?: boolean | undefined;
  /** Opens the socket instead of a dialer: an `Agent` of `node:http`, or of `node:https` if secure. */
  readonly agent?: object | undefined;
  /** Milliseconds for the headers and for the server's answer, each; 0 is no limit. Default: 10,000. */
  readonly websocketTimeoutMs?: number | undefined;
}
