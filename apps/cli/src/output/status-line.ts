import { colourError, wantsColour } from "./colour.ts";
import { columnsOf } from "./columns.ts";
import { withoutControls } from "./control-characters.ts";
import { hanging } from "./wrapping.ts";

/** Milliseconds between two looks. */
const PERIOD = 200;
/** Milliseconds that work takes before its line shows, unless it was asked for: short work needs none. */
const PATIENCE = 1_000;
/** Columns that stay free: a terminal shows ^C behind the line, and a full line would wrap. */
const MARGIN = 3;

const NAME = "petrel:";

const CLEAR_TO_END = "\u001b[K";
const CLEAR = `\r${CLEAR_TO_END}`;

/** Whether the cursor stands on a status line. */
let isShown = false;

/** Writes a line on stderr, in the place of a status line if there is one: that comes back by itself. */
export function note(text: string): void {
  writeLine(NAME, text);
}

/** A {@link note} of what went wrong. */
export function complain(text: string): void {
  writeLine(wantsColour(process.stderr) ? colourError(NAME) : NAME, text);
}

function writeLine(name: string, text: string): void {
  const place = { columns: columnsOf(process.stderr), indent: 2 };
  const line = hanging(`${NAME} `, withoutControls(text), place);
  process.stderr.write(`${isShown ? CLEAR : ""}${name} ${line}\n`);
  isShown = false;
}

function clear(): void {
  if (isShown) process.stderr.write(CLEAR);
  isShown = false;
}

/** A line on stderr that tells somebody at a terminal how long work goes on. Nobody else sees it. */
export class StatusLine implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #since = Date.now();
  readonly #describe: (seconds: number, columns: number) => string;
  readonly #show = (): void => {
    const columns = Math.max(0, columnsOf(process.stderr) - MARGIN);
    const text = this.#describe((Date.now() - this.#since) / 1_000, columns).slice(0, columns);
    isShown = true;
    // Written over what was there, so that it does not flicker.
    process.stderr.write(`\r${text}${CLEAR_TO_END}`);
  };
  readonly #resize = (): void => {
    if (isShown) this.#show();
  };

  /** @param describe what to show, `seconds` after the start, in that many columns: what is longer is cut */
  constructor(
    describe: (seconds: number, columns: number) => string,
    { atOnce = false, wanted = true }: { readonly atOnce?: boolean; readonly wanted?: boolean } = {},
  ) {
    this.#describe = describe;
    if (!wanted || !process.stderr.isTTY || process.env["TERM"] === "dumb") return;
    this.#timer = setInterval(() => {
      if (atOnce || Date.now() - this.#since >= PATIENCE) this.#show();
    }, PERIOD);
    this.#timer.unref();
    process.stderr.on("resize", this.#resize);
    process.on("exit", clear); // a second Ctrl-C disposes of nothing
    if (atOnce) this.#show();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    process.stderr.off("resize", this.#resize);
    process.off("exit", clear);
    clear();
  }
}

/** 1234567 → 1,234,567 */
export function withCommas(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Columns of a bar: the narrowest that says anything, and the widest that looks like one. */
const [NARROWEST_BAR, WIDEST_BAR] = [10, 60];

/** `[####------] text`, for a part of a whole, in so many columns; the text alone where there is no room for both. */
export function bar(done: number, total: number, text: string, columns: number): string {
  const width = Math.min(WIDEST_BAR, columns - text.length - 3);
  if (width < NARROWEST_BAR) return text;
  const filled = Math.min(width, Math.floor((done / total) * width));
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${text}`;
}
