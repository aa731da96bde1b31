import { matchTopic, type QoS, validateTopicFilter } from "@petrel/codec";
import { OptionError } from "@petrel/session";
import { checkNames } from "./option-names.ts";

/** What holds for messages that don't say otherwise. */
export interface PublishDefaults {
  /** Default 0. */
  readonly qos?: QoS | undefined;
  /** Default false. */
  readonly retain?: boolean | undefined;
  /** By topic filter; the first that matches counts, and what it leaves open is as above. */
  readonly topics?: Readonly<Record<string, Omit<PublishDefaults, "topics">>> | undefined;
}

const OF_TOPICS = { qos: 0, retain: 0 };

/** Throws {@link OptionError}. */
export function checkPublishDefaults(defaults: PublishDefaults): void {
  check("publishDefaults", defaults);
  for (const [filter, own] of Object.entries(defaults.topics ?? {})) {
    const problem = validateTopicFilter(filter);
    if (problem !== undefined) throw new OptionError("publishDefaults.topics", filter, `a topic filter ${problem}`);
    checkNames(own, OF_TOPICS, "a client", `publishDefaults.topics["${filter}"].`);
    check(`publishDefaults.topics["${filter}"]`, own);
  }
}

function check(name: string, { qos, retain }: PublishDefaults): void {
  if (qos !== undefined && qos !== 0 && qos !== 1 && qos !== 2) {
    throw new OptionError(`${name}.qos`, qos, "it must be 0, 1 or 2");
  }
  if (retain !== undefined && typeof retain !== "boolean") {
    throw new OptionError(`${name}.retain`, retain, "it must be true or false");
  }
}

/** What holds for a message to this topic. */
export function publishDefaultsFor(topic: string, defaults: PublishDefaults): PublishDefaults {
  for (const [filter, own] of Object.entries(defaults.topics ?? {})) {
    if (matchTopic(filter, topic)) return { qos: own.qos ?? defaults.qos, retain: own.retain ?? defaults.retain };
  }
  return defaults;
}
