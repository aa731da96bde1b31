import type { Side } from "./side.ts";
import { check } from "./workbench.ts";

/** Bytes that tell where in a stream they belong: the run differs at each of the first 16 Mi positions of 256. */
export function pattern(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = byteAt(from + at);
  return bytes;
}

/** The pattern from 0 to `length` in pieces; `size` gives the length of each. */
export function* pieces(length: number, size: (index: number) => number): Generator<Uint8Array> {
  let index = 0;
  for (let from = 0; from < length; index++) {
    const bytes = pattern(Math.min(size(index), length - from), from);
    from += bytes.length;
    yield bytes;
  }
}

/** Fails unless the side has received the first `length` bytes of the pattern and no more. */
export function checkReceived(side: Side, length: number): void {
  checkPrefix(side);
  check(side.receivedBytes === length, `${side.name} received ${side.receivedBytes} bytes instead of ${length}`);
}

/** Fails unless all that the side has received is the pattern from its start. */
export function checkPrefix(side: Side): void {
  let from = 0;
  for (const chunk of side.chunks) {
    checkPattern(`${side.name} received`, chunk, from);
    from += chunk.length;
  }
}

/** Fails unless the bytes are still the pattern. */
export function checkPattern(what: string, bytes: Uint8Array, from = 0): void {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === byteAt(from + at)) continue;
    check(false, `${what} ${bytes[at]} at byte ${from + at} instead of ${byteAt(from + at)}`);
  }
}

function byteAt(position: number): number {
  return (position ^ (position >>> 8) ^ (position >>> 16)) & 0xff;
}
