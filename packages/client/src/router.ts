import { parseSharedSubscription } from "@petrel/codec";

interface Node<Target> {
  readonly children: Map<string, Node<Target>>;
  /** Targets of the filter that ends here. */
  readonly exact: Set<Target>;
  /** Targets of the filter that goes on with `#` here. */
  readonly rest: Set<Target>;
}

function createNode<Target>(): Node<Target> {
  return { children: new Map(), exact: new Set(), rest: new Set() };
}

/** Topic Filters → targets, as a tree by level: the cost of a match does not grow with the number of filters. */
export class Router<Target> {
  readonly #root: Node<Target> = createNode();

  /** A shared subscription (`$share/name/filter`) routes like its filter. */
  add(topicFilter: string, target: Target): void {
    let node = this.#root;
    for (const level of levelsOf(topicFilter)) {
      if (level === "#") {
        node.rest.add(target);
        return;
      }
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = createNode()));
      node = child;
    }
    node.exact.add(target);
  }

  remove(topicFilter: string, target: Target): void {
    this.#remove(this.#root, levelsOf(topicFilter), 0, target);
  }

  /** Everyone whose filter matches, each once. */
  match(topicName: string): readonly Target[] {
    const matches = new Set<Target>();
    const levels = topicName.split("/");
    // "MUST NOT match Topic Filters starting with a wildcard character … with Topic Names beginning with a $" [MQTT-4.7.2-1]
    this.#match(this.#root, levels, 0, !topicName.startsWith("$"), matches);
    return [...matches];
  }

  #match(node: Node<Target>, levels: readonly string[], depth: number, wildcards: boolean, matches: Set<Target>): void {
    if (wildcards) for (const target of node.rest) matches.add(target);
    if (depth === levels.length) {
      for (const target of node.exact) matches.add(target);
      return;
    }
    const child = node.children.get(levels[depth]!);
    if (child !== undefined) this.#match(child, levels, depth + 1, true, matches);
    const any = wildcards ? node.children.get("+") : undefined;
    if (any !== undefined) this.#match(any, levels, depth + 1, true, matches);
  }

  #remove(node: Node<Target>, levels: readonly string[], depth: number, target: Target): void {
    if (depth === levels.length) {
      node.exact.delete(target);
      return;
    }
    const level = levels[depth]!;
    if (level === "#") {
      node.rest.delete(target);
      return;
    }
    const child = node.children.get(level);
    if (child === undefined) return;
    this.#remove(child, levels, depth + 1, target);
    if (child.children.size === 0 && child.exact.size === 0 && child.rest.size === 0) node.children.delete(level);
  }
}

function levelsOf(topicFilter: string): readonly string[] {
  return (parseSharedSubscription(topicFilter)?.topicFilter ?? topicFilter).split("/");
}
