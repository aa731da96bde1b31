import { parseSharedSubscription } from "@petrel/codec";

/** The largest Subscription Identifier (section 3.8.2.1.2). */
const LARGEST = 268_435_455;
/** Identifiers that are tried before a filter gets one of its own. */
const TRIES = 32;

const NONE: readonly never[] = [];

/**
 * Which Subscription Identifiers filters are subscribed with. Filters that can match the same topic get different ones,
 * so that a message says for which of them it comes; all others share one, so that few SUBSCRIBE packets are enough to
 * subscribe to all of them again.
 */
export class SubscriptionIdentifiers {
  /** By identifier, the filters that have it. */
  readonly #filters = new Map<number, FilterTree>();
  /** By filter: the one that counts and those before it, with which messages may still be on their way. */
  readonly #identifiers = new Map<string, readonly number[]>();
  #next = 1;

  /** An identifier that these filters can be subscribed with, together. */
  choose(topicFilters: readonly string[]): number {
    let tries = 0;
    for (const [identifier, filters] of this.#filters) {
      if (++tries > TRIES) break;
      const isAmbiguous = (filter: string): boolean =>
        !this.of(filter).includes(identifier) && filters.overlaps(filter);
      if (!topicFilters.some(isAmbiguous)) return identifier;
    }
    while (this.#filters.has(this.#next)) this.#next = this.#next === LARGEST ? 1 : this.#next + 1;
    return this.#next;
  }

  of(topicFilter: string): readonly number[] {
    return this.#identifiers.get(topicFilter) ?? NONE;
  }

  add(topicFilter: string, identifier: number): void {
    const before = this.of(topicFilter);
    if (before.includes(identifier)) return;
    this.#identifiers.set(topicFilter, before.concat(identifier)); // a spread would leave room for sixteen more
    let filters = this.#filters.get(identifier);
    if (filters === undefined) this.#filters.set(identifier, (filters = new FilterTree()));
    filters.count(topicFilter, 1);
  }

  /** Nobody subscribes to the filter any more. */
  remove(topicFilter: string): void {
    for (const identifier of this.of(topicFilter)) {
      const filters = this.#filters.get(identifier)!;
      filters.count(topicFilter, -1);
      if (filters.isEmpty) this.#filters.delete(identifier);
    }
    this.#identifiers.delete(topicFilter);
  }
}

interface Node {
  /** Made with the first of them: most nodes have none. */
  children: Map<string, Node> | undefined;
  /** Filters here and below. */
  filters: number;
  /** Filters that end here. */
  exact: number;
  /** Filters that go on with `#` here. */
  rest: number;
}

function createNode(): Node {
  return { children: undefined, filters: 0, exact: 0, rest: 0 };
}

/** Filters by level, to find out whether another one can match what one of them matches. */
class FilterTree {
  readonly #root = createNode();

  get isEmpty(): boolean {
    return this.#root.filters === 0;
  }

  count(topicFilter: string, change: 1 | -1): void {
    let node = this.#root;
    node.filters += change;
    for (const level of levelsOf(topicFilter)) {
      if (level === "#") {
        node.rest += change;
        return;
      }
      const children = (node.children ??= new Map<string, Node>());
      let child = children.get(level);
      if (child === undefined) children.set(level, (child = createNode()));
      child.filters += change;
      if (child.filters === 0) children.delete(level);
      node = child;
    }
    node.exact += change;
  }

  /** Whether there is a topic that the filter and one of these match. */
  overlaps(topicFilter: string): boolean {
    return overlaps(this.#root, levelsOf(topicFilter), 0);
  }
}

function overlaps(node: Node, levels: readonly string[], depth: number): boolean {
  const level = levels[depth];
  // A wildcard in front matches no topic that begins with $ [MQTT-4.7.2-1].
  const mayBegin = (text: string): boolean => depth > 0 || !text.startsWith("$");
  if (node.rest > 0 && mayBegin(level ?? "")) return true;
  if (level === undefined) return node.exact > 0;
  if (level === "#" || level === "+") {
    if (level === "#" && node.exact > 0) return true;
    for (const [text, child] of node.children ?? NONE) {
      if (mayBegin(text) && (level === "#" || overlaps(child, levels, depth + 1))) return true;
    }
    return false;
  }
  const same = node.children?.get(level);
  if (same !== undefined && overlaps(same, levels, depth + 1)) return true;
  const any = mayBegin(level) ? node.children?.get("+") : undefined;
  return any !== undefined && overlaps(any, levels, depth + 1);
}

/** A shared subscription (`$share/name/filter`) matches what its filter matches. */
function levelsOf(topicFilter: string): readonly string[] {
  return (parseSharedSubscription(topicFilter)?.topicFilter ?? topicFilter).split("/");
}
