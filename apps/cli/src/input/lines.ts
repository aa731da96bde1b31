import { UsageError } from "../exit-codes.ts";

const NEWLINE = 0x0a;

/** No packet is longer, so no payload is. */
export const LONGEST_PAYLOAD = 268_435_455;

/**
 * The lines of a stream, as bytes without their line feed; what follows the last one is a line too. A line is a view
 * into the chunk it came in, so nothing is decoded and NUL bytes pass. A chunk's lines come as one batch, for a promise
 * for each would cost more than the line: take all of it before you ask for the next.
 */
export async function* lineBatches(
  chunks: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_PAYLOAD,
): AsyncGenerator<Iterable<Uint8Array>, void, undefined> {
  const lines = new LinesOfChunks();
  for await (const chunk of chunks) {
    lines.push(chunk);
    yield lines;
    if (lines.unfinished > longest)
      throw new UsageError(`a line of stdin is longer than ${longest} bytes, which no message is`);
  }
  const last = lines.takeLast();
  if (last !== undefined) yield [last];
}

/**
 * The lines that chunks have so far. Each is made when it is asked for: tens of thousands at once would outlive the
 * young generation, and be copied there.
 */
class LinesOfChunks implements IterableIterator<Uint8Array, undefined> {
  #chunk: Uint8Array = new Uint8Array(0);
  /** Its own `buffer`, which takes a call to ask for. */
  #buffer: ArrayBufferLike = this.#chunk.buffer;
  #offset = 0;
  /** Where the next line begins in it. */
  #start = 0;
  /** A line that began in earlier chunks. */
  #head: Uint8Array[] = [];
  #headLength = 0;

  /** Bytes of the line that has no end yet. */
  get unfinished(): number {
    return this.#headLength;
  }

  /** All lines of the chunk before are taken. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#buffer = chunk.buffer;
    this.#offset = chunk.byteOffset;
    this.#start = 0;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Uint8Array, undefined> {
    const chunk = this.#chunk;
    const start = this.#start;
    const end = chunk.indexOf(NEWLINE, start);
    if (end === -1) {
      if (start < chunk.length) this.#keep(chunk.subarray(start));
      this.#start = chunk.length;
      return { done: true, value: undefined };
    }
    this.#start = end + 1;
    // Not `subarray`, which makes a Buffer of a Buffer: that takes twice as long.
    const line = new Uint8Array(this.#buffer, this.#offset + start, end - start);
    return { done: false, value: this.#headLength === 0 ? line : this.#finished(line) };
  }

  /** What follows the last line feed; undefined if that was the end. */
  takeLast(): Uint8Array | undefined {
    return this.#headLength === 0 ? undefined : this.#takeHead();
  }

  #keep(part: Uint8Array): void {
    this.#head.push(part);
    this.#headLength += part.length;
  }

  #finished(end: Uint8Array): Uint8Array {
    this.#keep(end);
    return this.#takeHead();
  }

  #takeHead(): Uint8Array {
    const line = joined(this.#head);
    this.#head = [];
    this.#headLength = 0;
    return line;
  }
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

/** No Buffer: what is done to all lines is faster if all of them are of one kind. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const { buffer, byteOffset, length } = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  return new Uint8Array(buffer, byteOffset, length);
}
