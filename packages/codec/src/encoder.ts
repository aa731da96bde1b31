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
import { SlabWriter } from "./writer.ts";

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

/**
 * One packet as bytes.
 *
 * @example encodePacket({ type: "publish", topicName: "a", payload: "1" }, 5)
 * @throws EncodeError if the version cannot express the packet.
 */
export function encodePacket(packet: PacketInit, version: ProtocolVersion = 5): Uint8Array {
  const writer = new SlabWriter();
  try {
    const bytes = new Uint8Array(encode(writer, packet, requireVersion(version)));
    writer.copyTo(bytes);
    return bytes;
  } finally {
    writer.discard();
  }
}

/**
 * Bytes that a packet takes on the wire, without copying a large payload.
 *
 * @throws EncodeError if the version cannot express the packet.
 */
export function packetSize(packet: PacketInit, version: ProtocolVersion = 5): number {
  const writer = new SlabWriter();
  try {
    return encode(writer, packet, requireVersion(version));
  } finally {
    writer.discard();
  }
}

function encode(writer: SlabWriter, packet: PacketInit, version: ProtocolVersion): number {
  switch (packet?.type) {
    case "publish":
      return encodePublish(writer, packet, version);
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return encodeAcknowledgement(writer, packet, version);
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
