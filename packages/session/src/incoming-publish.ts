import {
  type AcknowledgementPacket,
  EncodeError,
  isReasonCodeAllowed,
  ProtocolError,
  type PublishPacket,
  ReasonCode,
} from "@petrel/codec";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import type { EventQueue, Milliseconds } from "./events.ts";
import { Fifo } from "./fifo.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { IdentifierTable } from "./identifier-table.ts";

/** A received QoS 1 or 2 message that waits for its acknowledgement. Opaque: it goes back into `acknowledge`. */
export interface Delivery {
  readonly packetIdentifier: number;
  readonly qos: 1 | 2;
}

/** The first message whose acknowledgement has not gone out, and what that costs. */
export interface OldestUnacknowledged {
  readonly delivery: Delivery;
  readonly topicName: string;
  readonly receivedAt: Milliseconds;
  /** Later messages that the application is done with: their acknowledgements wait for this one's. */
  readonly heldUp: number;
}

class PendingDelivery implements Delivery {
  readonly packetIdentifier: number;
  readonly qos: 1 | 2;
  readonly topicName: string;
  readonly receivedAt: Milliseconds;
  /** QoS 2: of the payload. Undefined: an earlier process has received it. */
  readonly fingerprint: number | undefined;
  /** The application is done with it. */
  acknowledged = false;
  reasonCode: number = ReasonCode.success;
  /** Its PUBREC went out, on this connection or an earlier one of the session. */
  pubrecSent = false;
  /** It is in the line of those whose acknowledgement has not gone out on this connection. */
  isWaiting = false;
  /** The connection on which it counts as in flight: each has its own Receive Maximum. */
  countedOn: object | undefined = undefined;
  /** The session it belongs to may be gone, without our knowing. */
  doubtful = false;
  /** The session (QoS 2) or connection (QoS 1) this is valid for has ended. */
  obsolete = false;

  constructor(
    packetIdentifier: number,
    qos: 1 | 2,
    topicName: string,
    receivedAt: Milliseconds,
    fingerprint: number | undefined,
  ) {
    this.packetIdentifier = packetIdentifier;
    this.qos = qos;
    this.topicName = topicName;
    this.receivedAt = receivedAt;
    this.fingerprint = fingerprint;
  }

  /** Whether it looks like the same message, or nobody can tell: then [MQTT-4.3.3-10] holds as ever. */
  isLike({ topicName, payload }: PublishPacket): boolean {
    if (this.fingerprint === undefined) return true;
    return topicName === this.topicName && fingerprintOf(payload) === this.fingerprint;
  }
}

/**
 * The receiver's side of QoS 1 and 2: delivers each QoS 2 message once for each packet identifier until PUBREL, across
 * reconnects, and acknowledges in the order of arrival.
 */
export class IncomingPublish<Context> {
  readonly #events: EventQueue<Context>;
  readonly #changes: Changes<Context> | undefined;

  // valid for the session
  /** QoS 2 messages that were delivered and whose PUBREL has not come. */
  readonly #unreleased = new IdentifierTable<PendingDelivery>();

  // valid for one connection
  /** Messages of this connection whose PUBACK, or PUBREC, has not gone out, in the order of arrival. */
  readonly #qos1 = new Fifo<PendingDelivery>();
  readonly #qos2 = new Fifo<PendingDelivery>();
  /** Messages the server has in flight towards us on this connection (section 4.9). */
  #inflight = 0;

  constructor(events: EventQueue<Context>, changes: Changes<Context> | undefined) {
    this.#events = events;
    this.#changes = changes;
  }

  /** Goes on where an earlier process was: these QoS 2 messages are the application's, and PUBREL has not come. */
  restore(packetIdentifiers: readonly number[]): void {
    for (const packetIdentifier of packetIdentifiers) {
      const delivery = new PendingDelivery(packetIdentifier, 2, "", 0, undefined);
      delivery.acknowledged = delivery.pubrecSent = true;
      this.#unreleased.set(delivery);
    }
  }

  get inflight(): number {
    return this.#inflight;
  }

