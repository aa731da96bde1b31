import { decodeUtf8, type PublishPacket, type PublishProperties, type QoS } from "@petrel/codec";

/** Tells the session when everybody who got a message is done with it. */
export class PendingAcknowledgement {
  /** Consumers that are not done yet. */
  owed = 0;
  #reasonCode = 0;
  readonly #acknowledge: (reasonCode: number) => void;

  constructor(acknowledge: (reasonCode: number) => void) {
    this.#acknowledge = acknowledge;
  }

  /** One consumer is done. The worst reason of all is what the server is told. */
  done(reasonCode: number): void {
    if (reasonCode > this.#reasonCode) this.#reasonCode = reasonCode;
    if (--this.owed === 0) this.#acknowledge(this.#reasonCode);
  }
}

/** A message from the server. */
export class Message {
  readonly topic: string;
  /** A view into the chunk that came from the network: `slice()` it to keep it for long without keeping the chunk. */
  readonly payload: Uint8Array;
  readonly qos: QoS;
  /** It was kept by the server from before the subscription. */
  readonly retain: boolean;
  /** It may have been delivered before, on an earlier connection. */
  readonly duplicate: boolean;
  /** Undefined for QoS 0. */
  readonly packetIdentifier: number | undefined;
  /** 5.0; undefined where there are none. */
  readonly properties: PublishProperties | undefined;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  #acknowledgement: PendingAcknowledgement | undefined;

  constructor(packet: PublishPacket, receivedAt: number, acknowledgement: PendingAcknowledgement | undefined) {
    this.topic = packet.topicName;
    this.payload = packet.payload;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.duplicate = packet.dup;
    this.packetIdentifier = packet.packetIdentifier;
    this.properties = packet.properties;
    this.receivedAt = receivedAt;
    this.#acknowledgement = acknowledgement;
    if (acknowledgement !== undefined) acknowledgement.owed++;
  }

  /** The payload as text. Throws a TypeError if it is not UTF-8. */
  text(): string {
    return decodeUtf8(this.payload);
  }

  /** The payload as JSON. Throws a SyntaxError (or TypeError) if it is not. */
  json<Value = unknown>(): Value {
    return JSON.parse(this.text()) as Value;
  }

  /**
   * Tells the server that the message is taken care of; a no-op for QoS 0 and the second time. Needed only with
   * `acknowledge: "manual"`, allowed always.
   *
   * @param reasonCode 5.0: 0x80 and above refuse the message.
   */
  acknowledge(reasonCode = 0): void {
    const acknowledgement = this.#acknowledgement;
    if (acknowledgement === undefined) return;
    this.#acknowledgement = undefined;
    acknowledgement.done(reasonCode);
  }
}
