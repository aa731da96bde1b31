import type { PublishPacket } from "@petrel/codec";
import {
  type Delivery,
  type FilterFailure,
  type MqttSession,
  OptionError,
  type RequestTicket,
  SubscribeRejectedError,
} from "@petrel/session";
import type { Signal } from "@petrel/transport";
import { onAbort } from "./cancellation.ts";
import type { Clock } from "./clock.ts";
import { type Context, Request } from "./context.ts";
import { AbortedError } from "./errors.ts";
import type { Message } from "./message.ts";
import { subscribeRequest } from "./requests.ts";
import { type MessageHandler, Subscription, type SubscriptionOwner } from "./subscription.ts";
import { SubscriptionRegistry } from "./subscription-registry.ts";
import type { Filters, SubscribeOptionsV5 } from "./types.ts";
import type { Version } from "./version.ts";

/** What the subscriber needs of its client. */
export interface SubscriberHost {
  /** The version that is spoken; with "auto" it becomes known with the first connection. */
  version(): Version;
  /** Throws unless commands are taken. */
  requireOpen(): void;
  /** The session has something to send. */
  wake(): void;
  /** A handler threw, or rejected. */
  onHandlerError(error: unknown, message: Message): void;
}

/** Asks the server for subscriptions, and gives their messages to who asked. */
export class Subscriber {
  readonly #session: MqttSession<Context>;
  readonly #clock: Clock;
  readonly #host: SubscriberHost;
  readonly #registry: SubscriptionRegistry;
  readonly #owner: SubscriptionOwner;
  /** SUBSCRIBE and UNSUBSCRIBE that wait for their answer. */
  #awaited = 0;

  constructor(session: MqttSession<Context>, clock: Clock, host: SubscriberHost) {
    this.#session = session;
    this.#clock = clock;
    this.#host = host;
    this.#registry = new SubscriptionRegistry({
      acknowledge: (delivery, reasonCode) => {
        session.acknowledge(delivery, reasonCode);
        host.wake();
      },
    });
    this.#owner = {
      onFull: (subscription, full) => {
        this.#registry.setFull(subscription, full);
        host.wake();
      },
      onHandlerError: (error, message) => host.onHandlerError(error, message),
      unsubscribe: (subscription) => this.#unsubscribeFrom(subscription),
    };
  }

  /** Some subscription's buffer is full. */
  get isFull(): boolean {
    return this.#registry.hasFull;
  }

  get awaitsAnswer(): boolean {
    return this.#awaited > 0;
  }

  /** Gives a message to everyone who subscribed to its topic. Returns it if that is nobody. */
  deliver(packet: PublishPacket, delivery: Delivery | undefined): Message | undefined {
    return this.#registry.deliver(packet, delivery, this.#clock.wall());
  }

  /** The server did not grant these again. */
  loseFilters(failures: readonly FilterFailure[]): void {
    this.#registry.loseFilters(failures);
  }

  /** Ends all; an iteration throws `error` after its last message, if there is one. */
  endAll(error: Error | undefined): void {
    this.#registry.endAll(error);
  }

  async subscribe(
    filters: Filters<"5.0">,
    options: SubscribeOptionsV5,
    handler: MessageHandler | undefined,
  ): Promise<Subscription> {
    const { acknowledge = "consumed", buffer = 1_000, signal } = options;
    if (!(buffer >= 1)) throw new OptionError("buffer", buffer, "it must be 1 message or more");
    if (acknowledge !== "consumed" && acknowledge !== "received" && acknowledge !== "manual") {
      throw new OptionError("acknowledge", acknowledge, 'it must be "consumed", "received" or "manual"');
    }
    const subscribe = subscribeRequest(filters, options, this.#host.version());
    const topicFilters = subscribe.subscriptions.map(({ topicFilter }) => topicFilter);
    const subscription = new Subscription(topicFilters, this.#owner, { acknowledge, buffer, handler });

    // Routed before the answer comes: "the Server is permitted to start sending PUBLISH packets
    // matching the Subscription before the Server sends the SUBACK packet" (section 3.8.4).
    this.#registry.add(subscription);
    let asked = false;
    try {
      const reasonCodes = await this.#request("the subscription", signal, (request, now) => {
        const ticket = this.#session.subscribe(subscribe, request, now);
        asked = true;
        return ticket;
      });
      const granted = topicFilters.map((filter, index) => ({ filter, qos: reasonCodes[index] as 0 | 1 | 2 }));
      subscription.handleGranted(granted);
      return subscription;
    } catch (error) {
      const unused = this.#registry.end(subscription);
      // Some filters may be granted, or still be: nobody holds them, so the server shall not send for them.
      if (asked && unused.length > 0 && !isRefusalOfAll(error, unused)) this.#forget(unused);
      throw error;
    }
  }

  async unsubscribe(filters: string | readonly string[]): Promise<readonly number[]> {
    const topicFilters = typeof filters === "string" ? [filters] : filters;
    const reasonCodes = await this.#unsubscribe(topicFilters);
    this.#registry.endFilters(topicFilters);
    return reasonCodes;
  }

  /** Ends one subscription; filters that others of this client have too stay subscribed. */
  async #unsubscribeFrom(subscription: Subscription): Promise<void> {
    const topicFilters = this.#registry.end(subscription);
    this.#host.wake();
    if (topicFilters.length > 0) await this.#unsubscribe(topicFilters);
  }

  /** Unsubscribes where nobody waits for the answer. If it fails, what the server still sends is told as unclaimed messages. */
  #forget(topicFilters: readonly string[]): void {
    this.#unsubscribe(topicFilters).catch(() => undefined);
  }

  #unsubscribe(topicFilters: readonly string[]): Promise<readonly number[]> {
    return this.#request("unsubscribing", undefined, (request, now) => {
      return this.#session.unsubscribe({ topicFilters }, request, now);
    });
  }

  /** Sends a request through the session and waits for the server's answer. */
  async #request(
    what: string,
    signal: Signal | undefined,
    send: (request: Request, now: number) => RequestTicket,
  ): Promise<readonly number[]> {
    this.#host.requireOpen();
    if (signal?.aborted === true) throw new AbortedError(what, signal.reason);
    const request = new Request();
    const ticket = send(request, this.#clock.now());
    const forget = onAbort(signal, (reason) => {
      const error = new AbortedError(what, reason);
      this.#session.cancelRequest(ticket, error); // if it still waits for its turn; else its answer is no news
      request.reject(error);
    });
    this.#awaited++;
    this.#host.wake();
    try {
      return await request.promise;
    } finally {
      this.#awaited--;
      forget();
    }
  }
}

/** Every filter was refused: nothing is left to take back. */
function isRefusalOfAll(error: unknown, filters: readonly string[]): boolean {
  return error instanceof SubscribeRejectedError && error.failures.length === filters.length;
}
