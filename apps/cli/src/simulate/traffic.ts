import type { QoS } from "@petrel/client";
import { UsageError } from "../exit-codes.ts";
import type { Scenario, ScenarioTopic } from "./scenario.ts";
import { type Values, valuesOf } from "./shape.ts";

/** A message that a device would publish. */
export interface Simulated {
  /** Milliseconds since the beginning. */
  readonly time: number;
  readonly topic: string;
  /** Text as it is, anything else as JSON. */
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

interface Source {
  readonly definition: ScenarioTopic;
  readonly device: number;
  readonly topic: string;
  readonly values: Values;
  count: number;
  time: number;
}

/** The messages of all devices, in the order of their times, without an end. */
export class Traffic {
  readonly #random: () => number;
  /** A heap: the next one is first. */
  readonly #sources: Source[] = [];

  /** @param begin milliseconds since 1970: what the devices take for the time of their first messages */
  constructor({ devices, topics }: Scenario, seed: number, begin: number) {
    this.#random = generator(seed);
    for (let device = 1; device <= devices; device++) {
      for (const definition of topics) {
        const { topic, every, value } = definition;
        this.#sources.push({
          definition,
          device,
          topic: topic.replaceAll("%i", String(device)),
          values: typeof value === "function" ? value : valuesOf(value, begin),
          count: 0,
          time: this.#random() * every, // not all at once
        });
      }
    }
    this.#sources.sort((a, b) => a.time - b.time);
  }

  next(): Simulated {
    const source = this.#sources[0]!;
    const { definition, device, topic, values, count, time } = source;
    const value = values({ device, count, time, random: this.#random });
    const { every, jitter = 0, qos = 0, retain = false } = definition;
    source.count++;
    source.time += every * (1 + (this.#random() * 2 - 1) * jitter);
    this.#sink();
    return { time, topic, payload: typeof value === "string" ? value : asJson(value, topic), qos, retain };
  }

  /** The first one has got a later time. */
  #sink(): void {
    const sources = this.#sources;
    for (let at = 0; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < sources.length && sources[child]!.time < sources[first]!.time) first = child;
      }
      if (first === at) return;
      [sources[at], sources[first]] = [sources[first]!, sources[at]!];
      at = first;
    }
  }
}

function asJson(value: unknown, topic: string): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new UsageError(`the scenario has no value for "${topic}"`);
  return text;
}

/** Marsaglia's xorshift with 32 bits: plausible devices need no better chance, and it is the same everywhere. */
function generator(seed: number): () => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1; // it never leaves 0
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
