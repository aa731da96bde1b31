import { isUint8Array } from "./bytes.ts";
import { type CommonDecoderOptions, resolveDecoderOptions } from "./decoder-options.ts";
import type { MqttError } from "./errors.ts";
import {
  firstByteViolation,
  headerSizeOf,
  isFirstByteAllowed,
  LARGEST_HEADER,
  packetTooLarge,
  remainingLengthOf,
  requireMinimalLength,
} from "./fixed-header.ts";
import { PACKET_TYPE_NAMES, type Packet, PacketType, type ProtocolVersion } from "./packet.ts";
import { decodeAcknowledgement } from "./packets/acknowledgement.ts";
import { decodeConnack } from "./packets/connack.ts";
import { decodeConnect } from "./packets/connect.ts";
import { decodeAuth, decodeDisconnect } from "./packets/disconnect.ts";
import { decodePing } from "./packets/ping.ts";
import { decodePublish } from "./packets/publish.ts";
import { decodeSuback, decodeSubscribe } from "./packets/subscribe.ts";
import { decodeUnsuback, decodeUnsubscribe } from "./packets/unsubscribe.ts";
import { PacketReader } from "./reader.ts";

/** Turns chunks of bytes, cut anywhere, into packets. */
export interface PacketDecoder {
  /** Gives the decoder a chunk, which it keeps views of: don't touch it again. */
  push(bytes: Uint8Array): void;
  /**
   * The next complete packet, or undefined until more bytes come. Payloads and binary data are views into the chunk.
   *
   * @throws MalformedPacketError | ProtocolError, once and again: after a violation the stream has no meaning.
   */
  next(): Packet | undefined;
  /** The version in use; undefined until a CONNECT has told it. Every CONNECT tells it, also if the decoder was given one. */
  readonly version: ProtocolVersion | undefined;
}

export interface DecoderOptions extends CommonDecoderOptions {
  /**
   * Whether a Reason Code of 0x80 and above is taken although the packet's own list lacks it, as the 0x95 in a PUBACK
   * of Mosquitto 2.0: for a client, a refusal that was answered beats a connection that is ended over it. Default false.
   */
  readonly acceptUnlistedRefusals?: boolean | undefined;
}

/** A decoder for one connection; the first violation of the specification is thrown. */
export function createDecoder(options: DecoderOptions = {}): PacketDecoder {
  return new Decoder(options);
}

/** A packet cut by chunks gets all its room at once up to this size, so a header alone reserves little … */
const ROOM_AT_ONCE = 65_536;
/** … and a larger one at most so many times what has come of it: who announces much has to send it. */
const ROOM_FOR_BYTE = 4;
/** Chunks that were read are dropped from the queue so many at a time. */
const FORGET_AFTER = 1_024;
const EMPTY = new Uint8Array(0);

/** Bytes to reserve for a packet of which some have come: mostly all of it, so that no byte is moved twice. */
function roomFor(size: number, arrived: number): number {
  return size <= ROOM_AT_ONCE ? size : Math.min(size, arrived * ROOM_FOR_BYTE);
}

class Decoder implements PacketDecoder {
  version: ProtocolVersion | undefined;
  readonly #maximumPacketSize: number;
  readonly #reader = new PacketReader();

  /** The chunk being read, and chunks pushed before it was used up (rare: callers drain after each push). */
  #chunk: Uint8Array = EMPTY;
  #position = 0;
  #waiting: Uint8Array[] = [];
  #nextWaiting = 0;

  /** A packet that began in an earlier chunk: its bytes so far, and its full size once the header is known. */
  #carry: Uint8Array = EMPTY;
  #carryLength = 0;
  #carrySize = 0;

  #failure: MqttError | undefined;

  constructor(options: DecoderOptions) {
    const { version, maximumPacketSize, validatePayloadFormat, sender } = resolveDecoderOptions(options);
    this.version = version;
    this.#maximumPacketSize = maximumPacketSize;
    this.#reader.validatePayloadFormat = validatePayloadFormat;
    this.#reader.sender = sender;
    this.#reader.acceptUnlistedRefusals = options.acceptUnlistedRefusals ?? false;
  }

  push(bytes: Uint8Array): void {
    if (!isUint8Array(bytes)) throw new TypeError("a chunk must be a Uint8Array");
    if (this.#failure !== undefined) return;
    if (this.#position === this.#chunk.length && this.#waiting.length === 0) {
      this.#chunk = bytes;
      this.#position = 0;
    } else {
      this.#waiting.push(bytes);
    }
  }

  next(): Packet | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      do {
        const packet = this.#carryLength > 0 ? this.#fromCarry() : this.#fromChunk();
        if (packet !== undefined) return packet;
      } while (this.#position < this.#chunk.length || this.#nextChunk());
      return undefined;
    } catch (error) {
      this.#failure = error as MqttError;
      this.#chunk = this.#carry = EMPTY;
      this.#position = this.#carryLength = 0;
      this.#waiting = [];
      this.#reader.clear();
      throw error;
    }
  }

