/// <reference lib="esnext.disposable" preserve="true" />
import type { ConsumerOptions } from "./consumer-options.ts";
import { ClientClosedError } from "./errors.ts";
import type { MessageHandler } from "./handler-line.ts";
import { MessageStream, type StreamOwner } from "./message-stream.ts";

/** What the server granted for one filter. */
export interface GrantedFilter {
  /** As it was asked for. */
  readonly filter: string;
  /** The highest that messages come with; it may be less than was asked for. */
  readonly qos: 0 | 1 | 2;
}

const NONE: readonly never[] = [];

/**
 * What you get for a subscription: an async iterable of messages. A message counts as consumed, and is acknowledged,
 * when the loop asks for the next one or ends. Messages wait in a bounded buffer; when it is full, reading from the
 * network pauses until there is room. Leaving the loop does not end the subscription: {@link Subscription.unsubscribe}
 * does, and so does `await using`.
 */
export class Subscription extends MessageStream {
  /** As they were asked for. */
  readonly filters: readonly string[];
  #granted: readonly GrantedFilter[] = NONE;

  /** @internal */
  constructor(
    filters: readonly string[],
    owner: StreamOwner,
    options: ConsumerOptions,
    handler: MessageHandler | undefined,
  ) {
    super(owner, options, { handler });
    this.filters = filters;
  }

  /** @internal */
  override get label(): string {
    return `the subscription to ${describeFilters(this.filters)}`;
  }

  /** What the server granted for each filter. */
  get granted(): readonly GrantedFilter[] {
    return this.#granted;
  }

  /**
   * Asks the server to send no more, and ends the iteration once the buffer is empty. What the subscription holds is
   * acknowledged now: messages of others must not have to wait for a consumer that may have left.
   *
   * @throws UnsubscribeRejectedError, TimeoutError, ClientClosedError; the subscription has ended all the same
   */
  async unsubscribe(): Promise<void> {
    await super[Symbol.asyncDispose]();
  }

  /** As {@link Subscription.unsubscribe}, but content when the client is closed first. */
  override async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.unsubscribe();
    } catch (error) {
      if (!(error instanceof ClientClosedError)) throw error;
    }
  }

  /** @internal */
  handleGranted(granted: readonly GrantedFilter[]): void {
    this.#granted = granted;
  }
}

/** As in `"a/#", "b"`; the first few of many. */
export function describeFilters(filters: readonly string[]): string {
  const shown = filters.slice(0, 3).map((filter) => `"${filter}"`);
  return filters.length > 3 ? `${shown.join(", ")} and ${filters.length - 3} more` : shown.join(", ");
}
