/** Longer texts are cut in messages for people. */
const SHOWN = 64;

/** What JSON leaves alone, but a terminal obeys or a line ends at. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** A text from a packet for a line that people read: quoted, control characters escaped, cut when it is long. */
export function quoted(text: string, shown: number = SHOWN): string {
  const head = text.length > shown ? text.slice(0, shown) : text;
  const escaped = JSON.stringify(head).replaceAll(
    UNSAFE,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return text.length > shown ? `${escaped}…` : escaped;
}

/** A byte as `0x0f`. */
export function hexadecimal(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
