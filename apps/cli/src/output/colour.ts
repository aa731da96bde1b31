/**
 * Colours are for people: on a terminal, unless NO_COLOR or a dumb terminal says no. FORCE_COLOR and CLICOLOR_FORCE ask for
 * them in pipes, too; all of them as commander reads them for the help.
 */
export function wantsColour(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: none = "", FORCE_COLOR: force = "", CLICOLOR_FORCE: also = "", TERM: terminal } = process.env;
  if (none !== "" || force === "0" || force === "false") return false;
  if (force !== "" || (also !== "" && also !== "0")) return true;
  return stream.isTTY === true && terminal !== "dumb";
}

// Colours of the terminal's own palette, which its owner has chosen to be readable on light and on dark. Not yellow,
// white and black, and nothing dim or bright: there are palettes in which one does not see them.
const RED = "\u001b[31m";
const CYAN = "\u001b[36m";
const GREEN = "\u001b[32m";
const MAGENTA = "\u001b[35m";
const PLAIN = "\u001b[39m";

export function colourTopic(text: string): string {
  return `${CYAN}${text}${PLAIN}`;
}

export function colourYes(text: string): string {
  return `${GREEN}${text}${PLAIN}`;
}

export function colourNo(text: string): string {
  return `${MAGENTA}${text}${PLAIN}`;
}

export function colourError(text: string): string {
  return `${RED}${text}${PLAIN}`;
}

export function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

/** What stands for something else. */
export function inverse(text: string): string {
  return `\u001b[7m${text}\u001b[27m`;
}

/** In a table, what works and what does not is seen at a glance. */
export function colourYesNo(cell: string): string {
  if (!/^(yes|no) *$/.test(cell)) return cell;
  return cell.startsWith("yes") ? colourYes(cell) : colourNo(cell);
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g;

/** JSON: names as topics are, strings and other values in colours of their own. */
export function colourJson(json: string): string {
  return json.replaceAll(TOKEN, (token: string, text?: string, colon?: string) => {
    if (colon !== undefined) return `${CYAN}${text}${PLAIN}${colon}`;
    return `${text === undefined ? MAGENTA : GREEN}${token}${PLAIN}`;
  });
}
