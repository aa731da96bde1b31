import { isUint8Array } from "./bytes.ts";
import { EncodeError } from "./errors.ts";
import { EncodedStrings } from "./known-strings.ts";
import type { ProtocolVersion } from "./packet.ts";
import { quoted } from "./quoted.ts";
import { refuse, refuseValue, shown } from "./refusal.ts";
import { hasWildcard, topicFilterProblem } from "./topics.ts";
import {
  encodeUtf8,
  hasLoneSurrogate,
  utf8Size,
  WRITE_LOOP_LIMIT,
  type Wildcards,
  writeAscii,
  writeUtf8,
} from "./utf8.ts";
import {
  VARIABLE_BYTE_INTEGER_MAXIMUM,
  variableByteIntegerSize,
  writeVariableByteInteger,
} from "./variable-byte-integer.ts";

/** A slab serves thousands of small flushes; 16 to 256 KiB are within noise of each other (measured). */
const SLAB_SIZE = 65_536;
/** A tail shorter than this is not worth keeping. */
const SMALLEST_TAIL = 512;
/** From here on a payload becomes a chunk of its own instead of being copied into the slab. */
const REFERENCE_FROM = 4_096;

const EMPTY = new Uint8Array(0);
const DOLLAR = 0x24;

/**
 * The unwritten tail that the next writer continues in. A writer borrows it with its first byte and gives the rest
 * back when its output is taken, so an idle connection holds no slab.
 */
export class SlabPool {
  spare: Uint8Array | undefined = undefined;
  position = 0;
  readonly slabSize: number;

  constructor(slabSize: number) {
    this.slabSize = slabSize;
  }
}

/** All connections of the process share it. */
const connections: SlabPool = /* @__PURE__ */ new SlabPool(SLAB_SIZE);

const knownTopicNames: EncodedStrings = /* @__PURE__ */ new EncodedStrings();

/**
 * Writes packets forward into a slab that is handed over and never touched again. Lengths that are not known yet
 * are reserved and patched. A packet is never split between two slabs.
 */
export class SlabWriter {
  readonly #pool: SlabPool;
  #slab: Uint8Array = EMPTY;
  /** Where the bytes begin that nobody has taken yet. */
  #start = 0;
  #position = 0;
  /** Where the packet in progress begins, and where its content (after the fixed header) begins. */
  #packetStart = 0;
  #contentStart = 0;
  /** Finished chunks that come before what is in the slab; those before `#nextChunk` are taken. */
  #chunks: Uint8Array[] = [];
  #nextChunk = 0;
  #chunkBytes = 0;

  constructor(pool: SlabPool = connections) {
    this.#pool = pool;
  }

  /** Bytes written and not taken. */
  get pendingBytes(): number {
    return this.#chunkBytes + this.#position - this.#start;
  }

