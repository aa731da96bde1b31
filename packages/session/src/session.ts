import { ReasonCode } from "@petrel/codec";
import type { Challenge } from "./authentication.ts";
import { type ChangeBatch, type ChangeRecord, replay } from "./changes.ts";
import { resolveSessionConfig, type SessionConfig, type SessionOptions } from "./config.ts";
import type { Phase } from "./connection.ts";
import { type DisconnectOptions, fittingDisconnect } from "./disconnect.ts";
import { AuthenticationError, NotConnectedError, OptionError, StoreError } from "./errors.ts";
import type { Milliseconds, SessionEvent } from "./events.ts";
import type { Delivery, OldestUnacknowledged } from "./incoming-publish.ts";
import type { Negotiated } from "./negotiated.ts";
import type { Dispatch, OutgoingMessage } from "./outgoing-entry.ts";
import { Protocol } from "./protocol.ts";
import type { RequestTicket, SubscribeRequest, UnsubscribeRequest } from "./requests.ts";
import type { TrafficCount } from "./traffic.ts";

/**
 * The MQTT protocol of a client, without I/O: bytes and a time go in; bytes, events and a deadline come out.
 *
 * After every call that takes `now`, drain {@link MqttSession.takeOutput}, {@link MqttSession.takeEvents} and
 * {@link MqttSession.nextTimeout}. `Context` is a reference of the caller's choice that comes with a command and is
 * given back exactly once, in `published`, `subscribed`, `unsubscribed`, `pinged`, `reauthenticated` or `failed`.
 */
export class MqttSession<Context = unknown> {
  readonly #protocol: Protocol<Context>;

  /** Throws OptionError for an option that cannot work. */
  constructor(options: SessionOptions = {}) {
    this.#protocol = new Protocol(resolveSessionConfig(options));
  }

  // ── A. Getters ────────────────────────────────────────────────────────────────────────────────

  /** The options with their defaults, as of the next connection. */
  get config(): SessionConfig {
    return this.#protocol.config;
  }

  get phase(): Phase {
    return this.#protocol.connection?.phase ?? "offline";
  }

  /** QoS 1 and 2 messages that were sent and not acknowledged. */
  get inflightCount(): number {
    return this.#protocol.publisher.inflightCount;
  }

  /** Messages that were accepted and not sent. */
  get queuedCount(): number {
    return this.#protocol.publisher.queuedCount;
  }

  /** Their encoded size. */
  get queuedBytes(): number {
    return this.#protocol.publisher.queuedBytes;
  }

  /**
   * False: 64 KiB of output were not taken, or the queue is half full; publish no more until the "writable" event. Ignoring
   * it ends in SendQueueFullError.
   */
  get writable(): boolean {
    return this.#protocol.publisher.writable;
  }

  /** How long the last answer to a PINGREQ took on this connection, be it a ping or keep alive's own. */
  get roundTripMs(): Milliseconds | undefined {
    return this.#protocol.connection?.keepAlive.roundTrip;
  }

  /**
   * QoS 1 and 2 messages that the server has in flight towards us on this connection. When there are as many as our
   * Receive Maximum, it must send no more of them [MQTT-3.3.4-9].
   */
  get receivingCount(): number {
    return this.#protocol.incoming.inflight;
  }

  /**
   * The message of this QoS that was received first and has no acknowledgement yet; undefined: none waits. One that is
   * never acknowledged holds up those of all later ones of its QoS [MQTT-4.6.0-2] [MQTT-4.6.0-3], and at last the server.
   */
  oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined {
    return this.#protocol.incoming.oldestUnacknowledged(qos);
  }

  /** What CONNACK settled, until the connection is closed; undefined before. */
  get negotiated(): Negotiated | undefined {
    return this.#protocol.connection?.negotiated;
  }

  /** What went over the wire since the session was made. The objects change as it goes on. */
  get traffic(): { readonly sent: TrafficCount; readonly received: TrafficCount } {
    return this.#protocol.traffic;
  }

