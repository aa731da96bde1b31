import { type ChildProcess, fork } from "node:child_process";
import { CommandError, type ExitCode } from "../exit-codes.ts";
import type { Share } from "./bench-options.ts";
import { Measurements, type MeasurementCounts } from "./measurements.ts";

/** Names a worker, for itself: "2/4" is the third of four. */
const VARIABLE = "PETREL_BENCH_WORKER";

interface WorkerMessage {
  readonly counts: MeasurementCounts;
  /** The command failed in it. */
  readonly error?: { readonly message: string; readonly exitCode: ExitCode };
  /** It would in the others, too, as a subscription that is refused. */
  readonly endsAll?: boolean;
}

/** This process's share if it is a worker, started by {@link Workers}. */
export function ownShare(): Share | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(process.env[VARIABLE] ?? "");
  if (match === null || process.send === undefined) return undefined;
  return { worker: Number(match[1]), workers: Number(match[2]) };
}

/** What a worker tells the process that started it; resolves when it was taken. */
export function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, () => resolve());
    else resolve();
  });
}

/** Processes that run the same command line, a share each. */
export class Workers {
  readonly #children: ChildProcess[] = [];
  readonly #counts = new Map<ChildProcess, MeasurementCounts>();
  #error: CommandError | undefined;
  #endsAll = false;

  constructor(workers: number, stop: AbortSignal) {
    for (let worker = 0; worker < workers; worker++) {
      const env = { ...process.env, [VARIABLE]: `${worker}/${workers}` };
      const child = fork(process.argv[1]!, process.argv.slice(2), {
        env,
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      child.on("message", (message: WorkerMessage) => {
        this.#counts.set(child, message.counts);
        if (message.error === undefined) return;
        this.#error ??= new CommandError(message.error.message, message.error.exitCode);
        if (message.endsAll !== true) return;
        this.#endsAll = true;
        this.#stop();
      });
      this.#children.push(child);
    }
    // At a terminal they hear Ctrl-C themselves; a second signal would end them at once.
    stop.addEventListener("abort", () => this.#stop());
  }

  /** Resolves when all have ended. Throws if none of them could connect, or one met what ends all. */
  async ended(): Promise<void> {
    await Promise.all(this.#children.map((child) => new Promise((resolve) => child.once("close", resolve))));
    if (this.#error !== undefined && (this.#endsAll || this.look().connected === 0)) throw this.#error;
  }

  /** All of them together. */
  look(): Measurements {
    const all = new Measurements();
    for (const counts of this.#counts.values()) all.addCounts(counts);
    return all;
  }

  #stop(): void {
    // One that ends meanwhile needs no telling.
    for (const child of this.#children) if (child.connected) child.send("stop", () => undefined);
  }
}
