import { MalformedPacketError, type MqttError, ProtocolError } from "./errors.ts";
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
import { ReasonCode } from "./reason-codes.ts";
import { VARIABLE_BYTE_INTEGER_MAXIMUM } from "./variable-byte-integer.ts";

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
  /** The version in use; undefined until a CONNECT has told it. */
  readonly version: ProtocolVersion | undefined;
}

export interface DecoderOptions {
  /** 3, 4 or 5. Default: learnt from the CONNECT that comes first, as a server does. */
  readonly version?: ProtocolVersion | undefined;
  /** Bytes, header included; a larger packet is refused when its header is read. Default: the protocol's 268,435,460. */
  readonly maximumPacketSize?: number | undefined;
}

/** A decoder for one connection. */
export function createDecoder(options: DecoderOptions = {}): PacketDecoder {
  return new Decoder(options);
}

/** The longest fixed header: one byte and four of Remaining Length. */
const LARGEST_HEADER = 5;
/** A packet cut by chunks gets this much room at first and grows as its bytes arrive, so a header alone reserves little. */
const FIRST_ROOM = 65_536;
const EMPTY = new Uint8Array(0);

class Decoder implements PacketDecoder {
  version: ProtocolVersion | undefined;
  readonly #maximumPacketSize: number;
  readonly #reader = new PacketReader();

  /** The chunk being read, and chunks pushed before it was used up (rare: callers drain after each push). */
  #chunk: Uint8Array = EMPTY;
  #position = 0;
  #waiting: Uint8Array[] = [];

  /** A packet that began in an earlier chunk: its bytes so far, and its full size once the header is known. */
  #carry: Uint8Array = EMPTY;
  #carryLength = 0;
  #carrySize = 0;

  #failure: MqttError | undefined;

  constructor({ version, maximumPacketSize = VARIABLE_BYTE_INTEGER_MAXIMUM + LARGEST_HEADER }: DecoderOptions) {
    this.version = version;
    this.#maximumPacketSize = maximumPacketSize;
  }

  push(bytes: Uint8Array): void {
    if (this.#position === this.#chunk.length) {
      this.#chunk = bytes;
      this.#position = 0;
    } else {
      this.#waiting.push(bytes);
    }
  }

