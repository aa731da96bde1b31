/// <reference lib="esnext.disposable" preserve="true" />
import {
  ConnectionLostError,
  type Milliseconds,
  MqttSession,
  type Negotiated,
  OptionError,
  type SessionEvent,
} from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { Approach, type Reach, type Way } from "./approach.ts";
import { Authenticator } from "./authenticator.ts";
import { type Clock, systemClock } from "./clock.ts";
import { consumerOptions } from "./consumer-options.ts";
import { type Context, Ping, Request } from "./context.ts";
import { Driver } from "./driver.ts";
import { Emitter } from "./emitter.ts";
import { ClientClosedError, toError } from "./errors.ts";
import type { ClientEvents, ClientState, DroppedOutgoing } from "./events.ts";
import type { MessageHandler } from "./handling.ts";
import { IncomingEvents } from "./incoming-events.ts";
import { Lifecycle } from "./lifecycle.ts";
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

/**
 * The client behind every {@link Client} view. It holds the public promises and subscriptions; the protocol is the
 * session's, the network connections are the driver's, and when there is one is the lifecycle's business.
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
  #lifecycle!: Lifecycle;
  #incoming!: IncomingEvents;
  #receiver!: Receiver;
  #subscriber!: Subscriber;
  #publisher!: Publisher;
  #authenticator!: Authenticator;

  #reauthenticating: Request | undefined;
  /** What reinitialise() does: a `connect()` waits for it, for it would begin with parts that are thrown away. */
  #renewing: Promise<void> | undefined;
  #lastRoundTrip: Milliseconds | undefined;
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
      requireOpen: () => this.#lifecycle.requireOpen(),
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
    this.#lifecycle = new Lifecycle(
      { session, driver: this.#driver, publisher: this.#publisher, approach, events: this.#events, clock },
      reconnect,
      { connectTimeoutMs, random },
      {
        take: (way) => this.#take(way),
        onConnected: (connection, isAsked) => this.#handleConnected(connection, isAsked),
        failWaiting: (error) => this.#failWaiting(error),
        reportError: (error) => this.#reportError(error),
      },
    );
    const isClosed = (): boolean => this.state === "closed";
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
    return this.#lifecycle.state;
  }

  get connection(): Negotiated | undefined {
    return this.#session.phase === "online" ? this.#session.negotiated : undefined;
  }

  get clientId(): string {
    return this.#lifecycle.lastConnection?.clientIdentifier ?? this.#options.clientId ?? "";
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
      connections: this.#lifecycle.connections,
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
    if (this.#renewing !== undefined) await this.#untilRenewed();
    await this.#lifecycle.connect(this.#options.signal);
  }

  /** The next connection goes this way. */
  #take({ connector, session, authentication }: Way): Connector {
    this.#authenticator.use(authentication);
    inTypedWords(() => this.#session.configure(session));
    return connector;
  }

  async reconnect(): Promise<void> {
    if (this.#renewing !== undefined) await this.#untilRenewed();
    await this.#lifecycle.reconnect(this.#options.signal);
  }

  /**
   * @internal For entries whose runtime tells that something has changed: who waits for the next attempt tries now, and a
   * connection has to show that it lives. One that does not ends, as by keep alive.
   */
  checkNow(): void {
    if (this.state !== "online") {
      this.#lifecycle.hurry();
    } else if (!this.#checking) {
      this.#checking = true;
      const checked = (): void => void (this.#checking = false);
      this.ping().then(checked, checked); // that it failed is told as the connection's end
    }
  }

  async ping(): Promise<number> {
    this.#lifecycle.requireOpen();
    const ping = new Ping();
    this.#session.ping(ping, this.#clock.now());
    this.#driver.wake();
    return ping.promise;
  }

  async #untilRenewed(): Promise<void> {
    const lifecycle = this.#lifecycle;
    const { ends } = lifecycle;
    await this.#renewing?.catch(() => undefined); // whoever called reinitialise() is told
    if (lifecycle.ends !== ends) throw new ClientClosedError("the client was closed again before it was connected");
  }

  #handleConnected(connection: Negotiated, isAsked: boolean): void {
    const { sessionPresent } = connection;
    this.#incoming.handleConnected();
    this.#receiver.handleConnected(sessionPresent, sessionPresent && isAsked);
  }

  #failWaiting(error: Error): void {
    this.#receiver.endAll(error instanceof ClientClosedError ? undefined : error); // closing is no error
    this.#requestResponse?.failAll(error);
    this.#publisher.failWaiting(error);
  }

  async reauthenticate(): Promise<void> {
    this.#lifecycle.requireOpen();
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
    this.#lifecycle.requireOpen();
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
        if (event.context instanceof Publication)
          this.#publisher.fail(event.context, this.#lifecycle.blame(event.error));
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
        this.#lifecycle.handleConnected(event.connack, event.negotiated);
        return;
      case "disconnected":
        this.#receiver.handleDisconnected();
        if (event.by === "network") this.#driver.destroy(event.error); // nobody is there to be polite to
        this.#lifecycle.handleEnded({ by: event.by, cause: event.error, packet: event.packet });
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
    await this.#lifecycle.disconnect(disconnectRequest(options, this.#session.config), options.drain ?? 0);
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
    this.#lastRoundTrip = undefined;
    this.#requestResponse = undefined;
    this.#observePackets();
  }

  destroy(cause?: Error): void {
    this.#lifecycle.destroy(cause);
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
