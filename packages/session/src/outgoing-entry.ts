import type { PublishPacketInit, PublishProperties, QoS } from "@petrel/codec";

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

/** `queued`: accepted, not sent. Then, for QoS 1 and 2, what the server still owes. */
export type EntryState = "queued" | "awaitingPuback" | "awaitingPubrec" | "awaitingPubcomp";

/**
 * A message on its way out. It is its own PUBLISH packet, so that sending or sending again allocates nothing.
 */
export class OutgoingEntry<Context> implements PublishPacketInit {
  readonly type = "publish";
  readonly topicName: string;
  readonly payload: Uint8Array | string | undefined;
  readonly qos: QoS;
  readonly retain: boolean;
  dup = false;
  packetIdentifier: number | undefined = undefined;
  readonly properties: PublishProperties | undefined;

  readonly context: Context;
  state: EntryState = "queued";
  /** Rises with every first sending, and again with PUBREC: the order in which things are sent again. */
  order = 0;
  /** Encoded bytes, for the queue's limit. */
  size = 0;
  /** QoS 0: where it ends in the connection's output. */
  position = 0;
  /** QoS 1 and 2: the connection whose send quota it has a share of. */
  countedOn: object | undefined = undefined;

  constructor(message: OutgoingMessage, context: Context) {
    this.topicName = message.topicName;
    this.payload = message.payload;
    this.qos = message.qos ?? 0;
    this.retain = message.retain ?? false;
    this.properties = message.properties;
    this.context = context;
  }
}
