import { NODE_BYTES } from "./prefix-table.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;

/**
 * Writes a filter's length and characters to `bytes[at..at + NODE_BYTES)`, so that they can be matched without going to its string,
 * which is another place in memory. A filter that is too long for that, or not of ASCII alone, is left out; so is undefined.
 */
export function packFilter(filter: string | undefined, bytes: Uint8Array, at: number): void {
  bytes[at] = 0;
  if (filter === undefined || filter.length >= NODE_BYTES) return;
  let all = 0;
  for (let index = 0; index < filter.length; index++) {
    const unit = filter.charCodeAt(index);
    all |= unit;
    bytes[at + 1 + index] = unit;
  }
  if (all < 0x80) bytes[at] = filter.length;
}

export function isPacked(bytes: Uint8Array, at: number): boolean {
  return bytes[at] !== 0;
}

/** What `matchTopic` says of the filter that is packed there. */
export function matchPacked(bytes: Uint8Array, at: number, topicName: string): boolean {
  const start = at + 1;
  const end = start + bytes[at]!;
  const nameLength = topicName.length;
  // "The Server MUST NOT match Topic Filters starting with a wildcard character (# or +) with Topic Names beginning with a $ character" [MQTT-4.7.2-1]
  if (topicName.charCodeAt(0) === DOLLAR && (bytes[start] === PLUS || bytes[start] === HASH)) return false;
  let index = 0;
  for (let from = start; from < end; from++) {
    const unit = bytes[from]!;
    if (unit === HASH) return true;
    if (unit === PLUS) {
      while (index < nameLength && topicName.charCodeAt(index) !== SLASH) index++;
    } else if (index === nameLength) {
      return unit === SLASH && from + 2 === end && bytes[from + 1] === HASH; // `a/#` matches `a`, too
    } else if (unit !== topicName.charCodeAt(index++)) {
      return false;
    }
  }
  return index === nameLength;
}
