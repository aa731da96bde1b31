import type { PublishPacket } from "@petrel/codec";
import type { FilterFailure } from "@petrel/session";
import { Copies } from "./copies.ts";
import { SubscriptionLostError } from "./errors.ts";
import type { MessageStream } from "./message-stream.ts";
import { Router } from "./router.ts";
import type { Subscription } from "./subscription.ts";
import { SubscriptionIdentifiers } from "./subscription-identifiers.ts";

const NONE: readonly never[] = [];

/** A topic filter of this client, and who wants what it matches. */
class Route {
  readonly filter: string;
  /** Those who subscribed. Replaced, never changed: somebody may be iterating over it. */
  subscriptions: readonly Subscription[] = [];
  /** Those who only want what comes. */
  listeners: readonly MessageStream[] = [];

  constructor(filter: string) {
    this.filter = filter;
  }

  get isEmpty(): boolean {
    return this.subscriptions.length === 0 && this.listeners.length === 0;
  }
}

/** The subscriptions and routes of a client: who gets which message. */
export class SubscriptionRegistry {
  readonly #subscriptions = new Set<Subscription>();
  readonly #routes = new Map<string, Route>();
  readonly #router = new Router<Route>();
  readonly #identifiers = new SubscriptionIdentifiers();
  readonly #copies = new Copies();
  /** Those who want everything. */
  #listeners: readonly MessageStream[] = [];

  /** An identifier that these filters can be subscribed with, together. */
  chooseIdentifier(topicFilters: readonly string[]): number {
    return this.#identifiers.choose(topicFilters);
  }

  /** @param identifier the Subscription Identifier, where the version has them */
  add(subscription: Subscription, identifier: number | undefined): void {
    this.#subscriptions.add(subscription);
    this.#copies.handleFiltersChanged();
    for (const filter of subscription.filters) {
      const route = this.#route(filter);
      if (!route.subscriptions.includes(subscription)) route.subscriptions = [...route.subscriptions, subscription];
      if (identifier !== undefined) this.#identifiers.add(filter, identifier);
    }
  }

  /** Wants what these filters match, without subscribing; undefined: everything. Returns the way out. */
  listen(topicFilters: readonly string[] | undefined, stream: MessageStream): () => void {
    if (topicFilters === undefined) {
      this.#listeners = [...this.#listeners, stream];
      return () => {
        this.#listeners = without(this.#listeners, stream);
      };
    }
    const filters = [...new Set(topicFilters)];
    for (const filter of filters) {
      const route = this.#route(filter);
      route.listeners = [...route.listeners, stream];
    }
    return () => {
      for (const filter of filters) {
        const route = this.#routes.get(filter);
        if (route === undefined) continue;
        route.listeners = without(route.listeners, stream);
        this.#forgetIfEmpty(route);
      }
    };
  }

  /**
   * Everybody who is to get a message, each once. `isTaken` and nobody: they have it already, from another copy.
   */
  recipients(packet: PublishPacket): { readonly streams: readonly MessageStream[]; readonly isTaken: boolean } {
    const routes = this.#router.match(packet.topicName);
    const identifiers = packet.properties?.subscriptionIdentifiers;
    const meant = identifiers === undefined || routes.length < 2 ? routes : this.#meant(routes, packet, identifiers);
    if (meant === undefined) return { streams: NONE, isTaken: true };
    const streams = this.#streams(meant);
    return { streams, isTaken: streams.length > 0 };
  }

  /** Everybody who wants messages to this topic, each once. */
  matching(topicName: string): readonly MessageStream[] {
    return this.#streams(this.#router.match(topicName));
  }

  handleConnected(): void {
    this.#copies.reset();
  }

