import {
  ConnectionLostError,
  type Milliseconds,
  MqttSession,
  type Negotiated,
  type SessionEvent,
} from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { Approach, type Reach, type Way } from "./approach.ts";
import { Authenticator } from "./authenticator.ts";
import type { ClientEmitter } from "./client-emitter.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Context, Ping, Request } from "./context.ts";
import { Driver, type DriverHandler } from "./driver.ts";
import { ClientClosedError } from "./errors.ts";
import type { ClientState } from "./events.ts";
import { Lifecycle, type LifecycleHost } from "./lifecycle.ts";
import { consoleLogger } from "./logger.ts";
import { checkOptionKinds } from "./option-kinds.ts";
import type { ClientOptions } from "./options.ts";
import {
  checkAttemptOptions,
  checkOwnOptions,
  connectDeadline,
  inTypedWords,
  resolveReconnect,
  subscriptionIdentifiers,
} from "./resolved-options.ts";
import { Publication } from "./publication.ts";
import { Publisher, type PublisherHost } from "./publisher.ts";
import { Receiver, type ReceiverHost, receiverOptions } from "./receiver.ts";
import { RequestResponse, type RequestResponseHost } from "./request-response.ts";
import { secureRandom } from "./secure-random.ts";
import { Subscriber, type SubscriberHost } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import type { Version } from "./version.ts";

/**
 * What runs a client: its parts, and what they want of each other. Each part says what it needs in an interface of its
 * own, and the engine is all of them: thousands of idle clients shall fit in a process, so a part is given no functions.
 *
 * The protocol is the session's, the network connections are the driver's, and when there is one is the lifecycle's
 * business. A client that is reinitialised gets another engine.
 */
