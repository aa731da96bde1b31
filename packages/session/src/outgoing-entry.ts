import type { AcknowledgementPacket, PublishPacketInit, PublishProperties, QoS } from "@petrel/codec";
import type { Milliseconds } from "./events.ts";

/** A message to publish. Bytes are not copied: leave a `Uint8Array` payload alone until the message is settled. */
export interface OutgoingMessage {
  readonly topicName: string;
  /** Text is sent as UTF-8. Default: empty. */
  readonly payload?: Uint8Array | string | undefined;
  /** Default 0. */
  readonly qos?: QoS | undefined;
  /** Default false. */
  readonly retain?: boolean | undefined;
  /**
   * 5.0. `topicAlias` asks for that alias on the connection the message goes out on; with an empty `topicName` it stands
   * for the name it was last sent with on this connection. Subscription identifiers are the server's business.
   */
  readonly properties?: PublishProperties | undefined;
}

/**
 * `queued`: accepted, not sent. `written`: QoS 0, in the output that nobody has taken. `awaiting…`: sent, and what the
 * server owes for QoS 1 and 2. `settled`: its context was given back.
 */
export type DispatchState = "queued" | "written" | "awaitingPuback" | "awaitingPubrec" | "awaitingPubcomp" | "settled";

/** A message that was accepted, and where it is now. It goes back into `cancel`. */
export interface Dispatch {
  readonly state: DispatchState;
  /** Of QoS 1 and 2, once it is sent. */
  readonly packetIdentifier: number | undefined;
}

/** A message as it is written. */
export interface OutgoingPacket extends PublishPacketInit {
  topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  packetIdentifier: number | undefined;
  properties: PublishProperties | undefined;
  /** Not among the properties: an alias belongs to a connection, and the message may outlive it. */
  readonly topicAlias: number | undefined;
}

/**
 * A message on its way out. It is its own PUBLISH packet, so that sending or sending again allocates nothing.
 */
export class OutgoingEntry<Context> implements OutgoingPacket, Dispatch {
  // `declare`: a field that is only declared would be defined first and assigned after, which costs some percent of a publish (measured).
  declare readonly type: "publish";
  declare topicName: string;
  declare payload: Uint8Array | string | undefined;
  declare readonly qos: QoS;
  declare retain: boolean;
  declare dup: boolean;
  declare packetIdentifier: number | undefined;
  declare properties: PublishProperties | undefined;
  declare topicAlias: number | undefined;

  declare readonly context: Context;
  declare state: DispatchState;
  /** Rises from message to message: the order in which they are sent, and sent again. */
  declare readonly number: number;
  /** Encoded bytes, for the queue's limit. */
  declare size: number;
  /** QoS 1 and 2: the connection whose send quota it has a share of. */
  declare countedOn: object | undefined;
  /** QoS 2: the PUBREC, if it says more than that all is well. */
  declare pubrec: AcknowledgementPacket | undefined;
  /** When its Message Expiry Interval is over. */
  declare readonly expiresAt: Milliseconds | undefined;
  /** While queued: when it is too old to be sent. */
  declare deadline: Milliseconds | undefined;
  /**
   * Queued: its place among the deadlines, -1 without one. After PUBREC: its place among those. One number, for every
   * field is paid for by every message.
   */
  declare place: number;

  constructor(message: OutgoingMessage, context: Context, number: number, now: Milliseconds) {
    const { properties } = message;
    const interval = properties?.messageExpiryInterval;
    this.type = "publish";
    this.topicName = message.topicName;
    this.payload = message.payload;
    this.qos = message.qos ?? 0;
    this.retain = message.retain ?? false;
    this.dup = false;
    this.packetIdentifier = undefined;
    this.properties = properties;
    this.topicAlias = undefined;
    this.context = context;
    this.state = "queued";
    this.number = number;
    this.size = 0;
    this.countedOn = undefined;
    this.pubrec = undefined;
    this.expiresAt = interval === undefined ? undefined : now + interval * 1_000;
    this.deadline = undefined;
    this.place = -1;
  }

  /**
   * Sets the Message Expiry Interval to what is left of it. A message in flight is sent again even when nothing is:
   * "the Client and Server MUST resend" [MQTT-4.4.0-1]. It gets a last second then, for 0 means never to some servers.
   */
  age(now: Milliseconds): void {
    if (this.expiresAt === undefined) return;
    const left = Math.ceil((this.expiresAt - now) / 1_000);
    if (left < this.properties!.messageExpiryInterval!) {
      this.properties = { ...this.properties, messageExpiryInterval: Math.max(left, 1) };
    }
  }
}
