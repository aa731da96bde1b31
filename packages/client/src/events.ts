import type { ConnackPacket, DisconnectPacket, Packet, PacketInit } from "@petrel/codec";
import type { DropReason, FilterFailure, MessageDroppedError, Negotiated, OutgoingMessage } from "@petrel/session";
import type { Message } from "./message.ts";

/** offline: not connected yet, or given up. closed: by you. Both can `connect()` (again). */
export type ClientState = "offline" | "connecting" | "online" | "reconnecting" | "closed";

/** A message that was given up: one from the server ("in"), or one of ours ("out"). */
export type DroppedMessage = DroppedIncoming | DroppedOutgoing;

/** One from the server. */
export interface DroppedIncoming {
  /** From the server. */
  readonly direction: "in";
  /**
   * overflow: QoS 0, its consumer is too slow and the network could not be paused, because an answer is awaited or the
   * consumer has stalled. unclaimed: nobody asked for it.
   */
  readonly reason: "overflow" | "unclaimed";
  /** It is acknowledged after the listeners returned, if it has to be. */
  readonly message: Message;
}

/** It was accepted and will not be sent, as the options of the queue or its expiry say. */
export interface DroppedOutgoing {
  /** To the server. */
  readonly direction: "out";
  /** "overflow": the queue was full. "offline": QoS 0 without a connection. "tooOld": `queue.maximumAge` was over. "expired": its Message Expiry Interval was. */
  readonly reason: DropReason;
  /** As it was given to `publish()`. */
  readonly message: OutgoingMessage;
  /** What the publication fails with. */
  readonly error: MessageDroppedError;
}

/** What a client tells its listeners, by name. */
export interface ClientEvents {
  /** An attempt begins; the first is 1. */
  connecting: {
    /** 1 for the first, and after a connection that lasted. */
    readonly attempt: number;
  };
  /** CONNACK came, and it was a success. */
  connected: {
    /** The server goes on with the session of an earlier connection. */
    readonly sessionPresent: boolean;
    /** What was agreed. */
    readonly connection: Negotiated;
    /** What the server said, without authentication data. */
    readonly packet: ConnackPacket;
    /** Its URL, without credentials and query; "" with a connector of your own. */
    readonly server: string;
  };
  /** A connection, or an attempt to make one, ended. */
  disconnected: {
    /** Who ended it. It was the client where the server had made a mistake. */
    readonly by: "client" | "server" | "network";
    /** What the server said, if it said anything. */
    readonly reasonCode: number | undefined;
    /** The DISCONNECT, or the CONNACK that refused. */
    readonly packet: DisconnectPacket | ConnackPacket | undefined;
    /** Undefined when you asked for it. */
    readonly cause: Error | undefined;
    /** As in "connected"; "" also if the attempt failed before it was known. */
    readonly server: string;
    /** Milliseconds until the next attempt; undefined: there will be none. */
    readonly willReconnectIn: number | undefined;
  };
  /** Waiting before attempt number `attempt`. */
  reconnecting: {
    /** The one that comes next. */
    readonly attempt: number;
    /** Milliseconds until then. */
    readonly delay: number;
    /** Why there is need for it. */
    readonly cause: Error | undefined;
  };
  /** A message that no subscription, route or `messages()` takes. It is acknowledged after the listeners returned. */
  message: Message;
  /** A message that was given up, one of ours or one of the server's. Not told, the first of a kind is a warning of the logger. */
  dropped: DroppedMessage;
  /** Subscriptions that were not granted again after the server had lost the session. */
  resubscribeFailed: {
    /** The filters, with the server's reason codes. */
    readonly failures: readonly FilterFailure[];
  };
  /** A message was acknowledged after its connection, or session, had ended: no harm, but the server sends it again. */
  lateAcknowledgement: {
    /** Of the message, on the connection that has ended. */
    readonly packetIdentifier: number;
  };
  /** A failure that no promise tells anybody: of a message that nobody awaited, or of a listener or handler. */
  error: Error;
  /** A packet that was written. Passwords and authentication data are shown as ***. Listening costs some speed. */
  packetSent: PacketInit;
  /** A packet that came, before anything is done about it. */
  packetReceived: Packet;
  /** By you; nothing follows until `connect()`. */
  closed: undefined;
}
