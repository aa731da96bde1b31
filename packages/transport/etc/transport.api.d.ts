// dist/index.d.ts

export { parseAddress, type Address, type AddressCredentials, type AddressScheme, type SrvAddress, type TcpAddress, type UnixAddress, type WebSocketAddress, } from "./address.ts";
export { InvalidAddressError, InvalidOptionError, TransportError, type AddressPart, type TransportErrorCode, type TransportErrorDetails, type TransportStage, } from "./errors.ts";
export { createMemoryPair, type MemoryPair, type MemoryPairOptions } from "./memory.ts";
export type { Fresh, SecureContextLike, TlsBytes, TlsOptions, TlsVersion } from "./tls-options.ts";
export type { Connector, Signal, Transport, TransportHandler } from "./transport.ts";
export type { ProxyOptions } from "./proxy-options.ts";
export type { WebSocketHeaders, WebSocketQuery, WebSocketRequestOptions } from "./websocket-options.ts";

// dist/address.d.ts

/** The schemes of {@link parseAddress}. */
export type AddressScheme = "mqtt" | "tcp" | "mqtts" | "tls" | "ssl" | "ws" | "wss" | "mqtt+unix" | "mqtt+srv" | "mqtts+srv";
/** The credentials of a URL, percent-decoded; absent when the URL has none. */
export interface AddressCredentials {
    readonly username?: string;
    readonly password?: string;
}
/** `mqtt://`, `tcp://`, and with TLS `mqtts://`, `tls://`, `ssl://`. */
export interface TcpAddress extends AddressCredentials {
    readonly transport: "tcp";
    readonly scheme: AddressScheme;
    readonly secure: boolean;
    /** A name or an address; IPv6 without brackets. */
    readonly host: string;
    /** Default: 1883, and 8883 with TLS. */
    readonly port: number;
}
/** `ws://` and `wss://`. */
export interface WebSocketAddress extends AddressCredentials {
    readonly transport: "websocket";
    readonly scheme: AddressScheme;
    readonly secure: boolean;
    readonly host: string;
    /** Default: 80, and 443 with TLS. */
    readonly port: number;
    /** The path and the query as they stand in the URL. Default: `/mqtt`. */
    readonly path: string;
}
/** `mqtt+unix:///path`. */
export interface UnixAddress extends AddressCredentials {
    readonly transport: "unix";
    readonly scheme: AddressScheme;
    readonly secure: false;
    /** The path of the socket, percent-decoded. */
    readonly path: string;
}
/** `mqtt+srv://domain` and `mqtts+srv://domain`: DNS SRV records of the domain tell the hosts and their ports. */
export interface SrvAddress extends AddressCredentials {
    readonly transport: "srv";
    readonly scheme: AddressScheme;
    readonly secure: boolean;
    /** The domain. */
    readonly host: string;
}
/** What a URL says about reaching a server; told apart by `transport`. */
export type Address = TcpAddress | WebSocketAddress | UnixAddress | SrvAddress;
/**
 * Reads the URL of a server.
 *
 * ```ts
 * parseAddress("mqtts://anna:s%40fe@[::1]");
 * // { transport: "tcp", scheme: "mqtts", secure: true, host: "::1", port: 8883, username: "anna", password: "s@fe" }
 * ```
 *
 * A WebSocket URL without a path gets `/mqtt`; with `/` it has the path `/`. Throws {@link InvalidAddressError}, which
 * names the part that is wrong and never shows a password.
 */
export declare function parseAddress(url: string): Address;

// dist/errors.d.ts

