import { TimeoutError } from "@petrel/session";
import type { ConsumerOptions } from "./consumer-options.ts";
import type { HandlerWatch, Waiting } from "./handler-watch.ts";
import type { Message } from "./message.ts";

/** It may be async: with a `concurrency` of 1, the next message comes when it has settled. */
export type MessageHandler = (message: Message) => unknown;

/** Where the messages come from, and where failures go. */
export interface HandlingSource {
  /** The next message, if one waits. */
  take(): Message | undefined;
  /** The handler threw, rejected, or took too long. */
  onError(error: unknown, message: Message): void;
}

/**
 * Runs a handler on messages outside the read loop, up to `concurrency` at a time: a slow handler holds up nobody
 * else's messages. Each message is acknowledged when its handler has settled, or has taken too long.
 */
export class Handling {
  readonly #handler: MessageHandler;
  readonly #options: ConsumerOptions;
  readonly #watch: HandlerWatch;
  readonly #source: HandlingSource;
  #running = 0;

  constructor(handler: MessageHandler, options: ConsumerOptions, watch: HandlerWatch, source: HandlingSource) {
    this.#handler = handler;
    this.#options = options;
    this.#watch = watch;
    this.#source = source;
  }

  /** There is a message. */
  start(): void {
    if (this.#running >= this.#options.concurrency) return;
    this.#running++;
    void this.#work();
  }

  /** Takes one message after the other until there are none. */
  async #work(): Promise<void> {
    await undefined; // what arrived in this turn is there before the first call
    let waiting: Waiting | undefined; // made with the first promise: handlers that return none don't pay for it
    for (let message = this.#source.take(); message !== undefined; message = this.#source.take()) {
      let reasonCode = 0;
      try {
        const result = this.#handler(message);
        if (isThenable(result)) {
          waiting ??= { due: Infinity, message, giveUp: this.#giveUp };
          waiting.message = message;
          this.#watch.wait(waiting, this.#options.handlerTimeout);
          await result;
        }
      } catch (error) {
        reasonCode = this.#options.rejectWith ?? 0;
        this.#source.onError(error, message);
      }
      if (waiting !== undefined) {
        if (waiting.message === undefined) return; // given up, and another one has gone on
        waiting.due = Infinity;
      }
      this.#finish(message, reasonCode);
    }
    if (waiting !== undefined) this.#watch.forget(waiting);
    this.#running--;
  }

  /** A call has taken too long: it counts as failed, and the next message does not wait for it. */
  readonly #giveUp = (waiting: Waiting): void => {
    const message = waiting.message!;
    waiting.message = undefined;
    const { handlerTimeout, rejectWith = 0 } = this.#options;
    this.#source.onError(new TimeoutError("end of the handler (handlerTimeout)", handlerTimeout), message);
    this.#finish(message, rejectWith);
    this.#running--;
    this.start();
  };

  #finish(message: Message, reasonCode: number): void {
    if (this.#options.acknowledge === "consumed" || reasonCode !== 0) message.acknowledge(reasonCode);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
