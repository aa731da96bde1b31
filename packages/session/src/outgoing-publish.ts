import { type AcknowledgementPacket, ProtocolError, ReasonCode } from "@petrel/codec";
import type { Changes, StoredMessage } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { PublishRejectedError } from "./errors.ts";
import type { EventQueue, Milliseconds } from "./events.ts";
import type { OutgoingEntry } from "./outgoing-entry.ts";
import type { PacketIdentifiers } from "./packet-identifiers.ts";
import { SparseMap } from "./sparse-map.ts";

/**
 * The sender's side of QoS 1 and 2 (sections 4.3.2 and 4.3.3): what is in flight, by packet identifier. It outlives
 * the connection; the send quota does not.
 */
export class OutgoingPublish<Context> {
  readonly #identifiers: PacketIdentifiers;
  readonly #events: EventQueue<Context>;
  readonly #changes: Changes<Context> | undefined;
  /** Index: packet identifier. Dense, because the lowest free identifier is always given out. */
  readonly #inflight: (OutgoingEntry<Context> | undefined)[] = [undefined];
  #count = 0;
  /** PUBRECs so far. */
  #pubrecs = 0;
  /**
   * QoS 2 exchanges whose message was given up, by packet identifier: the server may still be in the middle of them. To
   * it, another message with such an identifier would be a repetition, and be lost; so it stays taken until the exchange
   * or the session ends.
   */
  readonly #orphans = new SparseMap<number, Orphan>();

