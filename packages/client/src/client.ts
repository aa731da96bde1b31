/// <reference lib="esnext.disposable" preserve="true" />
import type { ConnackPacket } from "@petrel/codec";
import {
  ConnectionLostError,
  type Milliseconds,
  MqttSession,
  type Negotiated,
  NotConnectedError,
  OptionError,
  type SessionEvent,
} from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { Approach, type Reach, type Way } from "./approach.ts";
import { Authenticator } from "./authenticator.ts";
import { onAbort } from "./cancellation.ts";
import { type Clock, systemClock } from "./clock.ts";
import { consumerOptions } from "./consumer-options.ts";
import { type Context, Ping, Request } from "./context.ts";
import { Deferred } from "./deferred.ts";
import { Driver } from "./driver.ts";
import { Emitter } from "./emitter.ts";
import { AbortedError, ClientClosedError, toError } from "./errors.ts";
import type { ClientEvents, ClientState, DroppedOutgoing } from "./events.ts";
import type { MessageHandler } from "./handling.ts";
import { IncomingEvents } from "./incoming-events.ts";
import { consoleLogger, logConnections, safeLogger } from "./logger.ts";
import type { Message } from "./message.ts";
import type { MessageStream } from "./message-stream.ts";
import { checkOptionKinds } from "./option-kinds.ts";
import {
  checkAttemptOptions,
  checkOwnOptions,
  type ClientOptions,
  connectDeadline,
  inTypedWords,
  type Logger,
  resolveReconnect,
  subscriptionIdentifiers,
} from "./options.ts";
import { Publication } from "./publication.ts";
import { type PublicationObserver, Publisher } from "./publisher.ts";
import { Receiver, receiverOptions } from "./receiver.ts";
import { disconnectRequest, routeFilters } from "./requests.ts";
import { RequestResponse } from "./request-response.ts";
import { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import type { Statistics } from "./statistics.ts";
import { Supervisor } from "./supervisor.ts";
import type {
  ConsumeOptionsV5,
  DisconnectOptionsV5,
  Filters,
  MessagesOptions,
  Payload,
  PublishOptionsV5,
  RequestOptions,
  Respond,
  RespondOptions,
  SubscribeOptionsV5,
} from "./types.ts";
import type { Version } from "./version.ts";

/** What the "disconnected" event says, before it is decided what comes next. */
type Ending = Pick<ClientEvents["disconnected"], "by" | "cause" | "packet">;

/**
 * The client behind every {@link Client} view. It holds the public promises and subscriptions; the protocol is the
 * session's, the network connections are the driver's, and when there is one is the supervisor's business.
 *
 * Each "connecting" is followed by exactly one "disconnected", with at most one "connected" in between.
 */
export class MqttClient implements AsyncDisposable {
  readonly #reach: Reach;
  readonly #url: string;
  readonly #events: Emitter<ClientEvents>;

  // Made anew by reinitialise().
  #options!: ClientOptions;
  #clock!: Clock;
  #logger!: Logger;
  #stopLogging: (() => void) | undefined;
  #session!: MqttSession<Context>;
  #driver!: Driver<Context>;
  #approach!: Approach;
  #supervisor!: Supervisor;
  #incoming!: IncomingEvents;
  #receiver!: Receiver;
  #subscriber!: Subscriber;
  #publisher!: Publisher;
  #authenticator!: Authenticator;

  #state: ClientState = "offline";
  /** Why no more attempts are made: until `connect()`, everything fails with this. */
  #givenUp: Error | undefined;
  /** Why no commands are taken, once closed. */
  #closedBecause: Error | undefined;
  #connecting: Deferred<void> | undefined;
  #reauthenticating: Request | undefined;
  /** The end under way, until "closed" was told. */
  #closing: Promise<void> | undefined;
  /** What reinitialise() does: a `connect()` waits for it, for it would begin with parts that are thrown away. */
  #renewing: Promise<void> | undefined;
  /** Calls that end the client so far: a `connect()` that waits for one end must not outlive the next. */
  #ends = 0;
  #lastConnection: Negotiated | undefined;
  #lastRoundTrip: Milliseconds | undefined;
  #connections = 0;
  /** A ping of {@link checkNow} has no answer yet. */
  #checking = false;
  /** Made when it is used: an idle client shall be small. */
  #requestResponse: RequestResponse | undefined;

  /** Throws OptionError or InvalidAddressError. */
  constructor(reach: Reach, url: string, options: ClientOptions) {
    this.#reach = reach;
    this.#url = url;
    this.#events = new Emitter((error, name) => {
      if (name === "error") this.#logger.error(`petrel: an "error" listener threw: ${toError(error).message}`);
      else this.#reportError(toError(error));
    });
    this.#build(options);
  }

  /** Makes the parts. Throws for options that can't work, and then has changed nothing. */
  #build(options: ClientOptions): void {
    checkOptionKinds(options);
    const { clock = systemClock, random = Math.random, logger = consoleLogger } = options;
    checkAttemptOptions(options);
    checkOwnOptions(options);
    const connectTimeoutMs = connectDeadline(options);
    const reconnect = resolveReconnect(options.reconnect);
    const receiving = receiverOptions(options.unclaimed, options.timeouts?.consumer);
    const approach = new Approach(this.#reach, this.#url, options);
    const session = inTypedWords(() => new MqttSession<Context>(approach.usual.session));

    this.#options = options;
    this.#clock = clock;
    this.#logger = safeLogger(logger);
    this.#stopLogging?.();
    this.#stopLogging = logConnections(this.#events, logger);
    this.#approach = approach;
    this.#session = session;
    const host = {
      version: () => this.version,
      requireOpen: () => this.#requireOpen(),
      wake: () => this.#driver.wake(),
      reportError: (error: Error) => this.#reportError(error),
      onDropped: (dropped: DroppedOutgoing) => this.#tellDropped(dropped),
      identifies: subscriptionIdentifiers(options),
    };
    const observer = (this.#publisher as Publisher | undefined)?.observer;
    this.#publisher = new Publisher(session, clock, options.publishDefaults, host);
    this.#publisher.observer = observer;
    this.#driver = new Driver(session, clock, {
      onEvent: (event, now) => this.#handleEvent(event, now),
      wantsData: () => this.#wantsData(),
      onBytesLost: (bytes, afterMs) => {
        const what = `the last ${bytes} bytes, and the QoS 0 messages in them, are lost`;
        this.#reportError(new ConnectionLostError(`${what}: the network took none of them within ${afterMs} ms`));
      },
    });
    this.#supervisor = new Supervisor(
      reconnect,
      { connectTimeoutMs, clock, random },
      {
        prepare: (attempt) => {
          const way = this.#approach.next(attempt);
          return way instanceof Promise ? way.then((asked) => this.#take(asked)) : this.#take(way);
        },
        open: (connect, cancellation) => this.#driver.open(connect, cancellation),
        onAttempt: (attempt) => this.#events.emit("connecting", { attempt }),
        onAttemptFailed: (cause) => this.#handleEnded({ by: "network", cause, packet: undefined }),
        hasAnotherWay: (outcome) => this.#approach.handleEnded(outcome),
        onStable: () => this.#approach.handleStable(),
        onPolicyError: (error) => this.#reportError(error),
        onWaiting: (attempt, delay, cause) => this.#events.emit("reconnecting", { attempt, delay, cause }),
        onGivenUp: (cause) => this.#handleGivenUp(cause),
      },
    );
    const isClosed = (): boolean => this.#state === "closed";
    this.#incoming = new IncomingEvents(this.#events, this.#logger, (error) => this.#reportError(error), isClosed);
    this.#receiver = new Receiver(clock, receiving, {
      acknowledge: (delivery, reasonCode) => {
        this.#session.acknowledge(delivery, reasonCode);
        this.#driver.handleAcknowledged();
      },
      wake: () => this.#driver.wake(),
      unsubscribe: (subscription) => this.#subscriber.unsubscribeFrom(subscription),
      oldestUnacknowledged: (qos) => this.#session.oldestUnacknowledged(qos),
      offer: (message) => this.#incoming.offer(message),
      onDropped: (dropped) => this.#incoming.onDropped(dropped),
      onHandlerError: (error, message) => this.#incoming.onHandlerError(error, message),
      onError: (error) => this.#reportError(error),
    });
    this.#subscriber = new Subscriber(session, clock, this.#receiver, host);
    this.#authenticator = new Authenticator(session, clock, () => this.#driver.wake());
  }

  /** The version that is spoken, or will be tried next. */
  get version(): Version {
    return this.#approach.version;
  }

  get state(): ClientState {
    return this.#state;
  }

  get connection(): Negotiated | undefined {
    return this.#session.phase === "online" ? this.#session.negotiated : undefined;
  }

  get clientId(): string {
    return this.#lastConnection?.clientIdentifier ?? this.#options.clientId ?? "";
  }

  get writable(): boolean {
    return this.#session.writable;
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    if (typeof listener !== "function") throw new OptionError("listener", listener, "it must be a function");
    const remove = this.#events.on(name, listener);
    this.#observePackets();
    if (name === "message") this.#clock.microtask(() => this.#receiver.offerHeld());
    return () => {
      remove();
      this.#observePackets();
    };
  }

  statistics(): Statistics {
    const { traffic, queuedCount, queuedBytes, inflightCount } = this.#session;
    const { latency, dropped } = this.#publisher;
    return {
      sent: { bytes: traffic.sent.bytes, packets: { ...traffic.sent.packets } },
      received: { bytes: traffic.received.bytes, packets: { ...traffic.received.packets } },
      queued: { messages: queuedCount, bytes: queuedBytes },
      inflight: inflightCount,
      dropped,
      connections: this.#connections,
      lastRoundTrip: this.#lastRoundTrip,
      acknowledgement: {
        count: latency.count,
        p50: latency.percentile(0.5),
        p90: latency.percentile(0.9),
        p99: latency.percentile(0.99),
        maximum: latency.maximum,
      },
      receiving: this.#receiver.statistics(this.#session.receivingCount),
    };
  }

  /** @internal For the entries that know the runtime's diagnostics. */
  observePublications(observer: PublicationObserver): void {
    this.#publisher.observer = observer;
  }

  /** Showing packets costs, so it is done only for those who want to see them. */
  #observePackets(): void {
    this.#session.isObserved = this.#events.has("packetSent") || this.#events.has("packetReceived");
  }

  // ── connecting ────────────────────────────────────────────────────────────────────────────────

  async connect(): Promise<void> {
    if (this.#closing !== undefined || this.#renewing !== undefined) await this.#untilClosed();
    if (this.#state === "online") return;
    const { signal } = this.#options;
    if (signal?.aborted === true) throw new AbortedError("connecting", signal.reason);
    const connecting = (this.#connecting ??= new Deferred());
    const forget = onAbort(signal, (reason) => this.#giveUp(new AbortedError("connecting", reason)));
    if (!this.#supervisor.running) {
      this.#state = "connecting";
      this.#givenUp = undefined;
      this.#supervisor.start();
    }
    try {
      await connecting.promise;
    } finally {
      forget();
    }
  }

  /** The next connection goes this way. */
  #take({ connector, session, authentication }: Way): Connector {
    this.#authenticator.use(authentication);
    inTypedWords(() => this.#session.configure(session));
    return connector;
  }

  async reconnect(): Promise<void> {
    if (this.#state === "online") {
      const ends = this.#ends;
      this.#session.disconnect({}, this.#clock.now());
      this.#state = "reconnecting";
      await this.#driver.told();
      if (this.#ends !== ends) throw new ClientClosedError("the client was closed before it was connected again");
      if (this.#supervisor.running) this.#supervisor.restart();
    } else {
      this.#supervisor.hurry();
    }
    await this.connect();
  }

  /**
   * @internal For entries whose runtime tells that something has changed: who waits for the next attempt tries now, and a
   * connection has to show that it lives. One that does not ends, as by keep alive.
   */
  checkNow(): void {
    if (this.#state !== "online") {
      this.#supervisor.hurry();
    } else if (!this.#checking) {
      this.#checking = true;
      const checked = (): void => void (this.#checking = false);
      this.ping().then(checked, checked); // that it failed is told as the connection's end
    }
  }

  async ping(): Promise<number> {
    this.#requireOpen();
    const ping = new Ping();
    this.#session.ping(ping, this.#clock.now());
    this.#driver.wake();
    return ping.promise;
  }

  async #untilClosed(): Promise<void> {
    const ends = this.#ends;
    await this.#closing;
    await this.#renewing?.catch(() => undefined); // whoever called reinitialise() is told
    if (this.#ends !== ends) throw new ClientClosedError("the client was closed again before it was connected");
  }

  #handleConnected(connack: ConnackPacket, connection: Negotiated): void {
    if (!this.#supervisor.running) return; // ended by a listener, when CONNACK was here already
    this.#state = "online";
    this.#supervisor.handleConnected();
    this.#approach.handleConnected();
    this.#lastConnection = connection;
    this.#incoming.handleConnected();
    const { sessionPresent } = connection;
    this.#receiver.handleConnected(sessionPresent, sessionPresent && this.#connecting !== undefined);
    this.#connections++;
    const { server } = this.#approach;
    this.#events.emit("connected", { sessionPresent: connack.sessionPresent, connection, packet: connack, server });
    this.#connecting?.resolve();
    this.#connecting = undefined;
  }

  /** A connection, or an attempt to make one, has ended; without a cause, because the application wanted it. */
  #handleEnded({ by, cause, packet }: Ending): void {
    const { server } = this.#approach;
    if (cause === undefined) {
      const asked = { by, reasonCode: undefined, packet, cause, server, willReconnectIn: undefined };
      this.#events.emit("disconnected", asked);
      return;
    }
    const decision = this.#supervisor.decide(cause);
    const { retryIn } = decision;
    if (this.#state !== "closed") this.#state = retryIn === undefined ? "offline" : "reconnecting";
    const reasonCode = packet?.reasonCode;
    this.#events.emit("disconnected", { by, reasonCode, packet, cause, server, willReconnectIn: retryIn });
    this.#supervisor.carryOut(decision);
  }

  /** No further attempt: whoever waits for anything is told why. */
  #handleGivenUp(cause: Error): void {
    this.#state = "offline";
    this.#givenUp = cause;
    if (this.#connecting === undefined) this.#reportError(cause);
    this.#failAll(cause);
  }

  /** The application does not want to be connected any more. */
  #giveUp(error: Error): void {
    if (!this.#supervisor.running) return;
    this.#stopConnecting(error);
    this.#handleGivenUp(error);
    this.#driver.destroy(error);
  }

  #stopConnecting(error: Error): void {
    const attempting = this.#supervisor.stop(error);
    if (attempting && this.#session.phase === "offline") {
      this.#handleEnded({ by: "client", cause: undefined, packet: undefined });
    }
  }

  /** Whoever waits for anything is told why it will not come. A connection there is ends without a word. */
  #failAll(error: Error): void {
    this.#session.abandon(error);
    this.#receiver.endAll(error instanceof ClientClosedError ? undefined : error); // closing is no error
    this.#requestResponse?.failAll(error);
    this.#connecting?.reject(error);
    this.#connecting = undefined;
    this.#publisher.failWaiting(error);
    this.#driver.wake();
  }

  /** Throws unless commands are taken. */
  #requireOpen(): void {
    if (this.#state === "closed") throw new ClientClosedError();
    if (this.#givenUp !== undefined) throw this.#givenUp;
  }

  async reauthenticate(): Promise<void> {
    this.#requireOpen();
    if (this.#reauthenticating === undefined) {
      const request = new Request();
      this.#session.reauthenticate(request, this.#clock.now());
      this.#reauthenticating = request;
      this.#driver.wake();
    }
    const reauthenticating = this.#reauthenticating;
    try {
      await reauthenticating.promise;
    } finally {
      if (this.#reauthenticating === reauthenticating) this.#reauthenticating = undefined;
    }
  }

  // ── publishing ────────────────────────────────────────────────────────────────────────────────

  publish(topic: string, payload?: Payload, options: PublishOptionsV5 = {}): Publication {
    return this.#publisher.publish(topic, payload, options);
  }

  async drained(): Promise<void> {
    this.#requireOpen();
    await this.#publisher.drained();
  }

  // ── subscribing ───────────────────────────────────────────────────────────────────────────────

  subscribe(
    filters: Filters<"5.0">,
    optionsOrHandler: SubscribeOptionsV5 | MessageHandler = {},
    handler?: MessageHandler,
  ): Promise<Subscription> {
    if (typeof optionsOrHandler === "function") return this.#subscriber.subscribe(filters, {}, optionsOrHandler);
    return this.#subscriber.subscribe(filters, optionsOrHandler, handler);
  }

  route(
    filters: string | readonly string[],
    optionsOrHandler: ConsumeOptionsV5 | MessageHandler,
    handler?: MessageHandler,
  ): () => void {
    const topicFilters = routeFilters(filters);
    const options = typeof optionsOrHandler === "function" ? {} : optionsOrHandler;
    const run = typeof optionsOrHandler === "function" ? optionsOrHandler : handler;
    if (run === undefined) throw new OptionError("handler", handler, "a route needs a function for its messages");
    return this.#receiver.route(topicFilters, consumerOptions(options, true, this.version), run);
  }

  messages(options: MessagesOptions = {}): MessageStream {
    return this.#receiver.messages(consumerOptions(options, false, this.version));
  }

  unsubscribe(filters: string | readonly string[]): Promise<readonly number[]> {
    return this.#subscriber.unsubscribe(filters);
  }

  // ── request and response ──────────────────────────────────────────────────────────────────────

  request(topic: string, payload?: Payload, options: RequestOptions = {}): Promise<Message> {
    return this.#useRequests().request(topic, payload, options);
  }

  requestMany(
    topic: string,
    payload?: Payload,
    options: RequestOptions = {},
  ): AsyncIterableIterator<Message, undefined> {
    return this.#useRequests().requestMany(topic, payload, options);
  }

  respond(filter: string, respond: Respond, options: RespondOptions = {}): Promise<Subscription> {
    return this.#useRequests().respond(filter, respond, options);
  }

  #useRequests(): RequestResponse {
    return (this.#requestResponse ??= new RequestResponse(this, this.#clock, this.#options.random ?? Math.random));
  }

  // ── what the session says ─────────────────────────────────────────────────────────────────────

  #handleEvent(event: SessionEvent<Context>, now: Milliseconds): void {
    switch (event.type) {
      case "message":
        this.#receiver.deliver(event.packet, event.delivery, now);
        return;
      case "published":
        this.#publisher.handlePublished(event, now);
        return;
      case "failed":
        if (event.context instanceof Publication) this.#publisher.fail(event.context, this.#blame(event.error));
        else event.context.reject(event.error);
        this.#publisher.handleProgress();
        return;
      case "dropped":
        this.#publisher.handleDropped(event);
        return;
      case "challenge":
        this.#authenticator.handleChallenge(event.challenge);
        return;
      case "reauthenticated":
        (event.context as Request).resolve([]);
        return;
      case "subscribed":
        (event.context as Request).resolve(event.suback.reasonCodes);
        return;
      case "unsubscribed":
        (event.context as Request).resolve(event.unsuback.reasonCodes);
        return;
      case "writable":
        this.#publisher.handleWritable();
        return;
      case "packetSent":
        this.#events.emit("packetSent", event.packet);
        return;
      case "packetReceived":
        this.#events.emit("packetReceived", event.packet);
        return;
      case "connected":
        this.#handleConnected(event.connack, event.negotiated);
        return;
      case "disconnected":
        this.#receiver.handleDisconnected();
        if (event.by === "network") this.#driver.destroy(event.error); // nobody is there to be polite to
        this.#handleEnded({ by: event.by, cause: event.error, packet: event.packet });
        return;
      case "resubscribeFailed":
        this.#receiver.loseFilters(event.failures);
        this.#requestResponse?.handleLost(event.failures);
        this.#events.emit("resubscribeFailed", { failures: event.failures });
        return;
      case "lateAcknowledgement":
        this.#events.emit("lateAcknowledgement", { packetIdentifier: event.packetIdentifier });
        return;
      case "pinged":
        this.#lastRoundTrip = event.roundTripMs;
        (event.context as Ping).resolve(event.roundTripMs);
        return;
    }
  }

  /** That the connection ended before a QoS 0 message was sent is nobody's fault but ours if we closed the client. */
  #blame(error: Error): Error {
    return error instanceof NotConnectedError && this.#state === "closed" ? this.#closedBecause! : error;
  }

  // ── receiving ─────────────────────────────────────────────────────────────────────────────────

  /** A slow consumer stops the network, unless an answer is awaited; see {@link Congestion}. */
  #wantsData(): boolean {
    const session = this.#session;
    const answerAwaited =
      session.phase !== "online" ||
      this.#subscriber.awaitsAnswer ||
      this.#reauthenticating !== undefined ||
      session.inflightCount > 0 ||
      session.queuedCount > 0;
    return this.#receiver.wantsData(answerAwaited);
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────

  async disconnect(options: DisconnectOptionsV5 = {}): Promise<void> {
    const request = disconnectRequest(options, this.#session.config);
    const { drain = 0 } = options;
    this.#ends++;
    this.#publisher.limitIdle(drain); // asked again: the sooner end counts
    if (this.#state !== "closed") this.#closing ??= this.#disconnect(request, drain);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  async reinitialise(options: ClientOptions = this.#options): Promise<void> {
    const renewing = this.#renew(options);
    this.#renewing = renewing;
    try {
      await renewing;
    } finally {
      if (this.#renewing === renewing) this.#renewing = undefined;
    }
  }

  async #renew(options: ClientOptions): Promise<void> {
    await this.disconnect();
    this.#build(options);
    this.#state = "offline";
    this.#givenUp = undefined;
    this.#lastConnection = undefined;
    this.#lastRoundTrip = undefined;
    this.#connections = 0;
    this.#requestResponse = undefined;
    this.#observePackets();
  }

  destroy(cause?: Error): void {
    this.#ends++;
    const error = cause ?? new ClientClosedError("the client was destroyed before this was done");
    if (this.#state !== "closed") {
      this.#close(error);
      this.#closing ??= this.#finish(error);
    }
    this.#failAll(error);
    this.#publisher.stopWaitingForIdle();
    this.#driver.destroy(cause);
  }

  async #disconnect(request: ReturnType<typeof disconnectRequest>, drain: number): Promise<void> {
    if (drain > 0 && !this.#publisher.isIdle && this.#supervisor.running) await this.#publisher.idle(drain);
    const error = new ClientClosedError("the client was disconnected before this was done");
    if (this.#state !== "closed") {
      this.#session.disconnect(request, this.#clock.now());
      this.#close(error);
    }
    await this.#finish(error);
  }

  /** No more attempts, and no more commands. */
  #close(error: Error): void {
    this.#state = "closed";
    this.#closedBecause = error;
    this.#givenUp = undefined;
    this.#stopConnecting(error);
  }

  /** Waits until the connection is gone, tells everybody who still waits, and rests. */
  async #finish(error: Error): Promise<void> {
    await this.#driver.told();
    await this.#driver.closed();
    this.#failAll(error);
    await this.#driver.told();
    await this.#publisher.told();
    this.#closing = undefined;
    this.#events.emit("closed", undefined);
  }

  #tellDropped(dropped: DroppedOutgoing): boolean {
    if (!this.#events.has("dropped")) return false;
    this.#events.emit("dropped", dropped);
    return true;
  }

  #reportError(error: Error): void {
    if (this.#events.has("error")) this.#events.emit("error", error);
    else this.#logger.error(`petrel: ${error.message}`);
  }
}
