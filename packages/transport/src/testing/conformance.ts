import type { Connector, Transport, TransportHandler } from "../transport.ts";
import { connectingCases } from "./connecting-cases.ts";
import { endingCases } from "./ending-cases.ts";
import { flowCases } from "./flow-cases.ts";
import { type TransportCapability, Workbench, type WorkbenchCase } from "./workbench.ts";

/** One connection that the suite opens, uses and throws away. */
export interface ConformanceLink {
  /** Opens the transport under test. Called once at most. */
  readonly connect: Connector;
  /** Resolves with the other end once {@link connect} has reached it: a transport too, by the same contract. */
  readonly accept: (handler: TransportHandler) => Promise<Transport>;
  /**
   * Breaks the connection at the other end without a goodbye, as a crash does. Called after {@link accept}. Leave it out
   * where there is no such thing, as with Unix sockets, and declare that the transport is without `"reset"`.
   */
  readonly reset?: () => void;
  /** Frees what this link needed besides its transports, such as a listening port. Called once, also after a failure. */
  readonly close: () => void | Promise<void>;
}

/** Makes a fresh link. */
export type OpenLink = () => ConformanceLink | Promise<ConformanceLink>;

/** What {@link transportConformance} can check beside the transport. */
export interface ConformanceOptions {
  /**
   * Lists what would keep the process alive, as the platform names it. A case fails if the list is longer after it than
   * before. In Node: `() => process.getActiveResourcesInfo()`.
   */
  readonly activeResources?: () => readonly string[];
  /**
   * What this kind of transport can not do, whoever writes it. The cases that need it then check the little that holds
   * without it, and say so in their names:
   *
   * - `"half-close"`: after one side's `close()` the other side's bytes still arrive.
   * - `"stopping-the-peer"`: a paused reader makes the peer's `write` return `false`.
   * - `"being-stopped"`: the other end of these links can do that to the transport.
   * - `"reset"`: the other end can break the connection without a goodbye.
   */
  readonly without?: readonly TransportCapability[];
}

/** One rule of the contract, and what tries to break it. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects with an error that tells which rule was broken. Never sleeps: a rule that makes it wait makes it hang. */
  readonly run: () => Promise<void>;
}

/**
 * The rules of `Transport`, `TransportHandler` and `Connector` as test cases, for any test runner:
 *
 * ```ts
 * for (const { name, run } of transportConformance(openLink)) test(name, run);
 * ```
 *
 * The largest case moves 32 MiB.
 */
export function transportConformance(open: OpenLink, options: ConformanceOptions = {}): readonly ConformanceCase[] {
  return [...connectingCases, ...flowCases, ...endingCases].map((each) => {
    const { name, run } = adapt(each, options.without ?? []);
    return { name, run: () => Workbench.use(open, options, run) };
  });
}

function adapt({ name, run, needs, otherwise }: WorkbenchCase, without: readonly TransportCapability[]): WorkbenchCase {
  if (needs === undefined || otherwise === undefined || !without.includes(needs)) return { name, run };
  return { name: `${name} (declared to be without: ${needs})`, run: otherwise };
}
