import { TimeoutError } from "@petrel/session";
import type { Clock } from "./clock.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
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
 * else's messages. Each message is acknowledged when its handler has settled.
 */
export class Handling {
  readonly #handler: MessageHandler;
  readonly #options: ConsumerOptions;
  readonly #clock: Clock;
  readonly #source: HandlingSource;
  #running = 0;

  constructor(handler: MessageHandler, options: ConsumerOptions, clock: Clock, source: HandlingSource) {
    this.#handler = handler;
    this.#options = options;
    this.#clock = clock;
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
    for (let message = this.#source.take(); message !== undefined; message = this.#source.take()) {
      const { acknowledge, rejectWith } = this.#options;
      let reasonCode = 0;
      try {
        const result = this.#handler(message);
        if (isThenable(result)) await this.#limit(result);
      } catch (error) {
        reasonCode = rejectWith ?? 0;
        this.#source.onError(error, message);
      }
      if (acknowledge === "consumed" || reasonCode !== 0) message.acknowledge(reasonCode);
    }
    this.#running--;
  }

  /** Waits for a handler, for as long as it is allowed to take. What it does after that is its own business. */
  #limit(result: PromiseLike<unknown>): PromiseLike<unknown> {
    const { handlerTimeout } = this.#options;
    if (handlerTimeout === undefined) return result;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.timer(this.#clock.now() + handlerTimeout, () =>
        reject(new TimeoutError("end of the handler", handlerTimeout)),
      );
      result.then(
        (value) => {
          timer.clear();
          resolve(value);
        },
        (error: Error) => {
          timer.clear();
          reject(error);
        },
      );
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
