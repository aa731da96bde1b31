import type { AcknowledgementProperties } from "@petrel/codec";
import {
  type Milliseconds,
  type MqttSession,
  type OutgoingMessage,
  type SessionEvent,
  TimeoutError,
} from "@petrel/session";
import { onAbort } from "./cancellation.ts";
import type { ClientEmitter } from "./client-emitter.ts";
import type { Clock } from "./clock.ts";
import type { Context } from "./context.ts";
import { Deferred } from "./deferred.ts";
import { AbortedError } from "./errors.ts";
import { Histogram } from "./histogram.ts";
import { JSON_PROPERTIES, JsonPayload, payloadBytes } from "./payload.ts";
import { type PublishDefaults, publishDefaultsFor } from "./publish-defaults.ts";
import { Publication, type PublicationOwner, WRITTEN } from "./publication.ts";
import { checkPublishOptions } from "./requests.ts";
import { areOptions, checkPublishNames, noOptions } from "./option-names.ts";
import type { Payload, PublishOptionsV5 } from "./types.ts";
import { UnheardFailures } from "./unheard.ts";
import type { Version } from "./version.ts";

/** What the publisher needs of its client. */
export interface PublisherHost {
  readonly version: Version;
  readonly events: ClientEmitter;
  /** Throws unless commands are taken. */
  readonly lifecycle: { requireOpen(): void };
  readonly driver: {
    /** What time it is, or was when this burst of commands began. */
    burstTime(): Milliseconds;
    /** The session has something to send. */
    wake(): void;
  };
}

export type PublicationObserver = (publication: Publication, duration: Milliseconds) => void;

type Published = Extract<SessionEvent<Context>, { type: "published" }>;
type Dropped = Extract<SessionEvent<Context>, { type: "dropped" }>;
type MutableMessage = { -readonly [Key in keyof OutgoingMessage]: OutgoingMessage[Key] };

const NO_PROPERTIES: AcknowledgementProperties = {};

/** Everything that goes out: messages from the call to their outcome. */
export class Publisher implements PublicationOwner {
  readonly #session: MqttSession<Context>;
  readonly #clock: Clock;
  readonly #defaults: PublishDefaults | undefined;
  readonly #host: PublisherHost;
  #drained: Deferred<void> | undefined;
  /** Resolves when nothing is queued or in flight, or the time for that is over. */
  #idle: Deferred<void> | undefined;
  #dropped = 0;
  /** Is told the outcome of each message, and how many milliseconds it took. */
  observer: PublicationObserver | undefined = undefined;
  /** Whether any message may turn out to be one whose age matters. */
  readonly #timesAll: boolean;
  // Made when they are needed: an idle client shall be small.
  #latency: Histogram | undefined;
  #unheard: UnheardFailures | undefined;

  constructor(session: MqttSession<Context>, clock: Clock, defaults: PublishDefaults | undefined, host: PublisherHost) {
    this.#session = session;
    this.#clock = clock;
    this.#defaults = defaults;
    this.#host = host;
    this.#timesAll = defaults !== undefined || session.config.queue.maximumAge !== Infinity;
  }

  /** Messages that were accepted and dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From `publish()` to the acknowledgement. */
  get latency(): Histogram {
    return this.#latency ?? new Histogram();
  }

  get isIdle(): boolean {
    return this.#session.inflightCount === 0 && this.#session.queuedCount === 0;
  }

  // ── commands ──────────────────────────────────────────────────────────────────────────────────

