import { once } from "node:events";
import type { Sink } from "./sink.ts";

/** Standard output with backpressure. A reader that has gone away, as in `| head -1`, ends it; whoever runs us tells of other errors. */
export class StdoutWriter implements Sink {
  readonly #closed = new AbortController();

  constructor() {
    process.stdout.on("error", () => this.#closed.abort());
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async write(parts: readonly Uint8Array[], end: AbortSignal): Promise<boolean> {
    if (end.aborted || this.closed.aborted) return false;
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (bytes.length === 0 || process.stdout.write(bytes)) return true;
    try {
      await once(process.stdout, "drain", { signal: end });
      return true;
    } catch {
      return false; // the end, or an error of stdout, which its own listener handles
    }
  }
}
