/** Bytes that come in chunks, taken in pieces of any size. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #waiting: Uint8Array[] = [];
  #length = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** So many bytes, which stay; fewer if there are no more. */
  async peek(size: number): Promise<Uint8Array> {
    await this.#fill(size);
    if (this.#waiting.length > 1) this.#waiting = [Buffer.concat(this.#waiting)];
    return (this.#waiting[0] ?? new Uint8Array(0)).subarray(0, size);
  }

  /** So many bytes; undefined if there are fewer. */
  async take(size: number): Promise<Uint8Array | undefined> {
    const bytes = await this.peek(size);
    if (bytes.length < size) return undefined;
    if (size > 0) this.#waiting[0] = this.#waiting[0]!.subarray(size);
    this.#length -= size;
    return bytes;
  }

  /** What is there now, or the next chunk; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    await this.#fill(1);
    const chunk = this.#waiting.shift();
    this.#length -= chunk?.length ?? 0;
    return chunk;
  }

  async #fill(size: number): Promise<void> {
    while (this.#length < size && !this.#ended) {
      const { done, value } = await this.#chunks.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) {
        this.#waiting.push(value);
        this.#length += value.length;
      }
    }
    if (this.#waiting[0]?.length === 0) this.#waiting.shift();
  }
}
