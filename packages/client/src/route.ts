import type { ConsumerOptions } from "./consumer-options.ts";
import type { MessageHandler } from "./handler-line.ts";
import { MessageStream, type StreamOwner } from "./message-stream.ts";
import { describeFilters } from "./subscription.ts";

/** A handler that gets what matches, without subscribing to it. */
export class Route extends MessageStream {
  /** Each once. */
  readonly filters: readonly string[];

  constructor(filters: readonly string[], owner: StreamOwner, options: ConsumerOptions, handler: MessageHandler) {
    super(owner, options, { handler });
    this.filters = [...new Set(filters)];
  }

  override get label(): string {
    return `the route for ${describeFilters(this.filters)}`;
  }
}
