/// <reference lib="esnext.disposable" preserve="true" />
import { Backlog } from "./backlog.ts";
import { ClientClosedError } from "./errors.ts";
import { Iteration } from "./iteration.ts";
import type { Message } from "./message.ts";

/** When a QoS 1 or 2 message is acknowledged: when the consumer asks for the next one, on arrival, or by hand. */
export type AcknowledgeMode = "consumed" | "received" | "manual";

/** What the server granted for one filter. */
export interface GrantedFilter {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
}

/** It may be async: the next message comes when it has settled. */
export type MessageHandler = (message: Message) => unknown;

/** What a subscription needs of its client. */
export interface SubscriptionOwner {
  /** The subscription's buffer became full, or has room again. */
  onFull(subscription: Subscription, full: boolean): void;
  /** A handler threw, or rejected. */
  onHandlerError(error: unknown, message: Message): void;
  unsubscribe(subscription: Subscription): Promise<void>;
}

const NONE: readonly never[] = [];

/**
 * What you get for a subscription: an async iterable of messages. A message counts as consumed, and is acknowledged,
 * when the loop asks for the next one or ends. Messages wait in a bounded buffer; when it is full, reading from the
 * network pauses until there is room. Leaving the loop does not end the subscription: {@link Subscription.unsubscribe}
 * does, and so does `await using`.
 */
export class Subscription implements AsyncIterable<Message>, AsyncDisposable {
  readonly filters: readonly string[];
  readonly #owner: SubscriptionOwner;
  readonly #acknowledge: AcknowledgeMode;
  readonly #limit: number;
  readonly #handler: MessageHandler | undefined;

  #granted: readonly GrantedFilter[] = NONE;
  readonly #buffer = new Backlog<Message>();
  #full = false;
  #handling = false;
  /** Handed to the consumer and not acknowledged yet. */
  #taken: readonly Message[] = NONE;
  /** The consumer that waits for a message. */
  #waiting: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  /** @internal */
  constructor(
    filters: readonly string[],
    owner: SubscriptionOwner,
    options: {
      readonly acknowledge: AcknowledgeMode;
      readonly buffer: number;
      readonly handler: MessageHandler | undefined;
    },
  ) {
    this.filters = filters;
    this.#owner = owner;
    this.#acknowledge = options.acknowledge;
    this.#limit = options.buffer;
    this.#handler = options.handler;
  }

  /** What the server granted for each filter. */
  get granted(): readonly GrantedFilter[] {
    return this.#granted;
  }

  /** Messages that wait for the consumer. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /**
   * Asks the server to send no more, and ends the iteration once the buffer is empty. What the subscription holds is
   * acknowledged now: messages of others must not have to wait for a consumer that may have left.
   *
   * @throws UnsubscribeRejectedError, TimeoutError, ClientClosedError; the subscription has ended all the same
   */
  async unsubscribe(): Promise<void> {
    await this.#owner.unsubscribe(this);
  }

  /** As {@link Subscription.unsubscribe}, but content when the client is closed first. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.unsubscribe();
    } catch (error) {
      if (!(error instanceof ClientClosedError)) throw error;
    }
  }

  /**
   * The next message; undefined when the subscription has ended. Acknowledges the message handed out before.
   *
   * One consumer at a time: a second one that waits beside the first is an error.
   */
  async next(): Promise<Message | undefined> {
    this.#refuseHandler();
    let message = this.#takeOne();
    while (message === undefined && (await this.#more())) message = this.#takeOne();
    return message;
  }

  /** Everything that waits, at once: the fastest way. A batch is acknowledged when the next one is asked for. */
  batches(): AsyncIterableIterator<readonly Message[], undefined> {
    return this.#iterate(() => this.#takeBatch());
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    return this.#iterate(() => this.#takeOne());
  }

  /** @internal */
  handleGranted(granted: readonly GrantedFilter[]): void {
    this.#granted = granted;
  }

  /** @internal */
  handleMessage(message: Message): void {
    if (this.#acknowledge === "received") message.acknowledge();
    this.#buffer.push(message);
    if (!this.#full && this.#buffer.length >= this.#limit) {
      this.#full = true;
      this.#owner.onFull(this, true);
    }
    if (this.#handler !== undefined) this.#startHandling(this.#handler);
    else this.#wakeConsumer();
  }

  /** @internal No more messages come. With an error, the consumer gets it after the last of them. */
  handleEnd(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#settleTaken();
    for (const message of this.#buffer) message.acknowledge();
    this.#wakeConsumer();
  }

  #iterate<Item>(take: () => Item | undefined): Iteration<Item> {
    this.#refuseHandler();
    return new Iteration({
      take,
      more: () => this.#more(),
      release: () => {
        this.#settleTaken();
        this.#wakeConsumer();
      },
    });
  }

  #takeOne(): Message | undefined {
    this.#settleTaken();
    const message = this.#buffer.take();
    if (message === undefined) return undefined;
    this.#taken = [message];
    this.#noteRoom();
    return message;
  }

  #takeBatch(): readonly Message[] | undefined {
    this.#settleTaken();
    if (this.#buffer.length === 0) return undefined;
    const batch = this.#buffer.takeAll();
    this.#taken = batch;
    this.#noteRoom();
    return batch;
  }

  #wakeConsumer(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** Waits until there may be a message; false when there never will be one. */
  async #more(): Promise<boolean> {
    if (this.#ended) {
      const error = this.#error;
      this.#error = undefined; // told once; after that the end is just the end
      if (error !== undefined) throw error;
      return false;
    }
    if (this.#waiting !== undefined) {
      throw new Error("another consumer is already waiting for the next message of this subscription");
    }
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
    return true;
  }

  #settleTaken(): void {
    const taken = this.#taken;
    if (taken.length === 0) return;
    this.#taken = NONE;
    if (this.#acknowledge === "consumed") for (const message of taken) message.acknowledge();
  }

  #noteRoom(): void {
    if (!this.#full || this.#buffer.length > this.#limit / 2) return;
    this.#full = false;
    this.#owner.onFull(this, false);
  }

  #refuseHandler(): void {
    if (this.#handler === undefined) return;
    throw new Error("this subscription has a handler, which gets its messages; subscribe without one to iterate");
  }

  #startHandling(handler: MessageHandler): void {
    if (this.#handling) return;
    this.#handling = true;
    void this.#handleAll(handler);
  }

  /** Runs the handler on one message after the other, outside the read loop: a slow handler holds up nobody else. */
  async #handleAll(handler: MessageHandler): Promise<void> {
    await undefined; // what arrived in this turn is there before the first call
    for (let message = this.#buffer.take(); message !== undefined; message = this.#buffer.take()) {
      this.#noteRoom();
      try {
        const result = handler(message);
        if (isThenable(result)) await result;
      } catch (error) {
        this.#owner.onHandlerError(error, message);
      }
      if (this.#acknowledge === "consumed") message.acknowledge();
    }
    this.#handling = false;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
