/** UTF-8 Encoded String (section 1.5.4): well-formed UTF-8, no surrogates, no U+0000. */

// TextEncoder and TextDecoder are in every runtime but not in lib ES2023. They are declared here, at module
// scope, because an ambient declaration file would not travel with the sources.
declare const TextEncoder: {
  new (): {
    encode(text: string): Uint8Array;
    encodeInto(text: string, to: Uint8Array): { read: number; written: number };
  };
};
declare const TextDecoder: {
  new (label: "utf-8", options: { fatal: boolean; ignoreBOM: boolean }): { decode(bytes: Uint8Array): string };
};

const encoder = /* @__PURE__ */ new TextEncoder();
// fatal: "… the character data MUST be well-formed UTF-8" [MQTT-1.5.4-1]; surrogates and overlong forms are ill-formed.
// ignoreBOM: "0xEF 0xBB 0xBF … MUST NOT be skipped over or stripped off by a packet receiver" [MQTT-1.5.4-3].
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// Replaces what is ill-formed by U+FFFD.
const lenientDecoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** A surrogate that has no partner; the `u` flag makes well-formed pairs one code point. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;

/** Up to here a loop beats the call into `encodeInto` (measured); longer strings take the call. */
export const WRITE_LOOP_LIMIT = 48;
/** So much ASCII is passed over without a call. */
const CHECK_LOOP_LIMIT = 256;

/** Throws a TypeError if `bytes` is not well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The text in `bytes[start..end)`. Throws a TypeError if that is not well-formed UTF-8. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** The text in `bytes[start..end)` up to what isn't ASCII above +, where U+0000 and the wildcards are. */
export function readPlain(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte <= PLUS || byte >= 0x80) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The text in `bytes[start..end)`, with U+FFFD for what is not well-formed UTF-8. */
export function readUtf8Leniently(bytes: Uint8Array, start: number, end: number): string {
  return lenientDecoder.decode(bytes.subarray(start, end));
}

/** Whether bytes are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  const limit = Math.min(bytes.length, CHECK_LOOP_LIMIT);
  let at = 0;
  while (at < limit && bytes[at]! < 0x80) at++;
  if (at === bytes.length) return true;
  try {
    decoder.decode(bytes.subarray(at));
    return true;
  } catch {
    return false;
  }
}

/** `text` as new bytes. A lone surrogate becomes U+FFFD: look for one first, where that matters. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** Bytes that `text` takes in UTF-8. */
export function utf8Size(text: string): number {
  let size = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes, so each of its halves adds one.
    size += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return size;
}

/** Where a text may have wildcards: anywhere, nowhere, or in levels of their own. */
export type Wildcards = "any" | "none" | "levels";

/**
 * Writes `text` at `position`, where a byte for each unit must be free, if it is ASCII without U+0000 and has no
 * wildcards but where it may: one look at each unit is then all it takes. Returns the position after it, otherwise -1.
 */
export function writeAscii(to: Uint8Array, position: number, text: string, wildcards: Wildcards): number {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return -1;
    if (unit <= PLUS && !isAllowed(text, index, unit, wildcards)) return -1;
    to[position++] = unit;
  }
  return position;
}

function isAllowed(text: string, index: number, unit: number, wildcards: Wildcards): boolean {
  if (unit !== PLUS && unit !== HASH) return unit !== 0;
  if (wildcards !== "levels") return wildcards === "any";
  if (index > 0 && text.charCodeAt(index - 1) !== SLASH) return false;
  return index === text.length - 1 || (unit === PLUS && text.charCodeAt(index + 1) === SLASH);
}

/**
 * Writes `text` at `position`, where 3 bytes for each UTF-16 unit must be free. Returns the position after it, or -1
 * if it has a lone surrogate, which UTF-8 cannot express.
 */
export function writeUtf8(to: Uint8Array, position: number, text: string): number {
  const { written } = encoder.encodeInto(text, to.subarray(position));
  // As many bytes as units: ASCII, which needs no second look.
  return written !== text.length && LONE_SURROGATE.test(text) ? -1 : position + written;
}
