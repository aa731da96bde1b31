import type { ConnackPacket, DisconnectPacket, Packet, PacketInit } from "@petrel/codec";
import type { DropReason, FilterFailure, MessageDroppedError, Negotiated, OutgoingMessage } from "@petrel/session";
import type { Message } from "./message.ts";

/** offline: not connected yet, or given up. closed: by you. Both can `connect()` (again). */
export type ClientState = "offline" | "connecting" | "online" | "reconnecting" | "closed";

/** A message that was given up: one from the server ("in"), or one of ours ("out"). */
export type DroppedMessage = DroppedIncoming | DroppedOutgoing;

export interface DroppedIncoming {
  readonly direction: "in";
  /**
   * overflow: QoS 0, its consumer is too slow and the network could not be paused, because an answer is awaited or the
   * consumer has stalled. unclaimed: nobody asked for it.
   */
  readonly reason: "overflow" | "unclaimed";
  readonly message: Message;
}

/** It was accepted and will not be sent, as the options of the queue or its expiry say. */
export interface DroppedOutgoing {
  readonly direction: "out";
  readonly reason: DropReason;
  readonly message: OutgoingMessage;
  readonly error: MessageDroppedError;
}

/** What a client tells its listeners, by name. */
export interface ClientEvents {
  /** An attempt begins; the first is 1. */
  connecting: { readonly attempt: number };
  connected: {
    readonly sessionPresent: boolean;
    readonly connection: Negotiated;
    readonly packet: ConnackPacket;
    /** Its URL, without credentials and query; "" with a connector of your own. */
    readonly server: string;
  };
  /** A connection, or an attempt to make one, ended. */
  disconnected: {
    readonly by: "client" | "server" | "network";
    /** What the server said, if it said anything. */
    readonly reasonCode: number | undefined;
    readonly packet: DisconnectPacket | ConnackPacket | undefined;
    /** Undefined when you asked for it. */
    readonly cause: Error | undefined;
    /** As in "connected"; "" also if the attempt failed before it was known. */
    readonly server: string;
    /** Milliseconds until the next attempt; undefined: there will be none. */
    readonly willReconnectIn: number | undefined;
  };
  /** Waiting before attempt number `attempt`. */
  reconnecting: { readonly attempt: number; readonly delay: number; readonly cause: Error | undefined };
  /** A message that no subscription, route or `messages()` takes. It is acknowledged after the listeners returned. */
  message: Message;
  dropped: DroppedMessage;
  /** Subscriptions that were not granted again after the server had lost the session. */
  resubscribeFailed: { readonly failures: readonly FilterFailure[] };
  /** A message was acknowledged after its connection, or session, had ended: no harm, but the server sends it again. */
  lateAcknowledgement: { readonly packetIdentifier: number };
  /** A failure that no promise tells anybody: of a message that nobody awaited, or of a listener or handler. */
  error: Error;
  /** A packet that was written. Passwords and authentication data are shown as ***. Listening costs some speed. */
  packetSent: PacketInit;
  /** A packet that came, before anything is done about it. */
  packetReceived: Packet;
  /** By you; nothing follows until `connect()`. */
  closed: undefined;
}
