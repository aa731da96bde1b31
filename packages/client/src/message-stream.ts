/// <reference lib="esnext.disposable" preserve="true" />
import type { Signal } from "@petrel/transport";
import { OptionError, TimeoutError } from "@petrel/session";
import { Backlog } from "./backlog.ts";
import { isOverfull, sizeOf } from "./buffer-limits.ts";
import { onAbort } from "./cancellation.ts";
import type { Clock } from "./clock.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import { AbortedError } from "./errors.ts";
import type { HandlerLine, MessageHandler } from "./handler-line.ts";
import type { HandlerWatch, Waiting } from "./handler-watch.ts";
import { Iteration } from "./iteration.ts";
import type { Message } from "./message.ts";
import { checkCallOptions } from "./option-names.ts";

/** What a stream needs of its client. */
export interface StreamOwner {
  readonly clock: Clock;
  /** Where messages for handlers wait for their turn. */
  readonly handlerLine: HandlerLine;
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
  // What a message for a handler touches is together, in front: among thousands of streams it is in no cache.
  readonly #handler: MessageHandler | undefined;
  readonly #options: ConsumerOptions;
  readonly #owner: StreamOwner;
  /** Messages in the handler line. */
  #inLine = 0;
  /** Of these, and of those in the buffer. */
  #bytes = 0;
  /** Calls of the handler that have not settled. */
  #running = 0;
  #passed = 0;
  #full = false;
  /** What waits for the loop, or for a call of the handler to settle. Made when something does. */
  #buffer: Backlog<Message> | undefined;

  readonly #endsWithLoop: boolean;
  /** Handed to the consumer and not acknowledged yet. */
  #taken: readonly Message[] = NONE;
  /** The consumer that waits for a message. */
  #waiting: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  /** @internal */
  constructor(
    owner: StreamOwner,
    options: ConsumerOptions,
    {
      handler,
      endsWithLoop = false,
    }: { readonly handler?: MessageHandler | undefined; readonly endsWithLoop?: boolean },
  ) {
    this.#owner = owner;
    this.#options = options;
    this.#handler = handler;
    this.#endsWithLoop = endsWithLoop;
  }

  /** @internal What a report calls it. */
  get label(): string {
    return "messages()";
  }

  /** Messages that wait for the consumer. */
  get buffered(): number {
    return this.#inLine + (this.#buffer === undefined ? 0 : this.#buffer.length);
  }

  /** @internal Messages that left the buffer so far. */
  get passed(): number {
    return this.#passed;
  }

