import type { PublishOptions, UserProperty } from "@petrel/client";
import { type Command, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { parseUserProperty, parseWhole } from "./parsers.ts";

/** The properties that a PUBLISH has in MQTT 5.0, as they were typed. */
export interface PublishPropertyOptions {
  readonly payloadFormatIndicator?: boolean;
  readonly messageExpiryInterval?: number;
  readonly topicAlias?: number;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly userProperties?: readonly UserProperty[];
  readonly contentType?: string;
  readonly subscriptionIdentifier?: string;
  readonly dup?: boolean;
}

type PublishProperties = NonNullable<PublishOptions<"5.0">["properties"]>;

/** Adds them to a command, in a group of their own. */
export function addPublishPropertyOptions(command: Command): void {
  command
    .optionsGroup("Properties of MQTT 5.0:")
    .option("--payload-format-indicator", "the payload is UTF-8 text (also -pf)")
    .option(
      "-e, --message-expiry-interval <seconds>",
      "how long the message is of use",
      parseWhole("--message-expiry-interval", 0, 0xffff_ffff),
    )
    .option(
      "--topic-alias <n>",
      "a number for the topic on this connection (also -ta)",
      parseWhole("--topic-alias", 1, 65_535),
    )
    .option("--response-topic <topic>", "where an answer shall go (also -rt)")
    .option("--correlation-data <text>", "what tells the answer apart (also -cd)")
    .option("--user-properties <name: value>", "user property, repeatable (also -up)", parseUserProperty)
    .option("--content-type <type>", "what the payload is (also -ct)")
    // MQTTX has them. Why they can not be had here, somebody who types them is told.
    .addOption(new Option("-d, --dup").hideHelp())
    .addOption(new Option("--subscription-identifier <n>").hideHelp());
}

/** Throws UsageError for what MQTT has only in 5.0, or does not let a client say. */
export function publishPropertiesOf(options: PublishPropertyOptions): PublishProperties | undefined {
  if (options.dup === true) {
    throw new UsageError("--dup says that a message is sent again; petrel sets it when it does, and only then");
  }
  if (options.subscriptionIdentifier !== undefined) {
    // "A PUBLISH packet sent from a Client to a Server MUST NOT contain a Subscription Identifier" [MQTT-3.3.4-6]
    throw new UsageError("--subscription-identifier is the server's to send; on sub it is an option");
  }
  const properties: PublishProperties = {
    payloadFormatIndicator: options.payloadFormatIndicator === true ? 1 : undefined,
    messageExpiryInterval: options.messageExpiryInterval,
    topicAlias: options.topicAlias,
    responseTopic: options.responseTopic,
    correlationData: options.correlationData === undefined ? undefined : Buffer.from(options.correlationData),
    userProperties: options.userProperties,
    contentType: options.contentType,
  };
  return firstPublishProperty(options) === undefined ? undefined : properties;
}

const NAMES: readonly (readonly [keyof PublishPropertyOptions, string])[] = [
  ["payloadFormatIndicator", "--payload-format-indicator"],
  ["messageExpiryInterval", "--message-expiry-interval"],
  ["topicAlias", "--topic-alias"],
  ["responseTopic", "--response-topic"],
  ["correlationData", "--correlation-data"],
  ["userProperties", "--user-properties"],
  ["contentType", "--content-type"],
];

/** The first of them that was typed. */
export function firstPublishProperty(options: PublishPropertyOptions): string | undefined {
  return NAMES.find(([name]) => options[name] !== undefined)?.[1];
}