  next(): Packet | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      for (;;) {
        const packet = this.#carryLength > 0 ? this.#fromCarry() : this.#fromChunk();
        if (packet !== undefined) return packet;
        if (this.#position < this.#chunk.length) continue;
        const chunk = this.#waiting.shift();
        this.#chunk = chunk ?? EMPTY;
        this.#position = 0;
        if (chunk === undefined) {
          this.#reader.clear();
          return undefined;
        }
      }
    } catch (error) {
      this.#failure = error as MqttError;
      this.#chunk = this.#carry = EMPTY;
      this.#position = this.#carryLength = 0;
      this.#waiting = [];
      throw error;
    }
  }

  /** The usual case: the whole packet lies in the chunk. Otherwise what there is of it is carried over. */
  #fromChunk(): Packet | undefined {
    const chunk = this.#chunk;
    const start = this.#position;
    const available = chunk.length - start;
    if (available < 2) {
      if (available === 1) this.#beginCarry(0);
      return undefined;
    }
    let remainingLength = chunk[start + 1]!;
    let headerSize = 2;
    if (remainingLength >= 0x80) {
      headerSize = this.#headerSize(chunk, start, chunk.length);
      if (headerSize === 0) {
        this.#beginCarry(0);
        return undefined;
      }
      remainingLength = this.#remainingLength(chunk, start, headerSize);
    }
    const size = headerSize + remainingLength;
    if (size > this.#maximumPacketSize) this.#tooLarge(chunk[start]!, size);
    if (size > available) {
      this.#beginCarry(size);
      return undefined;
    }
    this.#position = start + size;
    return this.#decode(chunk, start, headerSize, start + size);
  }

  #beginCarry(size: number): void {
    const available = this.#chunk.length - this.#position;
    const room = size === 0 ? LARGEST_HEADER : Math.min(size, Math.max(FIRST_ROOM, available));
    this.#carry = new Uint8Array(room);
    this.#carry.set(this.#chunk.subarray(this.#position));
    this.#carryLength = available;
    this.#carrySize = size;
    this.#position = this.#chunk.length;
  }

  #fromCarry(): Packet | undefined {
    if (this.#carrySize === 0 && !this.#finishHeader()) return undefined;
    const missing = Math.min(this.#carrySize - this.#carryLength, this.#chunk.length - this.#position);
    this.#growCarry(this.#carryLength + missing);
    if (missing > 0) {
      this.#carry.set(this.#chunk.subarray(this.#position, this.#position + missing), this.#carryLength);
      this.#carryLength += missing;
      this.#position += missing;
    }
    if (this.#carryLength < this.#carrySize) return undefined;
    const packet = this.#carry;
    const size = this.#carrySize;
    this.#carry = EMPTY;
    this.#carryLength = this.#carrySize = 0;
    return this.#decode(packet, 0, this.#headerSize(packet, 0, size), size);
  }

  /** Takes bytes one by one until the fixed header is complete; false if the chunk ends first. */
  #finishHeader(): boolean {
    let headerSize = this.#headerSize(this.#carry, 0, this.#carryLength);
    while (headerSize === 0) {
      if (this.#position === this.#chunk.length) return false;
      this.#carry[this.#carryLength++] = this.#chunk[this.#position++]!;
      headerSize = this.#headerSize(this.#carry, 0, this.#carryLength);
    }
    const size = headerSize + this.#remainingLength(this.#carry, 0, headerSize);
    if (size > this.#maximumPacketSize) this.#tooLarge(this.#carry[0]!, size);
    this.#carrySize = size;
    return true;
  }

  /** Room for `needed` bytes: exactly the packet when it is small, doubling as bytes arrive when it is large. */
  #growCarry(needed: number): void {
    if (needed <= this.#carry.length) return;
    const room = Math.min(this.#carrySize, Math.max(FIRST_ROOM, this.#carry.length * 2, needed));
    const grown = new Uint8Array(room);
    grown.set(this.#carry.subarray(0, this.#carryLength));
    this.#carry = grown;
  }

  /** Bytes of the fixed header at `start`, or 0 if it is not complete before `end`. */
  #headerSize(bytes: Uint8Array, start: number, end: number): number {
    for (let size = 2; size <= LARGEST_HEADER; size++) {
      if (start + size > end) return 0;
      if (bytes[start + size - 1]! < 0x80) return size;
    }
    throw new MalformedPacketError("the remaining length is longer than four bytes", {
      packetType: PACKET_TYPE_NAMES[bytes[start]! >> 4],
      offset: 1,
    });
  }

  #remainingLength(bytes: Uint8Array, start: number, headerSize: number): number {
    let value = 0;
    for (let index = headerSize - 1; index >= 1; index--) value = (value << 7) | (bytes[start + index]! & 0x7f);
    // "The encoded value MUST use the minimum number of bytes necessary" [MQTT-1.5.5-1]
    if (headerSize > 2 && bytes[start + headerSize - 1] === 0) {
      throw new MalformedPacketError("the remaining length is longer than it needs to be", {
        packetType: PACKET_TYPE_NAMES[bytes[start]! >> 4],
        offset: 1,
        clause: "MQTT-1.5.5-1",
      });
    }
    return value;
  }

  #tooLarge(firstByte: number, size: number): never {
    throw new ProtocolError(`the packet has ${size} bytes; at most ${this.#maximumPacketSize} are accepted`, {
      packetType: PACKET_TYPE_NAMES[firstByte >> 4],
      reasonCode: ReasonCode.packetTooLarge,
      offset: 1,
      clause: "MQTT-3.1.2-24",
    });
  }

  #decode(bytes: Uint8Array, start: number, headerSize: number, end: number): Packet {
    const firstByte = bytes[start]!;
    const type = firstByte >> 4;
    const reader = this.#reader;
    reader.reset(bytes, start + headerSize, end, start);
    reader.flags = firstByte & 0x0f;
    reader.packetType = PACKET_TYPE_NAMES[type];
    const version = this.version ?? this.#learnVersion(type, reader);
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
      case PacketType.connect: {
        const packet = decodeConnect(reader);
        this.version = packet.protocolVersion;
        return packet;
      }
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
      case PacketType.auth:
        return decodeAuth(reader, version);
      default:
        // "Packet type 0 is forbidden" (table 2-1)
        return reader.malformed("packet type 0 is reserved", undefined, start);
    }
  }

  /** "… the first packet sent from the Client to the Server MUST be a CONNECT packet" [MQTT-3.1.0-1]; it says the version. */
  #learnVersion(type: number, reader: PacketReader): ProtocolVersion {
    if (type === PacketType.connect) return 5;
    return reader.violation(
      "the first packet must be CONNECT when the decoder was given no version",
      ReasonCode.protocolError,
      "MQTT-3.1.0-1",
    );
  }
}