  /** @internal No more messages come. */
  get isEnded(): boolean {
    return this.#ended;
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

  /** One message after the other. Each is acknowledged when the next one is asked for, or the loop is left. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    return this.#iterate(() => this.#takeOne());
  }

  /** @internal */
  handleMessage(message: Message): void {
    const { acknowledge, buffer } = this.#options;
    const hasRoom = this.buffered < buffer.messages && this.#bytes < buffer.bytes;
    if (!hasRoom && message.qos === 0 && this.#owner.readsOnThough(this)) {
      this.#owner.onOverflow(message);
      return;
    }
    // Without room the acknowledgement waits: the server's send quota is then what bounds the buffer.
    if (acknowledge === "received" && hasRoom) message.acknowledge();
    if (this.#handler === undefined) {
      this.#keep(message);
    } else {
      this.#inLine++;
      this.#owner.handlerLine.push(this, message);
    }
    this.#bytes += sizeOf(message);
    if (!this.#full && (this.buffered >= buffer.messages || this.#bytes >= buffer.bytes)) {
      this.#full = true;
      this.#owner.onFull(this, true);
    }
    if (this.#handler === undefined) this.#wakeConsumer();
  }

  /** @internal It is this message's turn at the handler. */
  handleTurn(message: Message): void {
    this.#inLine--;
    if (this.#running >= this.#options.concurrency) this.#keep(message);
    else this.#start(message);
  }

  /** @internal No more messages come. With an error, the consumer gets it after the last of them. */
  handleEnd(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#settleTaken();
    for (const message of this.#buffer ?? NONE) message.acknowledge();
    if (this.#inLine > 0) for (const message of this.#owner.handlerLine.of(this)) message.acknowledge();
    this.#wakeConsumer();
  }

  /** @internal Nobody got hold of this stream: what it holds, for others. Call before {@link handleEnd}. */
  takeBack(): readonly Message[] {
    this.#bytes = 0;
    const waiting = this.#buffer?.takeAll() ?? NONE;
    if (this.#inLine === 0) return waiting;
    this.#inLine = 0;
    return [...waiting, ...this.#owner.handlerLine.takeBack(this)];
  }

  // ── with a handler ────────────────────────────────────────────────────────────────────────────

  #start(message: Message): void {
    this.#handlePassed(message);
    const result = this.#call(message);
    if (result === undefined) return;
    this.#running++;
    void this.#settle(message, result);
  }

  /** Calls the handler. Returns what to wait for, if that is not all. */
  #call(message: Message): PromiseLike<unknown> | undefined {
    const handler = this.#handler!;
    let reasonCode = 0;
    try {
      const result = handler(message);
      if (isThenable(result)) return result;
    } catch (error) {
      reasonCode = this.#fail(message, error);
    }
    this.#finish(message, reasonCode);
    return undefined;
  }

  /** Waits for a call, and goes on with what waits for it to settle. */
  async #settle(message: Message, result: PromiseLike<unknown>): Promise<void> {
    const { handlerWatch } = this.#owner;
    const call: Waiting = { due: Infinity, message, giveUp: () => this.#giveUp(call) };
    let next: Message | undefined = message;
    let pending: PromiseLike<unknown> | undefined = result;
    while (next !== undefined) {
      if (pending !== undefined) {
        call.message = next;
        handlerWatch.wait(call, this.#options.handlerTimeout);
        let reasonCode = 0;
        try {
          await pending;
        } catch (error) {
          reasonCode = this.#fail(next, error);
        }
        if (call.message === undefined) return; // given up, and another one has gone on
        call.due = Infinity;
        this.#finish(next, reasonCode);
      }
      next = this.#pass();
      pending = next === undefined ? undefined : this.#call(next);
    }
    handlerWatch.forget(call);
    this.#running--;
  }

  /** A call has taken too long: it counts as failed, and the next message does not wait for it. */
  #giveUp(call: Waiting): void {
    const message = call.message!;
    call.message = undefined;
    const timeout = this.#options.handlerTimeout;
    this.#finish(message, this.#fail(message, new TimeoutError("end of the handler (handlerTimeout)", timeout)));
    this.#running--;
    while (this.#running < this.#options.concurrency) {
      const next = this.#buffer?.take();
      if (next === undefined) return;
      this.#start(next);
    }
  }

  /** Tells of a handler's failure. Returns the reason code for its message. */
  #fail(message: Message, error: unknown): number {
    this.#owner.onHandlerError(error, message);
    return this.#options.rejectWith ?? 0;
  }

  #finish(message: Message, reasonCode: number): void {
    if (this.#options.acknowledge === "consumed" || reasonCode !== 0) message.acknowledge(reasonCode);
  }

  // ── without one ───────────────────────────────────────────────────────────────────────────────

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
    const message = this.#buffer?.take();
    if (message !== undefined) this.#handlePassed(message);
    return message;
  }

  #keep(message: Message): void {
    this.#buffer ??= new Backlog<Message>();
    this.#buffer.push(message);
  }

  /** A message has left for the consumer. */
  #handlePassed(message: Message): void {
    this.#passed++;
    const size = sizeOf(message);
    this.#bytes -= size;
    if (this.#options.acknowledge === "received") message.acknowledge(); // it came when there was no room
    if (this.#full) this.#noteRoom(size);
  }

  #takeBatch(): readonly Message[] | undefined {
    this.#settleTaken();
    if (this.#buffer === undefined || this.#buffer.length === 0) return undefined;
    const batch = this.#buffer.takeAll();
    const size = this.#bytes;
    this.#bytes = 0;
    this.#passed += batch.length;
    this.#taken = batch;
    if (this.#options.acknowledge === "received") for (const message of batch) message.acknowledge();
    if (this.#full) this.#noteRoom(size);
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

  /** So many bytes have left a full buffer. */
  #noteRoom(size: number): void {
    const { messages, bytes } = this.#options.buffer;
    const wasOverfull = isOverfull(this.#bytes + size, this.#options.buffer);
    // Another consumer may have changed the properties, which they share: what is empty has room all the same.
    if (this.buffered === 0) this.#bytes = 0;
    this.#full = this.buffered > messages / 2 || this.#bytes > bytes / 2;
    if (!this.#full || (wasOverfull && !this.isOverfull)) this.#owner.onFull(this, this.#full);
  }

  #refuseHandler(): void {
    if (this.#handler === undefined) return;
    throw new Error("this subscription has a handler, which gets its messages; subscribe without one to iterate");
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
