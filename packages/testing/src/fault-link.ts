import {
  type Connector,
  createMemoryPair,
  type Transport,
  TransportError,
  type TransportHandler,
} from "@petrel/transport";

export interface FaultLinkOptions {
  /** Bytes arrive in pieces of at most this many. Default: as they were written. */
  readonly chunkSize?: number | undefined;
  /** Everything takes this long, one way; needs `clock`. Default: no time. */
  readonly latencyMs?: number | undefined;
  /** Whose time `latencyMs` is. */
  readonly clock?: { now(): number; timer(at: number, run: () => void): unknown } | undefined;
  /** The link is cut once this many bytes were sent in a direction: they arrive, the next one does not. */
  readonly cutAfter?: { readonly toServer?: number | undefined; readonly toClient?: number | undefined } | undefined;
}

/**
 * A connection in memory on which things go wrong when the test wants it: bytes come in pieces, late, or not at all.
 * Give it to a `ScriptedServer` (`link: () => new FaultLink(…)`), or join two ends of your own.
 */
export class FaultLink {
  /** Connects the client's end. */
  readonly client: Connector;
  readonly #accept: (handler: TransportHandler) => Transport;
  readonly #ends: Transport[] = [];
  #silent = false;

  constructor(options: FaultLinkOptions = {}) {
    const { chunkSize, latencyMs, clock, cutAfter } = options;
    const pair = createMemoryPair({
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(latencyMs === undefined ? {} : { schedule: scheduleWith(latencyMs, clock) }),
    });
    this.client = async (handler, signal) => this.#watch(await pair.client(handler, signal), cutAfter?.toServer);
    this.#accept = (handler) => this.#watch(pair.accept(handler), cutAfter?.toClient);
  }

  /** Connects the server's end, at once. */
  accept(handler: TransportHandler): Transport {
    return this.#accept(handler);
  }

  /** Cuts the link now: both ends see a reset. */
  cut(): void {
    for (const end of this.#ends) end.destroy(reset("the link was cut"));
  }

  /** From now on nothing arrives any more, and nobody is told: the other side lost its power, or a router its memory. */
  silence(): void {
    this.#silent = true;
  }

  #watch(end: Transport, cutAfter: number = Infinity): Transport {
    this.#ends.push(end);
    let left = cutAfter;
    return {
      write: (bytes) => {
        if (this.#silent) return true;
        if (bytes.length < left) {
          left -= bytes.length;
          return end.write(bytes);
        }
        end.write(bytes.subarray(0, left));
        end.destroy(reset(`the link was cut after ${cutAfter} bytes`));
        return false;
      },
      pause: () => end.pause(),
      resume: () => end.resume(),
      close: () => {
        if (!this.#silent) end.close();
      },
      destroy: (cause) => end.destroy(cause),
      get bufferedBytes() {
        return end.bufferedBytes;
      },
    };
  }
}

function scheduleWith(latencyMs: number, clock: FaultLinkOptions["clock"]): (run: () => void) => void {
  if (clock === undefined) throw new Error("latencyMs needs a clock, whose time it is");
  return (run) => void clock.timer(clock.now() + latencyMs, run);
}

function reset(message: string): TransportError {
  return new TransportError(message, { stage: "stream", code: "PETREL_TRANSPORT_RESET" });
}