/** How far a connection came before it failed; `"stream"` is after it stood. */
export type TransportStage = "dns" | "connect" | "proxy" | "tls" | "websocket" | "stream";
/**
 * What happened, for programs; the message says it for people.
 *
 * - `…_ABORTED`: the signal was aborted before the connection stood.
 * - `…_TIMED_OUT`: no answer in time, by our own timeout or the system's (ETIMEDOUT).
 * - `…_HOST_NOT_FOUND`: DNS says that there is no such name (ENOTFOUND).
 * - `…_DNS_UNAVAILABLE`: DNS could not be asked (EAI_AGAIN).
 * - `…_REFUSED`: nothing listens there (ECONNREFUSED), or there is no such Unix socket (ENOENT). At stage `"proxy"` it is
 *   the proxy that found nobody.
 * - `…_UNREACHABLE`: there is no way to the host or its network (EHOSTUNREACH, ENETUNREACH).
 * - `…_FORBIDDEN`: the system (EACCES, EPERM), the proxy by its rules, or the server (HTTP 403) does not allow it.
 * - `…_UNAUTHORIZED`: the proxy wants another user name or password, or the server other credentials (HTTP 401).
 * - `…_PROXY_UNREACHABLE`: there is no connection to the proxy itself; the cause tells why.
 * - `…_HTTP_STATUS`: the server or the proxy answered with a status that is none of the above; it is in `status`.
 * - `…_PROTOCOL`: the peer does not speak what it should: not HTTP, not SOCKS, text instead of binary frames.
 * - `…_CLOSED`: the peer ended a WebSocket with a close code that means trouble.
 * - `…_OVERFLOW`: more came than may be held for a paused reader, where the peer can not be stopped.
 * - `…_LOCAL_ADDRESS`: the local address or port can not be used (EADDRINUSE, EADDRNOTAVAIL).
 * - `…_RESET`: the peer dropped the connection without ending it (ECONNRESET, ECONNABORTED, EPIPE).
 * - `…_UNTRUSTED`: the server's certificate is not accepted: expired, of another host, from a stranger, and so on.
 * - `…_CLIENT_CERTIFICATE`: the server wants a certificate of the client, or refuses the one it got.
 * - `…_NOT_TLS`: what answers there does not speak TLS.
 * - `…_TLS_REFUSED`: no TLS version, cipher or protocol in common.
 * - `…_TLS_MATERIAL`: a certificate, key or list given for TLS can not be read or used. Nothing was opened.
 * - `…_FAILED`: anything else; the cause tells.
 */
export type TransportErrorCode = "PETREL_TRANSPORT_ABORTED" | "PETREL_TRANSPORT_TIMED_OUT" | "PETREL_TRANSPORT_HOST_NOT_FOUND" | "PETREL_TRANSPORT_DNS_UNAVAILABLE" | "PETREL_TRANSPORT_REFUSED" | "PETREL_TRANSPORT_UNREACHABLE" | "PETREL_TRANSPORT_FORBIDDEN" | "PETREL_TRANSPORT_UNAUTHORIZED" | "PETREL_TRANSPORT_PROXY_UNREACHABLE" | "PETREL_TRANSPORT_HTTP_STATUS" | "PETREL_TRANSPORT_PROTOCOL" | "PETREL_TRANSPORT_CLOSED" | "PETREL_TRANSPORT_OVERFLOW" | "PETREL_TRANSPORT_LOCAL_ADDRESS" | "PETREL_TRANSPORT_RESET" | "PETREL_TRANSPORT_UNTRUSTED" | "PETREL_TRANSPORT_CLIENT_CERTIFICATE" | "PETREL_TRANSPORT_NOT_TLS" | "PETREL_TRANSPORT_TLS_REFUSED" | "PETREL_TRANSPORT_TLS_MATERIAL" | "PETREL_TRANSPORT_FAILED";
/** What a {@link TransportError} carries beside its message. */
export interface TransportErrorDetails {
    /** How far the connection had come. */
    readonly stage: TransportStage;
    /** A stable literal, `PETREL_TRANSPORT_…`, for programs to switch on. */
    readonly code: TransportErrorCode;
    /** The HTTP status that the server (stage `"websocket"`) or the proxy answered with. */
    readonly status?: number;
    /** The error underneath, such as Node's. */
    readonly cause?: unknown;
}
/**
 * A connection could not be opened, or broke. The message is a sentence with the host, the port and the system's error
 * code in it; `stage` and `code` are for programs, `cause` is the error underneath.
 */
export declare class TransportError extends Error {
    /** How far the connection had come. */
    readonly stage: TransportStage;
    /** A stable literal, `PETREL_TRANSPORT_…`, for programs to switch on. */
    readonly code: TransportErrorCode;
    /** The HTTP status that came instead of what was asked for; absent where HTTP has no part in it. */
    readonly status?: number;
    constructor(message: string, details: TransportErrorDetails);
}
/** A part of a URL, as {@link InvalidAddressError} names it. */
export type AddressPart = "scheme" | "username" | "password" | "host" | "port" | "path" | "query" | "fragment";
/** A URL or a target can not be connected to as it is written. The message says which part is wrong, never a password. */
export declare class InvalidAddressError extends Error {
    /** A stable literal, for programs to switch on. */
    readonly code = "PETREL_INVALID_ADDRESS";
    /** Which part of the URL it is. */
    readonly part: AddressPart;
    constructor(part: AddressPart, message: string);
}
/** An option of a transport can not be used. Nothing was opened. The message never shows a key or a passphrase. */
export declare class InvalidOptionError extends RangeError {
    /** A stable literal, for programs to switch on. */
    readonly code = "PETREL_INVALID_OPTION";
    /** The option's name. */
    readonly option: string;
    readonly value: unknown;
    /** What is wrong with it, or what it has to be. */
    readonly reason: string;
    constructor(option: string, value: unknown, reason: string);
}

