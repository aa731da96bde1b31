import {
  type AcknowledgementPacketInit,
  createDecoder,
  createWriter,
  type PacketDecoder,
  type PacketInit,
  type PacketWriter,
  ProtocolError,
  ReasonCode,
} from "@petrel/codec";
import type { Authentication } from "./authentication.ts";
import type { SessionConfig } from "./config.ts";
import type { Milliseconds } from "./events.ts";
import { Fifo } from "./fifo.ts";
import { KeepAlive } from "./keep-alive.ts";
import { LARGEST_PACKET, type Negotiated } from "./negotiated.ts";
import type { OutgoingEntry, OutgoingPacket } from "./outgoing-entry.ts";
import { InboundTopicAliases, outboundAliases, type OutboundTopicAliases } from "./topic-aliases.ts";
import type { Traffic } from "./traffic.ts";
import { WrittenMessages } from "./written-messages.ts";

/** offline: no connection. connecting: CONNECT sent. online: CONNACK came. disconnecting: only the rest of the output is left. */
export type Phase = "offline" | "connecting" | "online" | "disconnecting";

/**
 * A server that keeps to the protocol can not make us wait with more answers than there are packet identifiers in each
 * direction, for what it has not read is still in flight to it. One that talks and does not listen can.
 */
const MOST_ANSWERS_WAITING = 2 * 65_536;

/**
 * All state that is valid for one Network Connection. A new connection gets a new object: yesterday's aliases,
 * quotas and deadlines are gone with the old one.
 */
export class Connection<Context> {
  phase: Exclude<Phase, "offline"> = "connecting";
  /** The options of this connection; the session may have got others for the next. */
  readonly config: SessionConfig;
  readonly decoder: PacketDecoder;
  /** What CONNACK settled; undefined while connecting. */
  negotiated: Negotiated | undefined = undefined;
  /** Whether there is any message that the server does not take. */
  restrictsPublish = false;
  keepAlive: KeepAlive<Context>;
  aliases: InboundTopicAliases = new InboundTopicAliases(0);
  /** Undefined: the server takes none. */
  outboundAliases: OutboundTopicAliases | undefined = undefined;
  /** Whether the CONNECT asked for a clean start. */
  readonly cleanStart: boolean;
  /** undefined: there is no authentication method. */
  authentication: Authentication<Context> | undefined = undefined;
  /** Whether CONNECT was written: nothing may be before. */
  connectWritten = false;
  /** Packets stay in the decoder while CONNACK is being verified. */
  isHeld = false;

  /** How many more QoS 1 and 2 messages may be sent now (section 4.9). */
  sendQuota = 0;
  /** Messages of the resumed session that were sent before and wait for their turn to be sent again, in order. */
  readonly resend: Fifo<OutgoingEntry<Context>> = new Fifo();
  readonly written: WrittenMessages<Context> = new WrittenMessages();

  readonly #traffic: Traffic<Context>;
  readonly #writer: PacketWriter;
  #answersWaiting = 0;
  /** Bytes written and bytes taken, modulo 2³²: only differences count. */
  #position = 0;
  #taken = 0;
  /** Output from this position on waits for the store; undefined: none does. */
  heldFrom: number | undefined = undefined;
  /** Taken from the writer, and held. */
  #held: Uint8Array | undefined = undefined;
  #heldBytes = 0;

  constructor(config: SessionConfig, cleanStart: boolean, now: Milliseconds, traffic: Traffic<Context>) {
    const { protocolVersion: version, maximumPacketSize } = config;
    this.config = config;
    this.decoder = createDecoder({ version, sender: "server", maximumPacketSize, acceptUnlistedRefusals: true });
    this.#traffic = traffic;
    this.#writer = createWriter({ version });
    this.keepAlive = new KeepAlive(0, Infinity, now);
    this.cleanStart = cleanStart;
  }

  /** The server has accepted us: these are the limits. */
  handleAccepted(negotiated: Negotiated, now: Milliseconds): void {
    const { config } = this;
    const { send, receive } = negotiated;
    this.phase = "online";
    this.negotiated = negotiated;
    this.restrictsPublish = send.maximumQos < 2 || !send.retainAvailable || send.maximumPacketSize < LARGEST_PACKET;
    this.aliases = new InboundTopicAliases(receive.topicAliasMaximum);
    this.outboundAliases = outboundAliases(config, negotiated);
    this.sendQuota = send.receiveMaximum;
    this.keepAlive = new KeepAlive(negotiated.keepAlive, config.timeouts.pingResponse, now);
  }

  /** Nothing is handled any more; what was written still goes out. */
  get isEnding(): boolean {
    return this.phase === "disconnecting";
  }

  /** Bytes written and not taken. */
  get pendingBytes(): number {
    return (this.#position - this.#taken) | 0;
  }

  /** Where the output ends. */
  get position(): number {
    return this.#position;
  }

  /** Up to where the output was taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Returns the packet's size. Throws EncodeError. */
  write(packet: PacketInit): number {
    const size = this.#writer.write(packet);
    this.#position = (this.#position + size) | 0;
    this.#traffic.handleSent(packet, size);
    return size;
  }

  /** Writes a message that is sent for the first time. One that is sent again goes with its full name. */
  writePublish(packet: OutgoingPacket): number {
    return this.outboundAliases === undefined ? this.write(packet) : this.outboundAliases.write(packet, this);
  }

  /** Writes what the server's packet makes us write. */
  answer(packet: AcknowledgementPacketInit): void {
    this.write(packet);
    this.#answersWaiting++;
  }

  /** Throws ProtocolError when more answers wait than a server that listens can bring about. */
  checkAnswersWaiting(): void {
    const waiting = this.#answersWaiting;
    if (waiting <= MOST_ANSWERS_WAITING) return;
    throw new ProtocolError(`the server goes on, but does not read: ${waiting} answers wait for it`, {
      reasonCode: ReasonCode.receiveMaximumExceeded,
    });
  }

  take(): Uint8Array | undefined {
    const next = this.#held ?? this.#writer.take();
    const bytes = this.heldFrom === undefined && this.#heldBytes === 0 ? next : this.#untilHeld(next, this.heldFrom);
    if (bytes !== undefined) {
      this.#taken = (this.#taken + bytes.length) | 0;
      this.#traffic.handleBytesSent(bytes.length);
      this.#answersWaiting = Math.min(this.#answersWaiting, this.pendingBytes >> 2); // each has at least four bytes
    }
    return bytes;
  }

  /** What of the next chunk need not wait for the store; the rest stays here. */
  #untilHeld(next: Uint8Array | undefined, heldFrom: number | undefined): Uint8Array | undefined {
    const free = heldFrom === undefined ? Infinity : Math.max(0, (heldFrom - this.#taken) | 0);
    const held = next === undefined || free >= next.length ? undefined : next.subarray(free);
    this.#held = held;
    this.#heldBytes = held?.length ?? 0;
    return free === 0 ? undefined : next?.subarray(0, free);
  }

  /** Whether the output was taken up to this position. */
  hasTaken(position: number): boolean {
    return ((this.#taken - position) | 0) >= 0;
  }
}
