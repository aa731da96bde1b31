import { spawn, type ChildProcess } from "node:child_process";
import { endWithUs } from "./end-with-us.ts";

/** How long a server may take to come up, unless it is known to be slow, or to end after being asked to. */
const PATIENCE_MS = 10_000;

/** One child process: what it printed, when it is ready, how it ends. It never outlives this process. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<"ended">;
  #log = "";

  /** `env` is beside the variables of this process. */
  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    endWithUs(this.#child);
    const keep = (text: string): void => {
      this.#log += text;
    };
    this.#child.stdout?.setEncoding("utf8").on("data", keep);
    this.#child.stderr?.setEncoding("utf8").on("data", keep);
    this.#child.once("error", (error) => keep(`${program}: ${error.message}\n`));
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve("ended")));
  }

  get log(): string {
    return this.#log;
  }

  /** Resolves when the log matches `pattern`; rejects with the log when the process ends first or takes too long. */
  async ready(pattern: RegExp, patienceMs: number = PATIENCE_MS): Promise<void> {
    const matched = new Promise<"matched">((resolve) => {
      const look = (): void => {
        if (pattern.test(this.#log)) resolve("matched");
      };
      this.#child.stdout?.on("data", look);
      this.#child.stderr?.on("data", look);
    });
    const outcome = await withPatience(Promise.race([matched, this.#ended]), patienceMs);
    if (outcome === "matched") return;
    if (outcome === "late") await this.end("SIGKILL");
    const what = outcome === "ended" ? "ended before it was ready" : `was not ready after ${patienceMs} ms`;
    throw new Error(`${this.#child.spawnfile} ${what}. Its output:\n${this.#log}`);
  }

  /** Sends `signal` and waits for the end; a process that ignores it is killed. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    if ((await withPatience(this.#ended)) === "late") this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

async function withPatience<Outcome>(outcome: Promise<Outcome>, ms: number = PATIENCE_MS): Promise<Outcome | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, ms, "late");
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}
