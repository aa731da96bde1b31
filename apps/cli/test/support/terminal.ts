import { findProgram } from "@petrel/servers";
import { Terminal as Emulator } from "@xterm/headless";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const APP = fileURLToPath(new URL("../..", import.meta.url));
/** What the shell prints before its own last words, and no terminal shows. */
const END_MARK = "\u001e";

const running = new Set<ChildProcessWithoutNullStreams>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A command line of `sh` at a pseudo-terminal of 24 rows, and what somebody who looks at it sees: its bytes go through a
 * terminal emulator. In the line, `petrel` is the one that was built.
 */
export class Terminal implements AsyncDisposable {
  /** Resolves with the line's exit status, when all is shown. */
  readonly ended: Promise<number | null>;
  /** Whether what a program may change of a terminal is at the end as it was: echo, line mode, signals. */
  isRestored: boolean | undefined;
  /** All that was written to it, a character for each byte. */
  output = "";
  /** Bells that rang, and titles that were set. */
  readonly noises: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #emulator: Emulator;
  readonly #looks = new Set<() => void>();
  #device = "";
  #modes = "";
  #unread = Buffer.alloc(0);
  #isOver = false;

  constructor(line: string, { columns = 80, env = {} }: TerminalOptions = {}) {
    this.#emulator = new Emulator({ cols: columns, rows: 24, scrollback: 10_000, allowProposedApi: true });
    this.#emulator.onBell(() => this.noises.push("bell"));
    this.#emulator.onTitleChange((title) => this.noises.push(title));
    const script = [
      `stty echo cols ${columns} rows 24; tty; stty -g`,
      `petrel() { "${process.execPath}" bin/petrel.js "$@"; }`,
      "trap : INT", // which is for the command, not for the shell that tells its status
      line,
      `status=$?; printf '\\036'; stty -g; exit $status`,
    ].join("\n");
    const plain = { SHELL: "/bin/sh", TERM: "xterm-256color", PETREL_PASSWORD: "" };
    const asked = { NO_COLOR: undefined, FORCE_COLOR: undefined, CLICOLOR_FORCE: undefined, ...env };
    this.#child = spawn(findProgram("script")!, ["-qec", script, "/dev/null"], {
      cwd: APP,
      env: { ...process.env, ...plain, ...asked },
    });
    running.add(this.#child);
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.on("data", (bytes: Buffer) => this.#take(bytes));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (status) => {
        running.delete(this.#child);
        this.#emulator.write("", () => {
          this.#isOver = true;
          this.#look();
          resolve(status);
        });
      });
    });
    this.ended.catch(() => undefined);
  }

  /** Lines as they stand there, those that have scrolled away included; a line that wraps is several. */
  get lines(): readonly string[] {
    const { active } = this.#emulator.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row++) lines.push(active.getLine(row)!.translateToString(true));
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** Whether a line did not fit. */
  get wraps(): boolean {
    const { active } = this.#emulator.buffer;
    for (let row = 0; row < active.length; row++) if (active.getLine(row)!.isWrapped) return true;
    return false;
  }

  /** Colours of the 16 that its owner chose, by the text that has them. */
  get colours(): Readonly<Record<string, number>> {
    const { active } = this.#emulator.buffer;
    const found: Record<string, number> = {};
    for (let row = 0; row < active.length; row++) {
      let text = "";
      let colour = -1;
      for (let column = 0; column <= this.#emulator.cols; column++) {
        const cell = active.getLine(row)!.getCell(column);
        const next = cell?.isFgPalette() === true ? cell.getFgColor() : -1;
        if (next !== colour) {
          if (colour >= 0) found[text] = colour;
          text = "";
          colour = next;
        }
        text += cell?.getChars() ?? "";
      }
    }
    return found;
  }

  /** As from a keyboard: `\u0003` is Ctrl-C. */
  type(keys: string): this {
    this.#child.stdin.write(keys);
    return this;
  }

  /** As when its window is made wider or narrower. */
  resize(columns: number): void {
    this.#emulator.resize(columns, 24);
    spawnSync("stty", ["-F", this.#device, "cols", String(columns)]);
  }

  /** Resolves when somebody who looks at the lines sees it. */
  async shows(pattern: RegExp): Promise<void> {
    const isShown = (): boolean => pattern.test(this.lines.join("\n"));
    if (isShown()) return;
    const seen = await new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (!isShown() && !this.#isOver) return;
        this.#looks.delete(look);
        resolve(isShown());
      };
      this.#looks.add(look);
    });
    if (!seen) throw new Error(`it ended before it showed ${pattern}; it shows:\n${this.lines.join("\n")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#child.kill("SIGKILL"); // its terminal goes, and what runs there is told: SIGHUP
    await this.ended;
    this.#emulator.dispose();
  }

  /** First the device and its modes; then what is to be seen; last its modes again. */
  #take(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (this.#device === "") {
      const head = /^(\/dev\/\S+)\r\n(\S+)\r\n/.exec(this.#unread.toString("latin1"));
      if (head === null) return;
      this.#device = head[1]!;
      this.#modes = head[2]!;
      this.#unread = this.#unread.subarray(head[0].length);
    }
    const mark = this.#unread.indexOf(END_MARK);
    const seen = mark === -1 ? this.#unread : this.#unread.subarray(0, mark);
    const rest = this.#unread.subarray(seen.length).toString("latin1");
    if (rest.endsWith("\n")) this.isRestored = rest.trim() === END_MARK + this.#modes;
    this.output += seen.toString("latin1");
    this.#unread = this.#unread.subarray(seen.length);
    this.#emulator.write(seen, () => this.#look());
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}
