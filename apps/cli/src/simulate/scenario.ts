import type { QoS } from "@petrel/client";
import { validateTopicName } from "@petrel/client";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../exit-codes.ts";
import { type Shape, shapeProblem } from "./shape.ts";

/** What a function of a JavaScript scenario gets. */
interface ValueContext {
  /** From 1 on. */
  readonly device: number;
  /** Messages of this topic and device before this one. */
  readonly count: number;
  /** Milliseconds since the beginning. */
  readonly time: number;
  /** From 0 (included) to 1 (excluded); the same in each run with the same seed. */
  readonly random: () => number;
}

/** A topic that each device publishes to. `%i` in it is the number of the device. */
export interface ScenarioTopic {
  readonly topic: string;
  /** Milliseconds between two messages. */
  readonly every: number;
  /** Part of `every` by which times are off, 0 to 1. Default 0. */
  readonly jitter?: number;
  /** Default 0. */
  readonly qos?: QoS;
  readonly retain?: boolean;
  /** A function only in a JavaScript module. */
  readonly value: Shape | ((context: ValueContext) => unknown);
}

export interface Scenario {
  readonly devices: number;
  readonly topics: readonly ScenarioTopic[];
}

/** A scenario that JSON can say. */
export interface JsonScenario {
  readonly devices?: number;
  readonly topics: readonly (ScenarioTopic & { readonly value: Shape })[];
}

/** Reads JSON, YAML, or a JavaScript module whose `scenario` (or default export) it is. Throws UsageError. */
export async function loadScenario(file: string): Promise<Scenario> {
  const value = /\.[cm]?js$/i.test(file) ? await moduleScenario(file) : await parsedScenario(file);
  const fail = (what: string): never => {
    throw new UsageError(`the scenario ${file} ${what}`);
  };
  if (typeof value !== "object" || value === null) return fail("is not an object");
  const { devices = 1, topics } = value as { readonly devices?: unknown; readonly topics?: unknown };
  if (typeof devices !== "number" || !Number.isInteger(devices) || devices < 1) {
    return fail('has "devices" that are not a whole number from 1');
  }
  if (!Array.isArray(topics) || topics.length === 0) return fail('has no list of "topics"');
  for (const [index, topic] of topics.entries()) {
    const problem = topicProblem(topic);
    if (problem !== undefined) fail(`says for its topic number ${index + 1}: ${problem}`);
  }
  return { devices, topics: topics as readonly ScenarioTopic[] };
}

function topicProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is not an object";
  const { topic, every, jitter = 0, qos = 0, value: shape } = value as Readonly<Record<string, unknown>>;
  if (typeof topic !== "string") return '"topic" is missing';
  const problem = validateTopicName(topic);
  if (problem !== undefined) return `"${topic}" ${problem}`;
  if (typeof every !== "number" || !(every > 0)) return '"every" is not a number of milliseconds above 0';
  if (typeof jitter !== "number" || !(jitter >= 0 && jitter <= 1)) return '"jitter" is not a number from 0 to 1';
  if (qos !== 0 && qos !== 1 && qos !== 2) return '"qos" is not 0, 1 or 2';
  return typeof shape === "function" ? undefined : shapeProblem(shape);
}

async function parsedScenario(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`the scenario cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    return /\.ya?ml$/i.test(file) ? (await import("yaml")).default.parse(text) : JSON.parse(text);
  } catch (error) {
    throw new UsageError(`the scenario ${file} cannot be parsed: ${(error as Error).message}`, { cause: error });
  }
}

async function moduleScenario(file: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(resolve(file)).href)) as {
      readonly scenario?: unknown;
      readonly default?: unknown;
    };
    return loaded.scenario ?? loaded.default;
  } catch (error) {
    throw new UsageError(`the scenario ${file} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}
