import { EncodeError, packetSize, type PublishProperties } from "@petrel/codec";
import type { Changes, StoredSession } from "./changes.ts";
import type { SessionConfig } from "./config.ts";
import type { Connection } from "./connection.ts";
import { type DropReason, MessageDroppedError, NotConnectedError, SessionLostError } from "./errors.ts";
import type { EventQueue, Milliseconds } from "./events.ts";
import { checkPacketSize, checkPublish, checkTopicAlias, LARGEST_PACKET } from "./negotiated.ts";
import { type Dispatch, OutgoingEntry, type OutgoingMessage, type OutgoingPacket } from "./outgoing-entry.ts";
import { OutgoingPublish } from "./outgoing-publish.ts";
import type { PacketIdentifiers } from "./packet-identifiers.ts";
import { SendQueue } from "./send-queue.ts";
import { WrittenMessage } from "./written-messages.ts";

/** Output that nobody takes is not piled up beyond this: messages wait in the queue instead, where the limits count them. */
const OUTPUT_HIGH_WATER = 65_536;

/** Of the 65,535 packet identifiers, messages leave some free, so that SUBSCRIBE and UNSUBSCRIBE never wait for them. */
const MOST_MESSAGES_INFLIGHT = 65_535 - 64;

/** What QoS 0 messages are written with, one after the other, instead of an object for each. */
const packet: OutgoingEntry<undefined> = /* @__PURE__ */ new OutgoingEntry({ topicName: "" }, undefined, 0, 0);

/**
 * A message's way out: sent at once if nothing goes before it and the quota allows, else queued and sent when its
 * turn comes. It also says when a publisher should pause.
 */
export class Publisher<Context> {
  /** What is in flight; acknowledgements go there. */
  readonly outgoing: OutgoingPublish<Context>;
  #config: SessionConfig;
  readonly #identifiers: PacketIdentifiers;
  readonly #events: EventQueue<Context>;
  readonly #changes: Changes<Context> | undefined;
  readonly #queue: SendQueue<Context>;
  /** Messages so far. */
  #numbers = 0;
  /** The output or half of the queue was full, or publish() refused a message: a "writable" event is owed. */
  #publisherWaits = false;

  constructor(
    config: SessionConfig,
    identifiers: PacketIdentifiers,
    events: EventQueue<Context>,
    changes: Changes<Context> | undefined,
  ) {
    this.#config = config;
    this.#identifiers = identifiers;
    this.#events = events;
    this.#queue = new SendQueue(config.queue);
    this.#changes = changes;
    this.outgoing = new OutgoingPublish(identifiers, events, changes);
  }

  /** Other options, but for the limits of the queue, which stay as they are. */
  configure(config: SessionConfig): void {
    this.#config = config;
  }

  get inflightCount(): number {
    return this.outgoing.count;
  }

  get queuedCount(): number {
    return this.#queue.count;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get writable(): boolean {
    return !this.#publisherWaits;
  }

