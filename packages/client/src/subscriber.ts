import {
  type MqttSession,
  OptionError,
  type RequestTicket,
  SubscribeRejectedError,
  TimeoutError,
} from "@petrel/session";
import { onAbort } from "./cancellation.ts";
import type { Clock } from "./clock.ts";
import { consumerOptions } from "./consumer-options.ts";
import { type Context, Request } from "./context.ts";
import type { Driver } from "./driver.ts";
import { AbortedError } from "./errors.ts";
import type { MessageHandler } from "./handler-line.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Receiver } from "./receiver.ts";
import { checkSignal, subscribeRequest } from "./requests.ts";
import { checkCallOptions } from "./option-names.ts";
import { Subscription } from "./subscription.ts";
import type { Filters, SubscribeOptionsV5 } from "./types.ts";
import type { Version } from "./version.ts";

/** What the subscriber needs of its client. */
export interface SubscriberHost {
  readonly session: MqttSession<Context>;
  readonly clock: Clock;
  readonly driver: Driver<Context>;
  readonly lifecycle: Lifecycle;
  readonly receiver: Receiver;
  /** The version that is spoken; with "auto" it becomes known with the first connection. */
  readonly version: Version;
  /** Whether subscriptions get identifiers. */
  readonly identifies: boolean;
}

/** Asks the server for subscriptions. */
export class Subscriber {
  readonly #host: SubscriberHost;
  /** SUBSCRIBE and UNSUBSCRIBE that wait for their answer. */
  #awaited = 0;

  constructor(host: SubscriberHost) {
    this.#host = host;
  }

  get awaitsAnswer(): boolean {
    return this.#awaited > 0;
  }

  async subscribe(
    filters: Filters<"5.0">,
    options: SubscribeOptionsV5,
    handler: MessageHandler | undefined,
  ): Promise<Subscription> {
    const { session, receiver, version, identifies } = this.#host;
    checkCallOptions("subscribe()", options);
    const consumer = consumerOptions(options, handler !== undefined, version);
    const { signal, timeout } = options;
    if (handler !== undefined && typeof handler !== "function") {
      throw new OptionError("handler", handler, "it must be a function for messages");
    }
    if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0)) {
      throw new OptionError("timeout", timeout, "it must be more than 0 milliseconds");
    }
    checkSignal(signal);
    const subscribe = subscribeRequest(filters, options, version);
    const topicFilters = subscribe.subscriptions.map(({ topicFilter }) => topicFilter);
    const subscription = new Subscription(topicFilters, receiver, consumer, handler);
    // Sent where the server takes one: the session knows.
    const preferredIdentifier = identifies ? receiver.registry.chooseIdentifier(topicFilters) : undefined;
    const request = { ...subscribe, preferredIdentifier };

    let ticket: RequestTicket | undefined;
    try {
      const reasonCodes = await this.#request("the subscription", "SUBACK", { signal, timeout }, (context, now) => {
        ticket = session.subscribe(request, context, now);
        // Routed before the answer comes: "the Server is permitted to start sending PUBLISH packets
        // matching the Subscription before the Server sends the SUBACK packet" (section 3.8.4).
        receiver.add(subscription, options.subscriptionIdentifier ?? preferredIdentifier);
        return ticket;
      });
      const granted = topicFilters.map((filter, index) => ({ filter, qos: reasonCodes[index] as 0 | 1 | 2 }));
      subscription.handleGranted(granted);
      return subscription;
    } catch (error) {
      const unused = receiver.takeBack(subscription) ?? [];
      // Some filters may be granted, or still be: nobody holds them, so the server shall not send for them.
      if (wasSent(ticket) && unused.length > 0 && !isRefusalOfAll(error, unused)) this.#forget(unused);
      throw error;
    }
  }

  async unsubscribe(filters: string | readonly string[]): Promise<readonly number[]> {
    const topicFilters = typeof filters === "string" ? [filters] : filters;
    const reasonCodes = await this.#unsubscribe(topicFilters);
    this.#host.receiver.endFilters(topicFilters);
    return reasonCodes;
  }

  /** Ends one subscription; filters that others of this client have too stay subscribed. */
  async unsubscribeFrom(subscription: Subscription): Promise<void> {
    const topicFilters = this.#host.receiver.endSubscription(subscription) ?? [];
    if (topicFilters.length > 0) await this.#unsubscribe(topicFilters);
  }

  /** Unsubscribes where nobody waits for the answer. If it fails, what the server still sends is told as unclaimed messages. */
  #forget(topicFilters: readonly string[]): void {
    this.#unsubscribe(topicFilters).catch(() => undefined);
  }

  #unsubscribe(topicFilters: readonly string[]): Promise<readonly number[]> {
    return this.#request("unsubscribing", "UNSUBACK", {}, (request, now) => {
      return this.#host.session.unsubscribe({ topicFilters }, request, now);
    });
  }

  /** Sends a request through the session and waits for the server's answer. */
  async #request(
    what: string,
    answer: string,
    { signal, timeout }: Pick<SubscribeOptionsV5, "signal" | "timeout">,
    send: (request: Request, now: number) => RequestTicket,
  ): Promise<readonly number[]> {
    const { session, clock, driver, lifecycle } = this.#host;
    lifecycle.requireOpen();
    if (signal?.aborted === true) throw new AbortedError(what, signal.reason);
    const request = new Request();
    const now = clock.now();
    const ticket = send(request, now);
    const giveUp = (error: Error): void => {
      session.cancelRequest(ticket, error); // if it still waits for its turn; else its answer is no news
      request.reject(error);
    };
    const forget = onAbort(signal, (reason) => giveUp(new AbortedError(what, reason)));
    const timer =
      timeout === undefined ? undefined : clock.timer(now + timeout, () => giveUp(new TimeoutError(answer, timeout)));
    this.#awaited++;
    driver.wake();
    try {
      return await request.promise;
    } finally {
      this.#awaited--;
      timer?.clear();
      forget();
    }
  }
}

function wasSent(ticket: RequestTicket | undefined): boolean {
  return ticket?.wasSent === true;
}

/** Every filter was refused: nothing is left to take back. */
function isRefusalOfAll(error: unknown, filters: readonly string[]): boolean {
  return error instanceof SubscribeRejectedError && error.failures.length === filters.length;
}
