/// <reference lib="esnext.disposable" preserve="true" />
import { type Negotiated, OptionError } from "@petrel/session";
import type { Reach } from "./approach.ts";
import { ClientEmitter } from "./client-emitter.ts";
import { consumerOptions } from "./consumer-options.ts";
import { Engine } from "./engine.ts";
import { ClientClosedError } from "./errors.ts";
import type { ClientEvents, ClientState } from "./events.ts";
import type { MessageHandler } from "./handler-line.ts";
import type { Message } from "./message.ts";
import type { MessageStream } from "./message-stream.ts";
import { checkCallOptions } from "./option-names.ts";
import type { ClientOptions } from "./options.ts";
import type { Publication } from "./publication.ts";
import type { PublicationObserver } from "./publisher.ts";
import { disconnectRequest, routeFilters } from "./requests.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import type { Subscription } from "./subscription.ts";
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

/** The client behind every {@link Client} view: what people call. What runs it is the {@link Engine}. */
export class MqttClient implements AsyncDisposable {
  readonly #reach: Reach;
  readonly #url: string;
  readonly #events = new ClientEmitter();
  /** Made anew by reinitialise(). */
  #engine: Engine;
  /** What reinitialise() does: a `connect()` waits for it, for it would begin with an engine that is thrown away. */
  #renewing: Promise<void> | undefined;

  /** Throws OptionError or InvalidAddressError. */
  constructor(reach: Reach, url: string, options: ClientOptions) {
    this.#reach = reach;
    this.#url = url;
    this.#engine = new Engine(reach, url, options, this.#events);
    this.#observePackets(); // the logger may want to see them
  }

  /** The version that is spoken, or will be tried next. */
  get version(): Version {
    return this.#engine.version;
  }

  get state(): ClientState {
    return this.#engine.state;
  }

  get connection(): Negotiated | undefined {
    return this.#engine.connection;
  }

  get clientId(): string {
    const { lifecycle, options } = this.#engine;
    return lifecycle.lastConnection?.clientIdentifier ?? options.clientId ?? "";
  }

  get writable(): boolean {
    return this.#engine.session.writable;
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    if (typeof listener !== "function") throw new OptionError("listener", listener, "it must be a function");
    const remove = this.#events.on(name, listener);
    this.#observePackets();
    if (name === "message") this.#engine.clock.microtask(() => this.#engine.receiver.offerHeld());
    return () => {
      remove();
      this.#observePackets();
    };
  }

  statistics(): Statistics {
    return statisticsOf(this.#engine);
  }

  /** @internal For the entries that know the runtime's diagnostics. */
  observePublications(observer: PublicationObserver): void {
    this.#engine.publisher.observer = observer;
  }

  /** Showing packets costs, so it is done only for those who want to see them. */
  #observePackets(): void {
    this.#engine.session.isObserved = this.#events.has("packetSent") || this.#events.has("packetReceived");
  }

  // ── connecting ────────────────────────────────────────────────────────────────────────────────

  async connect(): Promise<void> {
    if (this.#renewing !== undefined) await this.#untilRenewed();
    await this.#engine.lifecycle.connect(this.#engine.options.signal);
  }

  async reconnect(): Promise<void> {
    if (this.#renewing !== undefined) await this.#untilRenewed();
    await this.#engine.lifecycle.reconnect(this.#engine.options.signal);
  }

  /**
   * @internal For entries whose runtime tells that something has changed: who waits for the next attempt tries now, and a
   * connection has to show that it lives. One that does not ends, as by keep alive.
   */
  checkNow(): void {
    this.#engine.checkNow();
  }

  ping(): Promise<number> {
    return this.#engine.ping();
  }

  reauthenticate(): Promise<void> {
    return this.#engine.reauthenticate();
  }

  async #untilRenewed(): Promise<void> {
    const { lifecycle } = this.#engine;
    const { ends } = lifecycle;
    await this.#renewing?.catch(() => undefined); // whoever called reinitialise() is told
    if (lifecycle.ends !== ends) throw new ClientClosedError("the client was closed again before it was connected");
  }

  // ── publishing ────────────────────────────────────────────────────────────────────────────────

  publish(topic: string, payload?: Payload, options: PublishOptionsV5 = {}): Publication {
    return this.#engine.publisher.publish(topic, payload, options);
  }

  async drained(): Promise<void> {
    this.#engine.lifecycle.requireOpen();
    await this.#engine.publisher.drained();
  }

  // ── subscribing ───────────────────────────────────────────────────────────────────────────────

  subscribe(
    filters: Filters<"5.0">,
    optionsOrHandler: SubscribeOptionsV5 | MessageHandler = {},
    handler?: MessageHandler,
  ): Promise<Subscription> {
    const { subscriber } = this.#engine;
    if (typeof optionsOrHandler === "function") return subscriber.subscribe(filters, {}, optionsOrHandler);
    return subscriber.subscribe(filters, optionsOrHandler, handler);
  }

  route(
    filters: string | readonly string[],
    optionsOrHandler: ConsumeOptionsV5 | MessageHandler,
    handler?: MessageHandler,
  ): () => void {
    const topicFilters = routeFilters(filters);
    const options = typeof optionsOrHandler === "function" ? {} : optionsOrHandler;
    const run = typeof optionsOrHandler === "function" ? optionsOrHandler : handler;
    checkCallOptions("route()", options);
    if (run === undefined) throw new OptionError("handler", handler, "a route needs a function for its messages");
    return this.#engine.receiver.route(topicFilters, consumerOptions(options, true, this.version), run);
  }

  messages(options: MessagesOptions = {}): MessageStream {
    checkCallOptions("messages()", options);
    return this.#engine.receiver.messages(consumerOptions(options, false, this.version));
  }

  unsubscribe(filters: string | readonly string[]): Promise<readonly number[]> {
    return this.#engine.subscriber.unsubscribe(filters);
  }

  // ── request and response ──────────────────────────────────────────────────────────────────────

  request(topic: string, payload?: Payload, options: RequestOptions = {}): Promise<Message> {
    return this.#engine.requests.request(topic, payload, options);
  }

  requestMany(
    topic: string,
    payload?: Payload,
    options: RequestOptions = {},
  ): AsyncIterableIterator<Message, undefined> {
    return this.#engine.requests.requestMany(topic, payload, options);
  }

  respond(filter: string, respond: Respond, options: RespondOptions = {}): Promise<Subscription> {
    return this.#engine.requests.respond(filter, respond, options);
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────

  async disconnect(options: DisconnectOptionsV5 = {}): Promise<void> {
    const { lifecycle, session } = this.#engine;
    await lifecycle.disconnect(disconnectRequest(options, session.config), options.drain ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  destroy(cause?: Error): void {
    this.#engine.lifecycle.destroy(cause);
  }

  async reinitialise(options: ClientOptions = this.#engine.options): Promise<void> {
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
    this.#engine.failWaiting(new ClientClosedError("the client was reinitialised before this was done"));
    const { observer } = this.#engine.publisher;
    this.#engine = new Engine(this.#reach, this.#url, options, this.#events);
    this.#engine.publisher.observer = observer;
    this.#observePackets();
  }
}
