import type { Sender } from "./decoder-options.ts";
import { type DecodeError, MalformedPacketError, ProtocolError } from "./errors.ts";
import { KnownStrings } from "./known-strings.ts";
import type { PacketTypeName, ProtocolVersion } from "./packet.ts";
import { quoted } from "./quoted.ts";
import { hasProperLevels, hasWildcard, topicFilterProblem } from "./topics.ts";
import { decodeUtf8, readPlain, readUtf8, readUtf8Leniently } from "./utf8.ts";

const EMPTY = new Uint8Array(0);

/** Up to here a loop beats a call (measured) … */
const TINY = 8;
/** … and up to here a copy beats a view. */
const SHORT = 64;
const copy: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(SHORT));
const copyOfLength: Uint8Array[] = [];

/** Strings of properties, and Topic Names, which are known to have no wildcards. */
const knownTexts: KnownStrings = /* @__PURE__ */ new KnownStrings();
const knownTopicNames: KnownStrings = /* @__PURE__ */ new KnownStrings();

/**
 * A bounds-checked cursor over the bytes of one packet. One reader serves a decoder for its whole life: it is
 * pointed at the next packet with {@link PacketReader.reset}, so a packet costs no reader.
 */
export class PacketReader {
  packetType: PacketTypeName | undefined = undefined;
  /** The low four bits of the first byte. */
  flags = 0;
  position = 0;
  /** Whether payloads that say they are UTF-8 have to be. */
  validatePayloadFormat = false;
  /** Who speaks, if that is known. */
  sender: Sender | undefined = undefined;
  /** Whether a refusal is taken with a Reason Code that its packet's list lacks. */
  acceptUnlistedRefusals = false;
  /** Where violations are collected, if the packet is to be read in spite of them; otherwise the first one is thrown. */
  violations: DecodeError[] | undefined = undefined;
  #bytes: Uint8Array = EMPTY;
  /** The same bytes, made when the first string is looked up in them. */
  #words: DataView | undefined;
  #end = 0;
  /** Whether the string that was read last surely has no U+0000 and no wildcards. */
  #isPlain = false;
  /** Where the packet's first byte is (or would be), so that errors can count from it. */
  #packetStart = 0;

