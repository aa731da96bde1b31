/// <reference lib="esnext.disposable" preserve="true" />
import type { Signal } from "@petrel/transport";
import { OptionError, TimeoutError } from "@petrel/session";
import { Backlog } from "./backlog.ts";
import { isOverfull, sizeOf } from "./buffer-limits.ts";
import { onAbort } from "./cancellation.ts";
import type { Clock } from "./clock.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import { AbortedError } from "./errors.ts";
import type { HandlerWatch } from "./handler-watch.ts";
import { Handling, type MessageHandler } from "./handling.ts";
import { Iteration } from "./iteration.ts";
import type { Message } from "./message.ts";
import { checkCallOptions } from "./option-names.ts";

/** What a stream needs of its client. */
export interface StreamOwner {
  readonly clock: Clock;
  /** Gives up handlers that take too long. */
  readonly handlerWatch: HandlerWatch;
  /** The stream's buffer became full, or has room again. */
  onFull(stream: MessageStream, full: boolean): void;
  /** Whether the network is read although this stream's buffer is full. */
  readsOnThough(stream: MessageStream): boolean;
  /** The buffer has no room for a QoS 0 message, and the network could not be paused. */
  onOverflow(message: Message): void;
  /** A handler threw, rejected, or took too long. */
  onHandlerError(error: unknown, message: Message): void;
  /** Ends the stream. */
  end(stream: MessageStream): Promise<void>;
}

/** How long to wait for a message. */
export interface NextOptions {
  /** Milliseconds; 0 takes only what is there. Default: no limit. */
  readonly timeout?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: Signal | undefined;
}

const NONE: readonly never[] = [];
const NO_OPTIONS: NextOptions = {};

/**
 * Messages for one consumer: an async iterable with a bounded buffer. A message counts as consumed, and is
 * acknowledged, when the loop asks for the next one or ends.
 */
export class MessageStream implements AsyncIterable<Message>, AsyncDisposable {
  /** @internal What a report calls it. */
  readonly label: string;
  readonly #owner: StreamOwner;
  readonly #options: ConsumerOptions;
  readonly #handling: Handling | undefined;
  readonly #endsWithLoop: boolean;

  readonly #buffer = new Backlog<Message>();
  /** In the buffer. */
  #bytes = 0;
  #full = false;
  #passed = 0;
  /** Handed to the consumer and not acknowledged yet. */
  #taken: readonly Message[] = NONE;
  /** The consumer that waits for a message. */
  #waiting: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  /** @internal */
  constructor(
    label: string,
    owner: StreamOwner,
    options: ConsumerOptions,
    {
      handler,
      endsWithLoop = false,
    }: { readonly handler?: MessageHandler | undefined; readonly endsWithLoop?: boolean },
  ) {
    this.label = label;
    this.#owner = owner;
    this.#options = options;
    this.#endsWithLoop = endsWithLoop;
    this.#handling =
      handler === undefined
        ? undefined
        : new Handling(handler, options, owner.handlerWatch, {
            take: () => this.#pass(),
            onError: (error, message) => owner.onHandlerError(error, message),
          });
  }

  /** Messages that wait for the consumer. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** @internal Messages that left the buffer so far. */
  get passed(): number {
    return this.#passed;
  }

