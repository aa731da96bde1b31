/** Where an iteration gets its items from. */
export interface Source<Item> {
  /** The next item, if one waits. */
  take(): Item | undefined;
  /** Waits until there may be an item; false when there never will be one. */
  more(): Promise<boolean>;
  /** The consumer is done with what it took, and wants no more. */
  release(): void;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * An async iterator without an async generator: an item that waits costs one resolved promise, and `return()` takes
 * effect at once, also while `next()` waits.
 */
export class Iteration<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #source: Source<Item>;
  #ended = false;
  /** Calls of `next()` that wait, and the last of them. */
  #waiting = 0;
  #last: Promise<IteratorResult<Item, undefined>> | undefined;

  constructor(source: Source<Item>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#last === undefined) {
      if (this.#ended) return Promise.resolve(END);
      const value = this.#source.take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    const waiting = this.#wait(this.#last);
    this.#last = waiting;
    return waiting;
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#source.release();
    }
    return Promise.resolve(END);
  }

  /** A call that comes while another one waits has its turn after that, as in a generator. */
  async #wait(before: Promise<unknown> | undefined): Promise<IteratorResult<Item, undefined>> {
    this.#waiting++;
    try {
      if (before !== undefined) await before.catch(() => undefined); // whoever made that call is told
      while (!this.#ended) {
        const value = this.#source.take();
        if (value !== undefined) return { done: false, value };
        if (!(await this.#source.more())) break;
      }
      this.#ended = true;
      return END;
    } catch (error) {
      this.#ended = true;
      throw error;
    } finally {
      if (--this.#waiting === 0) this.#last = undefined;
    }
  }
}