// dist/transport.d.ts

/**
 * One connection that carries bytes in order, both ways. It knows nothing of MQTT.
 *
 * A {@link Connector} opens it and gives it the one {@link TransportHandler} it talks to. No method throws, and each may
 * be called at any time, also from inside a handler's method and after the connection is gone.
 */
export interface Transport {
    /**
     * Sends bytes after all those sent before.
     *
     * The transport owns `bytes` from now on: whoever wrote them never changes them again. The transport neither changes
     * nor copies them.
     *
     * Returns `true` while more may be written at once. `false` means that enough is waiting: these bytes are not lost,
     * but write no more before {@link TransportHandler.onDrain}. After {@link close}, {@link destroy} or the end of the
     * connection, it does nothing and returns `false`, and no `onDrain` follows.
     */
    write(bytes: Uint8Array): boolean;
    /**
     * Stops `onData`: none is called after `pause()` has returned, until {@link resume}. What arrives meanwhile is held
     * back, and once the buffers on the way are full the peer's `write` returns `false`.
     *
     * The peer's end comes after its data, so a paused transport does not see it: a transport that is closed while paused
     * calls `onClose` only after `resume()` or {@link destroy}.
     */
    pause(): void;
    /** Continues after {@link pause}; `onData` is never called from inside. */
    resume(): void;
    /**
     * Ends this side politely: sends what was written, then tells the peer that no more follows. The peer's bytes still
     * arrive until it ends its side too; then `onClose()` is called, without a cause.
     *
     * It has no deadline of its own: call {@link destroy} when yours has passed.
     */
    close(): void;
    /**
     * Ends the connection now. What was not sent yet is lost. After it has returned, the handler hears `onClose(cause)`
     * and nothing else; a second call, or one after the connection is gone, does nothing.
     */
    destroy(cause?: Error): void;
    /** Bytes written that the transport still holds: not yet taken by the network (or, in memory, by the peer). */
    readonly bufferedBytes: number;
}
/**
 * What a connection tells its owner. No method is called from inside a call to the {@link Transport}, and none before
 * the connector's promise has resolved. Nothing catches what these methods throw.
 */
export interface TransportHandler {
    /**
     * Bytes from the peer, at least one, after all those before. The transport never changes or reuses them, so views of
     * them may be kept for ever; they are read-only for the handler too.
     */
    onData(bytes: Uint8Array): void;
    /** `write` returned `false` earlier, and what was waiting then has been sent: write again. */
    onDrain(): void;
    /**
     * The connection is over. Called exactly once, and last.
     *
     * Without a cause: both sides ended politely. The peer's end also ends this side: what was written before is sent, and
     * then this is called. With one: what went wrong (as a rule a `TransportError`), or the cause given to
     * {@link Transport.destroy}, which is passed on as it is.
     */
    onClose(cause?: Error): void;
}
/**
 * Opens one connection and resolves when it carries bytes. Each call opens another one.
 *
 * Rejects with a `TransportError` that names the stage which failed; then the handler was not and will not be called,
 * and nothing is left open. The same happens when `signal` is aborted before the connection stands; afterwards the
 * signal is forgotten. Await the connector directly: the handler may be called as soon as the promise jobs that follow
 * from its resolution have run.
 */
export type Connector = (handler: TransportHandler, signal?: Signal) => Promise<Transport>;
/** The part of the platform's `AbortSignal` that transports use; every `AbortSignal` is one. */
export interface Signal {
    /** It is too late. */
    readonly aborted: boolean;
    /** Why it was aborted; becomes the error's `cause`. */
    readonly reason: unknown;
    /** Calls back when it is aborted. */
    addEventListener(type: "abort", listener: () => void): void;
    /** Calls back no more. */
    removeEventListener(type: "abort", listener: () => void): void;
}

// dist/memory.d.ts

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
export declare function createMemoryPair(options?: MemoryPairOptions): MemoryPair;

// dist/tls-options.d.ts

