import type { PublishPacket } from "@petrel/codec";
import {
  type Delivery,
  type FilterFailure,
  type Milliseconds,
  type MqttSession,
  OptionError,
  type OldestUnacknowledged,
} from "@petrel/session";
import { AcknowledgementWatch, type AcknowledgementWatchHost } from "./acknowledgement-watch.ts";
import type { ClientEmitter } from "./client-emitter.ts";
import { bufferLimits } from "./buffer-limits.ts";
import type { Clock } from "./clock.ts";
import { Congestion, type CongestionHost } from "./congestion.ts";
import { ConsumerStalledError } from "./errors.ts";
import type { ClientState, DroppedIncoming } from "./events.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import type { Driver } from "./driver.ts";
import { HandlerLine, type MessageHandler } from "./handler-line.ts";
import { HandlerWatch } from "./handler-watch.ts";

import { IncomingEvents } from "./incoming-events.ts";
import { type AcknowledgementTarget, Message, SharedAcknowledgement } from "./message.ts";
import { MessageStream, type StreamOwner } from "./message-stream.ts";
import type { UnclaimedOptions } from "./options.ts";
import { Route } from "./route.ts";
import { Subscription } from "./subscription.ts";
import { SubscriptionRegistry } from "./subscription-registry.ts";
import { type UnclaimedHost, type UnclaimedLimits, UnclaimedMessages } from "./unclaimed.ts";

/** What the receiver needs of its client. */
export interface ReceiverHost {
  readonly session: Pick<MqttSession, "acknowledge" | "oldestUnacknowledged">;
  readonly driver: Pick<Driver<unknown>, "wake" | "handleAcknowledged">;
  readonly clock: Clock;
  readonly events: ClientEmitter;
  readonly lifecycle: { readonly state: ClientState };
  unsubscribe(subscription: Subscription): Promise<void>;
}

/** How patient the receiver is. Milliseconds and messages. */
export interface ReceiverOptions {
  readonly unclaimed: UnclaimedLimits;
  readonly consumerTimeout: number;
}

/** What can be full. */
type Buffer = MessageStream | UnclaimedMessages;

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
  /** Of these, the one that came first and was not acknowledged yet: later ones of its QoS wait for it. */
  readonly oldestUnacknowledged:
    | {
        /** Where it was published. */
        readonly topic: string;
        /** Each has a line of its own. */
        readonly qos: 1 | 2;
        /** Milliseconds since it came. */
        readonly age: number;
        /** Later messages that were consumed, whose acknowledgements wait for this one's. */
        readonly heldUp: number;
      }
    | undefined;
  /** Messages that were dropped, each with a "dropped" event, since the client was made. */
  readonly dropped: number;
}

const NONE: readonly never[] = [];

/**
 * Everything that comes in: who gets it, who is too slow for it, and what becomes of what nobody takes. It is what the
 * streams of its client, and those who watch over them, report to.
 */
