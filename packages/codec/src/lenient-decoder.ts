import { isUint8Array } from "./bytes.ts";
import { type CommonDecoderOptions, resolveDecoderOptions } from "./decoder-options.ts";
import { DecodeError } from "./errors.ts";
import {
  firstByteViolation,
  headerSizeOf,
  isFirstByteAllowed,
  packetTooLarge,
  remainingLengthOf,
  requireMinimalLength,
} from "./fixed-header.ts";
import { type Packet, PACKET_TYPE_NAMES, PacketType, type PacketTypeName, type ProtocolVersion } from "./packet.ts";
import { decodeAcknowledgement } from "./packets/acknowledgement.ts";
import { decodeConnack } from "./packets/connack.ts";
import { decodeConnect, decodeProtocol } from "./packets/connect.ts";
import { decodeAuth, decodeDisconnect } from "./packets/disconnect.ts";
import { decodePing } from "./packets/ping.ts";
import { decodePublish } from "./packets/publish.ts";
import { decodeSuback, decodeSubscribe } from "./packets/subscribe.ts";
import { decodeUnsuback, decodeUnsubscribe } from "./packets/unsubscribe.ts";
import { PacketReader } from "./reader.ts";

/** A packet as it was received, however wrong it is. */
export interface LenientResult {
  /**
   * Undefined if nothing can be made of the bytes. Where a type has no room for a value, it is the nearest that it has
   * (QoS 3 is read as 2, and so is retain handling 3); ill-formed UTF-8 is U+FFFD; of a property that is repeated the
   * first one counts; a property that is not allowed is left out.
   */
  readonly packet: Packet | undefined;
  /** In the order in which they were found; the first is what the strict decoder throws. Empty for a valid packet. */
  readonly violations: readonly DecodeError[];
  /** The packet as it came, a view; only its fixed header if it is too large, or if its length is not one. */
  readonly bytes: Uint8Array;
}

/** Turns chunks of bytes, cut anywhere, into packets and what is wrong with them. No bytes make it throw. */
export interface LenientPacketDecoder {
  /** Gives the decoder a chunk, which it keeps views of: don't touch it again. */
  push(bytes: Uint8Array): void;
  /**
   * The next packet, or undefined until it is complete. After a Remaining Length that is longer than four bytes nobody
   * knows where the next packet begins: that is the last result.
   */
  next(): LenientResult | undefined;
  /** The version in use; undefined until a CONNECT has told it. Every CONNECT tells it, also if the decoder was given one. */
  readonly version: ProtocolVersion | undefined;
  /** Bytes of a packet that is not complete. */
  readonly pendingBytes: number;
}

/** What {@link createLenientDecoder} takes. */
export type LenientDecoderOptions = CommonDecoderOptions;

/**
 * A decoder for one direction of a connection that somebody watches: a sniffer wants to see also what no one may send.
 * It decodes what can be decoded, and the violations come beside the packets instead of being thrown.
 *
 * @example createLenientDecoder({ version: 5 }).next()?.violations
 */
export function createLenientDecoder(options: LenientDecoderOptions = {}): LenientPacketDecoder {
  return new LenientDecoder(options);
}

/** What decodes each type but CONNECT, which needs no version. The strict decoder has a switch, which is faster. */
const DECODE: Record<Exclude<PacketTypeName, "connect">, (reader: PacketReader, version: ProtocolVersion) => Packet> = {
  connack: decodeConnack,
  publish: decodePublish,
  puback: (reader, version) => decodeAcknowledgement(reader, version, "puback"),
  pubrec: (reader, version) => decodeAcknowledgement(reader, version, "pubrec"),
  pubrel: (reader, version) => decodeAcknowledgement(reader, version, "pubrel"),
  pubcomp: (reader, version) => decodeAcknowledgement(reader, version, "pubcomp"),
  subscribe: decodeSubscribe,
  suback: decodeSuback,
  unsubscribe: decodeUnsubscribe,
  unsuback: decodeUnsuback,
  pingreq: (reader) => decodePing(reader, "pingreq"),
  pingresp: (reader) => decodePing(reader, "pingresp"),
  disconnect: decodeDisconnect,
  auth: decodeAuth,
};

const EMPTY = new Uint8Array(0);

class LenientDecoder implements LenientPacketDecoder {
  version: ProtocolVersion | undefined;
  readonly #maximumPacketSize: number;
  readonly #reader = new PacketReader();

  /** What was pushed and not read is `bytes[start..end)`. What lies before was handed out, so it is never written again. */
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether the room after `end` is ours. */
  #owned = false;
  /** Bytes still to come of a packet that is too large. */
  #skip = 0;
  #ended = false;

