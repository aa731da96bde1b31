/** What a handshake may have: beyond, it is none. */
const LONGEST_HANDSHAKE = 65_536;
const END_OF_HEADERS = "\r\n\r\n";
const Opcode = { continuation: 0, text: 1, binary: 2 } as const;

/** What one side of a WebSocket connection has sent: bytes in, the bytes of its messages out. */
export class WebSocketStream {
  /** Why nothing more comes out. */
  failure: string | undefined;
  #waiting: Uint8Array = new Uint8Array(0);
  #isOpen = false;

  push(bytes: Uint8Array): Uint8Array {
    if (this.failure !== undefined) return new Uint8Array(0);
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    if (!this.#isOpen && !this.#readHandshake()) return new Uint8Array(0);
    const messages: Uint8Array[] = [];
    for (let data = this.#nextFrame(); data !== undefined; data = this.#nextFrame()) messages.push(data);
    if (messages.length > 0) this.#waiting = new Uint8Array(this.#waiting); // its chunk is large, and would stay
    return messages.length === 1 ? messages[0]! : Buffer.concat(messages);
  }

  /** Bytes are missing: nobody knows where the next frame begins. */
  lose(): void {
    if (this.failure === undefined) this.#fail("where its WebSocket frames begin is not known any more");
  }

  /** After the last byte. */
  end(): void {
    const { length } = this.#waiting;
    if (length > 0) this.failure ??= `it ends within a WebSocket frame, ${length} bytes after its beginning`;
  }

  #readHandshake(): boolean {
    const text = Buffer.from(this.#waiting.subarray(0, LONGEST_HANDSHAKE)).toString("latin1");
    const end = text.indexOf(END_OF_HEADERS);
    if (end < 0) {
      if (text.length >= LONGEST_HANDSHAKE) this.#fail("it begins like HTTP, and its headers have no end");
      return false;
    }
    const [first = ""] = text.split("\r\n", 1);
    if (first.startsWith("HTTP/") && !/^HTTP\/1\.1 101\b/.test(first)) {
      this.#fail(`no WebSocket came about: the server's answer is "${first}"`);
      return false;
    }
    this.#isOpen = true;
    this.#waiting = this.#waiting.subarray(end + END_OF_HEADERS.length);
    return true;
  }

  #fail(why: string): void {
    this.failure = why;
    this.#waiting = new Uint8Array(0);
  }

  /** The data of the next frame, which is empty for one that is about the connection; undefined if it is not all there. */
  #nextFrame(): Uint8Array | undefined {
    const bytes = this.#waiting;
    if (bytes.length < 2 || this.failure !== undefined) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isMasked = (bytes[1]! & 0x80) !== 0;
    let length = bytes[1]! & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return undefined;
      length = view.getUint16(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return undefined;
      length = Number(view.getBigUint64(2));
      at = 10;
    }
    const dataAt = at + (isMasked ? 4 : 0);
    if (bytes.length < dataAt + length) return undefined;
    if ((bytes[0]! & 0x40) !== 0) {
      this.#fail("its WebSocket frames are compressed (permessage-deflate), which is not decoded");
      return undefined;
    }
    this.#waiting = bytes.subarray(dataAt + length);
    const opcode = bytes[0]! & 0x0f;
    if (opcode !== Opcode.binary && opcode !== Opcode.continuation && opcode !== Opcode.text) return new Uint8Array(0);
    const data = new Uint8Array(bytes.subarray(dataAt, dataAt + length)); // a copy: slice() of a Buffer is none
    if (isMasked) for (let index = 0; index < length; index++) data[index]! ^= bytes[at + (index & 3)]!;
    return data;
  }
}