  /** Whether every packet is an event, "packetSent" or "packetReceived". Default false: it costs. */
  get isObserved(): boolean {
    return this.#protocol.traffic.isObserved;
  }

  set isObserved(isObserved: boolean) {
    this.#protocol.traffic.isObserved = isObserved;
  }

  // ── B. What the network and the clock did. These never throw ──────────────────────────────────

  /**
   * A network connection is open: CONNECT goes out, with an authentication method as soon as the "challenge" for its data
   * is answered. One that was open before counts as lost.
   */
  handleOpen(now: Milliseconds): void {
    this.#protocol.handleOpen(now);
  }

  /** Takes ownership of the bytes: payloads of messages are views into them. */
  handleBytes(bytes: Uint8Array, now: Milliseconds): void {
    this.#protocol.handleBytes(bytes, now);
  }

  /** The network connection is gone, for whatever reason; or, if there was none, an attempt to make one has failed. */
  handleClose(now: Milliseconds, cause?: Error): void {
    this.#protocol.handleClose(now, cause);
  }

  handleTimeout(now: Milliseconds): void {
    this.#protocol.handleTimeout(now);
  }

  /** The application is slow and reading has stopped: an answer may be waiting in the network, so its deadline waits too. */
  handleReadingPaused(now: Milliseconds): void {
    this.#protocol.now = now;
    this.#protocol.connection?.keepAlive.handleReadingPaused();
  }

  handleReadingResumed(now: Milliseconds): void {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    if (connection === undefined) return;
    connection.keepAlive.handleReadingResumed(now);
    if (connection.phase === "online") this.#protocol.armKeepAlive(connection);
  }

  // ── C. What the application wants. These throw on misuse, synchronously ───────────────────────

  /**
   * Sends a message now, or queues it; the result tells where it is from then on. When it throws, nothing was taken and
   * `context` will not come back. See {@link MqttSession.writable} for when to pause.
   *
   * @throws EncodeError | ServerLimitError | SendQueueFullError | NotConnectedError
   */
  publish(message: OutgoingMessage, context: Context, now: Milliseconds): Dispatch {
    this.#protocol.now = now;
    return this.#protocol.publisher.publish(message, context, this.#protocol.connection, now);
  }

  /** Takes a message back that is still queued, and gives its context back with `error`. False if it is not. */
  cancel(dispatch: Dispatch, error: Error): boolean {
    return this.#protocol.publisher.cancel(dispatch, error, this.#protocol.connection);
  }

  /**
   * Takes other options, for the next connection. The client identifier stays, for the session is its; so does the
   * protocol version after the first CONNACK. Messages and requests that another version can't express fail.
   *
   * @throws OptionError, and then nothing has changed
   */
  configure(options: SessionOptions): void {
    const config = resolveSessionConfig(options);
    const { clientIdentifier, protocolVersion } = this.#protocol.config;
    if (config.clientIdentifier !== clientIdentifier) {
      throw new OptionError("clientIdentifier", config.clientIdentifier, "it can't change while the session lives");
    }
    if (config.protocolVersion !== protocolVersion && this.#protocol.life.hasBegun) {
      throw new OptionError("protocolVersion", config.protocolVersion, "the server has agreed to another version");
    }
    this.#protocol.config = config;
    this.#protocol.life.configure(config);
    this.#protocol.publisher.configure(config);
    this.#protocol.requests.configure(config.protocolVersion);
  }

  /** @throws EncodeError */
  subscribe(request: SubscribeRequest, context: Context, now: Milliseconds): RequestTicket {
    this.#protocol.now = now;
    const ticket = this.#protocol.requests.subscribe(request, context, now);
    this.#protocol.flushRequests();
    return ticket;
  }

  /** @throws EncodeError */
  unsubscribe(request: UnsubscribeRequest, context: Context, now: Milliseconds): RequestTicket {
    this.#protocol.now = now;
    const ticket = this.#protocol.requests.unsubscribe(request, context, now);
    this.#protocol.flushRequests();
    return ticket;
  }