export class Receiver
  implements StreamOwner, UnclaimedHost, CongestionHost<Buffer>, AcknowledgementWatchHost, AcknowledgementTarget
{
  readonly clock: Clock;
  readonly #host: ReceiverHost;
  readonly #options: ReceiverOptions;
  readonly #events: IncomingEvents;
  // Made when they are needed, as is what comes after them: an idle client shall be small.
  #congestion: Congestion<Buffer> | undefined;
  #watch: AcknowledgementWatch | undefined;
  #handlerLine: HandlerLine | undefined;
  #handlerWatch: HandlerWatch | undefined;
  #unclaimed: UnclaimedMessages | undefined;
  #registry: SubscriptionRegistry | undefined;
  /** All that have a buffer. */
  #streams: Set<MessageStream> | undefined;
  #dropped = 0;
  /** Of the last message: the time on the client's clock, and the wall clock's for the same. */
  #deliveringAt: Milliseconds | undefined;
  #receivedAt: Milliseconds = 0;

  constructor(host: ReceiverHost, options: ReceiverOptions) {
    this.clock = host.clock;
    this.#host = host;
    this.#options = options;
    this.#events = new IncomingEvents(host.events, host.lifecycle);
  }

  get handlerLine(): HandlerLine {
    return (this.#handlerLine ??= new HandlerLine(this.clock));
  }

  get handlerWatch(): HandlerWatch {
    return (this.#handlerWatch ??= new HandlerWatch(this.clock));
  }

  get registry(): SubscriptionRegistry {
    return (this.#registry ??= new SubscriptionRegistry());
  }

  // ── what comes in ─────────────────────────────────────────────────────────────────────────────

  /** Gives a message to everyone who wants it. */
  deliver(packet: PublishPacket, delivery: Delivery | undefined, now: Milliseconds): void {
    const recipients = this.registry.recipients(packet);
    const streams = recipients ?? NONE;
    // What came together came at one time: asking for it costs a seventh of what a message takes (measured).
    if (now !== this.#deliveringAt) {
      this.#deliveringAt = now;
      this.#receivedAt = this.clock.wall();
    }
    const receivedAt = this.#receivedAt;
    let acknowledgement: SharedAcknowledgement | undefined;
    if (delivery !== undefined) {
      acknowledgement = new SharedAcknowledgement(delivery, this, Math.max(1, streams.length));
      this.#startWatch();
    }
    for (const stream of streams) stream.handleMessage(new Message(packet, receivedAt, acknowledgement));
    if (streams.length > 0) return;
    if (recipients === undefined) acknowledgement?.done(0);
    else this.#deliverUnclaimed(new Message(packet, receivedAt, acknowledgement));
  }

  /** @param resumes the session is an earlier one, and whoever connected may not have said yet what to do with it */
  handleConnected(sessionPresent: boolean, resumes: boolean): void {
    this.#events.handleConnected();
    this.#registry?.handleConnected();
    this.#congestion?.resume();
    this.#handlerWatch?.resume();
    if (sessionPresent) this.#startWatch(); // QoS 2 may wait already
    if (resumes) {
      this.#unclaimed ??= new UnclaimedMessages(this.clock, this.#options.unclaimed, this);
      this.#unclaimed.open();
    } else {
      this.#unclaimed?.reopen();
    }
  }

  handleDisconnected(): void {
    this.#watch?.stop();
  }

  /** The application is done with a message. */
  acknowledge(delivery: Delivery, reasonCode: number): void {
    this.#host.session.acknowledge(delivery, reasonCode);
    this.#host.driver.handleAcknowledged();
  }

  /** Whether to read from the network. */
  wantsData(answerAwaited: boolean): boolean {
    return this.#congestion === undefined || this.#congestion.wantsData(answerAwaited);
  }

  /** @param inflight what the session has in flight towards us */
  statistics(inflight: number): ReceiveStatistics {
    let buffered = 0;
    for (const stream of this.#streams ?? NONE) buffered += stream.buffered;
    const oldestUnacknowledged = this.#oldestUnacknowledged();
    const held = this.#unclaimed?.length ?? 0;
    return { buffered, held, inflight, oldestUnacknowledged, dropped: this.#dropped };
  }

  // ── who wants what ────────────────────────────────────────────────────────────────────────────

  /** Messages for a subscription are taken from now on; what was held for it comes first. */
  add(subscription: Subscription, identifier: number | undefined): void {
    this.registry.add(subscription, identifier);
    this.#keep(subscription);
    this.#claim(subscription);
  }

  /** Gives a handler what comes for these filters, without subscribing to them. Returns the way out. */
  route(topicFilters: readonly string[], options: ConsumerOptions, handler: MessageHandler): () => void {
    const route = new Route(topicFilters, this, options, handler);
    this.#listen(route);
    return () => this.#endListening(route);
  }

  /** Everything that comes. */
  messages(options: ConsumerOptions): MessageStream {
    const stream = new MessageStream(this, options, { endsWithLoop: true });
    this.#listen(stream);
    return stream;
  }

  /** Somebody listens for what nobody else takes: what is held is for them. */
  offerHeld(): void {
    const unclaimed = this.#unclaimed;
    if (unclaimed === undefined) return;
    for (const message of unclaimed.claim(() => true)) {
      if (this.#events.offer(message)) message.acknowledge();
      else unclaimed.hold(message); // they left again
    }
    this.#host.driver.wake();
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────

  /** Its consumer does not want this stream any more. */
  async end(stream: MessageStream): Promise<void> {
    if (stream instanceof Subscription) await this.#host.unsubscribe(stream);
    else this.#endListening(stream);
  }

  /** Ends a subscription. Returns its filters that no other one has; undefined if it has ended already. */
  endSubscription(subscription: Subscription): readonly string[] | undefined {
    const unused = this.registry.remove(subscription);
    if (unused !== undefined) this.#finish(subscription);
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
    this.#unclaimed?.pause();
    this.#congestion?.pause();
    this.#handlerWatch?.pause();
    this.#watch?.stop();
  }

  #finish(stream: MessageStream, error?: Error): void {
    this.#streams?.delete(stream);
    this.#congestion?.setFull(stream, false);
    stream.handleEnd(error);
    this.#host.driver.wake();
  }

  #keep(stream: MessageStream): void {
    this.#streams ??= new Set<MessageStream>();
    this.#streams.add(stream);
  }

  #listen(stream: MessageStream): void {
    this.registry.listen(stream);
    this.#keep(stream);
    this.#claim(stream);
  }

  #endListening(stream: MessageStream): void {
    this.registry.leave(stream);
    this.#finish(stream);
  }

  #claim(stream: MessageStream): void {
    const claimed = this.#unclaimed?.claim(({ topic }) => this.registry.matching(topic).includes(stream));
    for (const message of claimed ?? NONE) stream.handleMessage(message);
  }

  #deliverUnclaimed(message: Message): void {
    if (this.#events.offer(message)) message.acknowledge();
    else if (this.#unclaimed?.isOpen === true) this.#unclaimed.hold(message);
    else this.#drop(message, "unclaimed");
  }

  #drop(message: Message, reason: DroppedIncoming["reason"]): void {
    this.#dropped++;
    this.#events.onDropped({ direction: "in", reason, message });
    message.acknowledge();
  }

  // ── reports ───────────────────────────────────────────────────────────────────────────────────

  #oldestUnacknowledged(): ReceiveStatistics["oldestUnacknowledged"] {
    const { session } = this.#host;
    const one = session.oldestUnacknowledged(1);
    const two = session.oldestUnacknowledged(2);
    const oldest = one !== undefined && !(two !== undefined && two.receivedAt < one.receivedAt) ? one : two;
    if (oldest === undefined) return undefined;
    const { topicName, delivery, receivedAt, heldUp } = oldest;
    return { topic: topicName, qos: delivery.qos, age: this.clock.now() - receivedAt, heldUp };
  }

  onFull(buffer: Buffer, full: boolean): void {
    // A listener may have ended it just before it got this message: nobody would ever make room.
    if (full && buffer instanceof MessageStream && this.#streams?.has(buffer) !== true) return;
    this.#congestion ??= new Congestion<Buffer>(this.clock, this.#options.consumerTimeout, this);
    this.#congestion.setFull(buffer, full);
    this.#host.driver.wake();
  }

  readsOnThough(buffer: Buffer): boolean {
    return this.#congestion?.readsOnThough(buffer) === true;
  }

  onOverflow(message: Message): void {
    this.#drop(message, "overflow");
  }

  onExpired(messages: readonly Message[]): void {
    for (const message of messages) this.#drop(message, "unclaimed");
  }

  onHandlerError(error: unknown, message: Message): void {
    this.#events.onHandlerError(error, message);
  }

  onStalled(stalled: Buffer): void {
    if (stalled instanceof MessageStream) {
      const what = `${stalled.label} has ${stalled.buffered} messages waiting, and took none for`;
      const then = stalled.isOverfull
        ? "that is so much that the network waits for it, and with it everybody"
        : "the network is read on without it: its buffer takes no more QoS 0 messages until it has room";
      this.#reportStalled(what, then);
    }
    this.#host.driver.wake();
  }

  oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined {
    return this.#host.session.oldestUnacknowledged(qos);
  }

  onOverdue({ topicName, heldUp }: OldestUnacknowledged): void {
    const who = this.registry.matching(topicName).map(({ label }) => label);
    const by = who.length === 0 ? "" : ` by ${who.join(", ")}`;
    const what = `a message to "${topicName}" was not acknowledged${by} for`;
    const then = `MQTT wants acknowledgements in the order of arrival, so those of ${heldUp} later messages wait for it`;
    this.#reportStalled(what, then, topicName);
  }

  #reportStalled(what: string, then: string, topic?: string): void {
    const { consumerTimeout } = this.#options;
    const message = `${what} ${consumerTimeout} ms; ${then}`;
    this.#host.events.reportError(new ConsumerStalledError(message, consumerTimeout, topic));
  }

  #startWatch(): void {
    this.#watch ??= new AcknowledgementWatch(this.clock, this.#options.consumerTimeout, this);
    this.#watch.start();
  }
}

