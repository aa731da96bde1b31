import type { Message } from "@petrel/client";
import { OutputBytes } from "./output/bytes.ts";
import type { NumberedFiles } from "./output/files.ts";
import type { Print } from "./output/printer.ts";
import { note } from "./output/status-line.ts";
import type { Sink } from "./output/sink.ts";
import type { Decode } from "./payload/decoding.ts";

/** What becomes of messages that came. */
export interface Output extends AsyncDisposable {
  /** Aborted when it takes no more. */
  readonly closed: AbortSignal;
  /** Resolves with true when all are taken care of and there is room for more, with false when `end` comes first. */
  write(messages: readonly Message[], end: AbortSignal): Promise<boolean>;
}

/** Messages as they are printed, on stdout or in a file. */
export class PrintedOutput implements Output {
  readonly #print: Print;
  readonly #sink: Sink & Partial<AsyncDisposable>;
  readonly #bytes = new OutputBytes();

  constructor(print: Print, sink: Sink & Partial<AsyncDisposable>) {
    this.#print = print;
    this.#sink = sink;
  }

  get closed(): AbortSignal {
    return this.#sink.closed;
  }

  /** All of them are written at once. */
  write(messages: readonly Message[], end: AbortSignal): Promise<boolean> {
    const bytes = this.#bytes;
    for (const message of messages) {
      const { length } = bytes;
      try {
        this.#print(message, bytes);
      } catch (error) {
        bytes.truncate(length); // one bad message is told, and the others are printed
        complain(message, error as Error);
      }
    }
    return this.#sink.write([bytes.take()], end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink[Symbol.asyncDispose]?.();
  }
}

/** A file for each payload. */
export class SavedOutput implements Output {
  readonly closed: AbortSignal = new AbortController().signal;
  readonly #files: NumberedFiles;
  readonly #decode: Decode | undefined;

  constructor(files: NumberedFiles, decode: Decode | undefined) {
    this.#files = files;
    this.#decode = decode;
  }

  async write(messages: readonly Message[], end: AbortSignal): Promise<boolean> {
    for (const message of messages) {
      if (end.aborted) return false;
      let shown: Uint8Array | string = message.payload;
      try {
        shown = this.#decode?.(message.payload).text ?? shown;
      } catch (error) {
        complain(message, error as Error);
        continue;
      }
      await this.#files.save(shown);
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // each file was closed when it was written
  }
}

function complain({ topic }: Message, error: Error): void {
  const why = error.message.replaceAll(/\s*\n\s*/g, " ");
  note(`a message on "${topic}" is not what was announced, and not printed: ${why}`);
}
