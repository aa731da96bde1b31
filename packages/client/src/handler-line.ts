import type { Clock } from "./clock.ts";
import type { Message } from "./message.ts";

/** It may be async: with a `concurrency` of 1, the next message comes when it has settled. */
export type MessageHandler = (message: Message) => unknown;

/** Who waits in line: a stream with a handler. */
export interface Handled {
  /** It is this message's turn. */
  handleTurn(message: Message): void;
}

/**
 * What arrived in this turn for handlers, in the order in which it came. They are called after it, outside the read loop.
 * One line serves all streams of a client: with a buffer and a promise for each stream, a message to one of a hundred
 * thousand took three times as long (measured), mostly for memory that nobody had touched for long.
 */
export class HandlerLine {
  readonly #clock: Clock;
  /** A message, and at the same place its stream. */
  #messages: (Message | undefined)[] = [];
  #streams: Handled[] = [];
  #next = 0;
  #isWoken = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(stream: Handled, message: Message): void {
    this.#messages.push(message);
    this.#streams.push(stream);
    if (!this.#isWoken) this.#wake();
  }

  /** What is in line for this stream. */
  of(stream: Handled): readonly Message[] {
    return this.#messages.filter(
      (message, index): message is Message =>
        message !== undefined && index >= this.#next && this.#streams[index] === stream,
    );
  }

  /** Takes what is in line for this stream out of it. */
  takeBack(stream: Handled): readonly Message[] {
    const own: Message[] = [];
    for (let at = this.#next; at < this.#messages.length; at++) {
      const message = this.#messages[at];
      if (message === undefined || this.#streams[at] !== stream) continue;
      own.push(message);
      this.#messages[at] = undefined;
    }
    return own;
  }

  #wake(): void {
    this.#isWoken = true;
    this.#clock.microtask(this.#run);
  }

  readonly #run = (): void => {
    try {
      // What comes meanwhile has its turn, too.
      while (this.#next < this.#messages.length) {
        const at = this.#next++;
        const message = this.#messages[at];
        if (message !== undefined) this.#streams[at]!.handleTurn(message);
      }
    } finally {
      this.#isWoken = false;
      if (this.#next < this.#messages.length) {
        this.#wake(); // somebody threw what nobody is to throw: the others get their messages all the same
      } else {
        this.#messages = [];
        this.#streams = [];
        this.#next = 0;
      }
    }
  };
}