  /** Takes a request back that was never sent, and gives its context back with `error`. False if it was, or is settled. */
  cancelRequest(ticket: RequestTicket, error: Error): boolean {
    const cancelled = this.#protocol.requests.cancel(ticket, error);
    if (cancelled) this.#protocol.armRequests();
    return cancelled;
  }

  /**
   * Asks the server for a sign of life: "pinged" tells how long it took. Without one within `timeouts.pingResponse`, the
   * connection ends; a ping that waits for its answer then fails with the connection's error.
   *
   * @throws NotConnectedError
   */
  ping(context: Context, now: Milliseconds): void {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    if (connection?.phase !== "online") throw new NotConnectedError("there is no connection whose server could answer");
    connection.keepAlive.ping(context, now, connection);
    this.#protocol.armKeepAlive(connection);
  }

  /**
   * The application is done with a message: PUBACK or PUBREC goes out when those of all earlier messages of its QoS have.
   * Too late is no harm: it is reported as a "lateAcknowledgement" event.
   *
   * @param reasonCode 0x80 and above refuse the message. Default 0. 3.x can not say it, and accepts.
   * @throws EncodeError for a Reason Code that no acknowledgement may carry
   */
  acknowledge(delivery: Delivery, reasonCode: number = ReasonCode.success): void {
    const connection = this.#protocol.connection;
    if (!this.#protocol.incoming.acknowledge(delivery, reasonCode, connection)) {
      this.#protocol.events.push({ type: "lateAcknowledgement", packetIdentifier: delivery.packetIdentifier });
    }
  }

  /**
   * What the authentication method answers to a "challenge" event: its data, or that it believes the server. Too late is
   * no harm.
   *
   * @throws EncodeError | ServerLimitError for data that no packet can carry, and then nothing has happened
   */
  authenticate(challenge: Challenge, data: Uint8Array | undefined, now: Milliseconds): void {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    const authentication = connection?.authentication;
    if (connection === undefined || authentication === undefined || authentication.asked !== challenge) return;
    if (challenge.step === "verify") {
      this.#protocol.handleVerified(authentication, connection);
    } else if (connection.connectWritten) {
      authentication.send(challenge, data, connection);
    } else {
      this.#protocol.sendConnect(connection, data);
      authentication.handleSent();
    }
  }

  /** The authentication method failed, or does not believe the server: the connection ends. Too late is no harm. */
  refuseChallenge(challenge: Challenge, error: Error, now: Milliseconds): void {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    if (connection === undefined || connection.authentication?.asked !== challenge) return;
    this.#protocol.fail(new AuthenticationError(challenge.method, error), connection);
  }

  /**
   * Proves again who we are, without a break (section 4.12.1): "challenge" events follow. If it fails the connection ends.
   *
   * @throws OptionError without an authentication method | NotConnectedError | AuthenticationError if one is under way
   */
  reauthenticate(context: Context, now: Milliseconds): void {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    if (connection?.phase !== "online") {
      throw new NotConnectedError("there is no connection to re-authenticate; the next one authenticates anyway");
    }
    if (connection.authentication === undefined) {
      // "If the Client does not include an Authentication Method in the CONNECT, the Client MUST NOT send an AUTH packet" [MQTT-4.12.0-7]
      throw new OptionError("authenticationMethod", undefined, "without one there is nothing to repeat");
    }
    connection.authentication.reauthenticate(context);
    this.#protocol.timers.set("authentication", now + connection.config.timeouts.connack);
  }

