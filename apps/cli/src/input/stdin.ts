import { UsageError } from "../exit-codes.ts";

/** Standard input, as it comes and no faster than it is asked for. `signal` ends it, also while nothing comes. */
export async function* stdinChunks(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal.aborted) return;
  const { stdin } = process;
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
