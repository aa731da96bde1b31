import { type AcknowledgementPacket, ProtocolError, ReasonCode } from "@petrel/codec";
import type { Connection } from "./connection.ts";
import { PublishRejectedError } from "./errors.ts";
import type { EventQueue } from "./events.ts";
import type { OutgoingEntry } from "./outgoing-entry.ts";
import type { PacketIdentifiers } from "./packet-identifiers.ts";

/**
 * The sender's side of QoS 1 and 2 (sections 4.3.2 and 4.3.3): what is in flight, by packet identifier. It outlives
 * the connection; the send quota does not.
 */
export class OutgoingPublish<Context> {
  readonly #identifiers: PacketIdentifiers;
  readonly #events: EventQueue<Context>;
  /** Index: packet identifier. Dense, because the lowest free identifier is always given out. */
  readonly #inflight: (OutgoingEntry<Context> | undefined)[] = [undefined];
  #count = 0;
  #order = 0;

  constructor(identifiers: PacketIdentifiers, events: EventQueue<Context>) {
    this.#identifiers = identifiers;
    this.#events = events;
  }

  /** Sent and not acknowledged. */
  get count(): number {
    return this.#count;
  }

  /**
   * Sends a message for the first time; a packet identifier must be free and the quota not used up. Throws
   * EncodeError, and then takes neither.
   */
  send(entry: OutgoingEntry<Context>, connection: Connection<Context>): void {
    const packetIdentifier = this.#identifiers.allocate()!;
    entry.packetIdentifier = packetIdentifier;
    try {
      connection.write(entry);
    } catch (error) {
      entry.packetIdentifier = undefined;
      this.#identifiers.release(packetIdentifier);
      throw error;
    }
    entry.state = entry.qos === 1 ? "awaitingPuback" : "awaitingPubrec";
    entry.order = ++this.#order;
    while (this.#inflight.length <= packetIdentifier) this.#inflight.push(undefined);
    this.#inflight[packetIdentifier] = entry;
    this.#count++;
    connection.sendQuota--;
  }

  /** Sends again what the server may not have: "set the DUP flag to 1 … when it attempts to re-deliver" [MQTT-3.3.1-1]. */
  sendAgain(entry: OutgoingEntry<Context>, connection: Connection<Context>): void {
    if (this.#inflight[entry.packetIdentifier!] !== entry || entry.state === "awaitingPubcomp") return; // answered meanwhile
    entry.dup = true;
    connection.write(entry);
    connection.sendQuota--;
  }

  handlePuback(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const entry = this.#entryOf(packet, "awaitingPuback");
    if (entry === undefined) return;
    this.#release(entry, connection);
    this.#settle(entry, packet);
  }

  handlePubrec(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const { packetIdentifier, reasonCode } = packet;
    const known = this.#inflight[packetIdentifier];
    if (known?.state === "awaitingPubcomp") {
      // The server repeats its PUBREC: it has not seen our PUBREL yet, which is sent again only on a new connection.
      return;
    }
    const entry = this.#entryOf(packet, "awaitingPubrec");
    if (entry === undefined) {
      // "MUST respond to a PUBREC packet by sending a PUBREL" [MQTT-4.3.3-4], with the reason code for an identifier we don't know.
      connection.write({ type: "pubrel", packetIdentifier, reasonCode: this.#unknownReason(connection) });
      return;
    }
    if (reasonCode >= ReasonCode.unspecifiedError) {
      // "… MUST be treated as acknowledged" after a PUBREC with an error: the exchange ends here, the identifier is free (section 4.3.3).
      this.#release(entry, connection);
      this.#settle(entry, packet);
      return;
    }
    entry.state = "awaitingPubcomp";
    entry.order = ++this.#order; // "PUBREL packets in the order in which the corresponding PUBREC packets were received" [MQTT-4.6.0-4]
    connection.write({ type: "pubrel", packetIdentifier });
  }

  handlePubcomp(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const entry = this.#entryOf(packet, "awaitingPubcomp");
    if (entry === undefined) return;
    this.#release(entry, connection);
    // 0x92, identifier not found, "is not an error during recovery": the server had already completed the exchange.
    this.#settle(entry, packet.reasonCode === ReasonCode.packetIdentifierNotFound ? { ...packet, reasonCode: ReasonCode.success } : packet);
  }

  /**
   * The session goes on: PUBREL is sent again now, for it needs no quota; each unacknowledged PUBLISH waits for its
   * turn with DUP, "in the order in which the original PUBLISH packets were sent" [MQTT-4.4.0-1] [MQTT-4.6.0-1].
   */
  resume(connection: Connection<Context>): void {
    const entries = this.#inOrder();
    for (const { state, packetIdentifier } of entries) {
      if (state === "awaitingPubcomp") connection.write({ type: "pubrel", packetIdentifier: packetIdentifier! });
    }
    connection.resend = entries.filter(({ state }) => state !== "awaitingPubcomp");
  }

  /** The server lost the session: what it may not have is taken out, in order, as if it had never been sent. */
  takeUndelivered(): readonly OutgoingEntry<Context>[] {
    const undelivered: OutgoingEntry<Context>[] = [];
    for (const entry of this.#inOrder()) {
      const { packetIdentifier } = entry;
      this.#forget(entry);
      if (entry.state === "awaitingPubcomp") {
        // With its PUBREC the server has "accepted ownership" of the message; publishing it again would duplicate it.
        this.#events.push({ type: "published", context: entry.context, packetIdentifier, reasonCode: ReasonCode.success });
        continue;
      }
      entry.state = "queued";
      entry.dup = false;
      entry.packetIdentifier = undefined;
      undelivered.push(entry);
    }
    return undelivered;
  }

  /** Empties the table, in order. */
  takeAll(): readonly OutgoingEntry<Context>[] {
    const entries = this.#inOrder();
    for (const entry of entries) this.#forget(entry);
    return entries;
  }

  #inOrder(): OutgoingEntry<Context>[] {
    const entries = this.#inflight.filter((entry) => entry !== undefined);
    return entries.sort((left, right) => left.order - right.order);
  }

  /** The entry an acknowledgement is about. An unknown identifier is no harm; the wrong kind of answer is the server's mistake. */
  #entryOf(packet: AcknowledgementPacket, expected: "awaitingPuback" | "awaitingPubrec" | "awaitingPubcomp"): OutgoingEntry<Context> | undefined {
    const entry = this.#inflight[packet.packetIdentifier];
    if (entry === undefined || entry.state === expected) return entry;
    throw new ProtocolError(`it answers packet identifier ${packet.packetIdentifier}, which is ${WORDS[entry.state]}`, {
      packetType: packet.type,
    });
  }

  #unknownReason(connection: Connection<Context>): number {
    return connection.negotiated?.protocolVersion === 5 ? ReasonCode.packetIdentifierNotFound : ReasonCode.success;
  }

  /** The exchange is complete: the identifier is free, and the quota is back, but never above where it began (section 4.9). */
  #release(entry: OutgoingEntry<Context>, connection: Connection<Context>): void {
    this.#forget(entry);
    if (connection.sendQuota < connection.sendQuotaMaximum) connection.sendQuota++;
  }

  #forget(entry: OutgoingEntry<Context>): void {
    const packetIdentifier = entry.packetIdentifier!;
    this.#inflight[packetIdentifier] = undefined;
    this.#identifiers.release(packetIdentifier);
    this.#count--;
  }

  #settle(entry: OutgoingEntry<Context>, packet: AcknowledgementPacket): void {
    const { context } = entry;
    const { packetIdentifier, reasonCode } = packet;
    if (reasonCode >= ReasonCode.unspecifiedError) {
      this.#events.push({ type: "failed", context, error: new PublishRejectedError(packet, entry.topicName) });
    } else {
      this.#events.push({ type: "published", context, packetIdentifier, reasonCode });
    }
  }
}

const WORDS = {
  queued: "not sent",
  awaitingPuback: "a QoS 1 message waiting for PUBACK",
  awaitingPubrec: "a QoS 2 message waiting for PUBREC",
  awaitingPubcomp: "a QoS 2 message waiting for PUBCOMP",
} as const;
