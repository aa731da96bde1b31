import type { PublishPacket } from "@petrel/codec";
import type { FilterFailure } from "@petrel/session";
import { Copies } from "./copies.ts";
import { SubscriptionLostError } from "./errors.ts";
import type { MessageStream } from "./message-stream.ts";
import { RecentTopics } from "./recent-topics.ts";
import { Route } from "./route.ts";
import { Router } from "./router.ts";
import { Subscription } from "./subscription.ts";
import { SubscriptionIdentifiers } from "./subscription-identifiers.ts";

/** A filter that matches a topic, and who has it. */
interface MatchingFilter {
  readonly filter: string;
  readonly streams: readonly MessageStream[];
  /** One of them has subscribed to it. */
  readonly isSubscribed: boolean;
}

/** Who wants messages to a topic. */
class Match {
  /** Each once. */
  readonly streams: readonly MessageStream[];
  /** Several filters match, and a message may be meant for some of them. */
  readonly isAmbiguous: boolean;
  /** Found out when they are asked for. */
  filters: readonly MatchingFilter[] | undefined = undefined;

  constructor(streams: readonly MessageStream[], isAmbiguous: boolean) {
    this.streams = streams;
    this.isAmbiguous = isAmbiguous;
  }
}

/** The subscriptions and routes of a client: who gets which message. */
export class SubscriptionRegistry {
  readonly #subscriptions = new Set<Subscription>();
  /** By filter: those who subscribed, and those who only want what comes. */
  readonly #router = new Router<MessageStream>();
  /** Those who want everything. */
  #listeners: readonly MessageStream[] = [];
  readonly #recent = new RecentTopics<Match>();
  readonly #identifiers = new SubscriptionIdentifiers();
  readonly #copies = new Copies();

  /** An identifier that these filters can be subscribed with, together. */
  chooseIdentifier(topicFilters: readonly string[]): number {
    return this.#identifiers.choose(topicFilters);
  }

