import type { Clock, Timer } from "./clock.ts";

/** A buffer that can be full. */
export interface Congested {
  /** Messages that left it so far. */
  readonly passed: number;
  /** Nothing opens the network as long as so much waits: it would take more memory than it may. */
  readonly isOverfull: boolean;
}

export interface CongestionHost<Buffer> {
  /** Its consumer took nothing for so long that nobody waits for it any more. */
  onStalled(buffer: Buffer): void;
}

interface Full {
  /** Looks whether the consumer has taken something. */
  timer: Timer | undefined;
  /** Its consumer took nothing for so long that nobody waits for it any more. */
  stalled: boolean;
}

const NONE: readonly never[] = [];

/**
 * The buffers that are full, and whether to read from the network nevertheless. A slow consumer pauses the network, so
 * that the server feels it. Two things go before: an answer that is awaited, for a consumer that publishes and waits
 * would otherwise wait for what nobody reads; and a consumer that takes nothing at all, for the others can not wait for
 * ever. While reading goes on, a full buffer takes no QoS 0 messages; those of QoS 1 and 2 are bounded by the Receive
 * Maximum, because they are not acknowledged, and by their bytes: memory goes before everything else.
 */
export class Congestion<Buffer extends Congested> {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #host: CongestionHost<Buffer>;
  /** Made with the first: an idle client shall be small. */
  #full: Map<Buffer, Full> | undefined;
  #answerAwaited = false;

  /** @param patienceMs how long a consumer may take nothing while its buffer is full; 0: for ever */
  constructor(clock: Clock, patienceMs: number, host: CongestionHost<Buffer>) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#host = host;
  }

  setFull(buffer: Buffer, full: boolean): void {
    if (full) {
      this.#full ??= new Map();
      if (!this.#full.has(buffer)) this.#full.set(buffer, { timer: this.#watch(buffer), stalled: false });
    } else {
      this.#full?.get(buffer)?.timer?.clear();
      this.#full?.delete(buffer);
    }
  }

  /** The client rests: nobody holds up anybody, and no timer shall keep a process alive. */
  pause(): void {
    for (const full of this.#full?.values() ?? NONE) {
      full.timer?.clear();
      full.timer = undefined;
    }
  }

  resume(): void {
    for (const [buffer, full] of this.#full ?? NONE) full.timer ??= this.#watch(buffer);
  }

  /** Whether to read from the network. Ask once a chunk: what fills a buffer may be followed by the rest of its chunk. */
  wantsData(answerAwaited: boolean): boolean {
    if (this.#full === undefined || this.#full.size === 0) {
      this.#answerAwaited = false;
      return true;
    }
    this.#answerAwaited = answerAwaited;
    return !this.#pauses(answerAwaited);
  }

  /** Whether the network is read although this buffer is full. */
  readsOnThough(buffer: Buffer): boolean {
    return this.#answerAwaited || this.#full?.get(buffer)?.stalled === true;
  }

  #pauses(answerAwaited: boolean): boolean {
    for (const [buffer, { stalled }] of this.#full ?? NONE) {
      if (buffer.isOverfull || !(stalled || answerAwaited)) return true;
    }
    return false;
  }

  #watch(buffer: Buffer): Timer | undefined {
    if (this.#patienceMs === 0) return undefined;
    const { passed } = buffer;
    return this.#clock.timer(this.#clock.now() + this.#patienceMs, () => {
      const full = this.#full?.get(buffer);
      if (full === undefined) return;
      const stalled = buffer.passed === passed;
      const isNew = stalled && !full.stalled;
      full.stalled = stalled;
      full.timer = this.#watch(buffer);
      if (isNew) this.#host.onStalled(buffer);
    });
  }
}
