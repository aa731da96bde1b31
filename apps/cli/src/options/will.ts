import type { OptionsV5, UserProperty } from "@petrel/client";
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import { parseQos, parseUserProperty, parseWhole } from "./parsers.ts";

/** The options for the will, as they were typed. */
export interface WillCommandOptions {
  readonly willTopic?: string;
  readonly willMessage?: string;
  readonly willQos?: 0 | 1 | 2;
  readonly willRetain?: boolean;
  readonly willDelayInterval?: number;
  readonly willPayloadFormatIndicator?: boolean;
  readonly willMessageExpiryInterval?: number;
  readonly willContentType?: string;
  readonly willResponseTopic?: string;
  readonly willCorrelationData?: string;
  readonly willUserProperties?: readonly UserProperty[];
}

/** Adds them to a command, in a group of their own. */
export function addWillOptions(command: Command): void {
  command
    .optionsGroup("Will:")
    .option("--will-topic <topic>", "topic of the will (also -Wt)")
    .option("--will-message <text>", "its payload (also -Wm)")
    .option("--will-qos <qos>", "its QoS: 0, 1 or 2 (default: 0; also -Wq)", parseQos)
    .option("--will-retain", "keep it (also -Wr)")
    .option(
      "--will-delay-interval <seconds>",
      "5.0: wait before publishing it (also -Wd)",
      parseWhole("--will-delay-interval", 0, 0xffff_ffff),
    )
    .option("--will-payload-format-indicator", "5.0: its payload is UTF-8 text (also -Wpf)")
    .option(
      "--will-message-expiry-interval <seconds>",
      "5.0: how long it is worth something (also -We)",
      parseWhole("--will-message-expiry-interval", 0, 0xffff_ffff),
    )
    .option("--will-content-type <type>", "5.0: what its payload is, as image/png (also -Wct)")
    .option("--will-response-topic <topic>", "5.0: where an answer goes (also -Wrt)")
    .option("--will-correlation-data <text>", "5.0: what an answer has to repeat (also -Wcd)")
    .option("--will-user-properties <name: value>", "5.0: user property, repeatable (also -Wup)", parseUserProperty);
}

/** What only 5.0 has, by name. */
const V5_OPTIONS: readonly (readonly [keyof WillCommandOptions, string])[] = [
  ["willDelayInterval", "--will-delay-interval"],
  ["willPayloadFormatIndicator", "--will-payload-format-indicator"],
  ["willMessageExpiryInterval", "--will-message-expiry-interval"],
  ["willContentType", "--will-content-type"],
  ["willResponseTopic", "--will-response-topic"],
  ["willCorrelationData", "--will-correlation-data"],
  ["willUserProperties", "--will-user-properties"],
];

/** The names of those given that need 5.0. */
export function v5WillOptions(options: WillCommandOptions): readonly string[] {
  return V5_OPTIONS.filter(([name]) => options[name] !== undefined).map(([, typed]) => typed);
}

/** The client's option for what was typed; undefined without a will. Throws UsageError for parts without a topic. */
export function willOf(options: WillCommandOptions): OptionsV5["will"] {
  const { willTopic: topic, willMessage: payload, willQos: qos, willRetain: retain } = options;
  const given = v5WillOptions(options);
  if (topic === undefined) {
    if (given.length > 0 || (payload ?? qos ?? retain) !== undefined) {
      throw new UsageError("the --will options need --will-topic");
    }
    return undefined;
  }
  if (given.length === 0) return { topic, payload, qos, retain };
  return {
    topic,
    payload,
    qos,
    retain,
    properties: {
      willDelayInterval: options.willDelayInterval,
      payloadFormatIndicator: options.willPayloadFormatIndicator === true ? 1 : undefined,
      messageExpiryInterval: options.willMessageExpiryInterval,
      contentType: options.willContentType,
      responseTopic: options.willResponseTopic,
      correlationData: options.willCorrelationData === undefined ? undefined : Buffer.from(options.willCorrelationData),
      userProperties: options.willUserProperties,
    },
  };
}
