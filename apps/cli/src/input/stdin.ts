import { fstatSync } from "node:fs";
import { UsageError } from "../exit-codes.ts";

/** Standard input, as it comes and no faster than it is asked for. `signal` ends it, also while nothing comes. */
export async function* stdinChunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal.aborted) return;
  const { stdin } = process;
  // Node takes it for an empty stream.
  if (isDirectory(stdin.fd)) throw new UsageError("stdin cannot be read: it is a directory");
  const end = (): void => void stdin.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const chunk of stdin) yield chunk as Uint8Array;
  } catch (error) {
    if (!signal.aborted) throw new UsageError(`stdin cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function isDirectory(fd: number | undefined): boolean {
  return fd !== undefined && fstatSync(fd).isDirectory();
}
