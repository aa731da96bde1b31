import {
  decodeUtf8,
  EncodeError,
  isReasonCodeAllowed,
  type PublishPacket,
  type PublishProperties,
  type QoS,
} from "@petrel/codec";
import type { Delivery } from "@petrel/session";

/** Who is told that a message is taken care of. */
export interface AcknowledgementTarget {
  acknowledge(delivery: Delivery, reasonCode: number): void;
}

/** The acknowledgement of a message that several may have got: it goes out when all of them are done. */
export class SharedAcknowledgement {
  readonly #delivery: Delivery;
  readonly #target: AcknowledgementTarget;
  /** Consumers that are not done yet. */
  #owed: number;
  #reasonCode = 0;

  constructor(delivery: Delivery, target: AcknowledgementTarget, consumers: number) {
    this.#delivery = delivery;
    this.#target = target;
    this.#owed = consumers;
  }

  /** One consumer is done. The worst reason of all is what the server is told. */
  done(reasonCode: number): void {
    if (reasonCode > this.#reasonCode) this.#reasonCode = reasonCode;
    if (--this.#owed === 0) this.#target.acknowledge(this.#delivery, this.#reasonCode);
  }
}

/** A message from the server. */
export class Message {
  /** The topic name, in full also where the server used an alias. */
  readonly topic: string;
  /** A view into the chunk that came from the network: `slice()` it to keep it for long without keeping the chunk. */
  readonly payload: Uint8Array;
  /** The lesser of the QoS it was published with and the one that was granted. */
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
  #acknowledgement: SharedAcknowledgement | undefined;

  /** @internal */
  constructor(packet: PublishPacket, receivedAt: number, acknowledgement: SharedAcknowledgement | undefined) {
    this.topic = packet.topicName;
    this.payload = packet.payload;
    this.qos = packet.qos;
    this.retain = packet.retain;
    this.duplicate = packet.dup;
    this.packetIdentifier = packet.packetIdentifier;
    this.properties = packet.properties;
    this.receivedAt = receivedAt;
    this.#acknowledgement = acknowledgement;
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
   * @param reasonCode 5.0: 0x80 and above refuse the message. 3.x can not say it, and accepts.
   * @throws EncodeError for a reason code that PUBACK and PUBREC don't have
   */
  acknowledge(reasonCode = 0): void {
    const acknowledgement = this.#acknowledgement;
    if (acknowledgement === undefined) return;
    if (reasonCode !== 0 && !isReasonCodeAllowed(reasonCode, "puback")) {
      throw new EncodeError(`reasonCode is ${reasonCode}, which is none of PUBACK and PUBREC`, {
        field: "reasonCode",
        value: reasonCode,
      });
    }
    this.#acknowledgement = undefined;
    acknowledgement.done(reasonCode);
  }
}
