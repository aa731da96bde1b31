import type {
  AcknowledgementPacket,
  ConnackPacket,
  DisconnectPacket,
  Packet,
  PacketInit,
  PublishPacket,
  SubackPacket,
  UnsubackPacket,
} from "@petrel/codec";
import type { Challenge } from "./authentication.ts";
import type { FilterFailure, MessageDroppedError } from "./errors.ts";
import type { Delivery } from "./incoming-publish.ts";
import type { Negotiated } from "./negotiated.ts";
import type { OutgoingMessage } from "./outgoing-entry.ts";

/** Monotonic; the origin is the caller's business. */
export type Milliseconds = number;

/** What happened, in order. `context` is the reference that came with the command, given back exactly once. */
export type SessionEvent<Context = unknown> =
  /** The connection may have ended since, as the events that follow tell. */
  | { readonly type: "connected"; readonly connack: ConnackPacket; readonly negotiated: Negotiated }
  /** `delivery` is what `MqttSession.acknowledge` takes; undefined for QoS 0. */
  | { readonly type: "message"; readonly packet: PublishPacket; readonly delivery: Delivery | undefined }
  /** QoS 0: its bytes were handed over. QoS 1 and 2: the server acknowledged it. */
  | {
      readonly type: "published";
      readonly context: Context;
      readonly packetIdentifier: number | undefined;
      readonly reasonCode: number;
      /** The answer, for what else is in it. QoS 2: PUBREC if that says more than success, else PUBCOMP. */
      readonly packet: AcknowledgementPacket | undefined;
    }
  /** The message was accepted and will not be sent, as the options or its Message Expiry Interval say. */
  | {
      readonly type: "dropped";
      readonly context: Context;
      readonly message: OutgoingMessage;
      readonly error: MessageDroppedError;
    }
  | { readonly type: "subscribed"; readonly context: Context; readonly suback: SubackPacket }
  | { readonly type: "unsubscribed"; readonly context: Context; readonly unsuback: UnsubackPacket }
  /** The server answered a ping: so long after the question went out. */
  | { readonly type: "pinged"; readonly context: Context; readonly roundTripMs: Milliseconds }
  /** The authentication method is asked: `MqttSession.authenticate` takes the answer. */
  | { readonly type: "challenge"; readonly challenge: Challenge }
  | { readonly type: "reauthenticated"; readonly context: Context }
  /** The command that came with `context` failed. */
  | { readonly type: "failed"; readonly context: Context; readonly error: Error }
  /** Subscriptions that were not granted again after the server had lost the session. */
  | { readonly type: "resubscribeFailed"; readonly failures: readonly FilterFailure[] }
  /** An acknowledgement that came too late: its connection, or session, has ended. The server sends the message again. */
  | { readonly type: "lateAcknowledgement"; readonly packetIdentifier: number }
  /** While `MqttSession.isObserved`: a packet was written, or came. Passwords and authentication data are left out. */
  | { readonly type: "packetSent"; readonly packet: PacketInit; readonly size: number }
  | { readonly type: "packetReceived"; readonly packet: Packet }
  /** After `MqttSession.writable` was false: there is room again. */
  | { readonly type: "writable" }
  /** Exactly one for each connection. `error` is undefined when we asked for it. */
  | {
      readonly type: "disconnected";
      readonly by: "client" | "server" | "network";
      readonly error: Error | undefined;
      readonly packet: DisconnectPacket | ConnackPacket | undefined;
    };

const NONE: readonly never[] = [];

/** Effects go in here, never in a return value: a returned effect gets dropped by a caller one day. */
export class EventQueue<Context> {
  #events: SessionEvent<Context>[] = [];

  push(event: SessionEvent<Context>): void {
    this.#events.push(event);
  }

  /** Takes the list, too: it may become the one that is handed out. */
  pushAll(events: SessionEvent<Context>[]): void {
    if (this.#events.length === 0) this.#events = events;
    else for (const event of events) this.#events.push(event);
  }

  /** All events since the last call; the list is the caller's. */
  take(): readonly SessionEvent<Context>[] {
    if (this.#events.length === 0) return NONE;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
