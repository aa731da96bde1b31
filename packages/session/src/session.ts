import {
  MalformedPacketError,
  type Packet,
  ProtocolError,
  type ConnackPacket,
  type DisconnectPacket,
  type DisconnectProperties,
  ReasonCode,
} from "@petrel/codec";
import { connectPacket, resolveSessionConfig, type SessionConfig, type SessionOptions } from "./config.ts";
import { Connection, type Phase } from "./connection.ts";
import {
  ConnectionLostError,
  ConnectRefusedError,
  ServerDisconnectError,
  TimeoutError,
} from "./errors.ts";
import { EventQueue, type Milliseconds, type SessionEvent } from "./events.ts";
import { type Delivery, IncomingPublish } from "./incoming-publish.ts";
import { KeepAlive } from "./keep-alive.ts";
import { type Negotiated, negotiate } from "./negotiated.ts";
import type { OutgoingMessage } from "./outgoing-entry.ts";
import { PacketIdentifiers } from "./packet-identifiers.ts";
import { Publisher } from "./publisher.ts";
import { Requests, type SubscribeRequest, type UnsubscribeRequest } from "./requests.ts";
import { TimerTable } from "./timers.ts";
import { InboundTopicAliases } from "./topic-aliases.ts";

/** How a connection ends politely. Everything is optional. */
export interface DisconnectOptions {
  /** 5.0. Default 0, normal; 4 asks the server to publish the will. */
  readonly reasonCode?: number | undefined;
  /** 5.0. */
  readonly properties?: DisconnectProperties | undefined;
}

/**
 * The MQTT protocol of a client, without I/O: bytes and a time go in; bytes, events and a deadline come out.
 *
 * After every call that takes `now`, drain {@link MqttSession.takeOutput}, {@link MqttSession.takeEvents} and
 * {@link MqttSession.nextTimeout}. `Context` is a reference of the caller's choice that comes with a command and is
 * given back exactly once, in `published`, `subscribed`, `unsubscribed` or `failed`.
 */
export class MqttSession<Context = unknown> {
  readonly config: SessionConfig;

  // valid for the session
  readonly #events = new EventQueue<Context>();
  readonly #identifiers = new PacketIdentifiers();
  readonly #publisher: Publisher<Context>;
  readonly #incoming: IncomingPublish<Context>;
  readonly #requests: Requests<Context>;
  readonly #timers = new TimerTable<"connack" | "keepAlive" | "pingResponse" | "request">();
  #clientIdentifier: string;
  #connectedBefore = false;
  /** The time of the last call, for calls that take none. */
  #now: Milliseconds = 0;

  // valid for one connection
  #connection: Connection<Context> | undefined;