  /** @param identifier the Subscription Identifier, where the version has them */
  add(subscription: Subscription, identifier: number | undefined): void {
    this.#subscriptions.add(subscription);
    this.#copies.handleFiltersChanged();
    this.#recent.clear();
    for (const filter of subscription.filters) {
      if (!this.#has(filter, subscription)) this.#router.add(filter, subscription);
      if (identifier !== undefined) this.#identifiers.add(filter, identifier);
    }
  }

  /** Wants what comes, without subscribing: a route what its filters match, other streams everything. */
  listen(stream: MessageStream): void {
    this.#recent.clear();
    if (stream instanceof Route) for (const filter of stream.filters) this.#router.add(filter, stream);
    else this.#listeners = [...this.#listeners, stream];
  }

  /** Wants it no longer. */
  leave(stream: MessageStream): void {
    this.#recent.clear();
    if (stream instanceof Route) for (const filter of stream.filters) this.#router.remove(filter, stream);
    else this.#listeners = this.#listeners.filter((other) => other !== stream);
  }

  /** Everybody who is to get a message, each once; undefined: they have it already, from another copy. */
  recipients(packet: PublishPacket): readonly MessageStream[] | undefined {
    const match = this.#match(packet.topicName);
    const identifiers = packet.properties?.subscriptionIdentifiers;
    return match.isAmbiguous && identifiers !== undefined ? this.#meant(match, packet, identifiers) : match.streams;
  }

  /** Everybody who wants messages to this topic, each once. */
  matching(topicName: string): readonly MessageStream[] {
    return this.#match(topicName).streams;
  }

  handleConnected(): void {
    this.#copies.reset();
  }

  /** Takes a subscription out. Returns its filters that no other subscription has; undefined if it is gone already. */
  remove(subscription: Subscription): readonly string[] | undefined {
    if (!this.#subscriptions.delete(subscription)) return undefined;
    const unused: string[] = [];
    for (const filter of new Set(subscription.filters)) {
      this.#unsubscribe(filter, subscription);
      if (!this.#isSubscribed(filter)) unused.push(filter);
    }
    return unused;
  }

  /** These filters are gone for everybody. Returns the subscriptions that have no other; they are taken out. */
  removeFilters(filters: readonly string[]): readonly Subscription[] {
    const losers = new Set<Subscription>();
    for (const filter of filters) {
      for (const subscription of this.#router.targets(filter)) {
        if (!(subscription instanceof Subscription)) continue;
        this.#unsubscribe(filter, subscription);
        losers.add(subscription);
      }
    }
    // When all are out: to look after each filter would take a minute for a subscription to thirty thousand.
    const ended = [...losers].filter((loser) => !loser.filters.some((filter) => this.#has(filter, loser)));
    for (const subscription of ended) this.#subscriptions.delete(subscription);
    return ended;
  }

  /** The server did not grant these again. Returns the subscriptions that have no other, and why each is lost. */
  loseFilters(failures: readonly FilterFailure[]): readonly (readonly [Subscription, SubscriptionLostError])[] {
    const byFilter = new Map(failures.map((failure) => [failure.topicFilter, failure]));
    return this.removeFilters([...byFilter.keys()]).map((subscription) => {
      const own = subscription.filters.map((filter) => byFilter.get(filter)).filter((failure) => failure !== undefined);
      return [subscription, new SubscriptionLostError(own)];
    });
  }

  /** Takes all subscriptions out, and those who want everything. Routes stay, like listeners of an event. */
  removeAll(): readonly MessageStream[] {
    const streams: MessageStream[] = [...this.#subscriptions, ...this.#listeners];
    for (const subscription of [...this.#subscriptions]) this.remove(subscription);
    this.#recent.clear();
    this.#listeners = [];
    return streams;
  }

  #match(topicName: string): Match {
    let match = this.#recent.get(topicName);
    if (match === undefined) {
      const streams = this.#router.match(topicName);
      const isOne = streams.length < 2 && this.#listeners.length === 0;
      match = new Match(isOne ? streams : [...new Set([...this.#listeners, ...streams])], streams.length > 1);
      this.#recent.set(topicName, match);
    }
    return match;
  }

  /**
   * Of those that match, those that the message was sent for; undefined: its copies have been delivered. Identifiers
   * that none of the filters knows are those of an earlier life of the session, and then all are meant.
   */
  #meant(match: Match, packet: PublishPacket, identifiers: readonly number[]): readonly MessageStream[] | undefined {
    const filters = (match.filters ??= this.#filters(packet.topicName));
    const isOwn = ({ filter }: MatchingFilter): boolean =>
      this.#identifiers.of(filter).some((identifier) => identifiers.includes(identifier));
    const others = filters.filter((each) => each.isSubscribed && !isOwn(each));
    if (others.length === 0 || !filters.some(isOwn)) return match.streams;
    const meant = this.#copies.judge(packet, identifiers);
    if (meant === "all") return match.streams;
    if (meant === "nobody") return undefined;
    const streams = new Set(this.#listeners);
    for (const each of filters) {
      if (others.includes(each)) continue; // what is only listened to goes with each copy
      for (const stream of each.streams) streams.add(stream);
    }
    return [...streams];
  }

  #filters(topicName: string): readonly MatchingFilter[] {
    const filters: string[] = [];
    this.#router.match(topicName, filters);
    return [...new Set(filters)].map((filter) => {
      const streams = this.#router.targets(filter);
      return { filter, streams, isSubscribed: streams.some((stream) => stream instanceof Subscription) };
    });
  }

  #has(filter: string, subscription: Subscription): boolean {
    return this.#router.targets(filter).includes(subscription);
  }

  #isSubscribed(filter: string): boolean {
    return this.#router.targets(filter).some((stream) => stream instanceof Subscription);
  }

  #unsubscribe(filter: string, subscription: Subscription): void {
    this.#router.remove(filter, subscription);
    this.#recent.clear();
    this.#copies.handleFiltersChanged();
    if (!this.#isSubscribed(filter)) this.#identifiers.remove(filter);
  }
}
