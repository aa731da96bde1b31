import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/petrel.js", import.meta.url));
const COMPILED = new URL("../../dist/tsconfig.tsbuildinfo", import.meta.url);
const BUNDLED = new URL("../../dist/bundle/bin.js", import.meta.url);

/** A test that ran out of time leaves before it disposes of what it started. Not after each: tests may be concurrent. */
const running = new Set<ChildProcessWithoutNullStreams>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

export interface Ending {
  /** The exit status, or the signal that ended it. */
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs as a user would run it. It never outlives its test. */
export class Running implements AsyncDisposable {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = Buffer.alloc(0);
  #stderr = "";
  #isOver = false;
  readonly #looks = new Set<() => void>();

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: URL) {
    const plain = { PETREL_PASSWORD: "", FORCE_COLOR: undefined, CLICOLOR_FORCE: undefined };
    const child = spawn(program, args, { cwd, env: { ...process.env, ...plain, ...env } });
    this.#child = child;
    running.add(child);
    child.stdout.on("data", (bytes: Buffer) => {
      this.#stdout = Buffer.concat([this.#stdout, bytes]);
      this.#look();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    child.stdin.on("error", () => undefined); // it may end before it has read everything
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        running.delete(child);
        this.#isOver = true;
        this.#look();
        resolve({ status: code ?? signal, stdout: this.stdout, stderr: this.#stderr });
      });
    });
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get stdout(): string {
    return this.#stdout.toString();
  }

  get bytes(): Buffer {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Writes to its stdin; resolves when that was taken. */
  write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#child.stdin.write(data, () => resolve()));
  }

  endInput(data: string | Uint8Array = ""): this {
    this.#child.stdin.end(data);
    return this;
  }

  /** Goes away as a reader: the next thing it prints gets EPIPE. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  /** Reads nothing of what it prints, until {@link Running.resumeOutput}. */
  pauseOutput(): void {
    this.#child.stdout.pause();
  }

  resumeOutput(): void {
    this.#child.stdout.resume();
  }

  signal(signal: NodeJS.Signals): this {
    this.#child.kill(signal);
    return this;
  }

  /** Resolves when stderr has said so. */
  said(pattern: RegExp): Promise<void> {
    return this.#until(() => pattern.test(this.#stderr), `stderr matches ${pattern}`);
  }

  /** Resolves when stdout has it. */
  printed(pattern: RegExp): Promise<void> {
    return this.#until(() => pattern.test(this.stdout), `stdout matches ${pattern}`);
  }

  /** Resolves when stdout has so many bytes. */
  hasPrinted(bytes: number): Promise<void> {
    return this.#until(() => this.#stdout.length >= bytes, `stdout has ${bytes} bytes`);
  }

  /** Resolves when stdout has the line. */
  hasPrintedLine(line: string): Promise<void> {
    return this.#until(() => this.#stdout.includes(`\n${line}\n`) || this.#stdout.indexOf(`${line}\n`) === 0, line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    const met = await new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (!condition() && !this.#isOver) return;
        this.#looks.delete(look);
        resolve(condition());
      };
      this.#looks.add(look);
    });
    if (!met) throw new Error(`it ended before ${what}; its stderr:\n${this.#stderr}`);
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}

/** `petrel …` as it was built. */
export function petrel(args: readonly string[], env?: Readonly<Record<string, string>>): Running {
  return new Running(process.execPath, [builtPetrel(), ...args], env);
}

/** `petrel … > file` */
export function petrelInto(file: string, args: readonly string[]): Running {
  return new Running("sh", ["-c", 'exec "$@" > "$0"', file, process.execPath, builtPetrel(), ...args]);
}

/** `petrel … < file` */
export function petrelFrom(file: string, args: readonly string[]): Running {
  return new Running("sh", ["-c", 'exec "$@" < "$0"', file, process.execPath, builtPetrel(), ...args]);
}

function builtPetrel(): string {
  if (!(modifiedAt(BUNDLED) >= modifiedAt(COMPILED))) {
    throw new Error(
      "petrel is tested as it was built: run `npm run build`, or tsc and then `node apps/cli/bundle.mjs`",
    );
  }
  return BIN;
}

function modifiedAt(file: URL): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? NaN;
}

/** Runs it to its end with this as its stdin. */
export async function runPetrel(args: readonly string[], input: string | Uint8Array = ""): Promise<Ending> {
  await using running = petrel(args);
  return await running.endInput(input).ended;
}

/** A `petrel sub` that the server has granted its subscription. */
export async function subscribed(args: readonly string[]): Promise<Running> {
  const running = petrel(["sub", "--debug", ...args]);
  try {
    await running.said(/subscribed to /);
    return running;
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

/** 1 to n, a line each. */
export function numbers(last: number, first = 1): string {
  let text = "";
  for (let number = first; number <= last; number++) text += `${number}\n`;
  return text;
}

/** What was said on stderr, without the log of packets that --debug adds. */
export function withoutPackets(stderr: string): string {
  return stderr.replaceAll(/^petrel: [\d:.]+ (->|<-) .*\n/gm, "");
}