  constructor(options: LenientDecoderOptions) {
    const { version, maximumPacketSize, validatePayloadFormat, sender } = resolveDecoderOptions(options);
    this.version = version;
    this.#maximumPacketSize = maximumPacketSize;
    this.#reader.validatePayloadFormat = validatePayloadFormat;
    this.#reader.sender = sender;
  }

  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (!isUint8Array(bytes)) throw new TypeError("a chunk must be a Uint8Array");
    if (this.#ended) return;
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    const chunk = skipped === 0 ? bytes : bytes.subarray(skipped);
    if (this.#start === this.#end) this.#use(chunk, chunk.length, false);
    else this.#append(chunk);
  }

  next(): LenientResult | undefined {
    const start = this.#start;
    if (start === this.#end) return undefined;
    const bytes = this.#bytes;
    const violations: DecodeError[] = [];
    const firstByte = bytes[start]!;
    const allowed = isFirstByteAllowed(firstByte, this.version);
    if (!allowed) violations.push(firstByteViolation(firstByte, this.version));

    let headerSize: number;
    try {
      headerSize = headerSizeOf(bytes, start, this.#end);
    } catch (error) {
      violations.push(asViolation(error));
      this.#ended = true;
      this.#use(EMPTY, 0, false);
      return { packet: undefined, violations, bytes: bytes.subarray(start, start + 5) };
    }
    if (headerSize === 0) return undefined;
    const size = headerSize + remainingLengthOf(bytes, start, headerSize);
    if (size > this.#maximumPacketSize) {
      violations.push(packetTooLarge(firstByte, size, this.#maximumPacketSize));
      this.#consume(size);
      return { packet: undefined, violations, bytes: bytes.subarray(start, start + headerSize) };
    }
    if (size > this.#end - start) return undefined;
    this.#consume(size);
    const readable = allowed || isReadable(firstByte, this.version);
    const packet = readable ? this.#decode(bytes, start, headerSize, start + size, violations) : undefined;
    return { packet, violations, bytes: bytes.subarray(start, start + size) };
  }

  #decode(
    bytes: Uint8Array,
    start: number,
    headerSize: number,
    end: number,
    violations: DecodeError[],
  ): Packet | undefined {
    const firstByte = bytes[start]!;
    const type = firstByte >> 4;
    const reader = this.#reader;
    reader.reset(bytes, start + headerSize, end, start);
    reader.flags = firstByte & 0x0f;
    reader.packetType = PACKET_TYPE_NAMES[type];
    reader.violations = violations;
    try {
      if (type === PacketType.connect) {
        const packet = decodeConnect(reader);
        this.version = packet.protocolVersion;
        requireMinimalLength(reader, start, headerSize, end, packet.protocolVersion);
        return packet;
      }
      const version = this.version!; // it isn't readable without one
      requireMinimalLength(reader, start, headerSize, end, version);
      return DECODE[reader.packetType as keyof typeof DECODE](reader, version);
    } catch (error) {
      violations.push(asViolation(error));
      if (type === PacketType.connect) this.#learnVersion(bytes, start, headerSize, end);
      return undefined;
    } finally {
      reader.clear();
    }
  }

  /** What follows a CONNECT can be read if its first fields can. */
  #learnVersion(bytes: Uint8Array, start: number, headerSize: number, end: number): void {
    const reader = this.#reader;
    reader.violations = []; // they are known
    reader.reset(bytes, start + headerSize, end, start);
    try {
      this.version = decodeProtocol(reader).protocolVersion;
    } catch (error) {
      asViolation(error);
    }
  }

  /** Goes on behind a packet, also if not all of it has come. */
  #consume(size: number): void {
    const available = this.#end - this.#start;
    this.#skip = Math.max(0, size - available);
    this.#start += Math.min(size, available);
    if (this.#start === this.#end) this.#use(EMPTY, 0, false);
  }

  #use(bytes: Uint8Array, end: number, owned: boolean): void {
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = end;
    this.#owned = owned;
  }

  /** Adds a chunk to what is left; the room doubles, so that each byte is copied a few times at most. */
  #append(chunk: Uint8Array): void {
    const left = this.#end - this.#start;
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      const grown = new Uint8Array((left + chunk.length) * 2);
      grown.set(this.#bytes.subarray(this.#start, this.#end));
      this.#use(grown, left, true);
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}

/** Whether there is a packet to decode behind a first byte that is not allowed: its flags are wrong, not its type. */
function isReadable(firstByte: number, version: ProtocolVersion | undefined): boolean {
  const type = PACKET_TYPE_NAMES[firstByte >> 4];
  if (type === undefined || (type === "auth" && version !== 5)) return false;
  return version !== undefined || type === "connect";
}

/** Anything but a violation is our mistake, and should be seen. */
function asViolation(error: unknown): DecodeError {
  if (error instanceof DecodeError) return error;
  throw error;
}