  /** Among those of one QoS on this connection; undefined: none waits. */
  oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined {
    const deliveries = qos === 1 ? this.#qos1 : this.#qos2;
    const delivery = deliveries.peek();
    if (delivery === undefined) return undefined;
    let heldUp = 0;
    for (const { acknowledged } of deliveries) if (acknowledged) heldUp++;
    return { delivery, topicName: delivery.topicName, receivedAt: delivery.receivedAt, heldUp };
  }

  handlePublish(packet: PublishPacket, connection: Connection<Context>, now: Milliseconds): void {
    if (packet.qos === 0) {
      this.#events.push({ type: "message", packet, delivery: undefined });
      return;
    }
    const packetIdentifier = packet.packetIdentifier!;
    const known = packet.qos === 2 ? this.#unreleased.get(packetIdentifier) : undefined;
    if (known?.doubtful === true && !packet.dup && !known.isLike(packet)) {
      this.#supersede(known, connection);
    } else if (known !== undefined) {
      this.#handleRepeated(known, connection);
      return;
    }
    const fingerprint = packet.qos === 2 ? fingerprintOf(packet.payload) : undefined;
    const delivery = new PendingDelivery(packetIdentifier, packet.qos, packet.topicName, now, fingerprint);
    this.#count(delivery, connection);
    delivery.isWaiting = true;
    if (packet.qos === 1) {
      this.#qos1.push(delivery);
    } else {
      this.#qos2.push(delivery);
      this.#unreleased.set(delivery);
    }
    this.#events.push({ type: "message", packet, delivery });
  }

  /**
   * The application is done with a message. False if it is too late: the connection (QoS 1) or the session (QoS 2)
   * in which it came has ended. Throws EncodeError for a Reason Code that no acknowledgement may carry.
   */
  acknowledge(delivery: Delivery, reasonCode: number, connection: Connection<Context> | undefined): boolean {
    // "MUST use one of the PUBACK Reason Codes" [MQTT-3.4.2-1]; those of PUBREC are the same [MQTT-3.5.2-1].
    if (!isReasonCodeAllowed(reasonCode, "puback")) {
      throw new EncodeError(`reasonCode is ${reasonCode}, which is none of PUBACK and PUBREC`, {
        field: "reasonCode",
        value: reasonCode,
        clause: delivery.qos === 1 ? "MQTT-3.4.2-1" : "MQTT-3.5.2-1",
      });
    }
    if (!(delivery instanceof PendingDelivery)) return false;
    if (delivery.acknowledged) return true;
    if (delivery.obsolete) return false;
    delivery.acknowledged = true;
    delivery.reasonCode = reasonCode;
    if (connection !== undefined) this.#flush(delivery.qos === 1 ? this.#qos1 : this.#qos2, connection);
    return true;
  }

  handlePubrel(packet: AcknowledgementPacket, connection: Connection<Context>): void {
    const { packetIdentifier } = packet;
    const delivery = this.#unreleased.get(packetIdentifier);
    if (delivery === undefined) {
      // "MUST respond to a PUBREL packet by sending a PUBCOMP packet" [MQTT-4.3.3-11]; here we don't know the identifier any more.
      const reasonCode =
        connection.negotiated?.protocolVersion === 5 ? ReasonCode.packetIdentifierNotFound : ReasonCode.success;
      connection.answer({ type: "pubcomp", packetIdentifier, reasonCode });
      return;
    }
    if (!delivery.pubrecSent) {
      throw new ProtocolError(`it releases packet identifier ${packetIdentifier}, for which no PUBREC was sent`, {
        packetType: "pubrel",
      });
    }
    this.#unreleased.delete(packetIdentifier);
    delivery.obsolete = true;
    this.#uncount(delivery, connection);
    this.#changes?.handleReleased(packetIdentifier, connection);
    connection.answer({ type: "pubcomp", packetIdentifier });
  }

