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
  /** 5.0. Topic aliases are the session's own business, and subscription identifiers the server's. */
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

/**
 * A message on its way out. It is its own PUBLISH packet, so that sending or sending again allocates nothing.
 */
export class OutgoingEntry<Context> implements PublishPacketInit, Dispatch {
  readonly type = "publish";
  readonly topicName: string;
  readonly payload: Uint8Array | string | undefined;
  readonly qos: QoS;
  readonly retain: boolean;
  dup = false;
  packetIdentifier: number | undefined = undefined;
  properties: PublishProperties | undefined;

  readonly context: Context;
  state: DispatchState = "queued";
  /** Rises from message to message. */
  readonly number: number;
  /** Rises with every first sending, and again with PUBREC: the order in which things are sent again. */
  order = 0;
  /** Encoded bytes, for the queue's limit. */
  size = 0;
  /** QoS 0: where it ends in the connection's output. */
  position = 0;
  /** QoS 1 and 2: the connection whose send quota it has a share of. */
  countedOn: object | undefined = undefined;
  /** QoS 2: the PUBREC, if it says more than that all is well. */
  pubrec: AcknowledgementPacket | undefined = undefined;
  /** When its Message Expiry Interval is over. */
  readonly expiresAt: Milliseconds | undefined;
  /** While queued: when it is too old to be sent. */
  deadline: Milliseconds | undefined = undefined;
  /** Its place among the deadlines. */
  place = -1;

  constructor(message: OutgoingMessage, context: Context, number: number, now: Milliseconds) {
    const { properties } = message;
    this.topicName = message.topicName;
    this.payload = message.payload;
    this.qos = message.qos ?? 0;
    this.retain = message.retain ?? false;
    this.properties = properties;
    this.context = context;
    this.number = number;
    const interval = properties?.messageExpiryInterval;
    this.expiresAt = interval === undefined ? undefined : now + interval * 1_000;
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
