import type { ConformanceLink, ConformanceOptions, OpenLink } from "./conformance.ts";
import { Side } from "./side.ts";

/** What the contract asks for and not every kind of transport has. */
export type TransportCapability = "half-close" | "stopping-the-peer" | "being-stopped" | "reset";

/** A rule and the attempt to break it. */
export interface WorkbenchCase {
  readonly name: string;
  readonly run: (bench: Workbench) => Promise<void>;
  /** Without this there is no such rule, but {@link WorkbenchCase.otherwise}. */
  readonly needs?: TransportCapability;
  /** What holds without it. Required with {@link WorkbenchCase.needs}. */
  readonly otherwise?: (bench: Workbench) => Promise<void>;
}

/** Opens what a case needs, and afterwards ends it and reports what any side saw that the contract forbids. */
export class Workbench {
  readonly #open: OpenLink;
  readonly #links: ConformanceLink[] = [];
  readonly #sides: Side[] = [];

  private constructor(open: OpenLink) {
    this.#open = open;
  }

  static async use(
    open: OpenLink,
    options: ConformanceOptions,
    run: (bench: Workbench) => Promise<void>,
  ): Promise<void> {
    const before = options.activeResources?.() ?? [];
    const bench = new Workbench(open);
    try {
      await run(bench);
    } finally {
      await bench.#end();
    }
    const violations = bench.#sides.flatMap((side) => [...side.violations]);
    check(violations.length === 0, violations.join("; "));
    const left = withoutEach(options.activeResources?.() ?? [], before);
    check(left.length === 0, `left behind: ${left.join(", ")}`);
  }

  async link(): Promise<ConformanceLink> {
    const link = await this.#open();
    this.#links.push(link);
    return link;
  }

  side(name: string): Side {
    const side = new Side(name);
    this.#sides.push(side);
    return side;
  }

  /** Opens a link and connects both sides. */
  async connect(): Promise<{ near: Side; far: Side; link: ConformanceLink }> {
    const link = await this.link();
    const near = this.side("near");
    const far = this.side("far");
    const accepted = link.accept(far);
    near.transport = await link.connect(near);
    far.transport = await accepted;
    return { near, far, link };
  }

  async #end(): Promise<void> {
    const open = this.#sides.filter((side) => side.connected);
    for (const side of open) side.destroy();
    await Promise.all(open.map((side) => side.closed));
    await Promise.all(this.#links.map(async (link) => link.close()));
  }
}

/** Fails the case with a sentence. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

function withoutEach(list: readonly string[], others: readonly string[]): readonly string[] {
  const rest = [...list];
  for (const other of others) {
    const at = rest.indexOf(other);
    if (at >= 0) rest.splice(at, 1);
  }
  return rest;
}
