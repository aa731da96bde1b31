import { Router } from "./router.ts";
import type { Subscription } from "./subscription.ts";

/** The subscriptions of a client: who gets which message, and who is too slow. */
export class SubscriptionRegistry {
  readonly #subscriptions = new Set<Subscription>();
  readonly #router = new Router<Subscription>();
  /** Those whose buffer is full. */
  readonly #full = new Set<Subscription>();

  get hasFull(): boolean {
    return this.#full.size > 0;
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    for (const filter of subscription.filters) this.#router.add(filter, subscription);
  }

  match(topic: string): readonly Subscription[] {
    return this.#router.match(topic);
  }

  setFull(subscription: Subscription, full: boolean): void {
    if (full) this.#full.add(subscription);
    else this.#full.delete(subscription);
  }

  /** Ends one subscription. Returns its filters that no other subscription has. */
  end(subscription: Subscription): readonly string[] {
    if (!this.#subscriptions.has(subscription)) return [];
    this.#remove(subscription);
    subscription.handleEnd();
    const others = new Set<string>();
    for (const { filters } of this.#subscriptions) for (const filter of filters) others.add(filter);
    return subscription.filters.filter((filter) => !others.has(filter));
  }

  /** These filters are gone for everybody: subscriptions that have no other end. */
  endFilters(filters: readonly string[]): void {
    const gone = new Set(filters);
    for (const subscription of [...this.#subscriptions]) {
      for (const filter of subscription.filters) if (gone.has(filter)) this.#router.remove(filter, subscription);
      if (subscription.filters.every((filter) => gone.has(filter))) this.end(subscription);
    }
  }

  /** Ends all; an iteration throws `error` after its last message, if there is one. */
  endAll(error: Error | undefined): void {
    for (const subscription of [...this.#subscriptions]) {
      this.#remove(subscription);
      subscription.handleEnd(error);
    }
  }

  #remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.#full.delete(subscription);
    for (const filter of subscription.filters) this.#router.remove(filter, subscription);
  }
}
