import type { PublishPacket } from "@petrel/codec";
import {
  type Delivery,
  type FilterFailure,
  type Milliseconds,
  OptionError,
  type OldestUnacknowledged,
} from "@petrel/session";
import { AcknowledgementWatch } from "./acknowledgement-watch.ts";
import type { Clock } from "./clock.ts";
import { Congestion } from "./congestion.ts";
import { ConsumerStalledError } from "./errors.ts";
import type { DroppedIncoming } from "./events.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import { HandlerWatch } from "./handler-watch.ts";
import type { MessageHandler } from "./handling.ts";
import { type AcknowledgementTarget, Message, SharedAcknowledgement } from "./message.ts";
import { MessageStream, type StreamOwner } from "./message-stream.ts";
import { describeFilters, Subscription } from "./subscription.ts";
import { SubscriptionRegistry } from "./subscription-registry.ts";
import { UnclaimedMessages } from "./unclaimed.ts";

/** What the receiver needs of its client. */
export interface ReceiverHost extends AcknowledgementTarget {
  /** Something changed that decides whether to read from the network, or there is something to send. */
  wake(): void;
  unsubscribe(subscription: Subscription): Promise<void>;
  oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined;
  /** Gives a message that nobody else takes to whoever listens for those. False: nobody does. */
  offer(message: Message): boolean;
  onDropped(dropped: DroppedIncoming): void;
  onHandlerError(error: unknown, message: Message): void;
  onError(error: Error): void;
}

/** How patient the receiver is. Milliseconds and messages. */
export interface ReceiverOptions {
  readonly unclaimed: { readonly hold: number; readonly buffer: number };
  readonly consumerTimeout: number;
}

/** What came in and is not done with. */
export interface ReceiveStatistics {
  /** Messages in the buffers of subscriptions, routes and `messages()`. A message that several get counts for each. */
  readonly buffered: number;
  /** Messages of a resumed session that nobody has asked for yet. */
  readonly held: number;
  /**
   * QoS 1 and 2 messages whose exchange is not over. When there are as many as `client.connection.receive.receiveMaximum`
   * says, or as a 3.x server has decided by itself, it sends no more at these QoS.
   */
  readonly inflight: number;
  /** Messages that were dropped, each with a "dropped" event, since the client was made. */
  readonly dropped: number;
}

/** Everything that comes in: who gets it, who is too slow for it, and what becomes of what nobody takes. */
export class Receiver {
  /** What a stream of this client reports to. */
  readonly owner: StreamOwner;
  readonly #clock: Clock;
  readonly #host: ReceiverHost;
  readonly #consumerTimeout: number;
  readonly #congestion: Congestion<MessageStream | UnclaimedMessages>;
  readonly #watch: AcknowledgementWatch;
  readonly #handlerWatch: HandlerWatch;
  readonly #unclaimed: UnclaimedMessages;
  /** Made with the first of its kind, as is the next: an idle client shall be small. */
  #registry: SubscriptionRegistry | undefined;
  /** All that have a buffer; those that are not subscriptions with their way out of the registry. */
  #streams: Map<MessageStream, (() => void) | undefined> | undefined;
  #dropped = 0;
  /** Of the last message: the time on the client's clock, and the wall clock's for the same. */
  #deliveringAt: Milliseconds | undefined;
  #receivedAt: Milliseconds = 0;