/** The versions of TLS, in the words of Node. */
export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
/** A value, or a function that is asked for it anew for each connection. */
export type Fresh<Value> = Value | (() => Value | Promise<Value>);
/** PEM text, or the bytes of a PEM or DER file. */
export type TlsBytes = string | Uint8Array;
/** A context of `tls.createSecureContext()` of Node. */
export interface SecureContextLike {
    /** OpenSSL's part of it. */
    readonly context: unknown;
}
/**
 * How a TLS connection is made. Files are read anew for each connection, and functions called, so that a certificate
 * that was renewed meanwhile is used by the next attempt.
 */
export interface TlsOptions {
    /** Certificates of the authorities to trust, instead of Node's own list. PEM may hold several. */
    readonly ca?: Fresh<TlsBytes | readonly TlsBytes[]> | undefined;
    /** A file with the certificates of authorities, as {@link ca}. */
    readonly caFile?: string | undefined;
    /** A folder whose files hold the certificates of authorities, as {@link ca}. */
    readonly caPath?: string | undefined;
    /** The client's own certificate, followed by those of its intermediate authorities. */
    readonly cert?: Fresh<TlsBytes> | undefined;
    /** A file with the client's certificate, as {@link cert}. */
    readonly certFile?: string | undefined;
    /** The private key of {@link cert}. */
    readonly key?: Fresh<TlsBytes> | undefined;
    /** A file with the private key, as {@link key}. */
    readonly keyFile?: string | undefined;
    /** Opens {@link key} or {@link pfx} when it is encrypted. */
    readonly passphrase?: Fresh<string> | undefined;
    /** The client's certificate and key in one, as PKCS#12. */
    readonly pfx?: Fresh<Uint8Array> | undefined;
    /** A file with both, as {@link pfx}. */
    readonly pfxFile?: string | undefined;
    /** Lists of certificates that their authorities have revoked. With one, every authority in the chain needs its own. */
    readonly crl?: Fresh<TlsBytes | readonly TlsBytes[]> | undefined;
    /** A file with the lists, as {@link crl}. */
    readonly crlFile?: string | undefined;
    /** Protocols to offer to the server (ALPN), such as `["mqtt"]`. A server without ALPN takes no notice. */
    readonly alpnProtocols?: readonly string[] | undefined;
    /** Cipher suites in OpenSSL's notation. Default: Node's. */
    readonly ciphers?: string | undefined;
    /** The oldest version to accept. Default: `"TLSv1.2"`. */
    readonly minVersion?: TlsVersion | undefined;
    /** The newest version to use. Default: Node's, `"TLSv1.3"`. */
    readonly maxVersion?: TlsVersion | undefined;
    /** The name to ask the server for (SNI), and to find in its certificate. Default: the target's host. */
    readonly servername?: string | undefined;
    /** `false` takes any certificate, of anybody: then nobody knows who reads along. Default: true. */
    readonly rejectUnauthorized?: boolean | undefined;
    /** `false` takes a certificate of another host if an authority has signed it. Default: true. */
    readonly checkHostname?: boolean | undefined;
    /** A context of `tls.createSecureContext()`, instead of the certificates, keys, ciphers and versions above. */
    readonly secureContext?: Fresh<SecureContextLike> | undefined;
    /** Whether a further connection resumes the TLS session of the last one, which is faster. Default: true. */
    readonly resumeSession?: boolean | undefined;
}

// dist/proxy-options.d.ts

/** A proxy of any kind. */
export interface ProxyOptions {
    /**
     * `socks5h://user:password@host:1080`, with one of the schemes `socks4` `socks4a` `socks5` `socks5h` `http` `https`.
     * `socks` is `socks5h`. `socks4` and `socks5` look the server's name up here, the others let the proxy do it.
     * Credentials are percent-decoded. Default ports: 1080 for SOCKS, 80 for `http`, 443 for `https`.
     */
    readonly url: string;
    /** Instead of the URL's. */
    readonly username?: string | undefined;
    /** Instead of the URL's. */
    readonly password?: string | undefined;
    /** Headers to add to an HTTP proxy's request. */
    readonly headers?: Readonly<Record<string, string>> | undefined;
    /** For a proxy that is itself spoken to over TLS, `https`. */
    readonly tls?: TlsOptions | undefined;
}

// dist/websocket-options.d.ts

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
    readonly headers?: WebSocketHeaders | ((defaults: WebSocketHeaders, url: string) => WebSocketHeaders | Promise<WebSocketHeaders>) | undefined;
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

// dist/node/tcp.d.ts

