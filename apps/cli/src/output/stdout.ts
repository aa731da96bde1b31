import { once } from "node:events";

/** Standard output with backpressure. A reader that has gone away, as in `| head -1`, ends it quietly. */
export class StdoutWriter {
  readonly #closed = new AbortController();

  constructor() {
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") process.stderr.write(`petrel: stdout: ${error.message}\n`);
      this.#closed.abort();
    });
  }

  /** Aborted when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Writes all parts at once; resolves when there is room for more. */
  async write(parts: readonly Uint8Array[]): Promise<void> {
    const signal = this.#closed.signal;
    if (signal.aborted || process.stdout.write(Buffer.concat(parts))) return;
    await once(process.stdout, "drain", { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
