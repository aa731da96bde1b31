import { parseSharedSubscription } from "@petrel/codec";

/** Several targets in one place. A single one, as most places have, is kept without a list around it. */
class Several<Target> {
  readonly targets: Target[];

  constructor(targets: Target[]) {
    this.targets = targets;
  }
}

type Targets<Target> = Target | Several<Target> | undefined;

/**
 * One level of filters. What most nodes don't have is undefined: of a hundred thousand filters most end in a node of
 * their own, and what a match costs then is mostly memory that is not in the processor's cache.
 */
class Node<Target> {
  /** The level `+`. */
  any: Node<Target> | undefined = undefined;
  /** Targets of the filters that end here, once for each: `x` and `$share/a/x` lead to the same place. */
  exact: Targets<Target> = undefined;
  /** Targets of the filters that go on with `#` here. */
  rest: Targets<Target> = undefined;
  /** The other levels: one, or several. */
  #level: string | undefined = undefined;
  #only: Node<Target> | undefined = undefined;
  #children: Map<string, Node<Target>> | undefined = undefined;

  get isEmpty(): boolean {
    const hasChild = this.any !== undefined || this.#only !== undefined || this.#children !== undefined;
    return !hasChild && this.exact === undefined && this.rest === undefined;
  }

  /** What a level of a topic leads to, wildcards aside. */
  named(level: string): Node<Target> | undefined {
    if (this.#children !== undefined) return this.#children.get(level);
    return this.#level === level ? this.#only : undefined;
  }

  child(level: string): Node<Target> | undefined {
    return level === "+" ? this.any : this.named(level);
  }

  make(level: string): Node<Target> {
    const made = new Node<Target>();
    if (level === "+") {
      this.any = made;
    } else if (this.#children !== undefined) {
      this.#children.set(level, made);
    } else if (this.#only === undefined) {
      this.#level = level;
      this.#only = made;
    } else {
      this.#children = new Map([
        [this.#level!, this.#only],
        [level, made],
      ]);
      this.#level = this.#only = undefined;
    }
    return made;
  }

  drop(level: string): void {
    if (level === "+") {
      this.any = undefined;
    } else if (this.#children === undefined) {
      this.#level = this.#only = undefined;
    } else {
      this.#children.delete(level);
      if (this.#children.size === 0) this.#children = undefined;
    }
  }
}

/** Topics whose targets are remembered. */
const REMEMBERED = 1_024;

/**
 * Topic Filters → targets, as a tree by level: a match looks at the levels of the topic, not at the filters. Topics come
 * again, so what matched one is remembered until the filters change.
 */
export class Router<Target extends object | string | number> {
  readonly #root = new Node<Target>();
  readonly #matches = new Map<string, readonly Target[]>();

  /**
   * A shared subscription (`$share/name/filter`) routes like its filter. A target that has the filter already has it
   * twice then, and is to be removed as often.
   */
  add(topicFilter: string, target: Target): void {
    this.#matches.clear();
    let node = this.#root;
    for (const level of levelsOf(topicFilter)) {
      if (level === "#") {
        node.rest = withTarget(node.rest, target);
        return;
      }
      node = node.child(level) ?? node.make(level);
    }
    node.exact = withTarget(node.exact, target);
  }

  /** Takes out what was added: not `$share/name/x` for `x`, which leads to the same place. */
  remove(topicFilter: string, target: Target): void {
    this.#matches.clear();
    this.#remove(this.#root, levelsOf(topicFilter), 0, target);
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
    const matches: Target[] = [];
    // "The Server MUST NOT match Topic Filters starting with a wildcard character (# or +) with Topic Names beginning with a $ character" [MQTT-4.7.2-1]
    collect(this.#root, topicName.split("/"), 0, !topicName.startsWith("$"), matches);
    return matches.length < 2 ? matches : [...new Set(matches)];
  }

  #remove(node: Node<Target>, levels: readonly string[], depth: number, target: Target): void {
    if (depth === levels.length) {
      node.exact = without(node.exact, target);
      return;
    }
    const level = levels[depth]!;
    if (level === "#") {
      node.rest = without(node.rest, target);
      return;
    }
    const child = node.child(level);
    if (child === undefined) return;
    this.#remove(child, levels, depth + 1, target);
    if (child.isEmpty) node.drop(level);
  }
}

/** @param wildcards whether wildcards may match the level that comes next */
function collect<Target>(
  node: Node<Target>,
  levels: readonly string[],
  depth: number,
  wildcards: boolean,
  matches: Target[],
): void {
  if (wildcards && node.rest !== undefined) push(node.rest, matches);
  if (depth === levels.length) {
    if (node.exact !== undefined) push(node.exact, matches);
    return;
  }
  const child = node.named(levels[depth]!);
  if (child !== undefined) collect(child, levels, depth + 1, true, matches);
  if (wildcards && node.any !== undefined) collect(node.any, levels, depth + 1, true, matches);
}

function push<Target>(targets: Target | Several<Target>, matches: Target[]): void {
  if (targets instanceof Several) for (const target of targets.targets) matches.push(target);
  else matches.push(targets);
}

function withTarget<Target>(targets: Targets<Target>, target: Target): Targets<Target> {
  if (targets === undefined) return target;
  return new Several([...listOf(targets), target]);
}

/** Without one of them. */
function without<Target>(targets: Targets<Target>, target: Target): Targets<Target> {
  const left = listOf(targets);
  const index = left.indexOf(target);
  if (index !== -1) left.splice(index, 1);
  return left.length < 2 ? left[0] : new Several(left);
}

function listOf<Target>(targets: Targets<Target>): Target[] {
  if (targets === undefined) return [];
  return targets instanceof Several ? [...targets.targets] : [targets];
}

function levelsOf(topicFilter: string): readonly string[] {
  return (parseSharedSubscription(topicFilter)?.topicFilter ?? topicFilter).split("/");
}
