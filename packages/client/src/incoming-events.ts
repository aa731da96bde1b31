import type { Emitter } from "./emitter.ts";
import { toError } from "./errors.ts";
import type { ClientEvents, DroppedIncoming } from "./events.ts";
import type { Message } from "./message.ts";
import type { Logger } from "./options.ts";

const WARNINGS: Readonly<Record<DroppedIncoming["reason"], (topic: string) => string>> = {
  unclaimed: (topic) =>
    `a message to "${topic}" came that nothing in this client asked for; it and others like it are dropped. ` +
    'Subscribe, add a route, or listen for "message"',
  overflow: (topic) =>
    `a QoS 0 message to "${topic}" is dropped, and others may be: its consumer is too slow, and the network could not ` +
    "be paused. Subscribe with QoS 1 or a larger buffer",
};

const NONE: readonly never[] = [];

/** What the client's listeners are told about messages from the server. */
export class IncomingEvents {
  readonly #events: Emitter<ClientEvents>;
  readonly #logger: Logger;
  readonly #reportError: (error: Error) => void;
  readonly #isClosed: () => boolean;
  /** What was warned of on this connection: once is enough. */
  #warned: readonly DroppedIncoming["reason"][] = NONE;

  constructor(
    events: Emitter<ClientEvents>,
    logger: Logger,
    reportError: (error: Error) => void,
    isClosed: () => boolean,
  ) {
    this.#events = events;
    this.#logger = logger;
    this.#reportError = reportError;
    this.#isClosed = isClosed;
  }

  handleConnected(): void {
    this.#warned = NONE;
  }

  /** Gives a message that nobody else takes to the "message" listeners. False: there are none. */
  offer(message: Message): boolean {
    if (!this.#events.has("message")) return false;
    if (!this.#isClosed()) this.#events.emit("message", message); // nothing follows "closed"
    return true;
  }

  onDropped(dropped: DroppedIncoming): void {
    if (this.#isClosed()) return;
    const { message, reason } = dropped;
    if (this.#events.has("dropped")) {
      this.#events.emit("dropped", dropped);
    } else if (!this.#warned.includes(reason)) {
      this.#warned = [...this.#warned, reason];
      this.#logger.warn(`petrel: ${WARNINGS[reason](message.topic)}; listen for "dropped" to see all of them`);
    }
  }

  onHandlerError(error: unknown, { topic }: Message): void {
    this.#reportError(new Error(`the handler for "${topic}" failed: ${toError(error).message}`, { cause: error }));
  }
}