  /** The session that goes on may be one that the server has begun anew. */
  handleDoubtful(): void {
    for (const delivery of this.#unreleased) delivery.doubtful = true;
  }

  /** A new connection: what QoS 1 has not acknowledged comes again, as a new message. */
  handleConnectionLost(): void {
    for (const delivery of this.#qos1) delivery.obsolete = true;
    for (const delivery of this.#qos2) delivery.isWaiting = false;
    this.#qos1.clear();
    this.#qos2.clear();
    this.#inflight = 0;
  }

  /** The session is gone, and with it the identifiers of QoS 2. */
  handleSessionLost(): void {
    for (const delivery of this.#unreleased) delivery.obsolete = true;
    this.#unreleased.clear();
  }

  /**
   * "The DUP flag MUST be set to 1 by the Client or Server when it attempts to re-deliver a PUBLISH packet"
   * [MQTT-3.3.1-1]: without it this one is new, so its identifier is, and the session that knew it is gone. But servers
   * are known that forget DUP (aedes always, Mosquitto after a crash), so the same message once more is the same message.
   */
  #supersede(known: PendingDelivery, connection: Connection<Context>): void {
    this.#unreleased.delete(known.packetIdentifier);
    known.obsolete = true;
    if (known.pubrecSent) this.#changes?.handleReleased(known.packetIdentifier, connection);
  }

  /**
   * The server has not seen our PUBREC: "Until it has received the corresponding PUBREL packet, the receiver MUST
   * acknowledge any subsequent PUBLISH packet with the same Packet Identifier by sending a PUBREC. It MUST NOT cause
   * duplicate messages to be delivered" [MQTT-4.3.3-10].
   */
  #handleRepeated(delivery: PendingDelivery, connection: Connection<Context>): void {
    delivery.doubtful = false; // the server has it in this session
    if (delivery.isWaiting) return; // its turn comes without that
    this.#count(delivery, connection);
    delivery.isWaiting = true;
    this.#qos2.push(delivery);
    this.#flush(this.#qos2, connection);
  }

  /**
   * "The Server MUST NOT send more than Receive Maximum QoS 1 and QoS 2 PUBLISH packets for which it has not received
   * PUBACK, PUBCOMP, or PUBREC with a Reason Code of 128 or greater from the Client" [MQTT-3.3.4-9].
   */
  #count(delivery: PendingDelivery, connection: Connection<Context>): void {
    if (delivery.countedOn === connection) return;
    const maximum = connection.negotiated!.receive.receiveMaximum;
    if (this.#inflight >= maximum) {
      throw new ProtocolError(`more than our Receive Maximum of ${maximum} QoS 1 and 2 messages are in flight`, {
        packetType: "publish",
        reasonCode: ReasonCode.receiveMaximumExceeded,
        clause: "MQTT-3.3.4-9",
      });
    }
    this.#inflight++;
    delivery.countedOn = connection;
  }

  #uncount(delivery: PendingDelivery, connection: Connection<Context>): void {
    if (delivery.countedOn !== connection) return;
    delivery.countedOn = undefined;
    this.#inflight--;
  }

  /**
   * Sends the acknowledgements that are due, "in the order in which the corresponding PUBLISH packets were received":
   * PUBACK [MQTT-4.6.0-2], PUBREC [MQTT-4.6.0-3].
   */
  #flush(deliveries: Fifo<PendingDelivery>, connection: Connection<Context>): void {
    if (connection.phase !== "online") return;
    while (deliveries.peek()?.acknowledged === true) this.#send(deliveries.take()!, connection);
  }

  #send(delivery: PendingDelivery, connection: Connection<Context>): void {
    const { packetIdentifier, qos } = delivery;
    delivery.isWaiting = false;
    const reasonCode = connection.negotiated?.protocolVersion === 5 ? delivery.reasonCode : ReasonCode.success;
    const takesOver = qos === 2 && reasonCode < ReasonCode.unspecifiedError;
    if (takesOver && !delivery.pubrecSent) this.#changes?.handleReceived(packetIdentifier, connection);
    connection.answer({ type: qos === 1 ? "puback" : "pubrec", packetIdentifier, reasonCode });
    if (qos === 1 || reasonCode >= ReasonCode.unspecifiedError) {
      // Done: after a PUBACK [MQTT-4.3.2-5], and after a PUBREC that refuses [MQTT-4.3.3-9], the identifier stands for a new message.
      this.#uncount(delivery, connection);
      delivery.obsolete = true;
      if (qos === 2) this.#unreleased.delete(packetIdentifier);
    } else {
      delivery.pubrecSent = true;
    }
  }
}
