import type { ConnackPacket, PublishPacket, PublishProperties, TopicSubscriptionInit } from "@petrel/codec";
import { type Delivery, MqttSession, type Negotiated, OptionError, type SessionEvent, TimeoutError } from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { type Cancellation, onAbort } from "./cancellation.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Driver } from "./driver.ts";
import { Emitter } from "./emitter.ts";
import { AbortedError, ClientClosedError } from "./errors.ts";
import type { ClientEvents, ClientState } from "./events.ts";
import { consoleLogger } from "./logger.ts";
import { Message, PendingAcknowledgement } from "./message.ts";
import { type ClientOptions, type Logger, resolveReconnect, sessionOptions } from "./options.ts";
import { payloadBytes } from "./payload.ts";
import { Publication } from "./publication.ts";
import { type MessageHandler, Subscription, type SubscriptionOwner } from "./subscription.ts";
import { SubscriptionRegistry } from "./subscription-registry.ts";
import { type Decision, Supervisor } from "./supervisor.ts";
import type { DisconnectOptionsV5, FilterOptionsV5, Filters, Payload, PublishOptionsV5, SubscribeOptionsV5 } from "./types.ts";
import type { Version } from "./version.ts";
import { Deferred } from "./deferred.ts";

/** How long a polite end waits for the server to close its side. */
const LINGER_MS = 2_000;

/** What a command leaves with the session, to get its outcome back. */
type Context = Publication | Request;

/** A SUBSCRIBE or UNSUBSCRIBE whose answer is awaited. */
class Request extends Deferred<readonly number[]> {}

/**
 * The client behind every {@link Client} view. It holds the public promises and subscriptions; the protocol is the
 * session's, the connections are the supervisor's.
 */
export class MqttClient implements AsyncDisposable {
  readonly version: Version;
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: Emitter<ClientEvents>;
  readonly #session: MqttSession<Context>;
  readonly #driver: Driver<Context>;
  readonly #supervisor: Supervisor;
  readonly #subscriptions = new SubscriptionRegistry();
  readonly #owner: SubscriptionOwner;

  #state: ClientState = "offline";
  #connecting: Deferred<void> | undefined;
  /** The polite end under way. */
  #disconnecting: Promise<void> | undefined;
  /** Resolves when the network connection is gone. */
  #gone: Deferred<void> | undefined;
  #drained: Deferred<void> | undefined;
  /** Resolves when nothing is queued or in flight. */
  #idle: Deferred<void> | undefined;
  #requests = 0;
  /** What was decided when the connection ended; carried out when its socket is gone. */
  #pending: { readonly decision: Decision; readonly error: Error | undefined } | undefined;
  #lastConnection: Negotiated | undefined;