  constructor(identifiers: PacketIdentifiers, events: EventQueue<Context>, changes: Changes<Context> | undefined) {
    this.#identifiers = identifiers;
    this.#events = events;
    this.#changes = changes;
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
      entry.size = connection.writePublish(entry);
    } catch (error) {
      entry.packetIdentifier = undefined;
      this.#identifiers.release(packetIdentifier);
      throw error;
    }
    this.#changes?.handleSent(entry, (connection.position - entry.size) | 0);
    entry.state = entry.qos === 1 ? "awaitingPuback" : "awaitingPubrec";
    this.#add(entry, packetIdentifier);
    entry.countedOn = connection;
    connection.sendQuota--;
  }

  /** Goes on where an earlier process was. */
  restore(entry: OutgoingEntry<Context>, { packetIdentifier, pubrec }: StoredMessage): void {
    entry.packetIdentifier = packetIdentifier!;
    if (pubrec > 0) {
      entry.state = "awaitingPubcomp";
      entry.place = pubrec;
      this.#pubrecs = Math.max(this.#pubrecs, pubrec);
    } else {
      entry.state = entry.qos === 1 ? "awaitingPuback" : "awaitingPubrec";
    }
    this.#identifiers.take(packetIdentifier!);
    this.#add(entry, packetIdentifier!);
  }

  /** The same for an exchange whose message was given up. */
  restoreGivenUp({ packetIdentifier, number, pubrec }: StoredMessage): void {
    this.#identifiers.take(packetIdentifier!);
    this.#orphans.set(packetIdentifier!, { number, qos: 2, pubrec, isGuess: false });
    this.#pubrecs = Math.max(this.#pubrecs, pubrec);
  }

  /** What waits to be sent again may have been answered meanwhile: an answer can outlive the connection it was for. */
  isUnacknowledged(entry: OutgoingEntry<Context>): boolean {
    return this.#inflight[entry.packetIdentifier!] === entry && entry.state !== "awaitingPubcomp";
  }

  /** "The DUP flag MUST be set to 1 by the Client or Server when it attempts to re-deliver a PUBLISH packet" [MQTT-3.3.1-1]. Throws EncodeError. */
  sendAgain(entry: OutgoingEntry<Context>, connection: Connection<Context>, now: Milliseconds): void {
    entry.dup = true;
    entry.age(now);
    connection.write(entry);
    entry.countedOn = connection;
    connection.sendQuota--;
  }

  /** Gives up a message that was sent. */
  fail(entry: OutgoingEntry<Context>, error: Error): void {
    const packetIdentifier = entry.packetIdentifier!;
    const { number, state } = entry;
    this.#remove(entry);
    if (entry.qos === 2) {
      this.#orphans.set(packetIdentifier, {
        number,
        qos: 2,
        pubrec: state === "awaitingPubcomp" ? entry.place : 0,
        isGuess: false,
      });
      this.#changes?.handleGivenUp(number);
    } else {
      this.#identifiers.release(packetIdentifier);
      this.#changes?.handleSettled(entry);
    }
    entry.state = "settled";
    this.#events.push({ type: "failed", context: entry.context, error });
  }

  /** Gives up everything that was sent, in order. */
  failAll(error: Error): void {
    for (const entry of this.#inOrder()) this.fail(entry, error);
  }

  handlePuback(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const entry = this.#entryOf(packet, "awaitingPuback");
    if (entry === undefined) return;
    this.#release(entry, connection);
    this.#settle(entry, packet);
  }

  handlePubrec(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const { packetIdentifier, reasonCode } = packet;
    const refused = reasonCode >= ReasonCode.unspecifiedError;
    const known = this.#inflight[packetIdentifier];
    if (known === undefined) {
      this.#handleStrayPubrec(packetIdentifier, refused, connection);
      return;
    }
    // The server repeats itself; it has our PUBREL, or will have it. We "MUST NOT resend messages at any other time" [MQTT-4.4.0-1].
    if (known.state === "awaitingPubcomp") return;
    const entry = this.#entryOf(packet, "awaitingPubrec")!;
    if (refused) {
      // "… containing a Reason Code of 0x80 or greater the corresponding PUBLISH packet is treated as acknowledged" [MQTT-4.4.0-2]
      this.#release(entry, connection);
      this.#settle(entry, packet);
      return;
    }
    entry.state = "awaitingPubcomp";
    entry.place = ++this.#pubrecs;
    if (reasonCode !== ReasonCode.success || packet.properties !== undefined) entry.pubrec = packet;
    this.#changes?.handlePubrec(entry.number, connection);
    // "MUST send a PUBREL packet when it receives a PUBREC packet … with a Reason Code value less than 0x80" [MQTT-4.3.3-4]
    connection.answer({ type: "pubrel", packetIdentifier });
  }

  handlePubcomp(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const entry = this.#entryOf(packet, "awaitingPubcomp");
    if (entry === undefined) {
      this.#endOrphan(packet.packetIdentifier);
      return;
    }
    this.#release(entry, connection);
    // 0x92: "This is not an error during recovery" (section 3.7.2.1): the server had completed the exchange.
    const completed = packet.reasonCode === ReasonCode.packetIdentifierNotFound;
    this.#settle(entry, completed ? { ...packet, reasonCode: ReasonCode.success } : packet);
  }

  /**
   * The session goes on: "both the Client and Server MUST resend any unacknowledged PUBLISH packets (where QoS > 0) and
   * PUBREL packets using their original Packet Identifiers" [MQTT-4.4.0-1]. PUBREL needs no quota and goes out now, "in
   * the order in which the corresponding PUBREC packets were received" [MQTT-4.6.0-4]; each PUBLISH waits for its turn,
   * "in the order in which the original PUBLISH packets were sent" [MQTT-4.6.0-1].
   */
  resume(connection: Connection<Context>): void {
    const released: Released[] = [];
    for (const entry of this.#inOrder()) {
      if (entry.state === "awaitingPubcomp")
        released.push({ packetIdentifier: entry.packetIdentifier!, pubrec: entry.place });
      else connection.resend.push(entry);
    }
    for (const [packetIdentifier, orphan] of this.#orphans) {
      if (orphan.pubrec === 0) {
        // Nobody wants this message any more, so no PUBLISH asks for a PUBREC. The server, which may have it or not, ends
        // the exchange at a PUBREL all the same; one that does not, and may take offence, is asked but once.
        orphan.pubrec = ++this.#pubrecs;
        orphan.isGuess = true;
        this.#changes?.handlePubrec(orphan.number, connection);
      } else if (orphan.isGuess) {
        continue;
      }
      released.push({ packetIdentifier, pubrec: orphan.pubrec });
    }
    // "It MUST send PUBREL packets in the order in which the corresponding PUBREC packets were received" [MQTT-4.6.0-4]
    released.sort((left, right) => left.pubrec - right.pubrec);
    for (const { packetIdentifier } of released) connection.answer({ type: "pubrel", packetIdentifier });
  }

  /** The server lost the session: what it may not have is taken out, in order, as if it had never been sent. */
  takeUndelivered(): readonly OutgoingEntry<Context>[] {
    const undelivered: OutgoingEntry<Context>[] = [];
    for (const packetIdentifier of [...this.#orphans.keys()]) this.#endOrphan(packetIdentifier);
    for (const entry of this.#inOrder()) {
      const { packetIdentifier } = entry;
      this.#forget(entry);
      if (entry.state === "awaitingPubcomp") {
        // With its PUBREC the server "accepted ownership" of the message [MQTT-4.3.3-8]; publishing it again would duplicate it.
        this.#settle(entry, entry.pubrec ?? { type: "pubrec", packetIdentifier: packetIdentifier!, reasonCode: 0 });
        continue;
      }
      entry.state = "queued";
      entry.dup = false;
      entry.packetIdentifier = undefined;
      undelivered.push(entry);
    }
    return undelivered;
  }

  #inOrder(): OutgoingEntry<Context>[] {
    const entries = this.#inflight.filter((entry) => entry !== undefined);
    return entries.sort((left, right) => left.number - right.number);
  }

  /** The entry an acknowledgement is about. An unknown identifier is no harm; the wrong kind of answer is the server's mistake. */
  #entryOf(
    packet: AcknowledgementPacket,
    expected: "awaitingPuback" | "awaitingPubrec" | "awaitingPubcomp",
  ): OutgoingEntry<Context> | undefined {
    const entry = this.#inflight[packet.packetIdentifier];
    if (entry === undefined || entry.state === expected) return entry;
    const { packetIdentifier, type: packetType } = packet;
    const hasNoQos2 = packetType === "puback" && entry.state === "awaitingPubrec";
    const question = hasNoQos2 ? "; does the server know QoS 2? if not, publish with QoS 1" : "";
    const mistake = `it answers packet identifier ${packetIdentifier}, which is ${WORDS[entry.state]}${question}`;
    const error = new ProtocolError(mistake, { packetType });
    // RabbitMQ 3 does this, and has taken the message. Sent again it would be there twice, and the answer the same, without end.
    if (hasNoQos2) this.fail(entry, error);
    throw error;
  }

  /** A PUBREC for an identifier that stands for no message of ours, or for one that was given up. */
  #handleStrayPubrec(packetIdentifier: number, refused: boolean, connection: Connection<Context>): void {
    if (refused) {
      this.#endOrphan(packetIdentifier);
      return;
    }
    const orphan = this.#orphans.get(packetIdentifier);
    if (orphan !== undefined) orphan.isGuess = false;
    if (orphan !== undefined && orphan.pubrec === 0) {
      orphan.pubrec = ++this.#pubrecs;
      this.#changes?.handlePubrec(orphan.number, connection);
    }
    // "Packet Identifier not found" (section 3.6.2.1); 3.x has no way to say it.
    const notFound = orphan === undefined && connection.negotiated!.protocolVersion === 5;
    const reasonCode = notFound ? ReasonCode.packetIdentifierNotFound : ReasonCode.success;
    connection.answer({ type: "pubrel", packetIdentifier, reasonCode });
  }

  #endOrphan(packetIdentifier: number): void {
    const orphan = this.#orphans.get(packetIdentifier);
    if (orphan === undefined) return;
    this.#orphans.delete(packetIdentifier);
    this.#identifiers.release(packetIdentifier);
    this.#changes?.handleSettled(orphan);
  }

  /**
   * The exchange is complete: the identifier is free, and the quota is back if this connection gave it. Then it can not
   * rise above where it began, nor does an answer meant for an earlier connection raise it.
   */
  #release(entry: OutgoingEntry<Context>, connection: Connection<Context>): void {
    this.#forget(entry);
    if (entry.countedOn === connection) connection.sendQuota++;
  }

  #forget(entry: OutgoingEntry<Context>): void {
    this.#remove(entry);
    this.#identifiers.release(entry.packetIdentifier!);
  }

  #add(entry: OutgoingEntry<Context>, packetIdentifier: number): void {
    while (this.#inflight.length <= packetIdentifier) this.#inflight.push(undefined);
    this.#inflight[packetIdentifier] = entry;
    this.#count++;
  }

  #remove(entry: OutgoingEntry<Context>): void {
    this.#inflight[entry.packetIdentifier!] = undefined;
    this.#count--;
  }

  #settle(entry: OutgoingEntry<Context>, last: AcknowledgementPacket): void {
    const { context, pubrec } = entry;
    const packet = pubrec ?? last;
    const { packetIdentifier, reasonCode } = packet;
    entry.state = "settled";
    this.#changes?.handleSettled(entry);
    if (reasonCode >= ReasonCode.unspecifiedError) {
      this.#events.push({ type: "failed", context, error: new PublishRejectedError(packet, entry.topicName) });
    } else {
      this.#events.push({ type: "published", context, packetIdentifier, reasonCode, packet });
    }
  }
}

/** An exchange whose next packet is PUBREL. */
interface Released {
  readonly packetIdentifier: number;
  readonly pubrec: number;
}

/** An exchange without a message. */
interface Orphan {
  readonly number: number;
  readonly qos: 2;
  /** When its PUBREC came, among all: the server has the message, and awaits PUBREL. 0: none came. */
  pubrec: number;
  /** There was no PUBREC: a PUBREL went out to end it all the same. */
  isGuess: boolean;
}

const WORDS = {
  queued: "not sent",
  written: "not sent",
  settled: "not in flight",
  awaitingPuback: "a QoS 1 message waiting for PUBACK",
  awaitingPubrec: "a QoS 2 message waiting for PUBREC",
  awaitingPubcomp: "a QoS 2 message waiting for PUBCOMP",
} as const;
