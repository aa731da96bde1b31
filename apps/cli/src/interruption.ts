import { CommandError, ExitCode } from "./exit-codes.ts";

/** Ctrl-C and SIGTERM: the first asks the command to end politely, a second one ends it at once. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #handle = (): void => {
    if (this.#controller.signal.aborted) process.exit(ExitCode.interrupted);
    this.#controller.abort(new Error("interrupted"));
  };

  constructor() {
    process.on("SIGINT", this.#handle);
    process.on("SIGTERM", this.#handle);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** For work that it cut short. */
  throwIfInterrupted(): void {
    if (this.signal.aborted) throw new CommandError("interrupted", ExitCode.interrupted);
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#handle);
    process.off("SIGTERM", this.#handle);
  }
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
