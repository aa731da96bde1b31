/** Colours are for people: on a terminal, unless NO_COLOR asks for none. */
export function wantsColour(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: none, TERM: terminal } = process.env;
  return stream.isTTY === true && (none ?? "") === "" && terminal !== "dumb";
}

// Colours of the terminal's own palette, which its owner has chosen to be readable on light and on dark.
const CYAN = "\u001b[36m";
const GREEN = "\u001b[32m";
const MAGENTA = "\u001b[35m";
const PLAIN = "\u001b[39m";

export function colourTopic(topic: string): string {
  return `${CYAN}${topic}${PLAIN}`;
}

export function colourYes(text: string): string {
  return `${GREEN}${text}${PLAIN}`;
}

export function colourNo(text: string): string {
  return `${MAGENTA}${text}${PLAIN}`;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g;

/** JSON: names as topics are, strings and other values in colours of their own. */
export function colourJson(json: string): string {
  return json.replaceAll(TOKEN, (token: string, text?: string, colon?: string) => {
    if (colon !== undefined) return `${CYAN}${text}${PLAIN}${colon}`;
    return `${text === undefined ? MAGENTA : GREEN}${token}${PLAIN}`;
  });
}
