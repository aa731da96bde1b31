import { type PacketInit, type ProtocolVersion, requireVersion } from "./packet.ts";
import { encodeAcknowledgement } from "./packets/acknowledgement.ts";
import { encodeConnack } from "./packets/connack.ts";
import { encodeConnect } from "./packets/connect.ts";
import { encodeAuth, encodeDisconnect } from "./packets/disconnect.ts";
import { encodePing } from "./packets/ping.ts";
import { encodePublish } from "./packets/publish.ts";
import { encodeSuback, encodeSubscribe } from "./packets/subscribe.ts";
import { encodeUnsuback, encodeUnsubscribe } from "./packets/unsubscribe.ts";
import { refuseValue } from "./refusal.ts";
import { SlabPool, SlabWriter } from "./writer.ts";

/** Encodes packets one after another and hands over what was written, as few chunks as possible. */
export interface PacketWriter {
  /**
   * Appends a packet and returns its size in bytes. A payload of 4 KiB or more is referenced, not copied: leave it
   * alone until its chunk is on the wire.
   *
   * @throws EncodeError if the version cannot express the packet; nothing of it was written then.
   */
  write(packet: PacketInit): number;
  /**
   * Hands over the next chunk of what was written; undefined when there is none. It is yours and is never written
   * again, but it is a view: other chunks share its `buffer`, so copy it before you transfer that.
   */
  take(): Uint8Array | undefined;
  /** Bytes written and not yet taken. */
  readonly pendingBytes: number;
}

export interface WriterOptions {
  /** 3, 4 or 5; default 5. */
  readonly version?: ProtocolVersion | undefined;
}

class Encoder implements PacketWriter {
  readonly #version: ProtocolVersion;
  readonly #slab = new SlabWriter();

  constructor(version: ProtocolVersion) {
    this.#version = requireVersion(version);
  }

  get pendingBytes(): number {
    return this.#slab.pendingBytes;
  }

  write(packet: PacketInit): number {
    try {
      return encode(this.#slab, packet, this.#version);
    } catch (error) {
      this.#slab.abandonPacket();
      throw error;
    }
  }

  take(): Uint8Array | undefined {
    return this.#slab.take();
  }
}

/** A writer for one connection: `write` many packets, then `take` their bytes. */
export function createWriter({ version = 5 }: WriterOptions = {}): PacketWriter {
  return new Encoder(version);
}

/** A packet that `encodePacket` returns as a view pins a slab of this size. */
const singles: SlabPool = /* @__PURE__ */ new SlabPool(8_192);
/** Larger packets get memory of their own. */
const LARGEST_VIEW = 1_024;

/** One writer serves all calls for a single packet. It is away during a call, because a getter of the packet may make another. */
let idle: SlabWriter | undefined;

function borrowWriter(): SlabWriter {
  const writer = idle ?? new SlabWriter(singles);
  idle = undefined;
  return writer;
}

function giveBack(writer: SlabWriter): void {
  writer.discard();
  idle = writer;
}

/**
 * One packet as bytes. They are yours and are never written again, but up to 1 KiB they are a view: other packets share
 * its `buffer`, so copy it before you transfer that, and if you keep a few of many.
 *
 * @example encodePacket({ type: "publish", topicName: "a", payload: "1" }, 5)
 * @throws EncodeError if the version cannot express the packet.
 */
export function encodePacket(packet: PacketInit, version: ProtocolVersion = 5): Uint8Array {
  const writer = borrowWriter();
  try {
    const size = encode(writer, packet, requireVersion(version));
    if (size <= LARGEST_VIEW) return writer.take()!;
    const bytes = new Uint8Array(size);
    writer.copyTo(bytes);
    return bytes;
  } finally {
    giveBack(writer);
  }
}

/**
 * Bytes that a packet takes on the wire, without copying a large payload.
 *
 * @throws EncodeError if the version cannot express the packet.
 */
export function packetSize(packet: PacketInit, version: ProtocolVersion = 5): number {
  const writer = borrowWriter();
  try {
    return encode(writer, packet, requireVersion(version));
  } finally {
    giveBack(writer);
  }
}

function encode(writer: SlabWriter, packet: PacketInit, version: ProtocolVersion): number {
  switch (packet?.type) {
    case "publish":
      return encodePublish(writer, packet, version);
    case "puback":
      return encodeAcknowledgement(writer, packet, version, 0x40);
    case "pubrec":
      return encodeAcknowledgement(writer, packet, version, 0x50);
    case "pubrel":
      return encodeAcknowledgement(writer, packet, version, 0x62); // the flags are 0b0010 [MQTT-3.6.1-1]
    case "pubcomp":
      return encodeAcknowledgement(writer, packet, version, 0x70);
    case "pingreq":
    case "pingresp":
      return encodePing(writer, packet.type);
    case "connect":
      return encodeConnect(writer, packet, version);
    case "connack":
      return encodeConnack(writer, packet, version);
    case "subscribe":
      return encodeSubscribe(writer, packet, version);
    case "suback":
      return encodeSuback(writer, packet, version);
    case "unsubscribe":
      return encodeUnsubscribe(writer, packet, version);
    case "unsuback":
      return encodeUnsuback(writer, packet, version);
    case "disconnect":
      return encodeDisconnect(writer, packet, version);
    case "auth":
      return encodeAuth(writer, packet, version);
    default:
      return refuseValue("type", (packet as { type?: unknown } | undefined)?.type, "it must be a packet type");
  }
}
