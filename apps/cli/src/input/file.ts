import { createReadStream } from "node:fs";
import { UsageError } from "../exit-codes.ts";

/** A file, as it is read and no faster than it is asked for. */
export async function* fileChunks(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
