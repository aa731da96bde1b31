import { type ConnackPacket, type DisconnectPacket, type Packet, ReasonCode } from "@petrel/codec";
import { Authentication, type Challenge } from "./authentication.ts";
import { type ChangeBatch, type ChangeRecord, Changes, replay } from "./changes.ts";
import { connectPacket, resolveSessionConfig, type SessionConfig, type SessionOptions } from "./config.ts";
import { Connection, type Phase } from "./connection.ts";
import { describeSilentClose, type DisconnectOptions, fittingDisconnect, reasonCodeFor } from "./disconnect.ts";
import {
  AuthenticationError,
  ConnectionLostError,
  ConnectRefusedError,
  NotConnectedError,
  OptionError,
  ServerDisconnectError,
  StoreError,
  TimeoutError,
} from "./errors.ts";
import { EventQueue, type Milliseconds, type SessionEvent } from "./events.ts";
import { type Delivery, IncomingPublish, type OldestUnacknowledged } from "./incoming-publish.ts";
import { type Negotiated, negotiate } from "./negotiated.ts";
import type { Dispatch, OutgoingMessage } from "./outgoing-entry.ts";
import { PacketIdentifiers } from "./packet-identifiers.ts";
import { Publisher } from "./publisher.ts";
import { Requests, type RequestTicket, type SubscribeRequest, type UnsubscribeRequest } from "./requests.ts";
import {
  checkBeforeConnack,
  checkProblemInformation,
  onlyFromClients,
  secondConnack,
  unaskedAuthentication,
} from "./server-mistakes.ts";
import { SessionLife } from "./session-life.ts";
import { TimerTable } from "./timers.ts";
import { Traffic, type TrafficCount } from "./traffic.ts";

/**
 * The MQTT protocol of a client, without I/O: bytes and a time go in; bytes, events and a deadline come out.
 *
 * After every call that takes `now`, drain {@link MqttSession.takeOutput}, {@link MqttSession.takeEvents} and
 * {@link MqttSession.nextTimeout}. `Context` is a reference of the caller's choice that comes with a command and is
 * given back exactly once, in `published`, `subscribed`, `unsubscribed`, `pinged`, `reauthenticated` or `failed`.
 */
export class MqttSession<Context = unknown> {
  #config: SessionConfig;

  // valid for the session
  readonly #events = new EventQueue<Context>();
  readonly #traffic = new Traffic<Context>(this.#events);
  readonly #identifiers = new PacketIdentifiers();
  readonly #publisher: Publisher<Context>;
  readonly #incoming: IncomingPublish<Context>;
  readonly #requests: Requests<Context>;
  /** Undefined: nothing has to survive a restart. */
  readonly #changes: Changes<Context> | undefined;
  readonly #life: SessionLife;
  readonly #timers = new TimerTable<"connack" | "authentication" | "keepAlive" | "request" | "sessionExpiry">();
  #clientIdentifier: string;
  /** The time of the last call, for calls that take none. */
  #now: Milliseconds = 0;

  // valid for one connection
  #connection: Connection<Context> | undefined;

