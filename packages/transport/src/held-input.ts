import type { TransportHandler } from "./transport.ts";

/**
 * What came for a handler that may not have it yet: because its connector has not resolved, or because it has paused.
 * Where the source can't be stopped within a chunk (or, in a browser, at all), this keeps the order and the promises of
 * `TransportHandler`: the polite end comes after everything else, and `onClose` once.
 */
export class HeldInput {
  readonly #handler: TransportHandler;
  readonly #schedule: (run: () => void) => void;
  readonly #resumeSource: () => void;
  #started = false;
  #paused = false;
  #delivering = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #ended = false;
  #over = false;
  #closed = false;
  /** It was over before it started. */
  #closeAtStart: { readonly cause: Error | undefined } | undefined;

  /**
   * @param schedule runs a delivery soon, but not from inside
   * @param resumeSource called when nothing is held and more is wanted
   */
  constructor(handler: TransportHandler, schedule: (run: () => void) => void, resumeSource: () => void) {
    this.#handler = handler;
    this.#schedule = schedule;
    this.#resumeSource = resumeSource;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether the handler has heard `onClose`. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the source may go on. */
  get wanted(): boolean {
    return this.#started && !this.#paused && !this.#over;
  }

  /** From now on the handler may be called. */
  start(): void {
    this.#started = true;
    if (this.#closeAtStart !== undefined) this.close(this.#closeAtStart.cause);
    else this.#deliver();
  }

  push(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    if (this.#started && !this.#paused && this.#held.length === 0) {
      this.#handler.onData(bytes);
    } else {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#started) this.#schedule(() => this.#deliver());
  }

  /** Nothing more comes: `onClose()` follows once everything is delivered. */
  end(): void {
    this.#ended = true;
    this.#deliver();
  }

  /** It is over now: the handler hears `onClose`. Not to be called from inside a method of the transport. */
  close(cause: Error | undefined): void {
    if (this.#closed) return;
    this.drop();
    if (!this.#started) {
      this.#closeAtStart ??= { cause };
      return;
    }
    this.#closed = true;
    this.#handler.onClose(cause);
  }

  /** The handler hears no more data, only `onClose`. */
  drop(): void {
    this.#over = true;
    this.#held = [];
    this.#heldBytes = 0;
  }

  #deliver(): void {
    if (this.#delivering || !this.wanted) return;
    this.#delivering = true;
    let next = 0;
    for (; next < this.#held.length && this.wanted; next++) {
      const bytes = this.#held[next]!;
      this.#heldBytes -= bytes.length;
      this.#handler.onData(bytes);
    }
    this.#delivering = false;
    if (!this.wanted) {
      this.#held = this.#held.slice(next);
    } else {
      this.#held = [];
      if (this.#ended) this.close(undefined);
      else this.#resumeSource();
    }
  }
}