  /** Takes a subscription out. Returns its filters that no other subscription has; undefined if it is gone already. */
  remove(subscription: Subscription): readonly string[] | undefined {
    if (!this.#subscriptions.delete(subscription)) return undefined;
    const unused: string[] = [];
    for (const filter of new Set(subscription.filters)) {
      const route = this.#routes.get(filter);
      if (route !== undefined) this.#leave(route, subscription);
      if ((this.#routes.get(filter)?.subscriptions.length ?? 0) === 0) unused.push(filter);
    }
    return unused;
  }

  /** These filters are gone for everybody. Returns the subscriptions that have no other; they are taken out. */
  removeFilters(filters: readonly string[]): readonly Subscription[] {
    const ended = new Set<Subscription>();
    for (const filter of filters) {
      const route = this.#routes.get(filter);
      for (const subscription of route?.subscriptions ?? []) {
        this.#leave(route!, subscription);
        if (!subscription.filters.some((other) => this.#has(other, subscription))) ended.add(subscription);
      }
    }
    for (const subscription of ended) this.#subscriptions.delete(subscription);
    return [...ended];
  }

  /** The server did not grant these again. Returns the subscriptions that have no other, and why each is lost. */
  loseFilters(failures: readonly FilterFailure[]): readonly (readonly [Subscription, SubscriptionLostError])[] {
    const ended = this.removeFilters(failures.map(({ topicFilter }) => topicFilter));
    return ended.map((subscription) => {
      const own = failures.filter(({ topicFilter }) => subscription.filters.includes(topicFilter));
      return [subscription, new SubscriptionLostError(own)];
    });
  }

  /** Takes all subscriptions out, and those who want everything. Routes stay, like listeners of an event. */
  removeAll(): readonly MessageStream[] {
    const streams: MessageStream[] = [...this.#subscriptions, ...this.#listeners];
    for (const subscription of [...this.#subscriptions]) this.remove(subscription);
    this.#listeners = [];
    return streams;
  }

  #streams(routes: readonly Route[]): readonly MessageStream[] {
    const first = routes[0];
    if (first === undefined) return this.#listeners;
    if (routes.length === 1 && this.#listeners.length === 0) {
      if (first.listeners.length === 0) return first.subscriptions;
      if (first.subscriptions.length === 0) return first.listeners;
    }
    const streams = new Set<MessageStream>(this.#listeners);
    for (const { subscriptions, listeners } of routes) {
      for (const subscription of subscriptions) streams.add(subscription);
      for (const listener of listeners) streams.add(listener);
    }
    return [...streams];
  }

  /**
   * Of the routes that match, those that the message was sent for; undefined: its copies have been delivered.
   * Identifiers that none of the routes knows are those of an earlier life of the session, and then all are meant.
   */
  #meant(
    routes: readonly Route[],
    packet: PublishPacket,
    identifiers: readonly number[],
  ): readonly Route[] | undefined {
    const own = routes.filter(({ filter }) =>
      this.#identifiers.of(filter).some((identifier) => identifiers.includes(identifier)),
    );
    const others = routes.filter((route) => route.subscriptions.length > 0 && !own.includes(route));
    if (own.length === 0 || others.length === 0) return routes;
    const meant = this.#copies.judge(packet, identifiers);
    if (meant === "all") return routes;
    if (meant === "nobody") return undefined;
    return routes.filter((route) => !others.includes(route)); // what is only listened to goes with each copy
  }

  #route(filter: string): Route {
    let route = this.#routes.get(filter);
    if (route === undefined) {
      route = new Route(filter);
      this.#routes.set(filter, route);
      this.#router.add(filter, route);
    }
    return route;
  }

  #has(filter: string, subscription: Subscription): boolean {
    return this.#routes.get(filter)?.subscriptions.includes(subscription) === true;
  }

  #leave(route: Route, subscription: Subscription): void {
    route.subscriptions = without(route.subscriptions, subscription);
    this.#copies.handleFiltersChanged();
    if (route.subscriptions.length === 0) this.#identifiers.remove(route.filter);
    this.#forgetIfEmpty(route);
  }

  #forgetIfEmpty(route: Route): void {
    if (!route.isEmpty) return;
    this.#routes.delete(route.filter);
    this.#router.remove(route.filter, route);
  }
}

function without<Item>(items: readonly Item[], item: Item): readonly Item[] {
  return items.filter((other) => other !== item);
}
