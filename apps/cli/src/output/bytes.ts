/**
 * What many messages print, in one growing buffer that is written at once. Small pieces are copied by hand: a call of
 * `set` takes as long as a dozen bytes.
 */
export class OutputBytes {
  #buffer = Buffer.allocUnsafe(16_384);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#length + length > this.#buffer.length) this.#grow(length);
    const buffer = this.#buffer;
    let at = this.#length;
    if (length > 24) buffer.set(bytes, at);
    else for (let index = 0; index < length; index++) buffer[at++] = bytes[index]!;
    this.#length += length;
  }

  text(text: string): void {
    const room = 3 * text.length;
    if (this.#length + room > this.#buffer.length) this.#grow(room);
    this.#length += this.#buffer.write(text, this.#length);
  }

  /** Takes back what was appended after there were `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** What was appended so far; the next begins anew. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(Math.max(16_384, Math.min(this.#length, 1_048_576)));
    this.#length = 0;
    return taken;
  }

  #grow(by: number): void {
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + by));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