const DEFAULTS: ReceiverOptions = {
  unclaimed: { hold: 10_000, buffer: bufferLimits(undefined) },
  consumerTimeout: 30_000,
};

/** Throws {@link OptionError}. */
export function receiverOptions(
  unclaimed: UnclaimedOptions | undefined,
  consumerTimeout: number = DEFAULTS.consumerTimeout,
): ReceiverOptions {
  if (unclaimed === undefined && consumerTimeout === DEFAULTS.consumerTimeout) return DEFAULTS; // one for all
  const { messages, bytes: most } = DEFAULTS.unclaimed.buffer;
  const { hold = DEFAULTS.unclaimed.hold, buffer = messages, bytes = most } = unclaimed ?? {};
  if (!(hold >= 0)) throw new OptionError("unclaimed.hold", hold, "it must be 0 or more milliseconds");
  if (!(buffer >= 1)) throw new OptionError("unclaimed.buffer", buffer, "it must be 1 message or more");
  if (!(bytes >= 1)) throw new OptionError("unclaimed.bytes", bytes, "it must be 1 byte or more");
  if (!(consumerTimeout >= 0)) {
    throw new OptionError("timeouts.consumer", consumerTimeout, "it must be 0 or more milliseconds");
  }
  return { unclaimed: { hold, buffer: { messages: buffer, bytes } }, consumerTimeout };
}
