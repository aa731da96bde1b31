/** What callers ask for, in the session's words. Options of another version are refused here, for callers without types. */

import { EncodeError, packetSize, type TopicSubscriptionInit, validateTopicFilter } from "@petrel/codec";
import {
  type DisconnectOptions as SessionDisconnectOptions,
  OptionError,
  type SessionConfig,
  type SubscribeRequest,
} from "@petrel/session";
import type { Signal } from "@petrel/transport";
import { checkCallOptions } from "./option-names.ts";
import { refuseOptions } from "./resolved-options.ts";
import type { DisconnectOptionsV5, FilterOptionsV5, Filters, PublishOptionsV5, SubscribeOptionsV5 } from "./types.ts";
import type { Version } from "./version.ts";

const FILTER_OPTIONS_V5 = ["noLocal", "retainAsPublished", "retainHandling"] as const;

/** Throws {@link OptionError}. */
export function checkPublishOptions({ properties, timeout, signal, retain }: PublishOptionsV5, version: Version): void {
  if (properties !== undefined) {
    if (version !== "5.0") throw new OptionError("properties", properties, "it needs MQTT 5.0");
    if (typeof properties !== "object" || (properties as unknown) === null) {
      throw new OptionError("properties", properties, "it must be an object");
    }
  }
  // A text, such as "false", would set the flag.
  if (retain !== undefined && typeof retain !== "boolean") {
    throw new OptionError("retain", retain, "it must be true or false");
  }
  if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 0)) {
    throw new OptionError("timeout", timeout, "it must be 0 or more milliseconds");
  }
  checkSignal(signal);
}

/** Throws {@link OptionError}. */
export function checkSignal(signal: Signal | undefined): void {
  if (signal === undefined || typeof (signal as Signal | null)?.addEventListener === "function") return;
  throw new OptionError("signal", signal, "it must be an AbortSignal");
}

/** Throws {@link OptionError}. */
export function subscribeRequest(
  filters: Filters<"5.0">,
  options: SubscribeOptionsV5,
  version: Version,
): SubscribeRequest {
  const { subscriptionIdentifier, userProperties } = options;
  if (version !== "5.0") refuseOptions(options, ["subscriptionIdentifier", "userProperties"], "needs MQTT 5.0");
  const hasProperties = subscriptionIdentifier !== undefined || userProperties !== undefined;
  return {
    subscriptions: topicSubscriptions(filters, options, version),
    properties: hasProperties ? { subscriptionIdentifier, userProperties } : undefined,
  };
}

/** Throws EncodeError. */
export function routeFilters(filters: string | readonly string[]): readonly string[] {
  const topicFilters = typeof filters === "string" ? [filters] : filters;
  for (const filter of topicFilters) {
    const problem = validateTopicFilter(filter);
    if (problem !== undefined) {
      throw new EncodeError(`the topic filter "${filter}" ${problem}`, { field: "filters", value: filter });
    }
  }
  return topicFilters;
}

function topicSubscriptions(
  filters: Filters<"5.0">,
  defaults: FilterOptionsV5,
  version: Version,
): readonly TopicSubscriptionInit[] {
  if (typeof filters === "string") return [topicSubscription(filters, defaults, version)];
  if (isList(filters)) return filters.map((topicFilter) => topicSubscription(topicFilter, defaults, version));
  return Object.entries(filters).map(([topicFilter, own]) => {
    checkCallOptions("a filter", own);
    return topicSubscription(topicFilter, { ...defaults, ...own }, version);
  });
}

function isList(filters: object): filters is readonly string[] {
  return Array.isArray(filters);
}

function topicSubscription(topicFilter: string, options: FilterOptionsV5, version: Version): TopicSubscriptionInit {
  if (version !== "5.0") refuseOptions(options, FILTER_OPTIONS_V5, "needs MQTT 5.0");
  for (const name of ["noLocal", "retainAsPublished"] as const) {
    const flag: unknown = options[name];
    if (flag !== undefined && typeof flag !== "boolean") throw new OptionError(name, flag, "it must be true or false");
  }
  const { qos, noLocal, retainAsPublished, retainHandling } = options;
  return { topicFilter, qos, noLocal, retainAsPublished, retainHandling };
}

/** Throws {@link OptionError}, or EncodeError for what no DISCONNECT can express: all that could go wrong later. */
export function disconnectRequest(options: DisconnectOptionsV5, config: SessionConfig): SessionDisconnectOptions {
  checkCallOptions("disconnect()", options);
  const { drain, reasonString, sessionExpiryInterval, userProperties, sendWill } = options;
  if (drain !== undefined && !(drain >= 0)) {
    throw new OptionError("drain", drain, "it must be 0 or more milliseconds");
  }
  if (config.protocolVersion !== 5) {
    refuseOptions(options, ["reasonCode", "reasonString", "sessionExpiryInterval", "userProperties"], "needs MQTT 5.0");
    refuseOptions(options, ["sendWill"], "needs MQTT 5.0; destroy() makes a 3.x server publish the will");
    return {};
  }
  // "If the Session Expiry Interval in the CONNECT packet was zero, then it is a Protocol Error to set a non-zero Session Expiry Interval in the DISCONNECT packet" (section 3.14.2.2.2)
  if (sessionExpiryInterval !== undefined && sessionExpiryInterval > 0 && config.sessionExpiryInterval === 0) {
    const why = "it must be 0, for the client connected with a sessionExpiryInterval of 0";
    throw new OptionError("sessionExpiryInterval", sessionExpiryInterval, why);
  }
  const hasProperties =
    reasonString !== undefined || sessionExpiryInterval !== undefined || userProperties !== undefined;
  const request: SessionDisconnectOptions = {
    reasonCode: options.reasonCode ?? (sendWill === true ? 0x04 : undefined),
    properties: hasProperties ? { reasonString, sessionExpiryInterval, userProperties } : undefined,
  };
  packetSize({ type: "disconnect", ...request }, 5);
  return request;
}
