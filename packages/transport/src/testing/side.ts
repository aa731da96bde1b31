import type { Transport, TransportHandler } from "../transport.ts";

/** One end of a link: drives its transport, records what its handler hears, and notes what the contract forbids. */
export class Side implements TransportHandler {
  readonly name: string;
  /** Every chunk as it came, never copied: a transport that reuses memory is seen in the comparison at the end. */
  readonly chunks: Uint8Array[] = [];
  receivedBytes = 0;
  /** Resolves with the cause given to `onClose`. */
  readonly closed: Promise<Error | undefined>;
  readonly violations: Set<string> = new Set();

  /** What the case does when the handler hears something, after it was recorded. */
  whenData: () => void = () => {};
  whenDrain: () => void = () => {};
  whenClosed: () => void = () => {};

  #transport: Transport | undefined;
  #calling = 0;
  /** From when on the handler may hear nothing but `onClose`. */
  #silentSince: string | undefined = "before the connector's promise resolved";
  #paused = false;
  #closing = false;
  #isClosed = false;
  #resolveClosed: (cause: Error | undefined) => void = () => {};
  readonly #waiting: { readonly until: () => boolean; readonly settle: (error?: Error) => void }[] = [];

  constructor(name: string) {
    this.name = name;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  set transport(transport: Transport) {
    this.#transport = transport;
    this.#silentSince = undefined;
  }

  get connected(): boolean {
    return this.#transport !== undefined;
  }

  get bufferedBytes(): number {
    return this.#transport!.bufferedBytes;
  }

  write(bytes: Uint8Array): boolean {
    return this.#call((transport) => transport.write(bytes));
  }

  pause(): void {
    this.#call((transport) => transport.pause());
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#call((transport) => transport.resume());
  }

  close(): void {
    this.#call((transport) => transport.close());
    this.#closing = true;
  }

  destroy(cause?: Error): void {
    this.#call((transport) => transport.destroy(cause));
    this.#silentSince ??= "after destroy() had returned";
  }

  /** Writes each piece, and waits for `onDrain` whenever `write` says so. */
  async send(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      if (this.write(piece)) continue;
      await this.drained();
    }
  }

  /** Resolves after the next `onDrain`. */
  drained(): Promise<void> {
    let drained = false;
    const before = this.whenDrain;
    this.whenDrain = () => {
      drained = true;
      this.whenDrain = before;
      before();
    };
    return this.#wait("onDrain", () => drained);
  }

  /** Resolves once this many bytes have come in all. */
  received(bytes: number): Promise<void> {
    return this.#wait(`${bytes} bytes`, () => this.receivedBytes >= bytes);
  }

  onData(bytes: Uint8Array): void {
    this.#note("onData", this.#silentSince ?? (this.#paused ? "after pause() had returned" : undefined));
    if (bytes.length === 0) this.violations.add(`${this.name}: onData got an empty chunk`);
    this.chunks.push(bytes);
    this.receivedBytes += bytes.length;
    this.#heard(this.whenData);
  }

  onDrain(): void {
    this.#note("onDrain", this.#silentSince ?? (this.#closing ? "after close() had returned" : undefined));
    this.#heard(this.whenDrain);
  }

  onClose(cause?: Error): void {
    this.#note("onClose", this.#isClosed ? "twice" : this.connected ? undefined : this.#silentSince);
    this.#silentSince = "after onClose";
    this.#isClosed = true;
    const then = this.whenClosed;
    this.whenClosed = () => {}; // a second onClose is a violation, not a recursion
    this.#heard(then);
    this.#resolveClosed(cause);
  }

  #call<T>(method: (transport: Transport) => T): T {
    this.#calling++;
    try {
      return method(this.#transport!);
    } finally {
      this.#calling--;
    }
  }

  #note(method: string, forbidden: string | undefined): void {
    if (forbidden !== undefined) this.violations.add(`${this.name}: ${method} was called ${forbidden}`);
    if (this.#calling > 0) {
      this.violations.add(`${this.name}: ${method} was called from inside a call to the transport`);
    }
  }

  #heard(then: () => void): void {
    try {
      then();
    } catch (error) {
      this.violations.add(error instanceof Error ? error.message : String(error)); // thrown on, it would be uncaught
    }
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.until()) waiting.settle();
      else if (this.#isClosed) waiting.settle(new Error(`${this.name}: onClose came, but not what was waited for`));
      else this.#waiting.push(waiting);
    }
  }

  #wait(what: string, until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve();
    if (this.#isClosed) return Promise.reject(new Error(`${this.name}: ${what} did not come before onClose`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ until, settle: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }
}