  /** Points the reader at the content of a packet: `bytes[start..end)`, the fixed header left out. */
  reset(bytes: Uint8Array, start: number, end: number, packetStart: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#words = undefined;
    }
    this.position = start;
    this.#end = end;
    this.#packetStart = packetStart;
  }

  /** Lets go of the chunk, so that a decoder that waits pins no memory. */
  clear(): void {
    this.reset(EMPTY, 0, 0, 0);
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
    const at = this.position;
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift <= 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      // "The encoded value MUST use the minimum number of bytes necessary to represent the value" [MQTT-1.5.5-1]
      if (byte === 0) this.malformed(at, "a variable byte integer is longer than it needs to be", "MQTT-1.5.5-1");
      return value;
    }
    throw this.malformedPacket(at, "a variable byte integer is longer than four bytes");
  }

  utf8String(): string {
    const at = this.position;
    const length = this.#length();
    return this.#text(at, length);
  }

  /** A UTF-8 Encoded String that is likely to come again: what it was last time is looked up. */
  propertyString(): string {
    const at = this.position;
    const length = this.#length();
    if (!knownTexts.takes(length)) return this.#text(at, length);
    const words = this.#dataView();
    const known = knownTexts.find(words, at + 2, length);
    if (known !== undefined) return known;
    const text = this.#text(at, length);
    // What is known is known to be valid, so nothing that was read leniently is.
    if (this.violations === undefined) knownTexts.add(words, at + 2, length, text);
    return text;
  }

  /**
   * A UTF-8 Encoded String that must not have wildcards; `clause` says so. Empty is for the caller to judge: a Topic
   * Alias may stand for it.
   */
  topicName(clause: string): string {
    const at = this.position;
    const length = this.#length();
    if (!knownTopicNames.takes(length)) return this.#text(at, length, clause);
    const words = this.#dataView();
    const known = knownTopicNames.find(words, at + 2, length);
    if (known !== undefined) return known;
    const topicName = this.#text(at, length, clause);
    if (this.violations === undefined) knownTopicNames.add(words, at + 2, length, topicName);
    return topicName;
  }

  topicFilter(version: ProtocolVersion): string {
    const at = this.position;
    const length = this.#length();
    if (hasProperLevels(this.#bytes, at + 2, this.position)) return this.#wellFormed(at, length);
    const topicFilter = this.#text(at, length);
    const problem = topicFilterProblem(topicFilter, version);
    if (problem !== undefined) {
      this.malformed(at, `the topic filter ${quoted(topicFilter)} ${problem.problem}`, problem.clause);
    }
    return topicFilter;
  }

  /** Two-byte length and that many bytes, as a view into the chunk. */
  binaryData(): Uint8Array {
    const start = this.position + 2;
    return this.#bytes.subarray(start, start + this.#length());
  }

  /** All that is left, as a view into the chunk. */
  rest(): Uint8Array {
    const start = this.position;
    this.position = this.#end;
    return this.#bytes.subarray(start, this.#end);
  }

  /** The next `length` bytes as a limit: returns where they end; reading past it is the caller's check. */
  section(length: number): number {
    if (length > this.remaining) this.#truncated(length);
    return this.position + length;
  }

  /** Every byte of the Remaining Length has a meaning; what is left over has none. */
  end(): void {
    const left = this.#end - this.position;
    if (left > 0)
      this.malformed(this.position, `${left} ${left === 1 ? "byte is" : "bytes are"} left after the last field`);
  }

  /** Reports a Malformed Packet; `at` is where the field begins that makes it one. Returns if violations are collected. */
  malformed(at: number, message: string, clause?: string): void {
    this.#report(this.malformedPacket(at, message, clause));
  }

  /** Reports a Protocol Error, 0x82 if there is no more specific code. Returns if violations are collected. */
  violation(at: number, message: string, clause?: string, reasonCode?: number): void {
    this.#report(this.protocolError(at, message, clause, reasonCode));
  }

  /** The error to throw when the rest of the packet has no meaning. */
  malformedPacket(at: number, message: string, clause?: string): MalformedPacketError {
    return new MalformedPacketError(message, { packetType: this.packetType, offset: at - this.#packetStart, clause });
  }

  /** {@link PacketReader.malformedPacket} for a Protocol Error. */
  protocolError(at: number, message: string, clause?: string, reasonCode?: number): ProtocolError {
    const offset = at - this.#packetStart;
    return new ProtocolError(message, { packetType: this.packetType, offset, reasonCode, clause });
  }

  #report(error: DecodeError): void {
    if (this.violations === undefined) throw error;
    this.violations.push(error);
  }

  /** Reads a two-byte length and moves over as many bytes as it says. */
  #length(): number {
    const at = this.position;
    const length = this.twoByteInteger();
    const end = at + 2 + length;
    if (end > this.#end) {
      this.position = at;
      this.#truncated(2 + length);
    }
    this.position = end;
    return length;
  }

  /** The text of a string that begins, with its length, at `at`. */
  #wellFormed(at: number, length: number): string {
    const start = at + 2;
    this.#isPlain = false;
    try {
      if (length > SHORT) return readUtf8(this.#bytes, start, start + length);
      if (length > TINY) return this.#shortText(start, length);
      const text = readPlain(this.#bytes, start, start + length);
      this.#isPlain = text.length === length;
      return this.#isPlain ? text : readUtf8(this.#bytes, start, start + length);
    } catch {
      this.malformed(at, "a string is not well-formed UTF-8", "MQTT-1.5.4-1");
      return readUtf8Leniently(this.#bytes, start, start + length);
    }
  }

  /** The same without U+0000, and without wildcards if a `clause` says so. */
  #text(at: number, length: number, clause?: string): string {
    const text = this.#wellFormed(at, length);
    if (this.#isPlain) return text;
    // "A UTF-8 Encoded String MUST NOT include an encoding of the null character U+0000" [MQTT-1.5.4-2]
    if (text.includes("\0")) this.malformed(at, "a string contains the null character U+0000", "MQTT-1.5.4-2");
    if (clause !== undefined && hasWildcard(text)) {
      this.malformed(at, `the topic name ${quoted(text)} contains a wildcard character`, clause);
    }
    return text;
  }

  /**
   * Reads a short string from a copy. That way it needs no view of its own, which is a third of decoding it, and all its
   * bytes are looked at on the way, four at a time (measured).
   */
  #shortText(start: number, length: number): string {
    const words = this.#dataView();
    const last = length - 4;
    let found = 0;
    for (let at = 0; ; at += 4) {
      if (at > last) at = last;
      const word = words.getInt32(start + at, true);
      copy.setInt32(at, word, true);
      // `word - ones & ~word` has the top bit of a byte set if the byte is 0, or a lower one is. + and # differ in one bit.
      const wildcards = (word & ~0x0808_0808) ^ 0x2323_2323;
      found |= ((word - 0x0101_0101) & ~word) | ((wildcards - 0x0101_0101) & ~wildcards);
      if (at === last) break;
    }
    this.#isPlain = (found & ~0x7f7f_7f7f) === 0;
    return decodeUtf8((copyOfLength[length] ??= new Uint8Array(copy.buffer, 0, length)));
  }

  #dataView(): DataView {
    const bytes = this.#bytes;
    return (this.#words ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  #truncated(needed: number): never {
    const left = this.#end - this.position;
    throw this.malformedPacket(this.position, `the packet ends inside a field: ${needed} bytes needed, ${left} left`);
  }
}
