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

  constructor(source: Source<Item>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#ended) return Promise.resolve(END);
    const value = this.#source.take();
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#source.release();
    }
    return Promise.resolve(END);
  }

  async #wait(): Promise<IteratorResult<Item, undefined>> {
    try {
      while (await this.#source.more()) {
        if (this.#ended) return END; // return() came while we waited
        const value = this.#source.take();
        if (value !== undefined) return { done: false, value };
      }
    } catch (error) {
      this.#ended = true;
      throw error;
    }
    this.#ended = true;
    return END;
  }
}