  constructor(connector: Connector, options: ClientOptions) {
    const { clock = systemClock, random = Math.random, logger = consoleLogger } = options;
    this.version = options.version ?? "5.0";
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#events = new Emitter((error) => this.#reportError(error));
    this.#session = new MqttSession(sessionOptions(options));
    this.#driver = new Driver(this.#session, clock, {
      onEvent: (event) => this.#handleEvent(event),
      onClosed: () => this.#handleClosed(),
    });
    const connectTimeoutMs = options.connector === undefined ? undefined : (options.timeouts?.connect ?? 10_000);
    this.#supervisor = new Supervisor(connector, resolveReconnect(options.reconnect), { connectTimeoutMs, clock, random }, {
      open: (connect, cancellation) => this.#open(connect, cancellation),
      onAttempt: (attempt) => this.#events.emit("connecting", { attempt }),
      onAttemptFailed: (cause, decision) => this.#emitDisconnected("network", cause, undefined, decision),
      onWaiting: (attempt, delay, cause) => this.#handleWaiting(attempt, delay, cause),
      onGivenUp: (cause) => this.#handleGivenUp(cause),
    });
    this.#owner = {
      onFull: (subscription, full) => {
        this.#subscriptions.setFull(subscription, full);
        this.#updateReading();
      },
      onHandlerError: (error, message) => this.#handleHandlerError(error, message),
      unsubscribe: (subscription) => this.#unsubscribeFrom(subscription),
    };
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
    return this.#events.on(name, listener);
  }

  // ── connecting ────────────────────────────────────────────────────────────────────────────────

  async connect(): Promise<void> {
    await this.#disconnecting;
    if (this.#state === "online") return;
    if (this.#connecting === undefined) {
      this.#connecting = new Deferred();
      if (!this.#supervisor.running) {
        this.#state = "connecting";
        this.#supervisor.start();
      }
    }
    const { signal } = this.#options;
    const forget = onAbort(signal, (reason) => this.#giveUp(new AbortedError("connecting", reason)));
    try {
      await this.#connecting.promise;
    } finally {
      forget();
    }
  }

  async #open(connector: Connector, cancellation: Cancellation): Promise<void> {
    await this.#driver.open(connector, cancellation);
    if (cancellation.aborted) this.#driver.destroy(cancellation.reason as Error);
  }

  #handleWaiting(attempt: number, delay: number, cause: Error | undefined): void {
    this.#state = "reconnecting";
    this.#events.emit("reconnecting", { attempt, delay, cause });
  }

  /** No further attempt: whoever waits for anything is told why. */
  #handleGivenUp(cause: Error): void {
    this.#state = "offline";
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (connecting !== undefined) connecting.reject(cause);
    else this.#reportError(cause);
    this.#failAll(cause);
  }

  #giveUp(error: Error): void {
    if (!this.#supervisor.running) return;
    this.#supervisor.stop(error);
    this.#driver.destroy(error);
    this.#handleGivenUp(error);
  }

  #failAll(error: Error): void {
    this.#session.abandon(error);
    this.#subscriptions.endAll(error instanceof ClientClosedError ? undefined : error); // closing is no error
    this.#drained?.reject(error);
    this.#drained = undefined;
    this.#driver.wake();
  }

  // ── publishing ────────────────────────────────────────────────────────────────────────────────

  publish(topic: string, payload?: Payload, options: PublishOptionsV5 = {}): Publication {
    const publication = new Publication(topic);
    try {
      if (this.#state === "closed") throw new ClientClosedError();
      if (options.signal?.aborted === true) throw new AbortedError("the publish", options.signal.reason);
      const { qos, retain, properties } = options;
      const message = { topicName: topic, payload: payloadBytes(payload), qos, retain, properties: properties as PublishProperties | undefined };
      this.#session.publish(message, publication, this.#clock.now());
    } catch (error) {
      this.#failPublication(publication, error as Error);
      return publication;
    }
    if (options.signal !== undefined || options.timeout !== undefined) this.#limit(publication, options);
    if (this.#subscriptions.hasFull) this.#updateReading();
    this.#driver.wake();
    return publication;
  }

  async drained(): Promise<void> {
    if (this.#state === "closed") throw new ClientClosedError();
    if (this.#session.writable) return;
    this.#drained ??= new Deferred();
    await this.#drained.promise;
  }

  /** Stops waiting for a publication when its time is up or its signal says so. */
  #limit(publication: Publication, { signal, timeout }: PublishOptionsV5): void {
    const timer =
      timeout === undefined
        ? undefined
        : this.#clock.timer(this.#clock.now() + timeout, () => publication.fail(new TimeoutError("acknowledgement", timeout)));
    const forget = onAbort(signal, (reason) => publication.fail(new AbortedError("the publish", reason)));
    publication.onEnd(() => {
      timer?.clear();
      forget();
    });
  }

  /** A failure that nobody awaits is an "error" event: a turn later, for the caller may be about to await it. */
  #failPublication(publication: Publication, error: Error): void {
    publication.fail(error);
    if (publication.isAwaited) return;
    this.#clock.timer(this.#clock.now(), () => {
      if (!publication.isAwaited) this.#reportError(error);
    });
  }

  // ── subscribing ───────────────────────────────────────────────────────────────────────────────

  async subscribe(
    filters: Filters<"5.0">,
    optionsOrHandler: SubscribeOptionsV5 | MessageHandler = {},
    givenHandler?: MessageHandler,
  ): Promise<Subscription> {
    const options = typeof optionsOrHandler === "function" ? {} : optionsOrHandler;
    const handler = typeof optionsOrHandler === "function" ? optionsOrHandler : givenHandler;
    const { subscriptionIdentifier, userProperties, acknowledge = "consumed", buffer = 1_000, signal } = options;
    if (!(buffer >= 1)) throw new OptionError("buffer", buffer, "it must be at least 1");
    if (acknowledge !== "consumed" && acknowledge !== "received" && acknowledge !== "manual") {
      throw new OptionError("acknowledge", acknowledge, 'it must be "consumed", "received" or "manual"');
    }
    const subscriptions = topicSubscriptions(filters, options);
    const topicFilters = subscriptions.map(({ topicFilter }) => topicFilter);
    const subscription = new Subscription(topicFilters, this.#owner, { acknowledge, buffer, handler });
    const properties =
      subscriptionIdentifier === undefined && userProperties === undefined ? undefined : { subscriptionIdentifier, userProperties };

    // Routed before the answer comes: "the Server is permitted to start sending PUBLISH packets
    // matching the Subscription before the Server sends the SUBACK packet" (section 3.8.4).
    this.#subscriptions.add(subscription);
    try {
      const reasonCodes = await this.#request("the subscription", signal, (request, now) => {
        this.#session.subscribe({ subscriptions, properties }, request, now);
      });
      subscription.handleGranted(topicFilters.map((filter, index) => ({ filter, qos: reasonCodes[index] as 0 | 1 | 2 })));
      return subscription;
    } catch (error) {
      this.#subscriptions.end(subscription);
      throw error;
    }
  }

  async unsubscribe(filters: string | readonly string[]): Promise<readonly number[]> {
    const topicFilters = typeof filters === "string" ? [filters] : filters;
    const reasonCodes = await this.#request("unsubscribing", undefined, (request, now) => {
      this.#session.unsubscribe({ topicFilters }, request, now);
    });
    this.#subscriptions.endFilters(topicFilters);
    this.#updateReading();
    return reasonCodes;
  }

  /** Ends one subscription; filters that others of this client have too stay subscribed. */
  async #unsubscribeFrom(subscription: Subscription): Promise<void> {
    const topicFilters = this.#subscriptions.end(subscription);
    this.#updateReading();
    if (topicFilters.length === 0) return;
    await this.#request("unsubscribing", undefined, (request, now) => this.#session.unsubscribe({ topicFilters }, request, now));
  }

  /** Sends a request through the session and waits for the server's answer. */
  async #request(
    what: string,
    signal: SubscribeOptionsV5["signal"],
    send: (request: Request, now: number) => void,
  ): Promise<readonly number[]> {
    if (this.#state === "closed") throw new ClientClosedError();
    const request = new Request();
    const forget = onAbort(signal, (reason) => request.reject(new AbortedError(what, reason)));
    this.#requests++;
    try {
      if (signal?.aborted !== true) send(request, this.#clock.now());
      if (this.#subscriptions.hasFull) this.#updateReading();
      this.#driver.wake();
      return await request.promise;
    } finally {
      this.#requests--;
      forget();
    }
  }

  // ── what the session says ─────────────────────────────────────────────────────────────────────

  #handleEvent(event: SessionEvent<Context>): void {
    switch (event.type) {
      case "message":
        this.#deliver(event.packet, event.delivery);
        return;
      case "published":
        (event.context as Publication).settle({ reasonCode: event.reasonCode, packetIdentifier: event.packetIdentifier });
        if (this.#idle !== undefined && this.#isIdle()) this.#idle.resolve();
        if (this.#subscriptions.hasFull) this.#updateReading();
        return;
      case "failed":
        if (event.context instanceof Publication) this.#failPublication(event.context, event.error);
        else event.context.reject(event.error);
        if (this.#idle !== undefined && this.#isIdle()) this.#idle.resolve();
        return;
      case "subscribed":
        (event.context as Request).resolve(event.suback.reasonCodes);
        return;
      case "unsubscribed":
        (event.context as Request).resolve(event.unsuback.reasonCodes);
        return;
      case "writable":
        this.#drained?.resolve();
        this.#drained = undefined;
        return;
      case "connected":
        this.#handleConnected(event.connack);
        return;
      case "disconnected": {
        const decision = this.#supervisor.decide(event.error);
        this.#pending = { decision, error: event.error };
        this.#emitDisconnected(event.by, event.error, event.packet, decision);
        if (event.by === "network" && event.error !== undefined) this.#driver.destroy(event.error);
        else this.#linger();
        return;
      }
      case "resubscribeFailed":
        this.#events.emit("resubscribeFailed", { failures: event.failures });
        return;
      case "lateAcknowledgement":
        return; // no harm: the server sends the message again
    }
  }

  #handleConnected(connack: ConnackPacket): void {
    this.#state = "online";
    this.#supervisor.handleConnected();
    const connection = this.#session.negotiated!;
    this.#lastConnection = connection;
    this.#events.emit("connected", { sessionPresent: connack.sessionPresent, connection, packet: connack });
    this.#connecting?.resolve();
    this.#connecting = undefined;
    if (this.#subscriptions.hasFull) this.#updateReading();
  }

  #emitDisconnected(
    by: "client" | "server" | "network",
    cause: Error | undefined,
    packet: ClientEvents["disconnected"]["packet"],
    decision: Decision,
  ): void {
    const willReconnectIn = "retryIn" in decision ? decision.retryIn : undefined;
    this.#events.emit("disconnected", { by, reasonCode: packet?.reasonCode, packet, cause, willReconnectIn });
  }

  /** The session has said goodbye; the server closes now, or is dropped a moment later. */
  #linger(): void {
    const timer = this.#clock.timer(this.#clock.now() + LINGER_MS, () => this.#driver.destroy());
    this.#gone ??= new Deferred();
    void this.#gone.promise.then(() => timer.clear());
  }

  #handleClosed(): void {
    this.#gone?.resolve();
    this.#gone = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) this.#supervisor.carryOut(pending.decision, pending.error);
  }

  // ── receiving ─────────────────────────────────────────────────────────────────────────────────

  #deliver(packet: PublishPacket, delivery: Delivery | undefined): void {
    const subscriptions = this.#subscriptions.match(packet.topicName);
    const acknowledgement =
      delivery === undefined
        ? undefined
        : new PendingAcknowledgement((reasonCode) => {
            this.#session.acknowledge(delivery, reasonCode);
            this.#driver.wake();
          });
    const receivedAt = this.#clock.wall();
    if (subscriptions.length === 0) {
      const message = new Message(packet, receivedAt, acknowledgement);
      this.#events.emit("message", message);
      message.acknowledge();
      return;
    }
    // Everybody's claim is noted before anybody can settle theirs.
    const messages = subscriptions.map(() => new Message(packet, receivedAt, acknowledgement));
    for (const [index, subscription] of subscriptions.entries()) subscription.handleMessage(messages[index]!);
  }

  /**
   * A slow consumer stops the network, unless an answer is awaited: a consumer that publishes and waits would
   * otherwise wait for an acknowledgement that nobody reads.
   */
  #updateReading(): void {
    const awaiting = this.#requests > 0 || this.#session.inflightCount > 0 || this.#session.queuedCount > 0;
    this.#driver.setReading(!this.#subscriptions.hasFull || awaiting);
  }

  #handleHandlerError(error: unknown, message: Message): void {
    this.#reportError(new Error(`the handler for "${message.topic}" failed: ${describeError(error)}`, { cause: error }));
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────

  async disconnect(options: DisconnectOptionsV5 = {}): Promise<void> {
    if (this.#state !== "closed") this.#disconnecting ??= this.#disconnect(options);
    await this.#disconnecting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  destroy(cause?: Error): void {
    if (this.#state === "closed") return;
    const error = cause ?? new ClientClosedError("the client was destroyed before this was done");
    this.#close(error);
    this.#driver.destroy(cause);
    this.#settleAll(error);
  }

  async #disconnect(options: DisconnectOptionsV5): Promise<void> {
    if (options.drain !== undefined && options.drain > 0) await this.#drain(options.drain);
    const error = new ClientClosedError("the client was disconnected before this was done");
    try {
      this.#session.disconnect(disconnectPacket(options), this.#clock.now());
    } finally {
      this.#close(error);
      if (this.#session.phase !== "offline") {
        this.#gone ??= new Deferred();
        const { promise } = this.#gone;
        this.#driver.wake();
        await promise;
      }
      this.#settleAll(error);
      this.#disconnecting = undefined;
    }
  }

  /** No more attempts, and no more commands. */
  #close(error: Error): void {
    this.#state = "closed";
    this.#supervisor.stop(error);
    this.#connecting?.reject(error);
    this.#connecting = undefined;
  }

  /** Everybody who still waits is told, and the client rests. */
  #settleAll(error: Error): void {
    this.#failAll(error);
    this.#events.emit("closed", undefined);
  }

  /** Waits until nothing is queued or in flight, at most `ms`. */
  async #drain(ms: number): Promise<void> {
    if (this.#isIdle()) return;
    const idle = new Deferred<void>();
    this.#idle = idle;
    const timer = this.#clock.timer(this.#clock.now() + ms, () => idle.resolve());
    await idle.promise;
    timer.clear();
    this.#idle = undefined;
  }

  #isIdle(): boolean {
    return this.#session.inflightCount === 0 && this.#session.queuedCount === 0;
  }

  #reportError(error: unknown): void {
    const reported = error instanceof Error ? error : new Error(String(error));
    if (this.#events.has("error")) this.#events.emit("error", reported);
    else this.#logger.error(`petrel: ${reported.message}`);
  }
}

function topicSubscriptions(filters: Filters<"5.0">, options: FilterOptionsV5): readonly TopicSubscriptionInit[] {
  const { qos, noLocal, retainAsPublished, retainHandling } = options;
  const defaults = { qos, noLocal, retainAsPublished, retainHandling };
  if (typeof filters === "string") return [{ topicFilter: filters, ...defaults }];
  if (Array.isArray(filters)) return (filters as readonly string[]).map((topicFilter) => ({ topicFilter, ...defaults }));
  return Object.entries(filters as Readonly<Record<string, FilterOptionsV5>>).map(([topicFilter, own]) => ({ topicFilter, ...defaults, ...own }));
}

function disconnectPacket(options: DisconnectOptionsV5): Parameters<MqttSession["disconnect"]>[0] {
  const { reasonString, sessionExpiryInterval, userProperties, sendWill } = options;
  const hasProperties = reasonString !== undefined || sessionExpiryInterval !== undefined || userProperties !== undefined;
  return {
    reasonCode: options.reasonCode ?? (sendWill === true ? 0x04 : undefined),
    properties: hasProperties ? { reasonString, sessionExpiryInterval, userProperties } : undefined,
  };
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
