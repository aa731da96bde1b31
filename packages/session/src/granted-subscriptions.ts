import type { TopicSubscriptionInit } from "@petrel/codec";
import type { Changes, StoredSession } from "./changes.ts";
import type { SubscribeRequest, Terms } from "./requests.ts";
import { SparseMap } from "./sparse-map.ts";

/** What is in force, with the terms of the SUBSCRIBE it came in. */
interface Granted {
  readonly subscription: TopicSubscriptionInit;
  readonly terms: Terms;
}

/** The most filters in one SUBSCRIBE of our own: servers are known that allow no more than a few. */
const RESUBSCRIBE_BUNDLE = 50;

/** What the server was asked to send us and has granted, so that it can be asked for again. */
export class GrantedSubscriptions<Context> {
  readonly #changes: Changes<Context> | undefined;
  /** By topic filter. */
  readonly #granted = new SparseMap<string, Granted>();

  constructor(changes: Changes<Context> | undefined) {
    this.#changes = changes;
  }

  /** Goes on where an earlier process was. */
  restore({ subscriptions }: StoredSession): void {
    for (const { subscription, terms } of subscriptions) {
      this.#granted.set(subscription.topicFilter, { subscription, terms });
    }
  }

  grant(subscription: TopicSubscriptionInit, terms: Terms): void {
    this.#granted.set(subscription.topicFilter, { subscription, terms });
    this.#changes?.handleSubscribed(subscription, terms);
  }

  forget(topicFilter: string): void {
    if (this.#granted.delete(topicFilter)) this.#changes?.handleUnsubscribed(topicFilter);
  }

  forgetAll(): void {
    for (const topicFilter of this.#granted.keys()) this.forget(topicFilter);
  }

  /** Everything again, in as few requests as its terms and servers allow. */
  requests(): readonly SubscribeRequest[] {
    const bundles = new Map<unknown, { readonly terms: Terms; readonly subscriptions: TopicSubscriptionInit[] }>();
    for (const { subscription, terms } of this.#granted.values()) {
      const key = terms.properties ?? terms.preferredIdentifier;
      const bundle = bundles.get(key);
      if (bundle === undefined) bundles.set(key, { terms, subscriptions: [subscription] });
      else bundle.subscriptions.push(subscription);
    }
    const requests: SubscribeRequest[] = [];
    for (const { terms, subscriptions } of bundles.values()) {
      for (let start = 0; start < subscriptions.length; start += RESUBSCRIBE_BUNDLE) {
        requests.push({ subscriptions: subscriptions.slice(start, start + RESUBSCRIBE_BUNDLE), ...terms });
      }
    }
    return requests;
  }
}
