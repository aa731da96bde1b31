import { once } from "node:events";

/** Standard output with backpressure. A reader that has gone away, as in `| head -1`, ends it; whoever runs us tells of other errors. */
export class StdoutWriter {
  readonly #closed = new AbortController();

  constructor() {
    process.stdout.on("error", () => this.#closed.abort());
  }

  /** Aborted when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Writes all parts at once; resolves with true when there is room for more, with false when `end` comes first. */
  async write(parts: readonly Uint8Array[], end: AbortSignal): Promise<boolean> {
    if (end.aborted || this.closed.aborted) return false;
    if (process.stdout.write(Buffer.concat(parts))) return true;
    try {
      await once(process.stdout, "drain", { signal: end });
      return true;
    } catch {
      return false; // the end, or an error of stdout, which its own listener handles
    }
  }
}