  /**
   * Ends the connection politely; a no-op without one. What is in flight or queued stays for the next connection.
   *
   * @throws EncodeError, and then nothing has happened
   */
  disconnect(options: DisconnectOptions, now: Milliseconds): void {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    if (connection === undefined || connection.isEnding) return;
    const { reasonCode, properties } = options;
    this.#protocol.life.checkDisconnect(properties, connection.config.sessionExpiryInterval);
    // Also before CONNACK: "Clients need not wait for a CONNACK packet to arrive from the Server" (section 3.1.4).
    if (connection.connectWritten) {
      connection.write(fittingDisconnect(reasonCode, properties, connection));
      this.#protocol.life.handleDisconnect(properties);
    }
    this.#protocol.endConnection(connection, "client", undefined);
  }

  /**
   * Gives every context back with `error`, and forgets what was granted. A connection there is ends here, without a
   * DISCONNECT. The next one goes on with the session, for the server may still have it.
   */
  abandon(error: Error): void {
    const connection = this.#protocol.connection;
    connection?.authentication?.handleEnd(error);
    this.#protocol.publisher.abandon(error, connection);
    this.#protocol.requests.failAll(error);
    if (connection !== undefined) this.#protocol.failPings(error, connection);
    this.#protocol.timers.clear("request");
    this.#protocol.timers.clear("sessionExpiry");
    if (connection !== undefined && !connection.isEnding) this.#protocol.endConnection(connection, "client", undefined);
  }

  // ── D. What to do next. Drain after every B or C call, in this order ──────────────────────────

  /**
   * The next bytes to send, or undefined. They are yours.
   *
   * @param now if time may have passed since the last call, as when the network takes bytes again
   */
  takeOutput(now: Milliseconds = this.#protocol.now): Uint8Array | undefined {
    this.#protocol.now = now;
    const connection = this.#protocol.connection;
    const bytes = connection?.take();
    if (connection === undefined || bytes === undefined) return undefined;
    connection.keepAlive.handleSent(now, connection.taken);
    connection.written.handleTaken(connection.taken, this.#protocol.events);
    if (connection.pendingBytes === 0) this.#protocol.publisher.refill(connection, now);
    return bytes;
  }

  takeEvents(): readonly SessionEvent<Context>[] {
    return this.#protocol.events.take();
  }

  /** When to call {@link MqttSession.handleTimeout}; undefined: not at all. */
  nextTimeout(): Milliseconds | undefined {
    const timer = this.#protocol.timers.next();
    const deadline = this.#protocol.publisher.nextDeadline();
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
    if (this.#protocol.connection !== undefined || this.#protocol.life.hasBegun)
      throw new Error("a session is restored before it begins");
    const stored = replay(records);
    const { clientIdentifier } = stored;
    if (clientIdentifier !== undefined) {
      const given = this.config.clientIdentifier;
      if (given !== "" && given !== clientIdentifier) {
        throw new OptionError("clientIdentifier", given, `the stored session is of "${clientIdentifier}"`);
      }
      this.#protocol.clientIdentifier = clientIdentifier;
      this.#protocol.life.handleRestored();
    }
    this.#protocol.publisher.restore(stored, contextOf);
    this.#protocol.incoming.restore(stored.received);
    this.#protocol.requests.restore(stored);
    this.#protocol.changes?.handleRestored(stored.lastNumber);
  }

  /** What has changed since the last call, to be stored as one and in order; undefined: nothing. */
  takeChanges(): ChangeBatch | undefined {
    return this.#protocol.changes?.take();
  }

  /** A batch is safe: the output that waited for it may go. Throws Error if an earlier one is not. */
  handleStored(batch: ChangeBatch, now: Milliseconds): void {
    this.#protocol.now = now;
    this.#protocol.changes?.handleStored(batch);
  }

  /**
   * The store failed: the connection ends, and what waited for the batch does not go out, on no later connection either,
   * until the same batch is stored after all. Throws Error if an earlier one is not.
   */
  handleStoreFailed(batch: ChangeBatch, error: Error, now: Milliseconds): void {
    this.#protocol.now = now;
    this.#protocol.changes?.checkNext(batch);
    const connection = this.#protocol.connection;
    if (connection === undefined || connection.isEnding) return;
    this.#protocol.endConnection(connection, "client", new StoreError(error));
  }
}