import type { Connector } from "../transport.ts";
import { createDialer, type Dialer, type DialOptions } from "./dial.ts";
import { createSocketTransport } from "./socket-transport.ts";
import { type DialTarget } from "./target.ts";
export { createDialer, createSocketTransport, type Dialer, type DialOptions, type DialTarget };
/** Where {@link tcp} connects to, and how. */
export type TcpOptions = DialTarget & DialOptions & {
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
export declare function tcp(options: TcpOptions): Connector;

// dist/node/dial.d.ts

/**
 * Opens a stream of bytes to a target: directly (see {@link createDialer}) or through whatever stands in between.
 *
 * Resolves with a connected stream that nobody reads yet, and which has an `error` listener. Rejects with a
 * `TransportError`, and leaves nothing open then. An abort of the signal ends the attempt.
 */
export type Dialer = (target: DialTarget, signal?: Signal) => Promise<Duplex>;
/** How {@link createDialer} opens sockets. */
export interface DialOptions {
    /** Milliseconds for DNS and connecting together; 0 leaves it to the system. Default: 10,000. */
    readonly connectTimeoutMs?: number;
    /** Milliseconds for DNS alone; 0 leaves it to {@link connectTimeoutMs}. Default: 0. */
    readonly dnsTimeoutMs?: number;
    /** The only IP version to use. Default: 0, both. */
    readonly family?: 0 | 4 | 6;
    /**
     * Whether a host's further addresses are tried, IPv6 and IPv4 in turn, when one does not answer (Happy Eyeballs).
     * `false` tries the first address only. Default: true, except with {@link localAddress}.
     */
    readonly happyEyeballs?: boolean;
    /** Milliseconds that each address but the last gets with {@link happyEyeballs}. Default: Node's, 250. */
    readonly attemptTimeoutMs?: number;
    /** The local address to connect from. Default: the system's choice. */
    readonly localAddress?: string;
    /** The local port to connect from. Default: the system's choice. */
    readonly localPort?: number;
    /** Sends small writes at once (TCP_NODELAY). Default: true. */
    readonly noDelay?: boolean;
    /** Lets the system probe an idle connection (SO_KEEPALIVE); MQTT has its own keep alive. Default: false. */
    readonly keepAlive?: boolean;
    /** Milliseconds of idleness before the first probe of {@link keepAlive}. Default: the system's. */
    readonly keepAliveInitialDelayMs?: number;
    /** Bytes waiting in the socket from which on `write` returns `false`. Default: 131,072. */
    readonly highWaterMark?: number;
}
/** Makes a {@link Dialer} that opens TCP and Unix sockets. Throws `InvalidOptionError` for an option out of range. */
export declare function createDialer(options?: DialOptions): Dialer;

// dist/node/target.d.ts

/** Where a connection is to lead: a TCP port of a host, or the path of a Unix socket (on Windows: a named pipe). */
export type DialTarget = {
    /** A name or an address; IPv6 without brackets. */
    readonly host: string;
    /** 1 to 65,535. */
    readonly port: number;
    readonly path?: undefined;
} | {
    readonly path: string;
    readonly host?: undefined;
    readonly port?: undefined;
};

// dist/node/socket-transport.d.ts

/**
 * Makes a {@link Transport} of a connected socket, or of any `Duplex` of bytes (a TLS socket, a tunnel). The transport
 * owns it from now on. Its `bufferedBytes` and the point at which `write` returns `false` are the stream's
 * `writableLength` and `writableHighWaterMark`.
 *
 * A server uses it for what it accepts:
 *
 * ```ts
 * createServer((socket) => createSocketTransport(socket, handler, "a client"));
 * ```
 *
 * @param place what the socket leads to, for error messages, such as `127.0.0.1:1883`; default: `the other end`
 */
export declare function createSocketTransport(socket: Duplex, handler: TransportHandler, place?: string): Transport;

// dist/node/srv.d.ts

import type { Connector, Signal } from "../transport.ts";
/** One server that a domain names in DNS (RFC 2782). */
export interface SrvRecord {
    /** The host; `.` or empty: the domain has no such service. */
    readonly name: string;
    readonly port: number;
    /** Servers with the lowest are tried first. */
    readonly priority: number;
    /** Among those of one priority, how often a server comes first, in proportion. */
    readonly weight: number;
}
/** Where {@link srv} looks, and what it does with what it finds. */
export interface SrvOptions {
    readonly domain: string;
    /** Such as `_mqtt._tcp` or `_secure-mqtt._tcp`. */
    readonly service: string;
    /** Makes the connector for one server; it is called once for each, and again when the server was gone meanwhile. */
    readonly connectorTo: (target: SrvTarget) => Connector;
    /** Asks DNS. Rejects with an error that has Node's `code`. Default: the system's name servers. */
    readonly resolve?: ((name: string, signal: Signal) => Promise<readonly SrvRecord[]>) | undefined;
    /** Milliseconds for the records; 0 is no limit. Default: 10,000. */
    readonly dnsTimeoutMs?: number | undefined;
    /** For tests: randomness, from 0 (included) to 1 (excluded). */
    readonly random?: (() => number) | undefined;
}
/** A server as {@link srv} hands it to `connectorTo`. */
export interface SrvTarget {
    readonly host: string;
    readonly port: number;
}
/** A {@link Connector} to one of several servers. */
export interface SrvConnector extends Connector {
    /**
     * Tells how the last connection ended. One that was of no use, because the server refused what was asked of it, say,
     * puts that server behind those that were not tried yet. Returns whether there are such: when all have been tried, or
     * a connection was of use, all begin anew.
     */
    handleEnded(wasUseful: boolean): boolean;
}
/**
 * Makes a {@link Connector} for the servers that a domain names in DNS. For each connection it asks DNS, puts the servers
 * in the order of RFC 2782, and takes the first that can be reached.
 *
 * ```ts
 * const connector = srv({ domain: "example.net", service: "_mqtt._tcp", connectorTo: (target) => tcp(target) });
 * ```
 *
 * Throws `InvalidAddressError` without a domain, `InvalidOptionError` for an option out of range. The connector rejects
 * with a `TransportError` of stage `"dns"`, or that of the server; of several servers, it tells about each.
 */
export declare function srv(options: SrvOptions): SrvConnector;
/**
 * In the order to try them: by priority, and among those of one priority at random by weight (RFC 2782).
 *
 * @param random from 0 (included) to 1 (excluded)
 */
export declare function orderSrvRecords<Item extends SrvRecord>(records: readonly Item[], random: () => number): Item[];

// dist/node/tls.d.ts

import { type TLSSocket } from "node:tls";
import type { Fresh, TlsBytes, TlsOptions, TlsVersion } from "../tls-options.ts";
import type { Connector, Signal } from "../transport.ts";
import { type Dialer, type DialOptions } from "./dial.ts";
import { type DialTarget } from "./target.ts";
export type { Fresh, TlsBytes, TlsOptions, TlsVersion };
/** How {@link createTlsDialer} opens connections: {@link DialOptions} are for the one below TLS. */
export interface TlsDialOptions extends DialOptions, TlsOptions {
    /** Opens the stream that TLS runs on, such as one through a proxy. Default: a direct connection. */
    readonly dial?: Dialer | undefined;
    /** Milliseconds to read the certificates, and again for the TLS handshake; 0 is no limit. Default: 10,000. */
    readonly tlsTimeoutMs?: number | undefined;
}
/** Where {@link tls} connects to, and how. */
export type TlsConnectorOptions = DialTarget & TlsDialOptions;
/** A `Dialer` whose streams are TLS sockets. */
export type TlsDialer = (target: DialTarget, signal?: Signal) => Promise<TLSSocket>;
/**
 * Makes a {@link Connector} for `{ host, port }` over TLS.
 *
 * ```ts
 * const connector = tls({ host: "example.net", port: 8883, caFile: "ca.pem" });
 * ```
 *
 * Throws `InvalidAddressError` for an impossible target and `InvalidOptionError` for options that can not work. The
 * connector rejects with a `TransportError` of stage `"dns"`, `"connect"` or `"tls"`. In TLS 1.3 a server may refuse
 * the client's certificate after that: then `onClose` gets a `TransportError` of stage `"tls"`.
 */
export declare function tls(options: TlsConnectorOptions): Connector;
/**
 * Makes a `Dialer` that opens TLS connections: a socket whose handshake is done, and whose peer is the one that was
 * asked for. It serves what runs inside TLS, such as a secure WebSocket, or a proxy that is spoken to over TLS.
 *
 * One dialer resumes its own last TLS session: make one for all connections to a server, not one for each.
 *
 * Throws `InvalidOptionError` for options that can not work.
 */
export declare function createTlsDialer(options?: TlsDialOptions): TlsDialer;

// dist/node/websocket.d.ts

import type { Connector } from "../transport.ts";
import { type TlsDialOptions } from "./tls.ts";
import type { WebSocketHeaders, WebSocketQuery, WebSocketRequestOptions } from "../websocket-options.ts";
import { createWebSocketTransport } from "./websocket-transport.ts";
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
export declare function websocket(options: WebSocketOptions): Connector;

// dist/node/websocket-transport.d.ts

/**
 * Makes a {@link Transport} of an open WebSocket of the `ws` package; the transport owns it from now on. Call it where
 * the WebSocket opens (in the `connection` event, for a server), or `pause()` the WebSocket there: `ws` keeps no
 * message that nobody listens for.
 *
 * @param place what the WebSocket leads to, for error messages; default: `the other end`
 */
export declare function createWebSocketTransport(webSocket: WebSocket, handler: TransportHandler, place?: string): Transport;

// dist/node/socks.d.ts

import { type Dialer, type DialOptions } from "./dial.ts";
/** `socks4` and `socks5` look names up here; `socks4a` and `socks5h` let the proxy do it. */
export type SocksKind = "socks4" | "socks4a" | "socks5" | "socks5h";
/** A SOCKS proxy. {@link DialOptions} are for the connection to it. */
export interface SocksOptions extends DialOptions {
    readonly host: string;
    /** Default: 1080. */
    readonly port?: number | undefined;
    /** Default: `"socks5h"`. */
    readonly kind?: SocksKind | undefined;
    /** At most 255 bytes of UTF-8. SOCKS 4 calls it the user id. */
    readonly username?: string | undefined;
    /** At most 255 bytes of UTF-8; SOCKS 5 only. */
    readonly password?: string | undefined;
    /** Opens the connection to the proxy. Default: a direct one. */
    readonly dial?: Dialer | undefined;
    /** Milliseconds for the proxy to connect and to say so; 0 is no limit. Default: 10,000. */
    readonly proxyTimeoutMs?: number | undefined;
}
/**
 * Makes a {@link Dialer} that connects through a SOCKS proxy.
 *
 * ```ts
 * const connector = tcp({ host: "example.net", port: 1883, dial: socks({ host: "127.0.0.1", port: 1080 }) });
 * ```
 *
 * Throws `InvalidAddressError` and `InvalidOptionError` for what can not work. The dialer rejects with a
 * `TransportError` of stage `"proxy"`, or `"dns"` where the name is looked up here.
 */
export declare function socks(options: SocksOptions): Dialer;

// dist/node/http-proxy.d.ts

import { type Dialer } from "./dial.ts";
import { type TlsDialOptions } from "./tls.ts";
/** An HTTP proxy. {@link TlsDialOptions} are for the connection to it. */
export interface HttpProxyOptions extends TlsDialOptions {
    readonly host: string;
    /** Default: 80, and 443 if secure. */
    readonly port?: number | undefined;
    /** Whether the proxy itself is spoken to over TLS (`https://`). Default: false. */
    readonly secure?: boolean | undefined;
    /** Sent as Basic authentication, without waiting to be asked. */
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    /** Headers to add to the request. */
    readonly headers?: Readonly<Record<string, string>> | undefined;
    /** Milliseconds for the proxy to connect and to say so; 0 is no limit. Default: 10,000. */
    readonly proxyTimeoutMs?: number | undefined;
}
/**
 * Makes a {@link Dialer} that connects through an HTTP proxy by its method CONNECT. The proxy looks names up.
 *
 * ```ts
 * const connector = tls({ host: "example.net", port: 8883, dial: httpProxy({ host: "proxy.example", port: 3128 }) });
 * ```
 *
 * Throws `InvalidAddressError` and `InvalidOptionError` for what can not work. The dialer rejects with a
 * `TransportError` of stage `"proxy"`.
 */
export declare function httpProxy(options: HttpProxyOptions): Dialer;

// dist/node/proxy.d.ts

import type { ProxyOptions } from "../proxy-options.ts";
import type { Dialer, DialOptions } from "./dial.ts";
import { proxyFromEnvironment, type ProxyTarget } from "./proxy-environment.ts";
export { proxyFromEnvironment, type ProxyOptions, type ProxyTarget };
/** How the connection to a proxy is opened. */
export interface ProxyDialOptions extends DialOptions {
    /** Opens the connection to the proxy. Default: a direct one. */
    readonly dial?: Dialer | undefined;
    /** Milliseconds for the proxy to connect and to say so; 0 is no limit. Default: 10,000. */
    readonly proxyTimeoutMs?: number | undefined;
    /** Milliseconds for the TLS handshake with an `https` proxy; 0 is no limit. Default: 10,000. */
    readonly tlsTimeoutMs?: number | undefined;
}
/**
 * Makes a {@link Dialer} that connects through the proxy at a URL.
 *
 * ```ts
 * const connector = tcp({ host: "example.net", port: 1883, dial: proxy("socks5h://anna:secret@127.0.0.1") });
 * ```
 *
 * Throws `InvalidOptionError` for what can not work; it never shows a password.
 */
export declare function proxy(options: string | ProxyOptions, via?: ProxyDialOptions): Dialer;

// dist/node/proxy-environment.d.ts

/** A server that may be behind a proxy. */
export interface ProxyTarget {
    readonly host: string;
    readonly port: number;
    /** Whether it is spoken to over TLS. */
    readonly secure: boolean;
}
type Environment = Readonly<Record<string, string | undefined>>;
/**
 * The URL of the proxy that the environment names for this server, or undefined if there is none: `HTTPS_PROXY` for
 * TLS, `HTTP_PROXY` for the others, and otherwise `ALL_PROXY`. `NO_PROXY` exempts. Small letters go first.
 */
export declare function proxyFromEnvironment(target: ProxyTarget, environment?: Environment): string | undefined;

// dist/web/index.d.ts

export { streams, type ByteReader, type ByteStreamPair, type ByteWriter, type StreamsOptions } from "./streams.ts";
export { websocket, type NativeWebSocketOptions, type WebSocketClass, type WebSocketLike } from "./websocket.ts";

// dist/web/streams.d.ts

/** What a `ReadableStream` of bytes gives by `getReader()`. */
export interface ByteReader {
    read(): Promise<{
        readonly done: boolean;
        readonly value?: Uint8Array | undefined;
    }>;
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
    readonly readable: {
        getReader(): ByteReader;
    };
    readonly writable: {
        getWriter(): ByteWriter;
    };
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
export declare function streams(open: (signal: Signal | undefined) => ByteStreamPair | Promise<ByteStreamPair>, options?: StreamsOptions): Connector;

// dist/web/websocket.d.ts

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
export declare function websocket(options: NativeWebSocketOptions): Connector;

// dist/testing/index.d.ts

export { transportConformance, type ConformanceCase, type ConformanceLink, type ConformanceOptions, type OpenLink, } from "./conformance.ts";
export type { TransportCapability } from "./workbench.ts";

// dist/testing/conformance.d.ts

/** One connection that the suite opens, uses and throws away. */
export interface ConformanceLink {
    /** Opens the transport under test. Called once at most. */
    readonly connect: Connector;
    /** Resolves with the other end once {@link connect} has reached it: a transport too, by the same contract. */
    readonly accept: (handler: TransportHandler) => Promise<Transport>;
    /**
     * Breaks the connection at the other end without a goodbye, as a crash does. Called after {@link accept}. Leave it out
     * where there is no such thing, as with Unix sockets, and declare that the transport is without `"reset"`.
     */
    readonly reset?: () => void;
    /** Frees what this link needed besides its transports, such as a listening port. Called once, also after a failure. */
    readonly close: () => void | Promise<void>;
}
/** Makes a fresh link. */
export type OpenLink = () => ConformanceLink | Promise<ConformanceLink>;
/** What {@link transportConformance} can check beside the transport. */
export interface ConformanceOptions {
    /**
     * Lists what would keep the process alive, as the platform names it. A case fails if the list is longer after it than
     * before. In Node: `() => process.getActiveResourcesInfo()`.
     */
    readonly activeResources?: () => readonly string[];
    /**
     * What this kind of transport can not do, whoever writes it. The cases that need it then check the little that holds
     * without it, and say so in their names:
     *
     * - `"half-close"`: after one side's `close()` the other side's bytes still arrive.
     * - `"stopping-the-peer"`: a paused reader makes the peer's `write` return `false`.
     * - `"being-stopped"`: the other end of these links can do that to the transport.
     * - `"reset"`: the other end can break the connection without a goodbye.
     */
    readonly without?: readonly TransportCapability[];
}
/** One rule of the contract, and what tries to break it. */
export interface ConformanceCase {
    readonly name: string;
    /** Rejects with an error that tells which rule was broken. Never sleeps: a rule that makes it wait makes it hang. */
    readonly run: () => Promise<void>;
}
/**
 * The rules of `Transport`, `TransportHandler` and `Connector` as test cases, for any test runner:
 *
 * ```ts
 * for (const { name, run } of transportConformance(openLink)) test(name, run);
 * ```
 *
 * The largest case moves 32 MiB.
 */
export declare function transportConformance(open: OpenLink, options?: ConformanceOptions): readonly ConformanceCase[];

// dist/testing/workbench.d.ts

/** What the contract asks for and not every kind of transport has. */
export type TransportCapability = "half-close" | "stopping-the-peer" | "being-stopped" | "reset";