  /** Throws OptionError for an option that cannot work. */
  constructor(options: SessionOptions = {}) {
    const config = resolveSessionConfig(options);
    this.config = config;
    this.#clientIdentifier = config.clientIdentifier;
    this.#publisher = new Publisher(config, this.#identifiers, this.#events);
    this.#incoming = new IncomingPublish(this.#events);
    this.#requests = new Requests(this.#identifiers, this.#events, {
      maximumConcurrent: config.maximumConcurrentRequests,
      timeoutMs: config.timeouts.request,
      version: config.protocolVersion,
    });
  }

  // ── A. Getters ────────────────────────────────────────────────────────────────────────────────

  get phase(): Phase {
    return this.#connection?.phase ?? "offline";
  }

  /** QoS 1 and 2 messages that were sent and not acknowledged. */
  get inflightCount(): number {
    return this.#publisher.inflightCount;
  }

  /** Messages that were accepted and not sent. */
  get queuedCount(): number {
    return this.#publisher.queuedCount;
  }

  /** Their encoded size. */
  get queuedBytes(): number {
    return this.#publisher.queuedBytes;
  }

  /** False: publish no more until the "writable" event. Ignoring it ends in SendQueueFullError. */
  get writable(): boolean {
    return this.#publisher.writable;
  }

  /** What CONNACK settled; undefined unless online. */
  get negotiated(): Negotiated | undefined {
    return this.#connection?.negotiated;
  }

  // ── B. What the network and the clock did. These never throw ──────────────────────────────────

  /** A network connection is open: CONNECT goes out. */
  handleOpen(now: Milliseconds): void {
    this.#now = now;
    const { config } = this;
    const cleanStart = config.cleanStart === "first" ? !this.#connectedBefore : config.cleanStart;
    const connection = new Connection<Context>(config, cleanStart, now);
    this.#connection = connection;
    // "After a Network Connection is established …, the first packet sent … MUST be a CONNECT packet" [MQTT-3.1.0-1]
    connection.write(connectPacket(config, this.#clientIdentifier, cleanStart));
    this.#timers.set("connack", now + config.timeouts.connack);
  }

  /** Takes ownership of the bytes: payloads of messages are views into them. */
  handleBytes(bytes: Uint8Array, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined || connection.phase === "disconnecting") return;
    connection.keepAlive.handleReceived(now);
    connection.decoder.push(bytes);
    try {
      let packet: Packet | undefined;
      while (!isEnding(connection) && (packet = connection.decoder.next()) !== undefined) {
        this.#handlePacket(packet, connection);
      }
    } catch (error) {
      this.#fail(error as Error, connection);
    }
    this.#publisher.refill(connection); // once for all acknowledgements in the chunk
  }

  /** The network connection is gone, for whatever reason. */
  handleClose(now: Milliseconds, cause?: Error): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined) return;
    if (connection.phase !== "disconnecting") {
      const error = new ConnectionLostError(cause?.message ?? describeSilentClose(connection.phase), { cause });
      this.#endConnection(connection, "network", error);
    }
    this.#publisher.handleConnectionLost(connection);
    this.#connection = undefined;
  }

  handleTimeout(now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    for (const name of this.#timers.takeExpired(now)) {
      if (name === "request") {
        this.#requests.handleTimeout(now);
        this.#armRequests();
      } else if (connection !== undefined && !isEnding(connection)) {
        if (name === "keepAlive") this.#handleKeepAlive(connection, now);
        else if (name === "connack") this.#fail(new TimeoutError("CONNACK", this.config.timeouts.connack), connection);
        else this.#fail(new TimeoutError("PINGRESP", this.config.timeouts.pingResponse), connection);
      }
    }
  }

  /** The application is slow and reading has stopped: an answer may be waiting in the network, so its deadline waits too. */
  handleReadingPaused(now: Milliseconds): void {
    this.#now = now;
    if (this.#connection === undefined) return;
    this.#connection.readingPaused = true;
    this.#timers.clear("pingResponse");
  }

  handleReadingResumed(now: Milliseconds): void {
    this.#now = now;
    if (this.#connection !== undefined) this.#connection.readingPaused = false;
    // The next PINGREQ arms the deadline again.
  }

  // ── C. What the application wants. These throw on misuse, synchronously ───────────────────────

  /**
   * Sends a message now, or queues it. Returns {@link MqttSession.writable}. When it throws, nothing was taken and
   * `context` will not come back.
   *
   * @throws EncodeError | ServerLimitError | SendQueueFullError | NotConnectedError
   */
  publish(message: OutgoingMessage, context: Context, now: Milliseconds): boolean {
    this.#now = now;
    return this.#publisher.publish(message, context, this.#connection);
  }

  /** @throws EncodeError */
  subscribe(request: SubscribeRequest, context: Context, now: Milliseconds): void {
    this.#now = now;
    this.#requests.subscribe(request, context, now);
    this.#flushRequests();
  }

  /** @throws EncodeError */
  unsubscribe(request: UnsubscribeRequest, context: Context, now: Milliseconds): void {
    this.#now = now;
    this.#requests.unsubscribe(request, context, now);
    this.#flushRequests();
  }

  /**
   * The application is done with a message: PUBACK or PUBREC goes out when those of all earlier messages of its QoS have.
   * Too late is no harm: it is reported as a "lateAcknowledgement" event.
   *
   * @param reasonCode 5.0; 0x80 and above refuse the message. Default 0.
   */
  acknowledge(delivery: Delivery, reasonCode: number = ReasonCode.success): void {
    const connection = this.#connection;
    if (!this.#incoming.acknowledge(delivery, reasonCode, connection)) {
      this.#events.push({ type: "lateAcknowledgement", packetIdentifier: delivery.packetIdentifier });
    }
  }

  /** Ends the connection politely; a no-op without one. What is in flight or queued stays for the next connection. */
  disconnect(options: DisconnectOptions, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined || isEnding(connection)) return;
    if (connection.phase === "online") {
      const { reasonCode, properties } = options;
      connection.write({ type: "disconnect", reasonCode, properties });
    }
    this.#endConnection(connection, "client", undefined);
  }

  /** Gives every context back with `error`: nothing is sent any more, and the session begins anew. */
  abandon(error: Error): void {
    this.#publisher.abandon(error, this.#connection);
    this.#requests.failAll(error);
    this.#incoming.handleSessionLost();
    this.#timers.clear("request");
  }

  // ── D. What to do next. Drain after every B or C call, in this order ──────────────────────────

  /** The next bytes to send, or undefined. They are yours. */
  takeOutput(): Uint8Array | undefined {
    const connection = this.#connection;
    if (connection === undefined) return undefined;
    const bytes = connection.take();
    if (bytes !== undefined) connection.keepAlive.handleSent(this.#now);
    if (connection.pendingBytes === 0) {
      this.#publisher.handleWritten(connection);
      this.#publisher.refill(connection);
    }
    return bytes;
  }

  takeEvents(): readonly SessionEvent<Context>[] {
    return this.#events.take();
  }

  /** When to call {@link MqttSession.handleTimeout}; undefined: not at all. */
  nextTimeout(): Milliseconds | undefined {
    return this.#timers.next();
  }

  // ── packets ───────────────────────────────────────────────────────────────────────────────────

  #handlePacket(packet: Packet, connection: Connection<Context>): void {
    // "The Server MUST send a CONNACK … before sending any other packet … except AUTH" [MQTT-3.2.0-1]
    if (connection.phase === "connecting" && packet.type !== "connack") {
      throw new ProtocolError("it came before CONNACK", { packetType: packet.type, clause: "MQTT-3.2.0-1" });
    }
    switch (packet.type) {
      case "publish":
        this.#incoming.handlePublish(connection.aliases.resolve(packet), connection);
        return;
      case "puback":
        this.#publisher.outgoing.handlePuback(packet, connection);
        return;
      case "pubrec":
        this.#publisher.outgoing.handlePubrec(packet, connection);
        return;
      case "pubcomp":
        this.#publisher.outgoing.handlePubcomp(packet, connection);
        return;
      case "pubrel":
        this.#incoming.handlePubrel(packet, connection);
        return;
      case "suback":
        this.#requests.handleSuback(packet);
        this.#flushRequests();
        return;
      case "unsuback":
        this.#requests.handleUnsuback(packet);
        this.#flushRequests();
        return;
      case "pingresp":
        this.#timers.clear("pingResponse");
        return;
      case "connack":
        this.#handleConnack(packet, connection);
        return;
      case "disconnect":
        this.#handleDisconnect(packet, connection);
        return;
      case "auth":
        // "If the Client does not include an Authentication Method in the CONNECT, the Server MUST NOT send an AUTH packet" [MQTT-4.12.0-6]
        throw new ProtocolError("we did not ask for enhanced authentication", { packetType: "auth", clause: "MQTT-4.12.0-6" });
      case "connect":
      case "subscribe":
      case "unsubscribe":
      case "pingreq":
        throw new ProtocolError("a server must not send this packet", { packetType: packet.type });
    }
  }

  #handleConnack(packet: ConnackPacket, connection: Connection<Context>): void {
    const { config } = this;
    // "The Server MUST NOT send more than one CONNACK in a Network Connection" [MQTT-3.2.0-2]
    if (connection.phase !== "connecting") {
      throw new ProtocolError("a second CONNACK came", { packetType: "connack", clause: "MQTT-3.2.0-2" });
    }
    if (packet.reasonCode !== ReasonCode.success) {
      this.#endConnection(connection, "server", new ConnectRefusedError(packet), packet);
      return;
    }
    // "If the Server accepts a connection with Clean Start set to 1, the Server … MUST set Session Present to 0" [MQTT-3.2.2-2]
    if (packet.sessionPresent && connection.cleanStart) {
      throw new ProtocolError("session present is 1 although we asked for a clean start", { packetType: "connack", clause: "MQTT-3.2.2-2" });
    }
    const negotiated = negotiate(config, packet, this.#clientIdentifier);
    this.#clientIdentifier = negotiated.clientIdentifier;
    this.#connectedBefore = true;
    connection.negotiated = negotiated;
    connection.phase = "online";
    connection.aliases = new InboundTopicAliases(negotiated.receive.topicAliasMaximum);
    connection.sendQuota = connection.sendQuotaMaximum = negotiated.send.receiveMaximum;
    connection.keepAlive = new KeepAlive(negotiated.keepAlive, this.#now);
    this.#timers.clear("connack");
    this.#armKeepAlive(connection);
    this.#events.push({ type: "connected", connack: packet });

    // MQTT 3.1 has no Session Present: there the session is taken to be what we asked for.
    const sessionPresent = config.protocolVersion === 3 ? !connection.cleanStart : packet.sessionPresent;
    if (sessionPresent) {
      this.#publisher.handleSessionResumed(connection);
    } else {
      // "… if the Client has Session State it MUST discard it" when Session Present is 0 [MQTT-3.2.2-5]
      this.#incoming.handleSessionLost();
      this.#publisher.handleSessionLost();
    }
    if (config.resubscribe === "always" || (config.resubscribe === "when-session-lost" && !sessionPresent)) {
      this.#requests.resubscribe();
    }
    this.#flushRequests();
  }

  #handleDisconnect(packet: DisconnectPacket, connection: Connection<Context>): void {
    if (this.config.protocolVersion !== 5) {
      throw new ProtocolError("a server must not send this packet in MQTT 3.x", { packetType: "disconnect" });
    }
    this.#endConnection(connection, "server", new ServerDisconnectError(packet), packet);
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────

  /** Ends the connection because of an error; a server that broke the protocol is told so (section 4.13). */
  #fail(error: Error, connection: Connection<Context>): void {
    if (isEnding(connection)) return;
    const theirs = error instanceof MalformedPacketError || error instanceof ProtocolError;
    if (theirs && connection.phase === "online") {
      const reasonCode = this.config.protocolVersion === 5 ? error.reasonCode : undefined;
      // 3.x knows no reason to give: there the connection is just closed, and the server may publish the will.
      if (reasonCode !== undefined) connection.write({ type: "disconnect", reasonCode });
    }
    this.#endConnection(connection, theirs ? "client" : "network", error);
  }

  #endConnection(
    connection: Connection<Context>,
    by: "client" | "server" | "network",
    error: Error | undefined,
    packet?: DisconnectPacket | ConnackPacket,
  ): void {
    connection.phase = "disconnecting";
    connection.resend = [];
    this.#timers.clear("connack");
    this.#timers.clear("keepAlive");
    this.#timers.clear("pingResponse");
    this.#requests.handleConnectionLost();
    this.#incoming.handleConnectionLost();
    this.#events.push({ type: "disconnected", by, error, packet });
  }

  #flushRequests(): void {
    const connection = this.#connection;
    if (connection?.phase === "online") this.#requests.flush(connection);
    this.#armRequests();
  }

  // ── deadlines ─────────────────────────────────────────────────────────────────────────────────

  #armRequests(): void {
    const deadline = this.#requests.isIdle ? undefined : this.#requests.nextDeadline();
    if (deadline === undefined) this.#timers.clear("request");
    else this.#timers.set("request", deadline);
  }

  #armKeepAlive(connection: Connection<Context>): void {
    const deadline = connection.keepAlive.nextDeadline();
    if (deadline !== undefined) this.#timers.set("keepAlive", deadline);
  }

  #handleKeepAlive(connection: Connection<Context>, now: Milliseconds): void {
    if (connection.keepAlive.isDue(now)) {
      const asking = this.#timers.has("pingResponse");
      // While the network takes nothing, one PINGREQ in the output is enough.
      if (!asking || connection.pendingBytes === 0) connection.write({ type: "pingreq" });
      connection.keepAlive.handleSent(now);
      connection.keepAlive.handleAsked(now);
      if (!asking && !connection.readingPaused) this.#timers.set("pingResponse", now + this.config.timeouts.pingResponse);
    }
    this.#armKeepAlive(connection);
  }
}

function isEnding(connection: { readonly phase: Phase }): boolean {
  return connection.phase === "disconnecting";
}

function describeSilentClose(phase: Phase): string {
  return phase === "connecting"
    ? "the server closed the connection without answering CONNECT; does it speak MQTT of this version on this port?"
    : "the server closed the connection without a DISCONNECT";
}