  /** Throws EncodeError | ServerLimitError | SendQueueFullError | NotConnectedError, and then has taken nothing. */
  publish(
    message: OutgoingMessage,
    context: Context,
    connection: Connection<Context> | undefined,
    now: Milliseconds,
  ): Dispatch {
    if (connection !== undefined && this.#isForTheWire(message, connection)) {
      return this.#write(message, context, connection);
    }
    const entry = new OutgoingEntry(message, context, ++this.#numbers, now);
    if (entry.properties !== undefined) this.#readProperties(entry, entry.properties, connection);
    if (connection?.phase === "online") {
      this.#checkServerLimits(entry, connection);
      if (!this.#sendNow(entry, connection, now)) this.#enqueue(entry, now);
    } else if (entry.qos === 0 && this.#config.queue.qos0WhileOffline !== "queue") {
      this.#refuseOffline(entry);
    } else {
      this.#enqueue(entry, now);
    }
    return entry;
  }

  /** Takes a queued message back, and gives its context back with `error`. False if it is not queued. */
  cancel(dispatch: Dispatch, error: Error, connection: Connection<Context> | undefined): boolean {
    if (!(dispatch instanceof OutgoingEntry) || dispatch.state !== "queued") return false;
    const entry = dispatch as OutgoingEntry<Context>;
    this.#queue.remove(entry);
    this.#fail(entry, error);
    if (this.#publisherWaits) this.#resumePublisher(connection);
    return true;
  }

  /** When the first queued message becomes too old. */
  nextDeadline(): Milliseconds | undefined {
    return this.#queue.nextDeadline();
  }

  handleTimeout(now: Milliseconds, connection: Connection<Context> | undefined): void {
    for (let entry = this.#queue.takeTooOld(now); entry !== undefined; entry = this.#queue.takeTooOld(now)) {
      this.#dropTooOld(entry, now);
    }
    if (this.#publisherWaits) this.#resumePublisher(connection);
  }

  /** Goes on where an earlier process was. Throws EncodeError. */
  restore({ messages, lastNumber }: StoredSession, contextOf: (message: OutgoingMessage) => Context): void {
    const queued: OutgoingEntry<Context>[] = [];
    for (const stored of messages) {
      const { message, number, packetIdentifier, expiresAt = 0 } = stored;
      if (stored.givenUp) {
        this.outgoing.restoreGivenUp(stored);
        continue;
      }
      const acceptedAt = expiresAt - (message.properties?.messageExpiryInterval ?? 0) * 1_000;
      const entry = new OutgoingEntry(message, contextOf(message), number, acceptedAt);
      entry.size = this.#sizeOf(entry);
      if (packetIdentifier === undefined) queued.push(entry);
      else this.outgoing.restore(entry, stored);
    }
    this.#queue.putBack(queued);
    this.#numbers = lastNumber;
    if (this.#queue.isHigh) this.#publisherWaits = true;
  }

  /** Writes what waits, as far as the quota and the output's high-water mark allow: first what is sent again, then the queue. */
  refill(connection: Connection<Context>, now: Milliseconds): void {
    if (connection.phase !== "online") return;
    const queue = this.#queue;
    const { resend } = connection;
    while (resend.length > 0 && this.#mayWrite(connection, 1)) this.#sendAgain(resend.take()!, connection, now);
    while (queue.hasAcknowledged && this.#mayWrite(connection, 1)) {
      this.#sendQueued(queue.takeAcknowledged()!, connection, now);
    }
    while (queue.hasQos0 && this.#mayWrite(connection, 0)) {
      this.#sendQueued(queue.takeQos0()!, connection, now);
    }
    if (this.#publisherWaits) this.#resumePublisher(connection);
  }

  handleSessionResumed(connection: Connection<Context>): void {
    this.outgoing.resume(connection);
  }

  /** What was promised to the application is not forgotten with the session: it is published again as new, or failed. */
  handleSessionLost(): void {
    const undelivered = this.outgoing.takeUndelivered();
    if (this.#config.afterSessionLost === "republish") {
      this.#queue.putBack(undelivered);
      if (this.#queue.isHigh) this.#publisherWaits = true;
      return;
    }
    for (const entry of undelivered) this.#fail(entry, new SessionLostError(entry.topicName));
  }

  /** QoS 0 messages that nobody took are lost with the connection; queued ones share the fate of new ones. */
  handleConnectionLost(connection: Connection<Context>): void {
    const { qos0WhileOffline } = this.#config.queue;
    const lost = connection.written.takeAll();
    const unsent = qos0WhileOffline === "queue" ? [] : this.#queue.takeAllQos0();
    for (const entry of [...lost, ...unsent]) {
      if (qos0WhileOffline === "drop") this.#drop(entry, "offline");
      else this.#fail(entry, new NotConnectedError("the connection was lost before the message was sent"));
    }
    if (this.#publisherWaits) this.#resumePublisher(undefined);
  }

  /** Gives every message back with `error`. */
  abandon(error: Error, connection: Connection<Context> | undefined): void {
    this.outgoing.failAll(error);
    for (const entry of [...this.#queue.takeAll(), ...(connection?.written.takeAll() ?? [])]) this.#fail(entry, error);
    if (this.#publisherWaits) this.#resumePublisher(undefined);
  }

  /** Whether it is a message as most are, and nothing keeps it: the short way. With properties it may be one that ages, or has an alias. */
  #isForTheWire({ qos, properties }: OutgoingMessage, connection: Connection<Context>): boolean {
    if (connection.phase !== "online" || (qos ?? 0) !== 0 || properties !== undefined) return false;
    return !isFull(connection) && !this.#queue.hasQos0;
  }

  /** Throws EncodeError | ServerLimitError. */
  #write(message: OutgoingMessage, context: Context, connection: Connection<Context>): Dispatch {
    const { topicName, payload, retain } = message; // all at once, for a getter may come back here
    packet.topicName = topicName;
    packet.payload = payload;
    packet.retain = retain ?? false;
    this.#checkServerLimits(packet, connection);
    connection.writePublish(packet);
    packet.payload = undefined; // it may be large, and the next message far away
    const written = new WrittenMessage(message, context, connection.position);
    connection.written.push(written);
    this.#noteOutput(connection);
    return written;
  }

  /** Tells a publisher that waits when there is room. A queue that can hold nothing has room when the connection does. */
  #resumePublisher(connection: Connection<Context> | undefined): void {
    if (!this.#queue.isLow || (connection !== undefined && isFull(connection))) return;
    if (this.#queue.isClosed && (connection === undefined || !this.#mayWrite(connection, 1))) return;
    this.#publisherWaits = false;
    this.#events.push({ type: "writable" });
  }

  /** Whether the output takes more, and, for QoS 1 and 2, the send quota and the identifiers do. */
  #mayWrite(connection: Connection<Context>, qos: number): boolean {
    if (isFull(connection)) return false;
    return qos === 0 || (connection.sendQuota > 0 && this.#identifiers.count < MOST_MESSAGES_INFLIGHT);
  }

  /** Sends a new message if nothing has to go before it; false: it has to wait. Throws EncodeError. */
  #sendNow(entry: OutgoingEntry<Context>, connection: Connection<Context>, now: Milliseconds): boolean {
    const { qos } = entry;
    const mustWait = qos === 0 ? this.#queue.hasQos0 : this.#queue.hasAcknowledged || connection.resend.length > 0;
    if (mustWait || !this.#mayWrite(connection, qos)) return false;
    this.#send(entry, connection, now);
    this.#noteOutput(connection);
    return true;
  }

  /** The next message would have to wait. Saying so now spares it the queue, which costs more than all else about it. */
  #noteOutput(connection: Connection<Context>): void {
    if (isFull(connection)) this.#publisherWaits = true;
  }

  #send(entry: OutgoingEntry<Context>, connection: Connection<Context>, now: Milliseconds): void {
    entry.age(now);
    if (entry.qos !== 0) {
      this.outgoing.send(entry, connection);
      return;
    }
    connection.writePublish(entry);
    entry.state = "written";
    connection.written.push(new WrittenMessage(entry, entry.context, connection.position));
  }

  /** The server of this connection may allow less than the one before, so a queued message can still be refused here. */
  #sendQueued(entry: OutgoingEntry<Context>, connection: Connection<Context>, now: Milliseconds): void {
    // The timer that tells may be late.
    if (entry.deadline !== undefined && entry.deadline <= now) {
      this.#dropTooOld(entry, now);
      return;
    }
    try {
      this.#checkServerLimits(entry, connection);
      this.#send(entry, connection, now);
    } catch (error) {
      this.#fail(entry, error as Error);
    }
  }

  #sendAgain(entry: OutgoingEntry<Context>, connection: Connection<Context>, now: Milliseconds): void {
    if (!this.outgoing.isUnacknowledged(entry)) return;
    try {
      this.#checkServerLimits(entry, connection);
      this.outgoing.sendAgain(entry, connection, now);
    } catch (error) {
      this.outgoing.fail(entry, error as Error);
    }
  }

  /** Throws EncodeError | SendQueueFullError. */
  #enqueue(entry: OutgoingEntry<Context>, now: Milliseconds): void {
    entry.size = this.#sizeOf(entry);
    try {
      for (const dropped of this.#queue.push(entry, now)) this.#drop(dropped, "overflow");
      if (entry.state === "queued") this.#changes?.handleAccepted(entry);
      if (this.#queue.isHigh) this.#publisherWaits = true;
    } catch (error) {
      this.#publisherWaits = true;
      throw error;
    }
  }

  /** Throws EncodeError | NotConnectedError. */
  #refuseOffline(entry: OutgoingEntry<Context>): void {
    if (this.#config.queue.qos0WhileOffline === "reject") {
      throw new NotConnectedError(
        "there is no connection, and QoS 0 messages are not queued (use QoS 1 or 2, or set queue.qos0WhileOffline)",
      );
    }
    this.#sizeOf(entry); // what no packet can express is an error, connected or not
    this.#drop(entry, "offline");
  }

  #dropTooOld(entry: OutgoingEntry<Context>, now: Milliseconds): void {
    this.#drop(entry, entry.expiresAt !== undefined && entry.expiresAt <= now ? "expired" : "tooOld");
  }

  #drop(entry: OutgoingEntry<Context>, reason: DropReason): void {
    const { context, topicName } = entry;
    entry.state = "settled";
    this.#changes?.handleSettled(entry);
    const error = new MessageDroppedError(topicName, reason);
    this.#events.push({ type: "dropped", context, message: entry, error });
  }

  #fail(entry: OutgoingEntry<Context>, error: Error): void {
    entry.state = "settled";
    this.#changes?.handleSettled(entry);
    this.#events.push({ type: "failed", context: entry.context, error });
  }

  /** Asking for the size also tells whether the message can be expressed at all, which must not come out only when its turn comes. */
  #sizeOf(entry: OutgoingPacket): number {
    const version = this.#config.protocolVersion;
    if (entry.qos === 0 || entry.packetIdentifier !== undefined) return packetSize(entry, version);
    entry.packetIdentifier = 1; // any: all take two bytes
    try {
      return packetSize(entry, version);
    } finally {
      entry.packetIdentifier = undefined;
    }
  }

  /** Refuses what the server said in CONNACK that it does not take. Throws ServerLimitError. */
  #checkServerLimits(entry: OutgoingPacket, connection: Connection<Context>): void {
    if (!connection.restrictsPublish) return;
    const negotiated = connection.negotiated!;
    checkPublish(entry, negotiated);
    const { maximumPacketSize } = negotiated.send;
    if (maximumPacketSize === LARGEST_PACKET) return; // more can't be written
    const { payload, topicName, properties } = entry;
    const atMost = ((payload?.length ?? 0) + topicName.length) * 3 + 16; // 3: bytes that a UTF-16 unit may take
    if (properties === undefined && atMost <= maximumPacketSize) return;
    checkPacketSize("message", this.#sizeOf(entry), negotiated);
  }

  /** Throws EncodeError | ServerLimitError. */
  #readProperties(
    entry: OutgoingEntry<Context>,
    { topicAlias, subscriptionIdentifiers }: PublishProperties,
    connection: Connection<Context> | undefined,
  ): void {
    // "A PUBLISH packet sent from a Client to a Server MUST NOT contain a Subscription Identifier" [MQTT-3.3.4-6]
    if (subscriptionIdentifiers !== undefined) {
      throw new EncodeError("properties.subscriptionIdentifiers is set; only a server may send them", {
        field: "properties.subscriptionIdentifiers",
        value: subscriptionIdentifiers,
        clause: "MQTT-3.3.4-6",
      });
    }
    if (this.#config.protocolVersion !== 5 || !("topicAlias" in entry.properties!)) return;
    this.#sizeOf(entry); // an alias that is none, as 0 is, is an error, connected or not
    const { topicAlias: _, ...properties } = entry.properties;
    entry.properties = properties;
    if (topicAlias === undefined) return;
    if (connection?.phase === "online") checkTopicAlias(topicAlias, connection.negotiated!);
    if (entry.topicName === "") entry.topicName = nameOf(topicAlias, connection);
    entry.topicAlias = topicAlias;
  }
}

function nameOf<Context>(topicAlias: number, connection: Connection<Context> | undefined): string {
  const topicName = connection?.outboundAliases?.nameOf(topicAlias);
  if (topicName !== undefined) return topicName;
  throw new EncodeError(`topicName is empty, and topic alias ${topicAlias} stands for no name on this connection`, {
    field: "topicName",
    value: "",
  });
}

function isFull<Context>({ pendingBytes }: Connection<Context>): boolean {
  return pendingBytes >= OUTPUT_HIGH_WATER;
}