export class Engine
  implements DriverHandler<Context>, LifecycleHost, PublisherHost, ReceiverHost, RequestResponseHost, SubscriberHost
{
  readonly options: ClientOptions;
  readonly clock: Clock;
  readonly events: ClientEmitter;
  readonly identifies: boolean;
  readonly approach: Approach;
  readonly session: MqttSession<Context>;
  readonly driver: Driver<Context>;
  readonly publisher: Publisher;
  readonly lifecycle: Lifecycle;
  readonly receiver: Receiver;
  readonly subscriber: Subscriber;
  // Made when they are used, for an idle client shall be small.
  #authenticator: Authenticator | undefined;
  #requests: RequestResponse | undefined;
  #reauthenticating: Request | undefined;
  /** A ping of {@link checkNow} has no answer yet. */
  #checking = false;
  lastRoundTrip: Milliseconds | undefined = undefined;

  /** Throws OptionError or InvalidAddressError for options that can't work, and then has done nothing. */
  constructor(reach: Reach, url: string, options: ClientOptions, events: ClientEmitter) {
    checkOptionKinds(options);
    checkAttemptOptions(options);
    checkOwnOptions(options);
    const { clock = systemClock, random = Math.random, logger = consoleLogger, unclaimed, timeouts } = options;
    const connectTimeoutMs = connectDeadline(options);
    const reconnect = resolveReconnect(options.reconnect);
    const receiving = receiverOptions(unclaimed, timeouts?.consumer);
    this.options = options;
    this.clock = clock;
    this.events = events;
    this.identifies = subscriptionIdentifiers(options);
    this.approach = new Approach(reach, url, options);
    this.session = inTypedWords(() => new MqttSession<Context>(this.approach.usual.session));
    this.driver = new Driver(this.session, clock, this);
    this.publisher = new Publisher(this.session, clock, options.publishDefaults, this);
    this.lifecycle = new Lifecycle(this, reconnect, { connectTimeoutMs, random });
    this.receiver = new Receiver(this, receiving);
    this.subscriber = new Subscriber(this);
    events.useLogger(logger);
  }

  /** The version that is spoken, or will be tried next. */
  get version(): Version {
    return this.approach.version;
  }

  get state(): ClientState {
    return this.lifecycle.state;
  }

  get connection(): Negotiated | undefined {
    return this.session.phase === "online" ? this.session.negotiated : undefined;
  }

  /** Requests and their responses. */
  get requests(): RequestResponse {
    return (this.#requests ??= new RequestResponse(this, this.options.random ?? secureRandom));
  }

  // ── commands to the server that are no part's ─────────────────────────────────────────────────

  async ping(): Promise<number> {
    this.lifecycle.requireOpen();
    const ping = new Ping();
    this.session.ping(ping, this.clock.now());
    this.driver.wake();
    return ping.promise;
  }

  /** Who waits for the next attempt tries now, and a connection has to show that it lives. */
  checkNow(): void {
    if (this.state !== "online") {
      this.lifecycle.hurry();
    } else if (!this.#checking) {
      this.#checking = true;
      const checked = (): void => void (this.#checking = false);
      this.ping().then(checked, checked); // that it failed is told as the connection's end
    }
  }

  async reauthenticate(): Promise<void> {
    this.lifecycle.requireOpen();
    if (this.#reauthenticating === undefined) {
      const request = new Request();
      this.session.reauthenticate(request, this.clock.now());
      this.#reauthenticating = request;
      this.driver.wake();
    }
    const reauthenticating = this.#reauthenticating;
    try {
      await reauthenticating.promise;
    } finally {
      if (this.#reauthenticating === reauthenticating) this.#reauthenticating = undefined;
    }
  }

  // ── what the driver says and asks ─────────────────────────────────────────────────────────────

  onEvent(event: SessionEvent<Context>, now: Milliseconds): void {
    switch (event.type) {
      case "message":
        this.receiver.deliver(event.packet, event.delivery, now);
        return;
      case "published":
        this.publisher.handlePublished(event, now);
        return;
      case "failed":
        if (event.context instanceof Publication) this.publisher.fail(event.context, this.lifecycle.blame(event.error));
        else event.context.reject(event.error);
        this.publisher.handleProgress();
        return;
      case "dropped":
        this.publisher.handleDropped(event);
        return;
      case "challenge":
        this.#authenticator!.handleChallenge(event.challenge); // the session asks only for what it was told of
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
        this.publisher.handleWritable();
        return;
      case "packetSent":
        this.events.emit("packetSent", event.packet);
        return;
      case "packetReceived":
        this.events.emit("packetReceived", event.packet);
        return;
      case "connected":
        this.lifecycle.handleConnected(event.connack, event.negotiated);
        return;
      case "disconnected":
        this.receiver.handleDisconnected();
        if (event.by === "network") this.driver.destroy(event.error); // nobody is there to be polite to
        this.lifecycle.handleEnded({ by: event.by, cause: event.error, packet: event.packet });
        return;
      case "resubscribeFailed":
        this.receiver.loseFilters(event.failures);
        this.#requests?.handleLost(event.failures);
        this.events.emit("resubscribeFailed", { failures: event.failures });
        return;
      case "lateAcknowledgement":
        this.events.emit("lateAcknowledgement", { packetIdentifier: event.packetIdentifier });
        return;
      case "pinged":
        this.lastRoundTrip = event.roundTripMs;
        (event.context as Ping).resolve(event.roundTripMs);
        return;
    }
  }

  /** A slow consumer stops the network, unless an answer is awaited; see {@link Congestion}. */
  wantsData(): boolean {
    const { session } = this;
    const isBeginning = session.phase !== "online";
    const answerAwaited =
      isBeginning ||
      this.subscriber.awaitsAnswer ||
      this.#reauthenticating !== undefined ||
      session.inflightCount > 0 ||
      session.queuedCount > 0;
    return this.receiver.wantsData(answerAwaited) || isBeginning; // CONNACK has to be read in any case
  }

  onBytesLost(bytes: number, afterMs: number): void {
    const what = `the last ${bytes} bytes, and the QoS 0 messages in them, are lost`;
    this.events.reportError(new ConnectionLostError(`${what}: the network took none of them within ${afterMs} ms`));
  }

  // ── what the lifecycle says and asks ──────────────────────────────────────────────────────────

  take({ connector, session, authentication }: Way): Connector {
    this.#authenticator = authentication && new Authenticator(this, authentication);
    inTypedWords(() => this.session.configure(session));
    return connector;
  }

  onConnected({ sessionPresent }: Negotiated, isAsked: boolean): void {
    this.receiver.handleConnected(sessionPresent, sessionPresent && isAsked);
  }

  failWaiting(error: Error): void {
    this.receiver.endAll(error instanceof ClientClosedError ? undefined : error); // closing is no error
    this.#requests?.failAll(error);
    this.publisher.failWaiting(error);
  }

  // ── what the receiver asks ────────────────────────────────────────────────────────────────────

  unsubscribe(subscription: Subscription): Promise<void> {
    return this.subscriber.unsubscribeFrom(subscription);
  }
}
