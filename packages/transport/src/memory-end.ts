import { TransportError } from "./errors.ts";
import type { Transport, TransportHandler } from "./transport.ts";

/** What both ends of a memory pair share. */
export interface MemoryLink {
  readonly chunkSize: number;
  readonly highWaterMark: number;
  readonly schedule: (run: () => void) => void;
  /** Schedules the first call of a handler whose connector has just resolved. */
  readonly scheduleStart: (run: () => void) => void;
}

/** In the place of bytes: the peer has ended its side. */
const END: unique symbol = Symbol("end");

/** One of two transports that hand their bytes to each other. */
export class MemoryEnd implements Transport {
  readonly #link: MemoryLink;
  #peer: MemoryEnd = this;
  #handler: TransportHandler | undefined;
  #started = false;

  // Outgoing
  #writable = true;
  #bufferedBytes = 0;
  #awaitsDrain = false;

  // Incoming, in order, from `#next` on; `#arrived` of them are here, the others on the way
  #incoming: (Uint8Array | typeof END)[] = [];
  #next = 0;
  #arrived = 0;
  #paused = false;
  #peerEnded = false;

  #closed = false;
  #cause: Error | undefined;

  private constructor(link: MemoryLink) {
    this.#link = link;
  }

  static join(link: MemoryLink): [MemoryEnd, MemoryEnd] {
    const ends: [MemoryEnd, MemoryEnd] = [new MemoryEnd(link), new MemoryEnd(link)];
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return ends;
  }

  start(handler: TransportHandler, schedule: (run: () => void) => void): this {
    if (this.#handler !== undefined) {
      throw new Error("this end of the memory pair is connected already; create a pair for each connection");
    }
    this.#handler = handler;
    schedule(() => {
      this.#started = true;
      if (this.#closed) handler.onClose(this.#cause);
      else this.#deliver();
    });
    return this;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#writable) return false;
    if (bytes.length > 0) {
      this.#bufferedBytes += bytes.length;
      this.#send(bytes);
    }
    if (this.#bufferedBytes < this.#link.highWaterMark) return true;
    this.#awaitsDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#link.schedule(this.#deliver);
  }

  close(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.#send(END);
    this.#closeWhenBothEnded();
  }

  destroy(cause?: Error): void {
    if (this.#closed) return;
    this.#end(cause);
    const peer = this.#peer;
    this.#link.schedule(peer.#reset);
  }

  #send(entry: Uint8Array | typeof END): void {
    const peer = this.#peer;
    peer.#incoming.push(entry);
    this.#link.schedule(peer.#arrive);
  }

  readonly #arrive = (): void => {
    this.#arrived++;
    this.#deliver();
  };

  readonly #deliver = (): void => {
    while (this.#arrived > 0 && this.#started && !this.#paused && !this.#closed) {
      const entry = this.#incoming[this.#next]!;
      const whole = entry === END || entry.length <= this.#link.chunkSize;
      if (whole) this.#take();
      else this.#incoming[this.#next] = entry.subarray(this.#link.chunkSize);
      if (entry === END) {
        this.#peerEnded = true;
        this.close();
        this.#closeWhenBothEnded();
      } else {
        const bytes = whole ? entry : entry.subarray(0, this.#link.chunkSize);
        const peer = this.#peer;
        peer.#delivered(bytes.length);
        this.#handler!.onData(bytes);
      }
    }
  };

  #take(): void {
    this.#arrived--;
    this.#next++;
    if (this.#next < this.#incoming.length) return;
    this.#incoming = [];
    this.#next = 0;
  }

  /** The peer's handler gets this many of our bytes. */
  #delivered(length: number): void {
    if (this.#closed) return;
    this.#bufferedBytes -= length;
    if (this.#bufferedBytes > 0) return;
    if (this.#awaitsDrain) {
      this.#awaitsDrain = false;
      this.#link.schedule(this.#drain);
    }
    this.#closeWhenBothEnded();
  }

  readonly #drain = (): void => {
    // Filled again since: that `false` gets an onDrain of its own.
    if (this.#writable && !this.#awaitsDrain) this.#handler!.onDrain();
  };

  #closeWhenBothEnded(): void {
    if (this.#peerEnded && !this.#writable && this.#bufferedBytes === 0) this.#end();
  }

  readonly #reset = (): void => {
    this.#end(
      new TransportError("the other end of the memory pair destroyed the connection", {
        stage: "stream",
        code: "PETREL_TRANSPORT_RESET",
      }),
    );
  };

  #end(cause?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cause = cause;
    this.#writable = false;
    this.#bufferedBytes = 0;
    this.#incoming = [];
    if (this.#started) this.#link.schedule(() => this.#handler!.onClose(cause));
  }
}
