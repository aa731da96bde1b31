import { createDecoder, createWriter, type PacketDecoder, type PacketInit, type PacketWriter } from "@petrel/codec";
import type { SessionConfig } from "./config.ts";
import type { Milliseconds } from "./events.ts";
import { KeepAlive } from "./keep-alive.ts";
import type { Negotiated } from "./negotiated.ts";
import type { OutgoingEntry } from "./outgoing-entry.ts";
import { InboundTopicAliases } from "./topic-aliases.ts";

/** offline: no connection. connecting: CONNECT sent. online: CONNACK came. disconnecting: only the rest of the output is left. */
export type Phase = "offline" | "connecting" | "online" | "disconnecting";

/**
 * All state that is valid for one Network Connection. A new connection gets a new object: yesterday's aliases,
 * quotas and deadlines are gone with the old one.
 */
export class Connection<Context> {
  phase: Exclude<Phase, "offline"> = "connecting";
  readonly decoder: PacketDecoder;
  /** What CONNACK settled; undefined while connecting. */
  negotiated: Negotiated | undefined;
  keepAlive: KeepAlive;
  aliases: InboundTopicAliases = new InboundTopicAliases(0);
  /** Whether the CONNECT asked for a clean start. */
  readonly cleanStart: boolean;

  /** How many more QoS 1 and 2 messages may be sent now (section 4.9), and the most there can be. */
  sendQuota = 0;
  sendQuotaMaximum = 0;
  /** Messages of the resumed session that were sent before and wait for their turn to be sent again, in order. */
  resend: OutgoingEntry<Context>[] = [];
  /** QoS 0 messages whose bytes nobody has taken yet. */
  written: OutgoingEntry<Context>[] = [];
  /** Not reading, because the application is slow: the answer to a PINGREQ may be waiting in the network. */
  readingPaused = false;

  readonly #writer: PacketWriter;

  constructor(config: SessionConfig, cleanStart: boolean, now: Milliseconds) {
    const { protocolVersion: version, maximumPacketSize } = config;
    this.decoder = createDecoder({ version, maximumPacketSize });
    this.#writer = createWriter({ version });
    this.keepAlive = new KeepAlive(0, now);
    this.cleanStart = cleanStart;
  }

  get pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  /** Throws EncodeError. */
  write(packet: PacketInit): void {
    this.#writer.write(packet);
  }

  take(): Uint8Array | undefined {
    return this.#writer.take();
  }
}
