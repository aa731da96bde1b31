import type { TopicSubscriptionInit } from "@petrel/codec";
import type { Connection } from "./connection.ts";
import type { Milliseconds } from "./events.ts";
import type { OutgoingEntry, OutgoingMessage } from "./outgoing-entry.ts";
import type { Terms } from "./requests.ts";

/** Of the records below. A session reads its own version only. */
const CHANGES_VERSION = 1;

/**
 * What must survive a restart, in small plain records. `number` names a message of ours in all its records; times are
 * the session's, so who keeps them for another process turns them into time of day and back.
 */
export type Change =
  /** The server has accepted us under this name: there is a session to resume. */
  | { readonly type: "connected"; readonly clientIdentifier: string }
  /** The session is lost: nothing is in flight any more, and what was is published again, unless "settled" follows. */
  | { readonly type: "sessionLost" }
  /** A message of QoS 1 or 2 is ours to deliver. */
  | {
      readonly type: "accepted";
      readonly number: number;
      readonly message: OutgoingMessage;
      /** When its Message Expiry Interval is over. */
      readonly expiresAt: Milliseconds | undefined;
    }
  | { readonly type: "sent"; readonly number: number; readonly packetIdentifier: number }
  /** PUBREC came: the server owns the message, and awaits PUBREL. */
  | { readonly type: "pubrec"; readonly number: number }
  /** Its context was given back; the server may be in the middle of its QoS 2 exchange, so the identifier stays taken. */
  | { readonly type: "givenUp"; readonly number: number }
  /** Nothing is left of the message. */
  | { readonly type: "settled"; readonly number: number }
  /** The application is done with a QoS 2 message of the server's, and PUBREC goes out. */
  | { readonly type: "received"; readonly packetIdentifier: number }
  /** PUBREL came: the identifier stands for nothing any more. */
  | { readonly type: "released"; readonly packetIdentifier: number }
  | {
      readonly type: "subscribed";
      readonly subscription: TopicSubscriptionInit;
      /** What else was in the request. */
      readonly terms: Terms;
    }
  | { readonly type: "unsubscribed"; readonly topicFilter: string };

export type ChangeRecord = Change & { readonly version: 1 };

/** Records to store together, and in the order of the batches. */
export interface ChangeBatch {
  readonly records: readonly ChangeRecord[];
}

/** Records whose storing is awaited, and where the output begins that is a lie until then. */
class Batch implements ChangeBatch {
  readonly records: ChangeRecord[] = [];
  /** Whether output depends on it at all. */
  holds = false;
  /** A position in the output of the connection there is. */
  heldFrom = 0;
}

/**
 * The commit barrier: what the session says to the server is held back until the records it rests on are stored. There
 * is one only with `durable`; without, nobody writes records and nothing is held.
 */
export class Changes<Context> {
  /** Not taken yet. */
  #open = new Batch();
  /** Taken and not stored, in order. */
  #unstored: Batch[] = [];
  #connection: Connection<Context> | undefined = undefined;
  /** Messages are accepted in the order of their numbers: those up to this one have their record. */
  #lastAccepted = 0;

  // ── what happened ─────────────────────────────────────────────────────────────────────────────

