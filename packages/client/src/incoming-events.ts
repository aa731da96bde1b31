import type { ClientEmitter } from "./client-emitter.ts";
import { toError } from "./errors.ts";
import type { ClientState, DroppedIncoming } from "./events.ts";
import type { Message } from "./message.ts";

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
  readonly #events: ClientEmitter;
  readonly #lifecycle: { readonly state: ClientState };
  /** What was warned of on this connection: once is enough. */
  #warned: readonly DroppedIncoming["reason"][] = NONE;

  constructor(events: ClientEmitter, lifecycle: { readonly state: ClientState }) {
    this.#events = events;
    this.#lifecycle = lifecycle;
  }

  handleConnected(): void {
    this.#warned = NONE;
  }

  /** Gives a message that nobody else takes to the "message" listeners. False: there are none. */
  offer(message: Message): boolean {
    if (!this.#events.has("message")) return false;
    if (this.#lifecycle.state !== "closed") this.#events.emit("message", message); // nothing follows "closed"
    return true;
  }

  onDropped(dropped: DroppedIncoming): void {
    if (this.#lifecycle.state === "closed") return;
    const { message, reason } = dropped;
    if (this.#events.has("dropped")) {
      this.#events.emit("dropped", dropped);
    } else if (!this.#warned.includes(reason)) {
      this.#warned = [...this.#warned, reason];
      this.#events.warn(`${WARNINGS[reason](message.topic)}; listen for "dropped" to see all of them`);
    }
  }

  onHandlerError(error: unknown, { topic }: Message): void {
    this.#events.reportError(
      new Error(`the handler for "${topic}" failed: ${toError(error).message}`, { cause: error }),
    );
  }
}