  /** Throws OptionError for an option that cannot work. */
  constructor(options: SessionOptions = {}) {
    const config = resolveSessionConfig(options);
    this.#config = config;
    this.#clientIdentifier = config.clientIdentifier;
    this.#life = new SessionLife(config);
    this.#changes = config.durable ? new Changes() : undefined;
    this.#publisher = new Publisher(config, this.#identifiers, this.#events, this.#changes);
    this.#incoming = new IncomingPublish(this.#events, this.#changes);
    this.#requests = new Requests(this.#identifiers, this.#events, this.#changes, {
      maximumConcurrent: config.maximumConcurrentRequests,
      timeoutMs: config.timeouts.request,
      version: config.protocolVersion,
    });
  }

  // ── A. Getters ────────────────────────────────────────────────────────────────────────────────

  /** The options with their defaults, as of the next connection. */
  get config(): SessionConfig {
    return this.#config;
  }

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

  /** False: the queue is half full; publish no more until the "writable" event. Ignoring it ends in SendQueueFullError. */
  get writable(): boolean {
    return this.#publisher.writable;
  }

  /** How long the last answer to a PINGREQ took on this connection, be it a ping or keep alive's own. */
  get roundTripMs(): Milliseconds | undefined {
    return this.#connection?.keepAlive.roundTrip;
  }

  /**
   * QoS 1 and 2 messages that the server has in flight towards us on this connection. When there are as many as our
   * Receive Maximum, it must send no more of them [MQTT-3.3.4-9].
   */
  get receivingCount(): number {
    return this.#incoming.inflight;
  }

  /**
   * The message of this QoS that was received first and has no acknowledgement yet; undefined: none waits. One that is
   * never acknowledged holds up those of all later ones of its QoS [MQTT-4.6.0-2] [MQTT-4.6.0-3], and at last the server.
   */
  oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined {
    return this.#incoming.oldestUnacknowledged(qos);
  }

  /** What CONNACK settled, until the connection is closed; undefined before. */
  get negotiated(): Negotiated | undefined {
    return this.#connection?.negotiated;
  }

  /** What went over the wire since the session was made. The objects change as it goes on. */
  get traffic(): { readonly sent: TrafficCount; readonly received: TrafficCount } {
    return this.#traffic;
  }

  /** Whether every packet is an event, "packetSent" or "packetReceived". Default false: it costs. */
  get isObserved(): boolean {
    return this.#traffic.isObserved;
  }

  set isObserved(isObserved: boolean) {
    this.#traffic.isObserved = isObserved;
  }

  // ── B. What the network and the clock did. These never throw ──────────────────────────────────

  /**
   * A network connection is open: CONNECT goes out, with an authentication method as soon as the "challenge" for its data
   * is answered. One that was open before counts as lost.
   */
  handleOpen(now: Milliseconds): void {
    this.#now = now;
    if (this.#connection !== undefined) this.handleClose(now, new Error("another connection took its place"));
    this.#timers.clear("sessionExpiry");
    if (this.#life.takeExpired(now)) this.#loseSession();
    const { config } = this;
    const { cleanStart } = this.#life;
    const connection = new Connection<Context>(config, cleanStart, now, this.#traffic);
    this.#connection = connection;
    this.#timers.set("connack", now + config.timeouts.connack);
    if (config.authenticationMethod === undefined) {
      this.#sendConnect(connection, undefined);
    } else {
      connection.authentication = new Authentication(config.authenticationMethod, this.#events);
      connection.authentication.begin();
    }
  }

  /** Takes ownership of the bytes: payloads of messages are views into them. */
  handleBytes(bytes: Uint8Array, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined || connection.phase === "disconnecting") return;
    this.#traffic.handleBytesReceived(bytes.length);
    connection.decoder.push(bytes);
    this.#handlePackets(connection, bytes.length);
  }

  /** Takes what the decoder has. */
  #handlePackets(connection: Connection<Context>, newBytes: number): void {
    const { decoder } = connection;
    const now = this.#now;
    try {
      if (connection.isHeld) {
        connection.authentication!.hold(newBytes);
        return;
      }
      let packet = decoder.next();
      if (packet === undefined) connection.keepAlive.handleBytes(newBytes);
      else connection.keepAlive.handleReceived(now);
      while (packet !== undefined) {
        this.#traffic.handleReceived(packet);
        this.#handlePacket(packet, connection);
        packet = isEnding(connection) || connection.isHeld ? undefined : decoder.next();
      }
      connection.checkAnswersWaiting();
    } catch (error) {
      this.#fail(error as Error, connection);
    }
    this.#publisher.refill(connection, now); // once for all acknowledgements in the chunk
  }

  /** The network connection is gone, for whatever reason; or, if there was none, an attempt to make one has failed. */
  handleClose(now: Milliseconds, cause?: Error): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined) {
      this.#requests.handleOffline(cause);
      return;
    }
    if (connection.phase !== "disconnecting") {
      const error = new ConnectionLostError(cause?.message ?? describeSilentClose(connection.phase), { cause });
      this.#endConnection(connection, "network", error);
    }
    this.#publisher.handleConnectionLost(connection);
    this.#connection = undefined;
    this.#changes?.handleClosed();
    if (connection.negotiated !== undefined) this.#life.handleClosed(now);
    if (this.#life.takeExpired(now)) this.#loseSession();
    // Somebody waits for these, and is told when their time is over. What else the session holds can wait for the next connection.
    else if (this.inflightCount > 0) this.#timers.set("sessionExpiry", this.#life.expiresAt);
  }

  handleTimeout(now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    for (const name of this.#timers.takeExpired(now)) {
      if (name === "request") {
        this.#requests.handleTimeout(now);
        this.#armRequests();
      } else if (name === "sessionExpiry") {
        if (this.#life.takeExpired(now)) this.#loseSession();
      } else if (connection !== undefined && !isEnding(connection)) {
        if (name === "keepAlive") this.#handleKeepAlive(connection);
        else this.#handleSilence(connection, name === "connack" ? "CONNACK" : "AUTH");
      }
    }
    this.#publisher.handleTimeout(now, connection); // last: a session that ends puts messages back in the queue
  }

  /** The application is slow and reading has stopped: an answer may be waiting in the network, so its deadline waits too. */
  handleReadingPaused(now: Milliseconds): void {
    this.#now = now;
    this.#connection?.keepAlive.handleReadingPaused();
  }

  handleReadingResumed(now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.keepAlive.handleReadingResumed(now);
    if (connection.phase === "online") this.#armKeepAlive(connection);
  }

  // ── C. What the application wants. These throw on misuse, synchronously ───────────────────────

  /**
   * Sends a message now, or queues it; the result tells where it is from then on. When it throws, nothing was taken and
   * `context` will not come back. See {@link MqttSession.writable} for when to pause.
   *
   * @throws EncodeError | ServerLimitError | SendQueueFullError | NotConnectedError
   */
  publish(message: OutgoingMessage, context: Context, now: Milliseconds): Dispatch {
    this.#now = now;
    return this.#publisher.publish(message, context, this.#connection, now);
  }

  /** Takes a message back that is still queued, and gives its context back with `error`. False if it is not. */
  cancel(dispatch: Dispatch, error: Error): boolean {
    return this.#publisher.cancel(dispatch, error, this.#connection);
  }

  /**
   * Takes other options, for the next connection. The client identifier stays, for the session is its; so does the
   * protocol version after the first CONNACK. Messages and requests that another version can't express fail.
   *
   * @throws OptionError, and then nothing has changed
   */
  configure(options: SessionOptions): void {
    const config = resolveSessionConfig(options);
    const { clientIdentifier, protocolVersion } = this.#config;
    if (config.clientIdentifier !== clientIdentifier) {
      throw new OptionError("clientIdentifier", config.clientIdentifier, "it can't change while the session lives");
    }
    if (config.protocolVersion !== protocolVersion && this.#life.hasBegun) {
      throw new OptionError("protocolVersion", config.protocolVersion, "the server has agreed to another version");
    }
    this.#config = config;
    this.#life.configure(config);
    this.#publisher.configure(config);
    this.#requests.configure(config.protocolVersion);
  }

  /** @throws EncodeError */
  subscribe(request: SubscribeRequest, context: Context, now: Milliseconds): RequestTicket {
    this.#now = now;
    const ticket = this.#requests.subscribe(request, context, now);
    this.#flushRequests();
    return ticket;
  }

  /** @throws EncodeError */
  unsubscribe(request: UnsubscribeRequest, context: Context, now: Milliseconds): RequestTicket {
    this.#now = now;
    const ticket = this.#requests.unsubscribe(request, context, now);
    this.#flushRequests();
    return ticket;
  }

  /** Takes a request back that was never sent, and gives its context back with `error`. False if it was, or is settled. */
  cancelRequest(ticket: RequestTicket, error: Error): boolean {
    const cancelled = this.#requests.cancel(ticket, error);
    if (cancelled) this.#armRequests();
    return cancelled;
  }

  /**
   * Asks the server for a sign of life: "pinged" tells how long it took. Without one within `timeouts.pingResponse`, the
   * connection ends; a ping that waits for its answer then fails with the connection's error.
   *
   * @throws NotConnectedError
   */
  ping(context: Context, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection?.phase !== "online") throw new NotConnectedError("there is no connection whose server could answer");
    connection.keepAlive.ping(context, now, connection);
    this.#armKeepAlive(connection);
  }

  /**
   * The application is done with a message: PUBACK or PUBREC goes out when those of all earlier messages of its QoS have.
   * Too late is no harm: it is reported as a "lateAcknowledgement" event.
   *
   * @param reasonCode 0x80 and above refuse the message. Default 0. 3.x can not say it, and accepts.
   * @throws EncodeError for a Reason Code that no acknowledgement may carry
   */
  acknowledge(delivery: Delivery, reasonCode: number = ReasonCode.success): void {
    const connection = this.#connection;
    if (!this.#incoming.acknowledge(delivery, reasonCode, connection)) {
      this.#events.push({ type: "lateAcknowledgement", packetIdentifier: delivery.packetIdentifier });
    }
  }

  /**
   * What the authentication method answers to a "challenge" event: its data, or that it believes the server. Too late is
   * no harm.
   *
   * @throws EncodeError | ServerLimitError for data that no packet can carry, and then nothing has happened
   */
  authenticate(challenge: Challenge, data: Uint8Array | undefined, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    const authentication = connection?.authentication;
    if (connection === undefined || authentication === undefined || authentication.asked !== challenge) return;
    if (challenge.step === "verify") {
      const connack = authentication.handleVerified();
      this.#timers.clear("authentication");
      if (connack === undefined) return;
      connection.isHeld = false;
      this.#handleAccepted(connack, connection);
      this.#handlePackets(connection, 0);
    } else if (connection.connectWritten) {
      authentication.send(challenge, data, connection);
    } else {
      this.#sendConnect(connection, data);
      authentication.handleSent();
    }
  }

  /** The authentication method failed, or does not believe the server: the connection ends. Too late is no harm. */
  refuseChallenge(challenge: Challenge, error: Error, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined || connection.authentication?.asked !== challenge) return;
    this.#fail(new AuthenticationError(challenge.method, error), connection);
  }

  /**
   * Proves again who we are, without a break (section 4.12.1): "challenge" events follow. If it fails the connection ends.
   *
   * @throws OptionError without an authentication method | NotConnectedError | AuthenticationError if one is under way
   */
  reauthenticate(context: Context, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection?.phase !== "online") {
      throw new NotConnectedError("there is no connection to re-authenticate; the next one authenticates anyway");
    }
    if (connection.authentication === undefined) {
      // "If the Client does not include an Authentication Method in the CONNECT, the Client MUST NOT send an AUTH packet" [MQTT-4.12.0-7]
      throw new OptionError("authenticationMethod", undefined, "without one there is nothing to repeat");
    }
    connection.authentication.reauthenticate(context);
    this.#timers.set("authentication", now + connection.config.timeouts.connack);
  }

  /**
   * Ends the connection politely; a no-op without one. What is in flight or queued stays for the next connection.
   *
   * @throws EncodeError, and then nothing has happened
   */
  disconnect(options: DisconnectOptions, now: Milliseconds): void {
    this.#now = now;
    const connection = this.#connection;
    if (connection === undefined || isEnding(connection)) return;
    const { reasonCode, properties } = options;
    this.#life.checkDisconnect(properties);
    // Also before CONNACK: "Clients need not wait for a CONNACK packet to arrive from the Server" (section 3.1.4).
    if (connection.connectWritten) {
      connection.write(fittingDisconnect(reasonCode, properties, connection));
      this.#life.handleDisconnect(properties);
    }
    this.#endConnection(connection, "client", undefined);
  }

  /**
   * Gives every context back with `error`, and forgets what was granted. A connection there is ends here, without a
   * DISCONNECT. The next one goes on with the session, for the server may still have it.
   */
  abandon(error: Error): void {
    const connection = this.#connection;
    connection?.authentication?.handleEnd(error);
    this.#publisher.abandon(error, connection);
    this.#requests.failAll(error);
    if (connection !== undefined) this.#failPings(error, connection);
    this.#timers.clear("request");
    this.#timers.clear("sessionExpiry");
    if (connection !== undefined && !isEnding(connection)) this.#endConnection(connection, "client", undefined);
  }

  // ── D. What to do next. Drain after every B or C call, in this order ──────────────────────────

  /**
   * The next bytes to send, or undefined. They are yours.
   *
   * @param now if time may have passed since the last call, as when the network takes bytes again
   */
  takeOutput(now: Milliseconds = this.#now): Uint8Array | undefined {
    this.#now = now;
    const connection = this.#connection;
    const bytes = connection?.take();
    if (connection === undefined || bytes === undefined) return undefined;
    connection.keepAlive.handleSent(now, connection.taken);
    connection.written.handleTaken(connection.taken, this.#events);
    if (connection.pendingBytes === 0) this.#publisher.refill(connection, now);
    return bytes;
  }

  takeEvents(): readonly SessionEvent<Context>[] {
    return this.#events.take();
  }

  /** When to call {@link MqttSession.handleTimeout}; undefined: not at all. */
  nextTimeout(): Milliseconds | undefined {
    const timer = this.#timers.next();
    const deadline = this.#publisher.nextDeadline();
    return timer === undefined || (deadline !== undefined && deadline < timer) ? deadline : timer;
  }

  // ── E. What must survive a restart. Only with the option `durable` ────────────────────────────

  /**
   * Goes on where an earlier process was, before the first connection: with the records that it stored, in order, and a
   * context for each message that was not settled.
   *
   * @throws Error for records of another version, or that contradict each other | OptionError for those of another client
   */
  restore(records: Iterable<ChangeRecord>, contextOf: (message: OutgoingMessage) => Context): void {
    if (this.#connection !== undefined || this.#life.hasBegun)
      throw new Error("a session is restored before it begins");
    const stored = replay(records);
    const { clientIdentifier } = stored;
    if (clientIdentifier !== undefined) {
      const given = this.config.clientIdentifier;
      if (given !== "" && given !== clientIdentifier) {
        throw new OptionError("clientIdentifier", given, `the stored session is of "${clientIdentifier}"`);
      }
      this.#clientIdentifier = clientIdentifier;
      this.#life.handleRestored();
    }
    this.#publisher.restore(stored, contextOf);
    this.#incoming.restore(stored.received);
    this.#requests.restore(stored);
    this.#changes?.handleRestored(stored.lastNumber);
  }

  /** What has changed since the last call, to be stored as one and in order; undefined: nothing. */
  takeChanges(): ChangeBatch | undefined {
    return this.#changes?.take();
  }

  /** A batch is safe: the output that waited for it may go. Throws Error if an earlier one is not. */
  handleStored(batch: ChangeBatch, now: Milliseconds): void {
    this.#now = now;
    this.#changes?.handleStored(batch);
  }

  /**
   * The store failed: the connection ends, and what waited for the batch does not go out, on no later connection either,
   * until the same batch is stored after all. Throws Error if an earlier one is not.
   */
  handleStoreFailed(batch: ChangeBatch, error: Error, now: Milliseconds): void {
    this.#now = now;
    this.#changes?.checkNext(batch);
    const connection = this.#connection;
    if (connection === undefined || isEnding(connection)) return;
    this.#endConnection(connection, "client", new StoreError(error));
  }

  // ── packets ───────────────────────────────────────────────────────────────────────────────────

  #sendConnect(connection: Connection<Context>, authenticationData: Uint8Array | undefined): void {
    // "After a Network Connection is established …, the first packet sent … MUST be a CONNECT packet" [MQTT-3.1.0-1]
    connection.write(
      connectPacket(connection.config, this.#clientIdentifier, connection.cleanStart, authenticationData),
    );
    connection.connectWritten = true;
  }

  #handlePacket(packet: Packet, connection: Connection<Context>): void {
    if (connection.phase === "connecting") checkBeforeConnack(packet);
    if (!connection.config.requestProblemInformation) checkProblemInformation(packet);
    switch (packet.type) {
      case "publish":
        this.#incoming.handlePublish(connection.aliases.resolve(packet), connection, this.#now);
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
        connection.keepAlive.handlePingresp(this.#now, this.#events);
        return;
      case "connack":
        this.#handleConnack(packet, connection);
        return;
      case "disconnect":
        this.#handleDisconnect(packet, connection);
        return;
      case "auth":
        if (connection.authentication === undefined) throw unaskedAuthentication("auth");
        connection.authentication.handleAuth(packet);
        return;
      case "connect":
      case "subscribe":
      case "unsubscribe":
      case "pingreq":
        throw onlyFromClients(packet);
    }
  }

  #handleConnack(packet: ConnackPacket, connection: Connection<Context>): void {
    if (connection.phase !== "connecting") throw secondConnack(connection.config.protocolVersion);
    if (packet.reasonCode !== ReasonCode.success) {
      this.#endConnection(connection, "server", new ConnectRefusedError(packet), packet);
      return;
    }
    this.#life.checkSessionPresent(packet, connection.cleanStart);
    if (connection.authentication !== undefined) {
      connection.authentication.handleConnack(packet);
      connection.isHeld = true;
      return;
    }
    if (packet.properties?.authenticationMethod !== undefined) throw unaskedAuthentication("connack");
    this.#handleAccepted(packet, connection);
  }

  /** The server has accepted us, and we the server. */
  #handleAccepted(packet: ConnackPacket, connection: Connection<Context>): void {
    const { config } = connection;
    const negotiated = negotiate(config, packet, this.#clientIdentifier);
    this.#clientIdentifier = negotiated.clientIdentifier;
    const { mayBeNew } = this.#life;
    this.#life.handleConnected(negotiated, connection.cleanStart);
    connection.handleAccepted(negotiated, this.#now);
    this.#timers.clear("connack");
    this.#armKeepAlive(connection);
    this.#events.push({ type: "connected", connack: packet, negotiated });
    this.#changes?.handleOnline(connection);

    // MQTT 3.1 has no Session Present. There the session is taken to be what we asked for; subscribing once more does no harm.
    const isKnown = config.protocolVersion !== 3;
    const sessionPresent = isKnown ? packet.sessionPresent : !connection.cleanStart;
    if (sessionPresent) {
      this.#publisher.handleSessionResumed(connection);
    } else {
      this.#loseSession();
    }
    this.#changes?.handleConnected(negotiated.clientIdentifier);
    const mayBeLost = !sessionPresent || !isKnown || mayBeNew;
    if (config.resubscribe === "always" || (config.resubscribe === "when-session-lost" && mayBeLost)) {
      this.#requests.resubscribe();
    }
    this.#flushRequests();
  }

  #handleDisconnect(packet: DisconnectPacket, connection: Connection<Context>): void {
    if (connection.config.protocolVersion !== 5) throw onlyFromClients(packet);
    this.#endConnection(connection, "server", new ServerDisconnectError(packet), packet);
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────

  /** Ends the connection because of an error; a server that broke the protocol is told so (section 4.13). */
  #fail(error: Error, connection: Connection<Context>): void {
    if (isEnding(connection)) return;
    const reasonCode = reasonCodeFor(error);
    // 3.x knows no reason to give: there the connection is just closed, and the server may publish the will.
    if (reasonCode !== undefined && this.config.protocolVersion === 5 && connection.connectWritten) {
      connection.write({ type: "disconnect", reasonCode });
    }
    this.#endConnection(connection, reasonCode === undefined ? "network" : "client", error);
  }

  #endConnection(
    connection: Connection<Context>,
    by: "client" | "server" | "network",
    error: Error | undefined,
    packet?: DisconnectPacket | ConnackPacket,
  ): void {
    const isUnanswered = connection.phase === "connecting" && packet === undefined && connection.taken !== 0;
    if (isUnanswered) this.#life.handleUnanswered();
    connection.phase = "disconnecting";
    this.#timers.clear("connack");
    this.#timers.clear("authentication");
    this.#timers.clear("keepAlive");
    connection.authentication?.handleEnd(
      error ?? new ConnectionLostError("the connection was ended before the server had answered"),
    );
    this.#requests.handleConnectionLost(error);
    this.#incoming.handleConnectionLost();
    this.#events.push({ type: "disconnected", by, error, packet });
    this.#failPings(error ?? new ConnectionLostError("the connection ended before the server answered"), connection);
  }

  #failPings(error: Error, connection: Connection<Context>): void {
    for (const context of connection.keepAlive.takeContexts()) this.#events.push({ type: "failed", context, error });
  }

  /**
   * "If the Client does have Session State and receives Session Present set to 0 it MUST discard its Session State if it
   * continues with the Network Connection" [MQTT-3.2.2-5]; so it does when its time is over.
   */
  #loseSession(): void {
    this.#changes?.handleSessionLost();
    this.#incoming.handleSessionLost();
    this.#publisher.handleSessionLost();
  }

  #flushRequests(): void {
    const connection = this.#connection;
    if (connection?.phase === "online") this.#requests.flush(connection);
    this.#armRequests();
  }

  // ── deadlines ─────────────────────────────────────────────────────────────────────────────────

  #armRequests(): void {
    const deadline = this.#requests.nextDeadline();
    if (deadline === undefined) this.#timers.clear("request");
    else this.#timers.set("request", deadline);
  }

  #armKeepAlive(connection: Connection<Context>): void {
    this.#timers.set("keepAlive", connection.keepAlive.nextDeadline());
  }

  /** The server has not answered in time, or the authentication method hasn't. */
  #handleSilence(connection: Connection<Context>, awaited: "CONNACK" | "AUTH"): void {
    const { authentication, config } = connection;
    const asked = authentication?.asked;
    const what = asked === undefined ? awaited : `answer of the authentication method to "${asked.step}"`;
    const error = new TimeoutError(what, config.timeouts.connack);
    const isTheirs = authentication === undefined || what === "CONNACK";
    this.#fail(isTheirs ? error : new AuthenticationError(authentication.method, error), connection);
  }

  #handleKeepAlive(connection: Connection<Context>): void {
    try {
      connection.keepAlive.handleTimeout(this.#now, connection);
      this.#armKeepAlive(connection);
    } catch (error) {
      this.#fail(error as Error, connection);
    }
  }
}

function isEnding(connection: { readonly phase: Phase }): boolean {
  return connection.phase === "disconnecting";
}