  handleAccepted(entry: OutgoingEntry<Context>): void {
    if (entry.qos === 0 || entry.number <= this.#lastAccepted) return;
    this.#lastAccepted = entry.number;
    const { number, topicName, payload, qos, retain, properties, expiresAt } = entry;
    const message: OutgoingMessage = { topicName, payload, qos, retain, properties };
    this.#push({ type: "accepted", number, message, expiresAt });
  }

  /** Its PUBLISH begins at this position. */
  handleSent(entry: OutgoingEntry<Context>, position: number): void {
    this.handleAccepted(entry);
    this.#push({ type: "sent", number: entry.number, packetIdentifier: entry.packetIdentifier! });
    this.#hold(position);
  }

  /** PUBREL is about to be written. */
  handlePubrec(number: number, connection: Connection<Context>): void {
    this.#push({ type: "pubrec", number });
    this.#hold(connection.position);
  }

  /** Nothing that goes out depends on it: who does not know of it sends the message, or its PUBREL, once more. */
  handleSettled({ qos, number }: { readonly qos: number; readonly number: number }): void {
    if (qos > 0 && number <= this.#lastAccepted) this.#push({ type: "settled", number });
  }

  handleGivenUp(number: number): void {
    this.#push({ type: "givenUp", number });
  }

  /** PUBREC is about to be written. */
  handleReceived(packetIdentifier: number, connection: Connection<Context>): void {
    this.#push({ type: "received", packetIdentifier });
    this.#hold(connection.position);
  }

  /** PUBCOMP is about to be written. */
  handleReleased(packetIdentifier: number, connection: Connection<Context>): void {
    this.#push({ type: "released", packetIdentifier });
    this.#hold(connection.position);
  }

  handleSubscribed(subscription: TopicSubscriptionInit, terms: Terms): void {
    this.#push({ type: "subscribed", subscription, terms });
  }

  handleUnsubscribed(topicFilter: string): void {
    this.#push({ type: "unsubscribed", topicFilter });
  }

  handleSessionLost(): void {
    this.#push({ type: "sessionLost" });
  }

  /** What earlier connections left unstored holds back all that follows CONNECT. */
  handleOnline(connection: Connection<Context>): void {
    this.#connection = connection;
    for (const batch of [...this.#unstored, this.#open]) batch.heldFrom = connection.position;
    this.#update();
  }

  handleConnected(clientIdentifier: string): void {
    this.#push({ type: "connected", clientIdentifier });
  }

  handleClosed(): void {
    this.#connection = undefined;
  }

  /** Messages up to this number were accepted by an earlier process. */
  handleRestored(lastNumber: number): void {
    this.#lastAccepted = lastNumber;
  }

  // ── storing ───────────────────────────────────────────────────────────────────────────────────

  take(): ChangeBatch | undefined {
    const batch = this.#open;
    if (batch.records.length === 0) return undefined;
    this.#open = new Batch();
    this.#unstored.push(batch);
    return batch;
  }

  /** Throws Error for a batch that is not the next one. */
  handleStored(batch: ChangeBatch): void {
    this.checkNext(batch);
    this.#unstored.shift();
    this.#update();
  }

  /** Throws Error for a batch that is not the next one. */
  checkNext(batch: ChangeBatch): void {
    if (batch !== this.#unstored[0]) throw new Error("batches of changes are stored in the order they were taken in");
  }

  #push(change: Change): void {
    this.#open.records.push({ version: CHANGES_VERSION, ...change });
  }

  #hold(position: number): void {
    const batch = this.#open;
    if (batch.holds) return;
    batch.holds = true;
    batch.heldFrom = position;
    this.#update();
  }

  #update(): void {
    if (this.#connection === undefined) return;
    const first = this.#unstored.find(({ holds }) => holds) ?? this.#open;
    this.#connection.heldFrom = first.holds ? first.heldFrom : undefined;
  }
}

/** A message that an earlier process accepted. */
export interface StoredMessage {
  readonly number: number;
  readonly message: OutgoingMessage;
  readonly expiresAt: Milliseconds | undefined;
  /** Undefined: it was not sent in this session. */
  packetIdentifier: number | undefined;
  /** Not 0: PUBREC came, and in this place among all. */
  pubrec: number;
  givenUp: boolean;
}

/** What is left of an earlier process. */
export interface StoredSession {
  /** Undefined: there is no session to resume. */
  readonly clientIdentifier: string | undefined;
  readonly lastNumber: number;
  /** In the order they were accepted in. */
  readonly messages: readonly StoredMessage[];
  /** QoS 2 messages of the server's between PUBREC and PUBREL. */
  readonly received: readonly number[];
  readonly subscriptions: readonly Extract<Change, { type: "subscribed" }>[];
}

/** Plays all records again. Throws Error for one that is of another version or says what can not be. */
export function replay(records: Iterable<ChangeRecord>): StoredSession {
  let clientIdentifier: string | undefined;
  let lastNumber = 0;
  let pubrecs = 0;
  let index = 0;
  const messages = new Map<number, StoredMessage>();
  const received = new Set<number>();
  const subscriptions = new Map<string, Extract<Change, { type: "subscribed" }>>();
  for (const record of records) {
    const version: number = record.version;
    if (version !== CHANGES_VERSION) {
      throw new Error(`record ${index} is of version ${version}; this session reads ${CHANGES_VERSION}`);
    }
    const message = "number" in record ? messages.get(record.number) : undefined;
    if ("number" in record && record.type !== "accepted" && message === undefined) {
      throw new Error(`record ${index} says that message ${record.number} is ${record.type}, which was never accepted`);
    }
    switch (record.type) {
      case "connected":
        clientIdentifier = record.clientIdentifier;
        break;
      case "sessionLost":
        clientIdentifier = undefined;
        received.clear();
        for (const one of messages.values()) one.packetIdentifier = undefined;
        break;
      case "accepted": {
        const { number, message: accepted, expiresAt } = record;
        lastNumber = number;
        const rest = { packetIdentifier: undefined, pubrec: 0, givenUp: false };
        messages.set(number, { number, message: accepted, expiresAt, ...rest });
        break;
      }
      case "sent":
        message!.packetIdentifier = record.packetIdentifier;
        break;
      case "pubrec":
        message!.pubrec = ++pubrecs;
        break;
      case "givenUp":
        message!.givenUp = true;
        break;
      case "settled":
        messages.delete(record.number);
        break;
      case "received":
        received.add(record.packetIdentifier);
        break;
      case "released":
        received.delete(record.packetIdentifier);
        break;
      case "subscribed":
        subscriptions.set(record.subscription.topicFilter, record);
        break;
      case "unsubscribed":
        subscriptions.delete(record.topicFilter);
        break;
    }
    index++;
  }
  return {
    clientIdentifier,
    lastNumber,
    messages: [...messages.values()],
    received: [...received],
    subscriptions: [...subscriptions.values()],
  };
}
