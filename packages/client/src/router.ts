import { matchTopic, parseSharedSubscription } from "@petrel/codec";
import { isPacked, matchPacked, packFilter } from "./packed-filter.ts";
import { NO_NODE, PrefixTable } from "./prefix-table.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

// The number of a node: how many routes go on below, and through what kind of level. These bits stay until the last of
// those routes is gone: a level is looked up in vain then.
const NAMED = 1;
const ANY = 2;
const REST = 4;
const ONE_ROUTE = 8;
/** Or: routes of the same levels alone go through here, so they end here and need no nodes below. */
const LEAF = -1;

/** What filters begin with: no level yet. */
const ROOT = 1;
/** 2^32 / golden ratio: multiplying by it spreads the bits upwards. */
const SPREAD = 0x9e37_79b1;

interface Route<Target> {
  readonly filter: string;
  readonly target: Target;
}

/** The routes of one node, where they are several. */
class Several<Target> {
  readonly routes: readonly Route<Target>[];

  constructor(routes: readonly Route<Target>[]) {
    this.routes = routes;
  }
}

const NONE: readonly never[] = [];

/**
 * Topic filters → targets. It is a tree of the levels that filters begin with, as deep as several of them have the same,
 * and its nodes are known by the hash of these levels. A filter that a topic leads to there is then matched in full, so
 * prefixes with the same hash cost time, and nothing else.
 *
 * What a match costs among a hundred thousand filters is mostly memory that is in no cache of the processor. Here that is
 * one node for each level that many filters differ in; with the last of them come the target and the filter.
 */
export class Router<Target extends object> {
  /** With a filter and its target for each node where routes end, or `Several` as the target. */
  readonly #tree = new PrefixTable<string, Target | Several<Target>>();
  readonly #hashMask: number;

  /** @param hashBits with few of them many prefixes have the same hash, for tests */
  constructor(hashBits = 32) {
    this.#hashMask = (-1 >>> (32 - hashBits)) | 0;
  }

  /** What it takes, by and large. */
  get nodeCount(): number {
    return this.#tree.size;
  }

  /**
   * A shared subscription (`$share/name/filter`) routes like its filter. A target that has the filter already has it
   * twice then, and is to be removed as often.
   */
  add(filter: string, target: Target): void {
    this.#add({ filter, target }, levelsOf(filter), ROOT, 0);
  }

