import { connect, isIP, type NetConnectOpts, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { abortedError, InvalidOptionError, TransportError, type TransportStage } from "../errors.ts";
import type { Signal } from "../transport.ts";
import { connectError } from "./system-error.ts";
import { checkTarget, formatTarget, type DialTarget } from "./target.ts";

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

/**
 * With Node's 16 KiB, nearly each burst of messages has to wait for "drain", a turn later, though the system has taken it
 * at once: programs that await each message at QoS 0 take a quarter more processor time (measured).
 */
export const HIGH_WATER_MARK = 131_072;

/** Makes a {@link Dialer} that opens TCP and Unix sockets. Throws `InvalidOptionError` for an option out of range. */
export function createDialer(options: DialOptions = {}): Dialer {
  checkOptions(options);
  return (target, signal) => dialSocket(target, options, signal);
}

function dialSocket(target: DialTarget, options: DialOptions, signal: Signal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    checkTarget(target);
    if (signal?.aborted === true) throw abortedError(formatTarget(target), "connect", signal);

    const timeoutMs = options.connectTimeoutMs ?? 10_000;
    let stage: TransportStage = target.host !== undefined && isIP(target.host) === 0 ? "dns" : "connect";
    let failure: TransportError | undefined;
    const socket = connect(connectOptions(target, options));
    const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined;
    const dnsTimeoutMs = stage === "dns" ? (options.dnsTimeoutMs ?? 0) : 0;
    const dnsTimer = dnsTimeoutMs > 0 ? setTimeout(onDnsTimeout, dnsTimeoutMs) : undefined;
    signal?.addEventListener("abort", onAbort);
    socket.on("lookup", onLookup);
    socket.on("connect", onConnect);
    socket.on("close", onClose);
    socket.on("error", onError);

    function onError(error: Error): void {
      failure ??= connectError(error, target);
    }
    function fail(error: TransportError): void {
      failure ??= error;
      socket.destroy();
    }
    function onAbort(): void {
      fail(abortedError(formatTarget(target), stage, signal!));
    }
    function onTimeout(): void {
      fail(timeoutError(target, stage, timeoutMs, "connect timeout"));
    }
    function onDnsTimeout(): void {
      fail(timeoutError(target, stage, dnsTimeoutMs, "DNS timeout"));
    }
    function onLookup(): void {
      clearTimeout(dnsTimer);
      stage = "connect";
    }
    function onConnect(): void {
      forget();
      resolve(socket);
    }
    // Only now is the handle gone, so whoever hears of the failure finds nothing left open.
    function onClose(): void {
      forget();
      reject(failure ?? connectError(new Error("the socket closed"), target));
    }
    function forget(): void {
      clearTimeout(timer);
      clearTimeout(dnsTimer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("lookup", onLookup);
      socket.off("connect", onConnect);
      socket.off("close", onClose);
      // An error may come before the new owner listens. A function of here would keep all that was needed to get here.
      socket.on("error", leaveToOwner);
      socket.off("error", onError);
    }
  });
}

/** The owner looks at `socket.errored` first. */
function leaveToOwner(): void {}

function connectOptions(target: DialTarget, options: DialOptions): NetConnectOpts {
  const buffer = { writableHighWaterMark: options.highWaterMark ?? HIGH_WATER_MARK };
  if (target.path !== undefined) return { path: target.path, ...buffer };
  const { localAddress, localPort } = options;
  return {
    host: target.host,
    port: target.port,
    // An address of one family can not connect to the other.
    family: options.family ?? (localAddress === undefined ? 0 : isIP(localAddress)),
    autoSelectFamily: options.happyEyeballs ?? true,
    ...(options.attemptTimeoutMs !== undefined && { autoSelectFamilyAttemptTimeout: options.attemptTimeoutMs }),
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
    ...buffer,
    noDelay: options.noDelay ?? true,
    keepAlive: options.keepAlive ?? false,
    ...(options.keepAliveInitialDelayMs !== undefined && { keepAliveInitialDelay: options.keepAliveInitialDelayMs }),
  };
}

function timeoutError(target: DialTarget, stage: TransportStage, timeoutMs: number, which: string): TransportError {
  const message =
    stage === "dns"
      ? `the name ${target.host} was not looked up within ${timeoutMs} ms (${which}); does the name server answer?`
      : `${formatTarget(target)} did not answer within ${timeoutMs} ms (${which}); ` +
        "check the address, and whether a firewall drops packets to it";
  return new TransportError(message, { stage, code: "PETREL_TRANSPORT_TIMED_OUT" });
}

function checkOptions(options: DialOptions): void {
  checkRange("connectTimeoutMs", options.connectTimeoutMs, 0, LONGEST_TIMER);
  checkRange("dnsTimeoutMs", options.dnsTimeoutMs, 0, LONGEST_TIMER);
  checkRange("highWaterMark", options.highWaterMark, 1, 1_073_741_824);
  checkRange("attemptTimeoutMs", options.attemptTimeoutMs, 10, LONGEST_TIMER);
  checkRange("keepAliveInitialDelayMs", options.keepAliveInitialDelayMs, 0, LONGEST_TIMER);
  checkRange("localPort", options.localPort, 0, 65_535);
  if (![undefined, 0, 4, 6].includes(options.family)) {
    throw new InvalidOptionError("family", options.family, "it is 4, 6, or 0 for both");
  }
  if (options.localAddress !== undefined && isIP(options.localAddress) === 0) {
    throw new InvalidOptionError("localAddress", options.localAddress, "it is an IP address of this machine");
  }
}

/** Throws {@link InvalidOptionError} unless `value` is a whole number in the range. */
export function checkRange(option: string, value: number | undefined, from: number, to: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return;
  throw new InvalidOptionError(option, value, `it is a whole number from ${from} to ${to}`);
}

/** The longest time that a timer of Node can be set to, in milliseconds. */
export const LONGEST_TIMER = 2_147_483_647;