  /** Hands over the next chunk; the giver never touches it again. Call until undefined. */
  take(): Uint8Array | undefined {
    if (this.#nextChunk < this.#chunks.length) return this.#takeChunk();
    if (this.#position === this.#start) return undefined;
    const bytes = this.#slab.subarray(this.#start, this.#position);
    this.#release();
    return bytes;
  }

  /** Copies what was written and not taken. */
  copyTo(bytes: Uint8Array): void {
    let at = 0;
    for (let index = this.#nextChunk; index < this.#chunks.length; index++) {
      bytes.set(this.#chunks[index]!, at);
      at += this.#chunks[index]!.length;
    }
    bytes.set(this.#slab.subarray(this.#start, this.#position), at);
  }

  /** Forgets what was written and not taken. Nobody has seen it, so its place in the slab is free again. */
  discard(): void {
    if (this.#chunks.length > 0) this.#chunks = [];
    this.#nextChunk = this.#chunkBytes = 0;
    this.#position = this.#start;
    this.#release();
  }

  /** Starts a packet. `estimate` is the Remaining Length if it is known; a wrong guess costs one move of the packet. */
  beginPacket(firstByte: number, estimate: number): void {
    this.#packetStart = this.#position;
    this.#ensure(5);
    this.#slab[this.#position] = firstByte;
    this.#position += 1 + variableByteIntegerSize(estimate);
    this.#contentStart = this.#position;
  }

  /** A whole packet that has a Packet Identifier and nothing else: half the work of going field by field (measured). */
  packetOfIdentifier(firstByte: number, packetIdentifier: number): number {
    this.#ensure(4);
    const slab = this.#slab;
    const at = this.#position;
    slab[at] = firstByte;
    slab[at + 1] = 2;
    slab[at + 2] = packetIdentifier >>> 8;
    slab[at + 3] = packetIdentifier;
    this.#packetStart = this.#position = at + 4;
    return 4;
  }

  /**
   * A whole PUBLISH as most are: a topic name that was written before, a small payload, and no properties. Half the work of
   * going field by field (measured). Writes nothing and returns 0 if it is another.
   *
   * @param packetIdentifier 0: none
   */
  plainPublish(
    firstByte: number,
    topicName: string,
    packetIdentifier: number,
    hasProperties: boolean,
    payload: Uint8Array,
  ): number {
    const topic = knownTopicNames.find(topicName);
    const { length } = payload;
    if (topic === undefined || length >= REFERENCE_FROM) return 0;
    const remainingLength = topic.length + (packetIdentifier === 0 ? 0 : 2) + (hasProperties ? 1 : 0) + length;
    this.#packetStart = this.#position;
    this.#ensure(3 + remainingLength);
    const slab = this.#slab;
    let at = this.#position;
    slab[at++] = firstByte;
    const isLong = remainingLength > 127; // two bytes then, and never three: a known name is short, too
    if (isLong) slab[at++] = remainingLength | 128;
    slab[at++] = isLong ? remainingLength >>> 7 : remainingLength;
    at = copied(topic, slab, at);
    if (packetIdentifier !== 0) {
      slab[at++] = packetIdentifier >>> 8;
      slab[at++] = packetIdentifier;
    }
    if (hasProperties) slab[at++] = 0; // Property Length
    at = copied(payload, slab, at);
    const size = at - this.#position;
    this.#packetStart = this.#position = at;
    return size;
  }

  /**
   * Ends the packet and returns its size in bytes. `payload` is appended: copied when small, referenced when large
   * (the caller leaves those bytes alone until they are on the wire).
   */
  endPacket(payload: Uint8Array = EMPTY): number {
    const length = payload.length;
    const referenced = length >= REFERENCE_FROM;
    if (!referenced && length > 0) this.bytes(payload);
    const remainingLength = this.#position - this.#contentStart + (referenced ? length : 0);
    if (remainingLength > VARIABLE_BYTE_INTEGER_MAXIMUM) tooLong(remainingLength);
    const size = variableByteIntegerSize(remainingLength);
    const reserved = this.#contentStart - this.#packetStart - 1;
    if (size !== reserved) this.#moveContent(size - reserved);
    writeVariableByteInteger(this.#slab, this.#packetStart + 1, remainingLength, size);
    this.#packetStart = this.#position;
    if (referenced) this.#reference(payload);
    return 1 + size + remainingLength;
  }

  /** {@link SlabWriter.endPacket} with a text as payload. Unlike a UTF-8 Encoded String it may be long and have U+0000. */
  endPacketWithText(payload: string, field: string): number {
    const length = payload.length;
    if (length > VARIABLE_BYTE_INTEGER_MAXIMUM) tooLong(length);
    if (length < REFERENCE_FROM) {
      this.#ensure(length * 3);
      let end = length > WRITE_LOOP_LIMIT ? -1 : writeAscii(this.#slab, this.#position, payload, "any");
      if (end === -1) end = writeUtf8(this.#slab, this.#position, payload);
      if (end === -1) notWellFormed(field, payload);
      this.#position = end;
      return this.endPacket();
    }
    const bytes = encodeUtf8(payload);
    if (bytes.length !== length && hasLoneSurrogate(payload)) notWellFormed(field, payload);
    return this.endPacket(bytes);
  }

  /** Forgets the packet in progress. What was written before it stays. */
  abandonPacket(): void {
    this.#position = this.#packetStart;
    if (this.#position === this.#start) this.#release();
  }

  byte(value: number): void {
    this.#ensure(1);
    this.#slab[this.#position++] = value;
  }

  twoByteInteger(value: number): void {
    this.#ensure(2);
    const slab = this.#slab;
    slab[this.#position++] = value >>> 8;
    slab[this.#position++] = value;
  }

  fourByteInteger(value: number): void {
    this.#ensure(4);
    const slab = this.#slab;
    slab[this.#position++] = value >>> 24;
    slab[this.#position++] = value >>> 16;
    slab[this.#position++] = value >>> 8;
    slab[this.#position++] = value;
  }

  variableByteInteger(value: number): void {
    const size = variableByteIntegerSize(value);
    this.#ensure(size);
    writeVariableByteInteger(this.#slab, this.#position, value, size);
    this.#position += size;
  }

  /** `field` names the value in errors. */
  utf8String(value: string, field: string): void {
    if (!this.#ascii(value, "any")) this.#string(value, field);
  }

  /** A UTF-8 Encoded String that must not have wildcards; `clause` says so. Empty is for the caller to judge. */
  topicName(value: string, field: string, clause: string): void {
    const known = knownTopicNames.find(value);
    if (known !== undefined) {
      this.bytes(known);
      return;
    }
    const mark = this.#position - this.#packetStart;
    if (!this.#ascii(value, "none")) {
      this.#string(value, field);
      if (hasWildcard(value)) {
        refuse(field, `${quoted(value)} must not contain the wildcard characters + and #`, value, clause);
      }
    }
    knownTopicNames.add(value, this.#slab, this.#packetStart + mark, this.#position);
  }

  topicFilter(value: string, field: string, version: ProtocolVersion): void {
    if (!this.#ascii(value, "levels")) this.#string(value, field);
    else if (value.charCodeAt(0) > DOLLAR) return; // neither empty nor shared
    const problem = topicFilterProblem(value, version);
    if (problem !== undefined) refuse(field, `${quoted(value)} ${problem.problem}`, value, problem.clause);
  }

  binaryData(value: Uint8Array, field: string): void {
    requireBytes(value, field);
    if (value.length > 65_535) {
      refuse(field, `has ${value.length} bytes; binary data is at most 65,535 bytes long`);
    }
    this.twoByteInteger(value.length);
    this.bytes(value);
  }

  bytes(value: Uint8Array): void {
    this.#ensure(value.length);
    this.#position = copied(value, this.#slab, this.#position);
  }

  /** Reserves one byte for the length of what follows; returns a mark for {@link SlabWriter.endLength}. */
  beginLength(): number {
    this.#ensure(1);
    return this.#position++ - this.#packetStart;
  }

  endLength(mark: number): void {
    const length = this.#position - this.#packetStart - mark - 1;
    const size = variableByteIntegerSize(length);
    if (size > 1) {
      this.#ensure(size - 1);
      const from = this.#packetStart + mark + 1; // after #ensure, which may have moved the packet
      this.#slab.copyWithin(from + size - 1, from, this.#position);
      this.#position += size - 1;
    }
    writeVariableByteInteger(this.#slab, this.#packetStart + mark, length, size);
  }

  /** Writes a short text of ASCII that {@link writeAscii} finds nothing wrong with; otherwise nothing, and is false. */
  #ascii(value: string, wildcards: Wildcards): boolean {
    if (typeof value !== "string" || value.length > WRITE_LOOP_LIMIT) return false;
    this.#ensure(2 + value.length);
    const slab = this.#slab;
    const start = this.#position + 2;
    const end = writeAscii(slab, start, value, wildcards);
    if (end === -1) return false;
    slab[start - 2] = 0;
    slab[start - 1] = end - start;
    this.#position = end;
    return true;
  }

  /** Writes any text that a UTF-8 Encoded String may have. */
  #string(value: string, field: string): void {
    if (typeof value !== "string") refuseValue(field, value, "it must be a string");
    const length = value.length;
    if (length > 65_535) stringTooLong(field, value);
    this.#ensure(2 + length * 3);
    const start = this.#position + 2;
    const end = writeUtf8(this.#slab, start, value);
    // "… the character data MUST NOT include encodings of code points between U+D800 and U+DFFF" [MQTT-1.5.4-1]
    if (end === -1) notWellFormed(field, value, "MQTT-1.5.4-1");
    const size = end - start;
    if (size > 65_535) stringTooLong(field, value);
    this.#slab[start - 2] = size >>> 8;
    this.#slab[start - 1] = size;
    this.#position = end;
    // "A UTF-8 Encoded String MUST NOT include an encoding of the null character U+0000" [MQTT-1.5.4-2]
    if (value.includes("\0")) nullCharacter(field, value);
  }

  #takeChunk(): Uint8Array {
    const chunk = this.#chunks[this.#nextChunk++]!;
    this.#chunkBytes -= chunk.length;
    if (this.#nextChunk === this.#chunks.length) {
      this.#chunks = [];
      this.#nextChunk = 0;
    }
    return chunk;
  }

  #reference(payload: Uint8Array): void {
    this.#chunks.push(this.#slab.subarray(this.#start, this.#position), payload);
    this.#chunkBytes += this.#position - this.#start + payload.length;
    this.#start = this.#position;
    if (this.#slab.length - this.#position < SMALLEST_TAIL) this.#release();
  }

  /** Moves the content of the packet in progress by a few bytes, for a header that was guessed too short or too long. */
  #moveContent(by: number): void {
    if (by > 0) this.#ensure(by);
    this.#slab.copyWithin(this.#contentStart + by, this.#contentStart, this.#position);
    this.#contentStart += by;
    this.#position += by;
  }

  #ensure(count: number): void {
    if (this.#position + count > this.#slab.length) this.#grow(count);
  }

  /** Continues in another slab, taking the packet in progress along. */
  #grow(count: number): void {
    const started = this.#position - this.#packetStart;
    const needed = started + count;
    const complete = this.#packetStart - this.#start;
    if (complete > 0) {
      this.#chunks.push(this.#slab.subarray(this.#start, this.#packetStart));
      this.#chunkBytes += complete;
    }
    const from = this.#slab;
    const packetStart = this.#packetStart;
    const pool = this.#pool;
    let to = pool.spare;
    let at = 0;
    if (to !== undefined && to.length - pool.position >= needed) {
      at = pool.position;
      pool.spare = undefined;
    } else {
      // Twice what is needed, so that a packet which grows field by field moves a few times, not once a field.
      to = new Uint8Array(needed > pool.slabSize / 2 ? needed * 2 : pool.slabSize);
    }
    if (started > 0) to.set(from.subarray(packetStart, this.#position), at);
    this.#slab = to;
    this.#start = this.#packetStart = at;
    this.#contentStart += at - packetStart;
    this.#position = at + started;
  }

  /** Gives the tail of the slab back and holds nothing. */
  #release(): void {
    const pool = this.#pool;
    const left = this.#slab.length - this.#position;
    const spareLeft = pool.spare === undefined ? 0 : pool.spare.length - pool.position;
    if (left >= SMALLEST_TAIL && left > spareLeft && this.#slab.length === pool.slabSize) {
      pool.spare = this.#slab;
      pool.position = this.#position;
    }
    this.#slab = EMPTY;
    this.#start = this.#position = this.#packetStart = this.#contentStart = 0;
  }
}

/** Copies all bytes, and returns the position after them. */
function copied(value: Uint8Array, to: Uint8Array, position: number): number {
  const { length } = value;
  // Below 16 bytes a loop beats the call (measured).
  if (length < 16) for (let index = 0; index < length; index++) to[position + index] = value[index]!;
  else to.set(value, position);
  return position + length;
}

/** Refuses what only looks like bytes. The value stays out of the error: it may be a password. */
export function requireBytes(value: unknown, field: string): void {
  if (isUint8Array(value)) return;
  const kind = typeof value === "string" ? "a string" : shown(value);
  refuse(field, `is ${kind}; it must be a Uint8Array`);
}

function tooLong(remainingLength: number): never {
  const limit = `the largest is ${VARIABLE_BYTE_INTEGER_MAXIMUM}`;
  throw new EncodeError(`the packet would have a Remaining Length of ${remainingLength} bytes; ${limit}`);
}

function notWellFormed(field: string, value: string, clause?: string): never {
  refuse(field, "must be well-formed Unicode: it has a surrogate without its partner", value, clause);
}

function nullCharacter(field: string, value: string): never {
  refuse(field, "must not contain the null character U+0000", value, "MQTT-1.5.4-2");
}

function stringTooLong(field: string, value: string): never {
  refuse(field, `has ${utf8Size(value)} bytes in UTF-8; a string is at most 65,535 bytes long`, value);
}
