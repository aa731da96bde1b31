import type { Duplex } from "node:stream";
import { abortedError, TransportError, type TransportErrorCode, type TransportErrorDetails } from "../errors.ts";
import type { Signal } from "../transport.ts";
import type { Dialer } from "./dial.ts";
import { checkTarget, formatTarget, type DialTarget } from "./target.ts";

/** How long an answer in text may be. */
const LONGEST_ANSWER = 64 * 1024;

/** A proxy, and how long it may take. */
export interface ProxyPlace {
  readonly host: string;
  readonly port: number;
  /** Milliseconds for the whole conversation; 0 is no limit. */
  readonly timeoutMs: number;
}

/**
 * Connects to the proxy, lets `talk` ask it for a connection, and resolves with the stream, which then leads to the
 * target. Every failure is a `TransportError` of stage `"proxy"`, and leaves nothing open.
 */
export async function throughProxy(
  dial: Dialer,
  proxy: ProxyPlace,
  target: DialTarget,
  signal: Signal | undefined,
  talk: (conversation: Conversation) => Promise<void>,
): Promise<Duplex> {
  const stream = await dialProxy(dial, proxy, signal);
  return new Promise((resolve, reject) => {
    const place = formatTarget(proxy);
    const conversation = new Conversation(stream, place);
    const timer = proxy.timeoutMs > 0 ? setTimeout(onTimeout, proxy.timeoutMs) : undefined;
    signal?.addEventListener("abort", onAbort);
    stream.on("error", onError);
    stream.on("end", onEnd);
    stream.on("close", onEnd);
    if (signal?.aborted === true) onAbort();
    else if (stream.destroyed) onEnd();
    talk(conversation).then(
      () => {
        forget();
        // A stream that lost its last "readable" listener decides a tick later whether it flows: it would not obey a
        // `pause()` that came in between.
        process.nextTick(resolve, stream);
      },
      (error: unknown) => {
        forget();
        // Only when the handle is gone, whoever hears of the failure finds nothing left open.
        if (stream.closed) reject(error);
        else stream.once("close", () => reject(error)).destroy();
      },
    );

    function onAbort(): void {
      conversation.stop(abortedError(formatTarget(target), "proxy", signal!));
    }
    function onTimeout(): void {
      conversation.stop(
        proxyError(
          "PETREL_TRANSPORT_TIMED_OUT",
          `the proxy ${place} did not answer within ${proxy.timeoutMs} ms (proxy timeout); ` +
            "is it a proxy of this kind, and is the target behind it reachable?",
        ),
      );
    }
    function onError(error: Error): void {
      const why = (error as { code?: string }).code ?? error.message;
      conversation.stop(
        proxyError("PETREL_TRANSPORT_RESET", `the proxy ${place} dropped the connection (${why}); ${KIND_HINT}`, {
          cause: error,
        }),
      );
    }
    function onEnd(): void {
      conversation.stop(
        proxyError("PETREL_TRANSPORT_RESET", `the proxy ${place} ended the connection without an answer; ${KIND_HINT}`),
      );
    }
    function forget(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      conversation.end();
      // Dialers leave a listener for errors on their streams.
      stream.off("error", onError);
      stream.off("end", onEnd);
      stream.off("close", onEnd);
    }
  });
}

const KIND_HINT = "is it a proxy of this kind, and does it serve this machine?";

async function dialProxy(dial: Dialer, proxy: ProxyPlace, signal: Signal | undefined): Promise<Duplex> {
  try {
    return await dial({ host: proxy.host, port: proxy.port }, signal);
  } catch (error) {
    if (!(error instanceof TransportError) || error.code === "PETREL_TRANSPORT_ABORTED") throw error;
    const message = `the proxy can not be reached: ${error.message}`;
    throw proxyError("PETREL_TRANSPORT_PROXY_UNREACHABLE", message, { cause: error });
  }
}

/** Throws for a target that no proxy leads to. */
export function checkProxyTarget(target: DialTarget): asserts target is DialTarget & { readonly host: string } {
  checkTarget(target);
  if (target.path === undefined) return;
  const message = `${target.path} is a Unix socket of this machine; no proxy leads there`;
  throw proxyError("PETREL_TRANSPORT_FAILED", message);
}

export function proxyError(
  code: TransportErrorCode,
  message: string,
  details: Pick<TransportErrorDetails, "status" | "cause"> = {},
): TransportError {
  return new TransportError(message, { stage: "proxy", code, ...details });
}

/**
 * Questions and answers on a stream. It takes from the stream what it is asked for and not a byte more: what the target
 * sends right behind the proxy's answer is still there for whoever reads next.
 */
export class Conversation {
  readonly #stream: Duplex;
  readonly #place: string;
  #failure: Error | undefined;
  #wake: () => void = () => {};
  readonly #onReadable = (): void => this.#wake();

  constructor(stream: Duplex, place: string) {
    this.#stream = stream;
    this.#place = place;
    stream.on("readable", this.#onReadable);
  }

  write(bytes: Uint8Array | string): void {
    this.#stream.write(bytes);
  }

  /** Exactly so many bytes. */
  async read(length: number): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#take(length);
      if (bytes?.length === length) return bytes;
      await this.#more();
    }
  }

  /** The head of an HTTP answer, without the empty line that ends it. */
  async readHead(): Promise<string> {
    let bytes: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = this.#take();
      if (chunk !== null) {
        bytes = Buffer.concat([bytes, chunk]);
        const end = bytes.indexOf("\r\n\r\n");
        if (end >= 0) {
          if (bytes.length > end + 4) this.#stream.unshift(bytes.subarray(end + 4));
          return bytes.toString("latin1", 0, end);
        }
        if (bytes.length > LONGEST_ANSWER) {
          throw proxyError(
            "PETREL_TRANSPORT_PROTOCOL",
            `the proxy ${this.#place} answers without end; is it a proxy of this kind?`,
          );
        }
      } else {
        await this.#more();
      }
    }
  }

  /** Whoever waits for an answer gets this error instead. */
  stop(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Leaves the stream as it is. */
  end(): void {
    this.#stream.off("readable", this.#onReadable);
  }

  #take(length?: number): Buffer | null {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#stream.read(length) as Buffer | null;
  }

  async #more(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
