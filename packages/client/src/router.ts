import { parseSharedSubscription } from "@petrel/codec";

/** How many filters lead each target here: `x` and `$share/a/x` lead to the same place. */
type Targets<Target> = Map<Target, number>;

interface Node<Target> {
  readonly children: Map<string, Node<Target>>;
  /** Targets of the filter that ends here. */
  readonly exact: Targets<Target>;
  /** Targets of the filter that goes on with `#` here. */
  readonly rest: Targets<Target>;
}

function createNode<Target>(): Node<Target> {
  return { children: new Map(), exact: new Map(), rest: new Map() };
}

/** Topics whose targets are remembered. */
const REMEMBERED = 1_024;

/**
 * Topic Filters → targets, as a tree by level: the cost of a match does not grow with the number of filters. Topics
 * come again, so what matched one is remembered until the filters change.
 */
export class Router<Target> {
  readonly #root: Node<Target> = createNode();
  readonly #filters = new Map<string, Set<Target>>();
  readonly #matches = new Map<string, readonly Target[]>();

  /** A shared subscription (`$share/name/filter`) routes like its filter. */
  add(topicFilter: string, target: Target): void {
    let targets = this.#filters.get(topicFilter);
    if (targets === undefined) this.#filters.set(topicFilter, (targets = new Set()));
    if (targets.has(target)) return;
    targets.add(target);
    this.#matches.clear();
    let node = this.#root;
    for (const level of levelsOf(topicFilter)) {
      if (level === "#") {
        count(node.rest, target, 1);
        return;
      }
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = createNode()));
      node = child;
    }
    count(node.exact, target, 1);
  }

  remove(topicFilter: string, target: Target): void {
    const targets = this.#filters.get(topicFilter);
    if (targets?.delete(target) !== true) return;
    if (targets.size === 0) this.#filters.delete(topicFilter);
    this.#matches.clear();
    this.#remove(this.#root, levelsOf(topicFilter), 0, target);
  }

  /** Whether anybody, or this target, has the filter. */
  has(topicFilter: string, target?: Target): boolean {
    const targets = this.#filters.get(topicFilter);
    return targets !== undefined && (target === undefined || targets.has(target));
  }

  /** Everyone whose filter matches, each once. */
  match(topicName: string): readonly Target[] {
    let matches = this.#matches.get(topicName);
    if (matches === undefined) {
      matches = this.#search(topicName);
      if (this.#matches.size === REMEMBERED) this.#matches.clear();
      this.#matches.set(topicName, matches);
    }
    return matches;
  }

  #search(topicName: string): readonly Target[] {
    const matches = new Set<Target>();
    // "The Server MUST NOT match Topic Filters starting with a wildcard character (# or +) with Topic Names beginning with a $ character" [MQTT-4.7.2-1]
    this.#match(this.#root, topicName.split("/"), 0, !topicName.startsWith("$"), matches);
    return [...matches];
  }

  #match(node: Node<Target>, levels: readonly string[], depth: number, wildcards: boolean, matches: Set<Target>): void {
    if (wildcards) for (const target of node.rest.keys()) matches.add(target);
    if (depth === levels.length) {
      for (const target of node.exact.keys()) matches.add(target);
      return;
    }
    const child = node.children.get(levels[depth]!);
    if (child !== undefined) this.#match(child, levels, depth + 1, true, matches);
    const any = wildcards ? node.children.get("+") : undefined;
    if (any !== undefined) this.#match(any, levels, depth + 1, true, matches);
  }

  #remove(node: Node<Target>, levels: readonly string[], depth: number, target: Target): void {
    if (depth === levels.length) {
      count(node.exact, target, -1);
      return;
    }
    const level = levels[depth]!;
    if (level === "#") {
      count(node.rest, target, -1);
      return;
    }
    const child = node.children.get(level);
    if (child === undefined) return;
    this.#remove(child, levels, depth + 1, target);
    if (child.children.size === 0 && child.exact.size === 0 && child.rest.size === 0) node.children.delete(level);
  }
}

function count<Target>(targets: Targets<Target>, target: Target, change: number): void {
  const filters = (targets.get(target) ?? 0) + change;
  if (filters === 0) targets.delete(target);
  else targets.set(target, filters);
}

function levelsOf(topicFilter: string): readonly string[] {
  return (parseSharedSubscription(topicFilter)?.topicFilter ?? topicFilter).split("/");
}
