import { UsageError } from "../exit-codes.ts";

const NEWLINE = 0x0a;

/** No packet is longer, so no payload is. */
export const LONGEST_PAYLOAD = 268_435_455;

/**
 * Lines as bytes, without their line feed; what follows the last one is a line too. A line is a view into the chunk it
 * came in, so nothing is decoded and NUL bytes pass. A chunk's lines come as one batch: a promise for each would cost
 * more than the line.
 */
export async function* lineBatches(
  chunks: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_PAYLOAD,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  let head: Uint8Array[] = []; // a line that began in earlier chunks
  let headLength = 0;
  for await (const chunk of chunks) {
    const lines: Uint8Array[] = [];
    const { buffer, byteOffset } = chunk;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      // Not `subarray`, which makes a Buffer of a Buffer: that takes twice as long.
      const line = new Uint8Array(buffer, byteOffset + start, end - start);
      lines.push(headLength === 0 ? line : joined([...head, line]));
      if (headLength > 0) {
        head = [];
        headLength = 0;
      }
      start = end + 1;
    }
    if (start < chunk.length) {
      head.push(chunk.subarray(start));
      headLength += chunk.length - start;
    }
    if (lines.length > 0) yield lines;
    if (headLength > longest)
      throw new UsageError(`a line of stdin is longer than ${longest} bytes, which no message is`);
  }
  if (headLength > 0) yield [joined(head)];
}

/** All chunks as one. */
export async function readAll(
  chunks: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_PAYLOAD,
): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    all.push(chunk);
    length += chunk.length;
    if (length > longest) throw new UsageError(`stdin is longer than ${longest} bytes, which no message is`);
  }
  return joined(all);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