  constructor(clock: Clock, { unclaimed, consumerTimeout }: ReceiverOptions, host: ReceiverHost) {
    this.#clock = clock;
    this.#host = host;
    this.#consumerTimeout = consumerTimeout;
    this.#congestion = new Congestion(clock, consumerTimeout, (stalled) => {
      if (stalled instanceof MessageStream) this.#reportStalled(stalled);
      host.wake();
    });
    this.#watch = new AcknowledgementWatch(
      clock,
      consumerTimeout,
      (qos) => host.oldestUnacknowledged(qos),
      (oldest) => this.#reportOverdue(oldest),
    );
    this.#handlerWatch = new HandlerWatch(clock);
    const onFull = (buffer: MessageStream | UnclaimedMessages, full: boolean): void => {
      this.#congestion.setFull(buffer, full);
      host.wake();
    };
    const readsOnThough = (buffer: MessageStream | UnclaimedMessages): boolean =>
      this.#congestion.readsOnThough(buffer);
    const onOverflow = (message: Message): void => this.#drop(message, "overflow");
    this.#unclaimed = new UnclaimedMessages(clock, unclaimed, {
      onFull,
      readsOnThough,
      onOverflow,
      onExpired: (messages) => {
        for (const message of messages) this.#drop(message, "unclaimed");
      },
    });
    this.owner = {
      clock,
      handlerWatch: this.#handlerWatch,
      onFull,
      readsOnThough,
      onOverflow,
      onHandlerError: (error, message) => host.onHandlerError(error, message),
      end: (stream) => (stream instanceof Subscription ? host.unsubscribe(stream) : this.#endListening(stream)),
    };
  }

  get registry(): SubscriptionRegistry {
    return (this.#registry ??= new SubscriptionRegistry());
  }

  // ── what comes in ─────────────────────────────────────────────────────────────────────────────

  /** Gives a message to everyone who wants it. */
  deliver(packet: PublishPacket, delivery: Delivery | undefined, now: Milliseconds): void {
    const { streams, isTaken } = this.registry.recipients(packet);
    // What came together came at one time: asking for it costs a seventh of what a message takes (measured).
    if (now !== this.#deliveringAt) {
      this.#deliveringAt = now;
      this.#receivedAt = this.#clock.wall();
    }
    const receivedAt = this.#receivedAt;
    let acknowledgement: SharedAcknowledgement | undefined;
    if (delivery !== undefined) {
      acknowledgement = new SharedAcknowledgement(delivery, this.#host, Math.max(1, streams.length));
      this.#watch.start();
    }
    for (const stream of streams) stream.handleMessage(new Message(packet, receivedAt, acknowledgement));
    if (streams.length > 0) return;
    if (isTaken) acknowledgement?.done(0);
    else this.#deliverUnclaimed(new Message(packet, receivedAt, acknowledgement));
  }

  /** @param resumes the session is an earlier one, and whoever connected may not have said yet what to do with it */
  handleConnected(sessionPresent: boolean, resumes: boolean): void {
    this.#registry?.handleConnected();
    this.#congestion.resume();
    this.#handlerWatch.resume();
    if (sessionPresent) this.#watch.start(); // QoS 2 may wait already
    if (resumes) this.#unclaimed.open();
  }

  handleDisconnected(): void {
    this.#watch.stop();
  }

  /** Whether to read from the network. */
  wantsData(answerAwaited: boolean): boolean {
    return this.#congestion.wantsData(answerAwaited);
  }

  /** @param inflight what the session has in flight towards us */
  statistics(inflight: number): ReceiveStatistics {
    let buffered = 0;
    for (const stream of this.#streams?.keys() ?? []) buffered += stream.buffered;
    return { buffered, held: this.#unclaimed.length, inflight, dropped: this.#dropped };
  }

  // ── who wants what ────────────────────────────────────────────────────────────────────────────

  /** Messages for a subscription are taken from now on; what was held for it comes first. */
  add(subscription: Subscription, identifier: number | undefined): void {
    this.registry.add(subscription, identifier);
    this.#keep(subscription, undefined);
    this.#claim(subscription);
  }

  /** Gives a handler what comes for these filters, without subscribing to them. Returns the way out. */
  route(topicFilters: readonly string[], options: ConsumerOptions, handler: MessageHandler): () => void {
    const stream = new MessageStream(`the route for ${describeFilters(topicFilters)}`, this.owner, options, {
      handler,
    });
    this.#listen(topicFilters, stream);
    return () => void this.#endListening(stream);
  }

  /** Everything that comes. */
  messages(options: ConsumerOptions): MessageStream {
    const stream = new MessageStream("messages()", this.owner, options, { endsWithLoop: true });
    this.#listen(undefined, stream);
    return stream;
  }

  /** Somebody listens for what nobody else takes: what is held is for them. */
  offerHeld(): void {
    for (const message of this.#unclaimed.claim(() => true)) {
      if (this.#host.offer(message)) message.acknowledge();
      else this.#unclaimed.hold(message); // they left again
    }
    this.#host.wake();
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────

  /** Ends a subscription. Returns its filters that no other one has; undefined if it has ended already. */
  end(subscription: Subscription, error?: Error): readonly string[] | undefined {
    const unused = this.registry.remove(subscription);
    if (unused !== undefined) this.#finish(subscription, error);
    return unused;
  }

  /** A subscription that nobody got: what came for it is for those who want it otherwise. */
  takeBack(subscription: Subscription): readonly string[] | undefined {
    const unused = this.registry.remove(subscription);
    const messages = subscription.takeBack();
    this.#finish(subscription);
    for (const message of messages) {
      if (this.registry.matching(message.topic).length > 0) message.acknowledge();
      else this.#deliverUnclaimed(message);
    }
    return unused;
  }

  /** These filters are gone for everybody: subscriptions that have no other end. */
  endFilters(filters: readonly string[]): void {
    for (const subscription of this.registry.removeFilters(filters)) this.#finish(subscription);
  }

  /** The server did not grant these again. */
  loseFilters(failures: readonly FilterFailure[]): void {
    for (const [subscription, error] of this.registry.loseFilters(failures)) this.#finish(subscription, error);
  }

  /** Ends all but routes; an iteration throws `error` after its last message, if there is one. */
  endAll(error: Error | undefined): void {
    for (const stream of this.#registry?.removeAll() ?? []) this.#finish(stream, error);
    this.#unclaimed.pause();
    this.#congestion.pause();
    this.#handlerWatch.pause();
    this.#watch.stop();
  }

  #finish(stream: MessageStream, error?: Error): void {
    this.#streams?.delete(stream);
    this.#congestion.setFull(stream, false);
    stream.handleEnd(error);
    this.#host.wake();
  }

  #keep(stream: MessageStream, leave: (() => void) | undefined): void {
    this.#streams ??= new Map<MessageStream, (() => void) | undefined>();
    this.#streams.set(stream, leave);
  }

  #listen(topicFilters: readonly string[] | undefined, stream: MessageStream): void {
    this.#keep(stream, this.registry.listen(topicFilters, stream));
    this.#claim(stream);
  }

  #endListening(stream: MessageStream): Promise<void> {
    this.#streams?.get(stream)?.();
    this.#finish(stream);
    return Promise.resolve();
  }

  #claim(stream: MessageStream): void {
    const claimed = this.#unclaimed.claim(({ topic }) => this.registry.matching(topic).includes(stream));
    for (const message of claimed) stream.handleMessage(message);
  }

  #deliverUnclaimed(message: Message): void {
    if (this.#host.offer(message)) message.acknowledge();
    else if (this.#unclaimed.isOpen) this.#unclaimed.hold(message);
    else this.#drop(message, "unclaimed");
  }

  #drop(message: Message, reason: DroppedIncoming["reason"]): void {
    this.#dropped++;
    this.#host.onDropped({ direction: "in", reason, message });
    message.acknowledge();
  }

  // ── reports ───────────────────────────────────────────────────────────────────────────────────

  #reportStalled({ label, buffered }: MessageStream): void {
    const what = `${label} has ${buffered} messages waiting, and took none for ${this.#consumerTimeout} ms`;
    const then = "the network is read on without it: its buffer takes no more QoS 0 messages until it has room";
    this.#host.onError(new ConsumerStalledError(`${what}; ${then}`, this.#consumerTimeout));
  }

  #reportOverdue({ topicName, heldUp }: OldestUnacknowledged): void {
    const who = this.registry.matching(topicName).map(({ label }) => label);
    const by = who.length === 0 ? "" : ` by ${who.join(", ")}`;
    const what = `a message to "${topicName}" was not acknowledged${by} for ${this.#consumerTimeout} ms`;
    const then = `MQTT wants acknowledgements in the order of arrival, so those of ${heldUp} later messages wait for it`;
    this.#host.onError(new ConsumerStalledError(`${what}; ${then}`, this.#consumerTimeout, topicName));
  }
}

/** Throws {@link OptionError}. */
export function receiverOptions(
  unclaimed: { readonly hold?: number | undefined; readonly buffer?: number | undefined } = {},
  consumerTimeout = 30_000,
): ReceiverOptions {
  const { hold = 10_000, buffer = 1_000 } = unclaimed;
  if (!(hold >= 0)) throw new OptionError("unclaimed.hold", hold, "it must be 0 or more milliseconds");
  if (!(buffer >= 1)) throw new OptionError("unclaimed.buffer", buffer, "it must be 1 message or more");
  if (!(consumerTimeout >= 0)) {
    throw new OptionError("timeouts.consumer", consumerTimeout, "it must be 0 or more milliseconds");
  }
  return { unclaimed: { hold, buffer }, consumerTimeout };
}
