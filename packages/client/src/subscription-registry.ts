import type { PublishPacket } from "@petrel/codec";
import type { Delivery, FilterFailure } from "@petrel/session";
import { SubscriptionLostError } from "./errors.ts";
import { type AcknowledgementTarget, Message, SharedAcknowledgement } from "./message.ts";
import { Router } from "./router.ts";
import type { Subscription } from "./subscription.ts";

/** The subscriptions of a client: who gets which message, and who is too slow. */
export class SubscriptionRegistry {
  readonly #subscriptions = new Set<Subscription>();
  readonly #router = new Router<Subscription>();
  /** Those whose buffer is full. */
  readonly #full = new Set<Subscription>();
  readonly #target: AcknowledgementTarget;

  /** @param target is told when everybody who got a message is done with it */
  constructor(target: AcknowledgementTarget) {
    this.#target = target;
  }

  get hasFull(): boolean {
    return this.#full.size > 0;
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    for (const filter of subscription.filters) this.#router.add(filter, subscription);
  }

  /** Gives a message to everyone who subscribed to its topic. Returns it if that is nobody. */
  deliver(packet: PublishPacket, delivery: Delivery | undefined, receivedAt: number): Message | undefined {
    const subscriptions = this.#router.match(packet.topicName);
    const acknowledgement =
      delivery === undefined
        ? undefined
        : new SharedAcknowledgement(delivery, this.#target, Math.max(1, subscriptions.length));
    if (subscriptions.length === 0) return new Message(packet, receivedAt, acknowledgement);
    for (const subscription of subscriptions) {
      subscription.handleMessage(new Message(packet, receivedAt, acknowledgement));
    }
    return undefined;
  }

  setFull(subscription: Subscription, full: boolean): void {
    if (full && this.#subscriptions.has(subscription)) this.#full.add(subscription);
    else this.#full.delete(subscription);
  }

  /** Ends one subscription. Returns its filters that no other subscription has. */
  end(subscription: Subscription, error?: Error): readonly string[] {
    if (!this.#subscriptions.has(subscription)) return [];
    this.#remove(subscription);
    subscription.handleEnd(error);
    return subscription.filters.filter((filter) => !this.#router.has(filter));
  }

  /** These filters are gone for everybody: subscriptions that have no other end. */
  endFilters(filters: readonly string[]): void {
    const gone = new Set(filters);
    for (const subscription of this.#removeFilters(gone)) this.end(subscription);
  }

  /** The server did not grant these again. */
  loseFilters(failures: readonly FilterFailure[]): void {
    const gone = new Set(failures.map(({ topicFilter }) => topicFilter));
    for (const subscription of this.#removeFilters(gone)) {
      const own = failures.filter(({ topicFilter }) => subscription.filters.includes(topicFilter));
      this.end(subscription, new SubscriptionLostError(own));
    }
  }

  /** Ends all; an iteration throws `error` after its last message, if there is one. */
  endAll(error: Error | undefined): void {
    for (const subscription of [...this.#subscriptions]) this.end(subscription, error);
  }

  /** Takes filters out of every subscription's routes. Returns those subscriptions that have no filter left. */
  #removeFilters(gone: ReadonlySet<string>): readonly Subscription[] {
    const ended: Subscription[] = [];
    for (const subscription of this.#subscriptions) {
      for (const filter of subscription.filters) if (gone.has(filter)) this.#router.remove(filter, subscription);
      if (!subscription.filters.some((filter) => this.#router.has(filter, subscription))) ended.push(subscription);
    }
    return ended;
  }

  #remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.#full.delete(subscription);
    for (const filter of subscription.filters) this.#router.remove(filter, subscription);
  }
}