  /** @internal Nothing opens the network as long as so much waits. */
  get isOverfull(): boolean {
    return isOverfull(this.#bytes, this.#options.buffer);
  }

  /** Ends the stream. What it holds is acknowledged now; a loop still gets it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owner.end(this);
  }

  /**
   * The next message; undefined when the stream has ended. Acknowledges the message handed out before.
   *
   * One consumer at a time: a second one that waits beside the first is an error.
   *
   * @throws TimeoutError when no message came within `timeout`, AbortedError; the stream goes on
   */
  async next(options: NextOptions = NO_OPTIONS): Promise<Message | undefined> {
    this.#refuseHandler();
    if (options !== NO_OPTIONS) checkCallOptions("next()", options);
    const { timeout, signal } = options;
    if (timeout !== undefined && !(timeout >= 0)) {
      throw new OptionError("timeout", timeout, "it must be 0 or more milliseconds");
    }
    if (signal?.aborted === true) throw new AbortedError("waiting for a message", signal.reason);
    let message = this.#takeOne();
    if (message !== undefined) return message;
    let failure: Error | undefined;
    const giveUp = (error: Error): void => {
      failure ??= error;
      this.#wakeConsumer();
    };
    const { clock } = this.#owner;
    const timer =
      timeout === undefined
        ? undefined
        : clock.timer(clock.now() + timeout, () => giveUp(new TimeoutError("message", timeout)));
    const forget = onAbort(signal, (reason) => giveUp(new AbortedError("waiting for a message", reason)));
    try {
      while (message === undefined && (await this.#more())) {
        message = this.#takeOne();
        if (message === undefined && failure !== undefined) throw failure;
      }
    } finally {
      timer?.clear();
      forget();
    }
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
  handleMessage(message: Message): void {
    const { acknowledge, buffer } = this.#options;
    const hasRoom = this.#buffer.length < buffer.messages && this.#bytes < buffer.bytes;
    if (!hasRoom && message.qos === 0 && this.#owner.readsOnThough(this)) {
      this.#owner.onOverflow(message);
      return;
    }
    // Without room the acknowledgement waits: the server's send quota is then what bounds the buffer.
    if (acknowledge === "received" && hasRoom) message.acknowledge();
    this.#buffer.push(message);
    this.#bytes += sizeOf(message);
    if (!this.#full && (this.#buffer.length >= buffer.messages || this.#bytes >= buffer.bytes)) {
      this.#full = true;
      this.#owner.onFull(this, true);
    }
    if (this.#handling !== undefined) this.#handling.start();
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

  /** @internal Nobody got hold of this stream: what it holds, for others. Call before {@link handleEnd}. */
  takeBack(): readonly Message[] {
    this.#bytes = 0;
    return this.#buffer.takeAll();
  }

  #iterate<Item>(take: () => Item | undefined): Iteration<Item> {
    this.#refuseHandler();
    return new Iteration({
      take,
      more: () => this.#more(),
      release: () => {
        this.#settleTaken();
        this.#wakeConsumer();
        if (this.#endsWithLoop) void this.#owner.end(this);
      },
    });
  }

  #takeOne(): Message | undefined {
    this.#settleTaken();
    const message = this.#pass();
    if (message !== undefined) this.#taken = [message];
    return message;
  }

  /** Takes a message out of the buffer. */
  #pass(): Message | undefined {
    const message = this.#buffer.take();
    if (message === undefined) return undefined;
    this.#passed++;
    const wasOverfull = this.isOverfull;
    this.#bytes -= sizeOf(message);
    if (this.#options.acknowledge === "received") message.acknowledge(); // it came when there was no room
    this.#noteRoom(wasOverfull);
    return message;
  }

  #takeBatch(): readonly Message[] | undefined {
    this.#settleTaken();
    if (this.#buffer.length === 0) return undefined;
    const wasOverfull = this.isOverfull;
    const batch = this.#buffer.takeAll();
    this.#bytes = 0;
    this.#passed += batch.length;
    this.#taken = batch;
    if (this.#options.acknowledge === "received") for (const message of batch) message.acknowledge();
    this.#noteRoom(wasOverfull);
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
    if (this.#options.acknowledge === "consumed") for (const message of taken) message.acknowledge();
  }

  #noteRoom(wasOverfull: boolean): void {
    if (!this.#full) return;
    const { messages, bytes } = this.#options.buffer;
    this.#full = this.#buffer.length > messages / 2 || this.#bytes > bytes / 2;
    if (!this.#full || (wasOverfull && !this.isOverfull)) this.#owner.onFull(this, this.#full);
  }

  #refuseHandler(): void {
    if (this.#handling === undefined) return;
    throw new Error("this subscription has a handler, which gets its messages; subscribe without one to iterate");
  }
}
