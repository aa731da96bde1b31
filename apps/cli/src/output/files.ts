import { type FileHandle, open } from "node:fs/promises";
import { parse } from "node:path";
import { CommandError, ExitCode } from "../exit-codes.ts";
import type { Sink } from "./sink.ts";

const NEVER = new AbortController().signal;

/** A file that everything is appended to. */
export class AppendedFile implements Sink, AsyncDisposable {
  readonly closed: AbortSignal = NEVER;
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<AppendedFile> {
    return new AppendedFile(path, await orExplain(path, open(path, "a")));
  }

  async write(parts: readonly Uint8Array[]): Promise<boolean> {
    for (const part of parts) await orExplain(this.#path, this.#file.appendFile(part));
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await orExplain(this.#path, this.#file.close());
  }
}

/** `data.bin`, `data(1).bin`, `data(2).bin`, …: one for each message. No file that is there already is touched. */
export class NumberedFiles {
  readonly #path: string;
  #next = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async save(payload: Uint8Array | string): Promise<void> {
    const file = await this.#create();
    try {
      await orExplain(this.#path, file.writeFile(payload));
    } finally {
      await file.close();
    }
  }

  async #create(): Promise<FileHandle> {
    const { dir, name, ext } = parse(this.#path);
    for (;;) {
      const number = this.#next++;
      const numbered = number === 0 ? this.#path : `${dir === "" ? "" : `${dir}/`}${name}(${number})${ext}`;
      try {
        return await open(numbered, "wx");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(numbered, error);
      }
    }
  }
}

async function orExplain<Value>(path: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** A file that cannot be written, as a full disk: not the fault of who typed. */
export function unwritable(path: string, error: unknown): CommandError {
  return new CommandError(`${path} cannot be written: ${(error as Error).message}`, ExitCode.unexpected, {
    cause: error,
  });
}
