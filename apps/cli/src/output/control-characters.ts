import { bytesOf } from "../payload/json.ts";

// What a terminal would obey instead of showing it: C0 but for tab, DEL, and C1.
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g; // oxlint-disable-line no-control-regex

/** Text from elsewhere as a part of one line: control characters as they are written in JSON. */
export function withoutControls(text: string): string {
  return text.replaceAll(CONTROL, inJson);
}

/** JSON says the same after it: `JSON.stringify` leaves DEL and C1 as they are. */
export function jsonWithoutControls(json: string): string {
  return json.replaceAll(/[\u007f-\u009f]/g, inJson);
}

function inJson(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

// Bytes, one a character: C1 in UTF-8; other characters of UTF-8; controls but for tab, line feed and CR LF; what is no UTF-8.
const C1 = "\\xc2[\\x80-\\x9f]";
const CHARACTER =
  "[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}" +
  "|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}";
const OTHER = "\\r(?!\\n)|[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\xff]";
const NOT_ASCII_TEXT = new RegExp(`(${C1})|(?:${CHARACTER})|(${OTHER})`, "g");

/**
 * Bytes from elsewhere as a terminal can show them without obeying them: control characters as `\x1b`, bytes that are no
 * UTF-8 as `\xff`; several lines stay several lines. `mark` makes what was replaced look different from such text.
 */
export function visibleText(bytes: Uint8Array, mark: (text: string) => string = (text) => text): string {
  const visible = bytesOf(bytes)
    .toString("latin1")
    .replaceAll(NOT_ASCII_TEXT, (all: string, c1?: string, other?: string) => {
      if (c1 !== undefined) return mark(`\\u00${hex(c1.charCodeAt(1))}`);
      return other === undefined ? all : mark(other === "\r" ? "\\r" : `\\x${hex(other.charCodeAt(0))}`);
    });
  return Buffer.from(visible, "latin1").toString();
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
