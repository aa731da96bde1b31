import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Milliseconds between two looks at the screen, and until somebody looks in vain. */
const [PERIOD, PATIENCE] = [50, 30_000];

/** Terminals so far. Each has a tmux of its own: the last one may still be ending. */
let opened = 0;

/** A terminal of a size in which `sh` waits for commands. tmux is what people see, so it is what shows them. */
export class TmuxTerminal {
  #socket;

  /** @param {{ columns: number, rows: number, env: Record<string, string>, folder: string }} options */
  static async open({ columns, rows, env, folder }) {
    const terminal = new TmuxTerminal();
    terminal.#socket = `${folder}/tmux-${++opened}`;
    const shell = ["env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
    await terminal.#tmux(
      ...["-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", folder],
      ...[...shell, "TERM=tmux-256color", "PS1=$ ", "sh"],
    );
    await terminal.#tmux("set-option", "-g", "status", "off"); // which takes a row
    await terminal.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
    await terminal.shows(/^\$/m);
    return terminal;
  }

  /** What it shows, with the escape sequences that look so. */
  async capture() {
    return this.#tmux("capture-pane", "-e", "-p");
  }

  /** @param {string} keys */
  async type(keys) {
    await this.#tmux("send-keys", "-l", keys);
  }

  /** @param {"Enter" | "C-c" | "C-l"} key */
  async press(key) {
    await this.#tmux("send-keys", key);
  }

  /** @param {RegExp} pattern */
  async shows(pattern) {
    const until = Date.now() + PATIENCE;
    for (;;) {
      const shown = await this.#tmux("capture-pane", "-p");
      if (pattern.test(shown)) return;
      if (Date.now() > until) throw new Error(`it does not show ${pattern} but:\n${shown}`);
      await new Promise((resolve) => setTimeout(resolve, PERIOD));
    }
  }

  async close() {
    await this.#tmux("kill-server");
  }

  async #tmux(...args) {
    const { stdout } = await run("tmux", ["-S", this.#socket, ...args]);
    return stdout;
  }
}