  /** Goes on to the chunk that waits; without one lets go of the last, and is false. */
  #nextChunk(): boolean {
    this.#position = 0;
    const chunk = this.#waiting[this.#nextWaiting];
    if (chunk === undefined) {
      this.#chunk = EMPTY;
      this.#reader.clear();
      return false;
    }
    this.#chunk = chunk;
    this.#waiting[this.#nextWaiting++] = EMPTY;
    if (this.#nextWaiting === this.#waiting.length || this.#nextWaiting === FORGET_AFTER) {
      this.#waiting.splice(0, this.#nextWaiting);
      this.#nextWaiting = 0;
    }
    return true;
  }

  /** The usual case: the whole packet lies in the chunk. Otherwise what there is of it is carried over. */
  #fromChunk(): Packet | undefined {
    const chunk = this.#chunk;
    const start = this.#position;
    const available = chunk.length - start;
    if (available === 0) return undefined;
    this.#checkFirstByte(chunk[start]!);
    const headerSize = headerSizeOf(chunk, start, chunk.length);
    if (headerSize === 0) {
      this.#beginCarry(0);
      return undefined;
    }
    const size = headerSize + this.#remainingLength(chunk, start, headerSize);
    if (size > available) {
      this.#beginCarry(size);
      return undefined;
    }
    this.#position = start + size;
    return this.#decode(chunk, start, headerSize, start + size);
  }

  #beginCarry(size: number): void {
    const available = this.#chunk.length - this.#position;
    this.#carry = new Uint8Array(size === 0 ? LARGEST_HEADER : roomFor(size, available));
    this.#carryLength = 0;
    this.#carrySize = size;
    this.#carryOver(available);
  }

  /** Moves the next bytes of the chunk to the carry, which has room for them. */
  #carryOver(count: number): void {
    const chunk = this.#chunk;
    const carry = this.#carry;
    const from = this.#position;
    const to = this.#carryLength;
    if (count < 32) {
      // For a few bytes a loop beats a view and a call (measured).
      for (let index = 0; index < count; index++) carry[to + index] = chunk[from + index]!;
    } else {
      carry.set(chunk.subarray(from, from + count), to);
    }
    this.#carryLength = to + count;
    this.#position = from + count;
  }

  #fromCarry(): Packet | undefined {
    if (this.#carrySize === 0 && !this.#finishHeader()) return undefined;
    const missing = Math.min(this.#carrySize - this.#carryLength, this.#chunk.length - this.#position);
    if (missing > 0) {
      this.#growCarry(this.#carryLength + missing);
      this.#carryOver(missing);
    }
    if (this.#carryLength < this.#carrySize) return undefined;
    const packet = this.#carry;
    const size = this.#carrySize;
    this.#carry = EMPTY;
    this.#carryLength = this.#carrySize = 0;
    return this.#decode(packet, 0, headerSizeOf(packet, 0, size), size);
  }

  /** Takes bytes one by one until the fixed header is complete; false if the chunk ends first. */
  #finishHeader(): boolean {
    const carry = this.#carry;
    let headerSize = headerSizeOf(carry, 0, this.#carryLength);
    while (headerSize === 0) {
      if (this.#position === this.#chunk.length) return false;
      carry[this.#carryLength++] = this.#chunk[this.#position++]!;
      headerSize = headerSizeOf(carry, 0, this.#carryLength);
    }
    this.#carrySize = headerSize + this.#remainingLength(carry, 0, headerSize);
    return true;
  }

  #growCarry(needed: number): void {
    if (needed <= this.#carry.length) return;
    const grown = new Uint8Array(roomFor(this.#carrySize, needed));
    grown.set(this.#carry.subarray(0, this.#carryLength));
    this.#carry = grown;
  }

  #checkFirstByte(firstByte: number): void {
    if (!isFirstByteAllowed(firstByte, this.version)) throw firstByteViolation(firstByte, this.version);
  }

  /** The Remaining Length of a complete fixed header, refused when the packet would be too large. */
  #remainingLength(bytes: Uint8Array, start: number, headerSize: number): number {
    const value = remainingLengthOf(bytes, start, headerSize);
    const size = headerSize + value;
    if (size > this.#maximumPacketSize) {
      throw packetTooLarge(bytes[start]!, size, this.#maximumPacketSize);
    }
    return value;
  }

  #decode(bytes: Uint8Array, start: number, headerSize: number, end: number): Packet {
    const firstByte = bytes[start]!;
    const type = firstByte >> 4;
    const reader = this.#reader;
    reader.reset(bytes, start + headerSize, end, start);
    reader.flags = firstByte & 0x0f;
    reader.packetType = PACKET_TYPE_NAMES[type];
    if (type === PacketType.connect) {
      const packet = decodeConnect(reader);
      this.version = packet.protocolVersion;
      requireMinimalLength(reader, start, headerSize, end, packet.protocolVersion);
      return packet;
    }
    const version = this.version!; // the first byte would have been refused without one
    requireMinimalLength(reader, start, headerSize, end, version);
    switch (type) {
      case PacketType.publish:
        return decodePublish(reader, version);
      case PacketType.puback:
        return decodeAcknowledgement(reader, version, "puback");
      case PacketType.pubrec:
        return decodeAcknowledgement(reader, version, "pubrec");
      case PacketType.pubrel:
        return decodeAcknowledgement(reader, version, "pubrel");
      case PacketType.pubcomp:
        return decodeAcknowledgement(reader, version, "pubcomp");
      case PacketType.pingreq:
        return decodePing(reader, "pingreq");
      case PacketType.pingresp:
        return decodePing(reader, "pingresp");
      case PacketType.connack:
        return decodeConnack(reader, version);
      case PacketType.subscribe:
        return decodeSubscribe(reader, version);
      case PacketType.suback:
        return decodeSuback(reader, version);
      case PacketType.unsubscribe:
        return decodeUnsubscribe(reader, version);
      case PacketType.unsuback:
        return decodeUnsuback(reader, version);
      case PacketType.disconnect:
        return decodeDisconnect(reader, version);
      default:
        return decodeAuth(reader); // type 0 was refused with its first byte
    }
  }
}