  publish(topic: string, payload: Payload, options: PublishOptionsV5): Publication {
    const publication = new Publication(topic, this);
    if (!areOptions(options)) {
      this.fail(publication, noOptions(options, "publish()"));
      return publication;
    }
    const { qos, retain, properties, signal, timeout } = options;
    // Nobody asks how old a QoS 0 message is that can not expire, and asking the clock takes a fifth of publishing one.
    const isPlain = (qos === undefined || qos === 0) && properties === undefined;
    const isTimed = !isPlain || this.#timesAll || this.observer !== undefined;
    const now = isTimed ? this.#clock.now() : this.#host.driver.burstTime();
    if (isTimed) publication.publishedAt = now;
    try {
      this.#host.lifecycle.requireOpen();
      checkPublishNames(options);
      const isSpecial = properties !== undefined || timeout !== undefined || signal !== undefined;
      if (isSpecial || retain !== undefined) checkPublishOptions(options, this.#host.version);
      if (signal?.aborted === true) throw new AbortedError("the publish", signal.reason);
      const message = { topicName: topic, payload: payloadBytes(payload), qos, retain, properties };
      if (this.#defaults !== undefined) fillIn(message, publishDefaultsFor(topic, this.#defaults));
      if (message.payload !== payload && payload instanceof JsonPayload && this.#host.version === "5.0") {
        message.properties = { ...JSON_PROPERTIES, ...properties };
      }
      publication.dispatch = this.#session.publish(message, publication, now);
    } catch (error) {
      this.fail(publication, error as Error);
      return publication;
    }
    if (signal !== undefined || timeout !== undefined) this.#limit(publication, options);
    this.#host.driver.wake();
    return publication;
  }

  async drained(): Promise<void> {
    if (this.#session.writable) return;
    this.#drained ??= new Deferred();
    await this.#drained.promise;
  }

  cancel(publication: Publication): boolean {
    return this.#takeBack(publication, new AbortedError("the publish", new Error("it was cancelled")));
  }

  // ── outcomes ──────────────────────────────────────────────────────────────────────────────────

  handlePublished({ context, reasonCode, packetIdentifier, packet }: Published, now: Milliseconds): void {
    const publication = context as Publication;
    if (packetIdentifier === undefined) {
      publication.settle(WRITTEN);
    } else {
      (this.#latency ??= new Histogram()).add(now - publication.publishedAt);
      const { reasonString, userProperties } = packet?.properties ?? NO_PROPERTIES;
      publication.settle({ reasonCode, reasonString, userProperties, packetIdentifier });
    }
    this.observer?.(publication, now - publication.publishedAt);
    if (this.#idle !== undefined) this.handleProgress();
  }

  /** Who does not await the message may listen for drops; if nobody does either, it is an error that nobody heard of. */
  handleDropped({ context, message, error }: Dropped): void {
    const publication = context as Publication;
    this.#dropped++;
    const { events } = this.#host;
    const isHeard = events.has("dropped");
    events.emit("dropped", { direction: "out", message, reason: error.reason, error });
    this.#fail(publication, error, isHeard || publication.isAwaited);
    this.handleProgress();
  }

  handleWritable(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  fail(publication: Publication, error: Error): void {
    this.#fail(publication, error, publication.isAwaited);
  }

  /** Something was settled: it may have been the last. */
  handleProgress(): void {
    if (this.#idle !== undefined && this.isIdle) this.#idle.resolve();
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────

  /** Resolves when nothing is queued or in flight, at most after `ms`. */
  async idle(ms: Milliseconds): Promise<void> {
    const idle = new Deferred<void>();
    this.#idle = idle;
    this.limitIdle(ms);
    await idle.promise;
    this.#idle = undefined;
  }

  /** Somebody waits at most so long for what {@link Publisher.idle} waits for. */
  limitIdle(ms: Milliseconds): void {
    const idle = this.#idle;
    if (idle === undefined || ms === Infinity) return;
    const timer = this.#clock.timer(this.#clock.now() + ms, () => idle.resolve());
    void idle.promise.then(() => timer.clear());
  }

  stopWaitingForIdle(): void {
    this.#idle?.resolve();
  }

  failWaiting(error: Error): void {
    this.#drained?.reject(error);
    this.#drained = undefined;
  }

  /** Resolves when all failures so far were told. */
  async told(): Promise<void> {
    await this.#unheard?.told();
  }

  #fail(publication: Publication, error: Error, isHeard: boolean): void {
    if (!publication.fail(error)) return;
    this.observer?.(publication, this.#clock.now() - publication.publishedAt);
    if (isHeard) return;
    this.#unheard ??= new UnheardFailures(this.#clock, this.#host.events);
    this.#unheard.add(publication);
  }

  /** Fails a message that is still queued, which then is never sent. */
  #takeBack(publication: Publication, error: Error): boolean {
    const { dispatch } = publication;
    if (dispatch === undefined || !this.#session.cancel(dispatch, error)) return false;
    this.#host.driver.wake();
    return true;
  }

  /** Gives a publication up when its time is over or its signal says so. */
  #limit(publication: Publication, { signal, timeout }: PublishOptionsV5): void {
    const giveUp = (error: Error): void => {
      if (!this.#takeBack(publication, error)) this.fail(publication, error);
    };
    const timer =
      timeout === undefined
        ? undefined
        : this.#clock.timer(this.#clock.now() + timeout, () => giveUp(new TimeoutError("acknowledgement", timeout)));
    const forget = onAbort(signal, (reason) => giveUp(new AbortedError("the publish", reason)));
    publication.onEnd(() => {
      timer?.clear();
      forget();
    });
  }
}

function fillIn(message: MutableMessage, { qos, retain }: PublishDefaults): void {
  message.qos ??= qos;
  message.retain ??= retain;
}
