/** Milliseconds between two looks. */
const PERIOD = 200;
/** Milliseconds that work takes before its line shows, unless it was asked for: short work needs none. */
const PATIENCE = 1_000;

const CLEAR = "\r\u001b[K";

/** Whether the cursor stands on a status line. */
let isShown = false;

/** Writes a line on stderr, in the place of a status line if there is one: that comes back by itself. */
export function note(text: string): void {
  process.stderr.write(`${isShown ? CLEAR : ""}petrel: ${text}\n`);
  isShown = false;
}

/** A line on stderr that tells somebody at a terminal how long work goes on. Nobody else sees it. */
export class StatusLine implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #since = Date.now();

  /** @param describe what to show, `seconds` after the start */
  constructor(
    describe: (seconds: number) => string,
    { atOnce = false, wanted = true }: { readonly atOnce?: boolean; readonly wanted?: boolean } = {},
  ) {
    if (!wanted || !process.stderr.isTTY) return;
    const show = (): void => {
      const age = Date.now() - this.#since;
      if (!atOnce && age < PATIENCE) return;
      isShown = true;
      const { columns } = process.stderr; // 0 where the terminal does not say
      process.stderr.write(`${CLEAR}${describe(age / 1_000).slice(0, (columns > 0 ? columns : 80) - 1)}`);
    };
    this.#timer = setInterval(show, PERIOD);
    this.#timer.unref();
    if (atOnce) show();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (isShown) process.stderr.write(CLEAR);
    isShown = false;
  }
}

/** 1234567 → 1,234,567 */
export function withCommas(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `[####------]`, for a part of a whole. */
export function bar(done: number, total: number, width = 30): string {
  const filled = Math.min(width, Math.floor((done / total) * width));
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`;
}
