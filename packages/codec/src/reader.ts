import { MalformedPacketError, ProtocolError } from "./errors.ts";
import type { PacketTypeName } from "./packet.ts";
import { validateTopicFilter } from "./topics.ts";
import { decodeUtf8 } from "./utf8.ts";

const EMPTY = new Uint8Array(0);
const PLUS = 0x2b;
const HASH = 0x23;

/**
 * A bounds-checked cursor over the bytes of one packet. One reader serves a decoder for its whole life: it is
 * pointed at the next packet with {@link PacketReader.reset}, so a packet costs no reader.
 */
export class PacketReader {
  packetType: PacketTypeName | undefined = undefined;
  /** The low four bits of the first byte. */
  flags = 0;
  position = 0;
  #bytes: Uint8Array = EMPTY;
  #end = 0;
  /** Where the packet's first byte is (or would be), so that errors can count from it. */
  #packetStart = 0;

  /** Points the reader at the content of a packet: `bytes[start..end)`, the fixed header left out. */
  reset(bytes: Uint8Array, start: number, end: number, packetStart: number): void {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
    this.#packetStart = packetStart;
  }

  /** Lets go of the chunk, so that a decoder that waits pins no memory. */
  clear(): void {
    this.#bytes = EMPTY;
    this.position = this.#end = 0;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  byte(): number {
    const at = this.position;
    if (at >= this.#end) this.#truncated(1);
    this.position = at + 1;
    return this.#bytes[at]!;
  }

  twoByteInteger(): number {
    const at = this.position;
    if (at + 2 > this.#end) this.#truncated(2);
    this.position = at + 2;
    const bytes = this.#bytes;
    return (bytes[at]! << 8) | bytes[at + 1]!;
  }

  fourByteInteger(): number {
    const at = this.position;
    if (at + 4 > this.#end) this.#truncated(4);
    this.position = at + 4;
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  variableByteInteger(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift <= 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      // "The encoded value MUST use the minimum number of bytes necessary" [MQTT-1.5.5-1]
      if (byte === 0) this.malformed("a variable byte integer is longer than it needs to be", "MQTT-1.5.5-1");
      return value;
    }
    return this.malformed("a variable byte integer is longer than four bytes");
  }

  utf8String(): string {
    const length = this.twoByteInteger();
    const start = this.position;
    const view = this.#view(length);
    let text: string;
    try {
      text = decodeUtf8(view);
    } catch {
      return this.malformed("a string is not well-formed UTF-8", "MQTT-1.5.4-1", start);
    }
    // "A UTF-8 Encoded String MUST NOT include an encoding of the null character U+0000" [MQTT-1.5.4-2]
    if (text.includes("\0")) this.malformed("a string contains the null character U+0000", "MQTT-1.5.4-2", start);
    return text;
  }

  /** A UTF-8 Encoded String that must not have wildcards. Empty is for the caller to judge: a Topic Alias may stand for it. */
  topicName(): string {
    const start = this.position;
    const topicName = this.utf8String();
    for (let index = 0; index < topicName.length; index++) {
      const unit = topicName.charCodeAt(index);
      if (unit === PLUS || unit === HASH) {
        this.malformed(`the topic name "${topicName}" contains a wildcard character`, "MQTT-3.3.2-2", start);
      }
    }
    return topicName;
  }

  topicFilter(): string {
    const start = this.position;
    const topicFilter = this.utf8String();
    const problem = validateTopicFilter(topicFilter);
    if (problem !== undefined) this.malformed(`the topic filter "${topicFilter}" ${problem}`, undefined, start);
    return topicFilter;
  }

  /** Two-byte length and that many bytes, as a view into the chunk. */
  binaryData(): Uint8Array {
    return this.#view(this.twoByteInteger());
  }

  /** All that is left, as a view into the chunk. */
  rest(): Uint8Array {
    return this.#view(this.#end - this.position);
  }

  /** The next `length` bytes as a limit: returns where they end; reading past it is the caller's check. */
  section(length: number): number {
    if (length > this.remaining) this.#truncated(length);
    return this.position + length;
  }

  /** Every byte of the Remaining Length has a meaning; what is left over has none. */
  end(): void {
    if (this.position !== this.#end) {
      this.malformed(`${this.#end - this.position} bytes are left after the last field`);
    }
  }

  malformed(message: string, clause?: string, position: number = this.position): never {
    throw new MalformedPacketError(message, { packetType: this.packetType, offset: position - this.#packetStart, clause });
  }

  violation(message: string, reasonCode: number, clause?: string): never {
    const offset = this.position - this.#packetStart;
    throw new ProtocolError(message, { packetType: this.packetType, offset, reasonCode, clause });
  }

  #view(length: number): Uint8Array {
    const start = this.position;
    const end = start + length;
    if (end > this.#end) this.#truncated(length);
    this.position = end;
    return this.#bytes.subarray(start, end);
  }

  #truncated(needed: number): never {
    this.malformed(`the packet ends inside a field: ${needed} bytes needed, ${this.remaining} left`);
  }
}