  /** Takes out what was added: not `$share/name/x` for `x`, which leads to the same place. */
  remove(filter: string, target: Target): void {
    const levels = levelsOf(filter);
    const node = this.#find(levels);
    const routes = this.#routesOf(node);
    const gone = routes.find((route) => route.filter === filter && route.target === target);
    if (gone === undefined) return;
    this.#setRoutes(
      node,
      routes.filter((route) => route !== gone),
    );
    this.#uncount(levels);
  }

  /** The targets of this very filter. */
  targets(filter: string): readonly Target[] {
    const routes = this.#routesOf(this.#find(levelsOf(filter)));
    return routes.filter((route) => route.filter === filter).map(({ target }) => target);
  }

  /**
   * The target of each filter that matches; those with several such filters come as often. The filters go, in the same
   * order, into `filters`, if that is there.
   */
  match(topicName: string, filters?: string[]): Target[] {
    const matches: Target[] = [];
    this.#collect(ROOT, topicName, 0, matches, filters);
    return matches;
  }

  /** @param at where the level begins that comes next; behind the end if there is none */
  #collect(prefix: number, topicName: string, at: number, matches: Target[], filters: string[] | undefined): void {
    const tree = this.#tree;
    const { nodes } = tree;
    for (;;) {
      const node = tree.find(prefix);
      if (node === NO_NODE) return;
      const below = nodes[node + 1]!;
      const isEnd = at > topicName.length;
      if (below === LEAF || isEnd) this.#take(node, topicName, matches, filters);
      if (below <= 0) return;
      if ((below & REST) !== 0) {
        const rest = tree.find(this.#finish(Math.imul(prefix ^ HASH, SPREAD)));
        if (rest !== NO_NODE) this.#take(rest, topicName, matches, filters);
      }
      if (isEnd) return;
      let end = at;
      let named = prefix;
      for (; end < topicName.length; end++) {
        const unit = topicName.charCodeAt(end);
        if (unit === SLASH) break;
        named = Math.imul(named ^ unit, SPREAD);
      }
      at = end + 1;
      if ((below & ANY) !== 0) {
        const any = this.#finish(Math.imul(prefix ^ PLUS, SPREAD));
        if ((below & NAMED) === 0) {
          prefix = any;
          continue;
        }
        this.#collect(any, topicName, at, matches, filters);
      }
      prefix = this.#finish(named);
    }
  }

  #take(node: number, topicName: string, matches: Target[], filters: string[] | undefined): void {
    const { pairs, bytes } = this.#tree;
    const target = pairs[node + 1] as Target | Several<Target> | undefined;
    const packed = this.#tree.bytesOf(node);
    if (isPacked(bytes, packed)) {
      if (!matchPacked(bytes, packed, topicName)) return;
      matches.push(target as Target);
      filters?.push(pairs[node] as string);
    } else if (target instanceof Several) {
      for (const { filter, target: one } of target.routes) {
        if (!matchTopic(filter, topicName)) continue;
        matches.push(one);
        filters?.push(filter);
      }
    } else if (target !== undefined && matchTopic(pairs[node] as string, topicName)) {
      matches.push(target);
      filters?.push(pairs[node] as string);
    }
  }

  /** Where routes with these levels are, if there are any. */
  #find(levels: string): number {
    const { nodes } = this.#tree;
    let prefix = ROOT;
    for (let at = 0; ;) {
      const node = this.#tree.find(prefix);
      if (node === NO_NODE || nodes[node + 1] === LEAF || at > levels.length) return node;
      const end = endOfLevel(levels, at);
      prefix = this.#extend(prefix, levels, at, end);
      at = end + 1;
    }
  }

  /** Goes on from a prefix whose next level begins at `at`. */
  #add(route: Route<Target>, levels: string, prefix: number, at: number): void {
    const tree = this.#tree;
    // Of the routes that were alone until now: their levels, and how much of them is the same as here.
    let others = "";
    let same = 0;
    for (;;) {
      const node = tree.find(prefix);
      if (node === NO_NODE) {
        const made = tree.make(prefix);
        tree.nodes[made + 1] = LEAF;
        this.#setRoutes(made, [route]);
        return;
      }
      if (tree.nodes[node + 1] !== LEAF) {
        if (at > levels.length) {
          this.#setRoutes(node, [...this.#routesOf(node), route]);
          return;
        }
        tree.nodes[node + 1] = (tree.nodes[node + 1]! + ONE_ROUTE) | kindOfLevel(levels, at);
        const end = endOfLevel(levels, at);
        prefix = this.#extend(prefix, levels, at, end);
        at = end + 1;
        continue;
      }
      const routes = this.#routesOf(node);
      if (routes[0]!.filter !== others) {
        others = levelsOf(routes[0]!.filter);
        same = lengthOfSame(others, levels);
      }
      if (same === levels.length && same === others.length) {
        this.#setRoutes(node, [...routes, route]);
        return;
      }
      // They part here or below, so those that were alone go on, too.
      tree.nodes[node + 1] = 0;
      this.#setRoutes(node, NONE);
      const otherAt = at <= same ? at : this.#whereReached(prefix, others);
      for (const other of routes) this.#add(other, others, prefix, otherAt);
    }
  }

  /** Where the next level begins when these levels come to another prefix that has this hash, for the first time. */
  #whereReached(prefix: number, levels: string): number {
    let at = 0;
    for (let reached = ROOT; reached !== prefix;) {
      const end = endOfLevel(levels, at);
      reached = this.#extend(reached, levels, at, end);
      at = end + 1;
    }
    return at;
  }

  /** A route with these levels is gone: takes it off the counts, and out what nothing needs any more. */
  #uncount(levels: string): void {
    const tree = this.#tree;
    let prefix = ROOT;
    for (let at = 0; ;) {
      const node = tree.find(prefix);
      if (node === NO_NODE) return; // a prefix of these levels has the hash of all of them, and nothing needs it any more
      const { nodes } = tree;
      const isLast = nodes[node + 1] === LEAF || at > levels.length;
      const below = isLast ? nodes[node + 1]! : nodes[node + 1]! - ONE_ROUTE;
      nodes[node + 1] = below > 0 && below < ONE_ROUTE ? 0 : below;
      if (below < ONE_ROUTE && tree.pairs[node + 1] === undefined) tree.delete(node);
      if (isLast) return;
      const end = endOfLevel(levels, at);
      prefix = this.#extend(prefix, levels, at, end);
      at = end + 1;
    }
  }

  #routesOf(node: number): readonly Route<Target>[] {
    const { pairs } = this.#tree;
    const target = node === NO_NODE ? undefined : (pairs[node + 1] as Target | Several<Target> | undefined);
    if (target === undefined) return NONE;
    return target instanceof Several ? target.routes : [{ filter: pairs[node] as string, target }];
  }

  #setRoutes(node: number, routes: readonly Route<Target>[]): void {
    const { pairs, bytes } = this.#tree;
    const only = routes.length === 1 ? routes[0] : undefined;
    pairs[node] = only?.filter;
    pairs[node + 1] = routes.length < 2 ? only?.target : new Several(routes);
    packFilter(only && levelsOf(only.filter), bytes, this.#tree.bytesOf(node));
  }

  #extend(prefix: number, levels: string, start: number, end: number): number {
    let extended = prefix;
    for (let at = start; at < end; at++) extended = Math.imul(extended ^ levels.charCodeAt(at), SPREAD);
    return this.#finish(extended);
  }

  /** Behind a level: `a/b` and `ab` are different. */
  #finish(hash: number): number {
    const end = Math.imul(hash ^ SLASH, SPREAD);
    return (end ^ (end >>> 15)) & this.#hashMask || ROOT;
  }
}

function kindOfLevel(levels: string, at: number): number {
  const unit = levels.charCodeAt(at);
  if (unit === HASH) return REST;
  return unit === PLUS ? ANY : NAMED;
}

function endOfLevel(levels: string, at: number): number {
  const end = levels.indexOf("/", at);
  return end === -1 ? levels.length : end;
}

function lengthOfSame(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}

function levelsOf(topicFilter: string): string {
  return parseSharedSubscription(topicFilter)?.topicFilter ?? topicFilter;
}
