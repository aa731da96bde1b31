import {
  type FilterOptions,
  type QoS,
  type SubscribeOptions,
  type UserProperty,
  validateTopicFilter,
} from "@petrel/client";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { collect, collectQos, parseUserProperty, parseWhole } from "./parsers.ts";

/** What to subscribe to, as it was typed. Lists are for the filters in turn, the last one for the rest. */
export interface SubscriptionOptions {
  readonly topic?: readonly string[];
  readonly qos?: readonly QoS[];
  readonly no_local?: readonly boolean[];
  readonly retainAsPublished?: readonly boolean[];
  readonly retainHandling?: readonly RetainHandling[];
  readonly subscriptionIdentifier?: number;
  readonly userProperties?: readonly UserProperty[];
  readonly unsubscribe?: readonly string[];
}

type RetainHandling = 0 | 1 | 2;

/** Adds them to a command. */
export function addSubscriptionOptions(command: Command): void {
  command
    .option("-t, --topic <filter>", "what to subscribe to, repeatable", collect)
    .option("-q, --qos <qos>", "0, 1 or 2: for each -t in turn, the last one for the rest (default: 0)", collectQos)
    .option("-U, --unsubscribe <filter>", "what a kept session shall not get any more, repeatable", collect)
    .optionsGroup("Subscription, with MQTT 5.0 (the first three as -q, for each -t in turn):")
    .addOption(flagList("--no_local [flag]", "not what this client publishes itself (also -nl)"))
    .addOption(flagList("--retain-as-published [flag]", "keep the retain flag as it was published (also -rap)"))
    .option(
      "--retain-handling <n>",
      "retained messages: 0 send them, 1 if the subscription is new, 2 never (also -rh)",
      collectRetainHandling,
    )
    .option(
      "--subscription-identifier <n>",
      "number that comes back with every message (also -si)",
      parseWhole("--subscription-identifier", 1, 268_435_455),
    )
    .option("--user-properties <name: value>", "user property of SUBSCRIBE, repeatable (also -up)", parseUserProperty);
}

/** Without a value it is true. */
function flagList(flags: string, description: string): Option {
  const option = new Option(flags, description).preset("true").argParser(collectFlag);
  option.flags = flags.replace("_", "-"); // in the help; commander takes --no-local for the negation of --local
  return option;
}

function collectFlag(text: string, previous: readonly boolean[] = []): readonly boolean[] {
  if (text === "true") return [...previous, true];
  if (text === "false") return [...previous, false];
  throw new InvalidArgumentError("It is true or false.");
}

function collectRetainHandling(text: string, previous: readonly RetainHandling[] = []): readonly RetainHandling[] {
  if (text === "0" || text === "1" || text === "2") return [...previous, Number(text) as RetainHandling];
  throw new InvalidArgumentError("It is 0, 1 or 2.");
}

/** Throws UsageError. */
export function checkSubscriptionOptions(options: SubscriptionOptions): void {
  const { topic = [], unsubscribe = [] } = options;
  if (topic.length + unsubscribe.length === 0) {
    throw new UsageError("what to subscribe to? give a topic filter with -t (or -U to unsubscribe)");
  }
  checkFilters([...topic, ...unsubscribe]);
  for (const [name, typed] of [
    ["qos", "-q"],
    ["no_local", "-nl"],
    ["retainAsPublished", "-rap"],
    ["retainHandling", "-rh"],
  ] as const) {
    const length = options[name]?.length ?? 0;
    if (length > Math.max(1, topic.length))
      throw new UsageError(`there are more ${typed} (${length}) than -t (${topic.length})`);
  }
}

/** Throws UsageError for a topic filter that is none. */
export function checkFilters(filters: readonly string[]): void {
  for (const filter of filters) {
    const problem = validateTopicFilter(filter);
    if (problem !== undefined) throw new UsageError(`topic filter "${filter}" ${problem}`);
  }
}

/** The first option given that only 5.0 has. */
export function firstSubscriptionProperty(options: SubscriptionOptions): string | undefined {
  const names = [
    ["no_local", "--no-local"],
    ["retainAsPublished", "--retain-as-published"],
    ["retainHandling", "--retain-handling"],
    ["subscriptionIdentifier", "--subscription-identifier"],
    ["userProperties", "--user-properties"],
  ] as const;
  return names.find(([name]) => options[name] !== undefined)?.[1];
}

/** Each filter with its options. */
export function filtersOf(
  { topic = [], qos, no_local: noLocal, retainAsPublished, retainHandling }: SubscriptionOptions,
  defaults: Pick<FilterOptions<"5.0">, "retainHandling">,
): Readonly<Record<string, FilterOptions<"5.0">>> {
  const filters = topic.map((filter, index): [string, FilterOptions<"5.0">] => [
    filter,
    {
      qos: nth(qos, index) ?? 0,
      noLocal: nth(noLocal, index),
      retainAsPublished: nth(retainAsPublished, index),
      retainHandling: nth(retainHandling, index) ?? defaults.retainHandling,
    },
  ]);
  return Object.fromEntries(filters);
}

/** What SUBSCRIBE says beside the filters. */
export function subscribePropertiesOf(options: SubscriptionOptions): SubscribeOptions<"5.0"> {
  const { subscriptionIdentifier, userProperties } = options;
  return { subscriptionIdentifier, userProperties };
}

function nth<Value>(list: readonly Value[] | undefined, index: number): Value | undefined {
  return list?.[Math.min(index, list.length - 1)];
}
