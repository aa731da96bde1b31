/** Topic Names and Topic Filters (section 4.7), Shared Subscriptions (section 4.8). */

import type { ProtocolVersion } from "./packet.ts";
import { hasLoneSurrogate, utf8Size } from "./utf8.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;

const SHARE_PREFIX = "$share/";

/** What is wrong with a topic, as the end of a sentence that starts with its name, and the statement it breaks. */
export interface TopicProblem {
  readonly problem: string;
  readonly clause: string;
}

/**
 * What is wrong with a Topic Name, as the end of a sentence that starts with its name, or undefined for a valid one.
 *
 * @example validateTopicName("a/+") // "must not contain the wildcard characters + and # [MQTT-4.7.0-1]"
 */
export function validateTopicName(topicName: string): string | undefined {
  return sentence(stringProblem(topicName) ?? wildcardProblem(topicName));
}

/** What is wrong with a Topic Filter, `$share/…` included, or undefined for a valid one. */
export function validateTopicFilter(topicFilter: string): string | undefined {
  return sentence(stringProblem(topicFilter) ?? topicFilterProblem(topicFilter, 5));
}

function sentence(problem: TopicProblem | undefined): string | undefined {
  return problem === undefined ? undefined : `${problem.problem} [${problem.clause}]`;
}

const EMPTY: TopicProblem = { problem: "must be at least one character long", clause: "MQTT-4.7.3-1" };
const WILDCARD: TopicProblem = { problem: "must not contain the wildcard characters + and #", clause: "MQTT-4.7.0-1" };
const LOOSE_HASH: TopicProblem = { problem: "must have # on its own in the last level", clause: "MQTT-4.7.1-1" };
const EARLY_HASH: TopicProblem = { problem: "must have # only as its last character", clause: "MQTT-4.7.1-1" };
const LOOSE_PLUS: TopicProblem = { problem: "must have + on its own in a level", clause: "MQTT-4.7.1-2" };

/** What every string in a packet must be, and reading and writing one already makes sure of. */
function stringProblem(topic: string): TopicProblem | undefined {
  if (topic.length === 0) return EMPTY;
  if (topic.includes("\0")) return { problem: "must not contain the null character U+0000", clause: "MQTT-4.7.3-2" };
  if (hasLoneSurrogate(topic)) {
    return { problem: "must be well-formed Unicode: it has a surrogate without its partner", clause: "MQTT-1.5.4-1" };
  }
  if (topic.length > 21_845 && utf8Size(topic) > 65_535) {
    return { problem: `must not be longer than 65,535 bytes: it has ${utf8Size(topic)}`, clause: "MQTT-4.7.3-3" };
  }
  return undefined;
}

function wildcardProblem(topicName: string): TopicProblem | undefined {
  return hasWildcard(topicName) ? WILDCARD : undefined;
}

export function hasWildcard(topic: string): boolean {
  for (let index = 0; index < topic.length; index++) {
    const unit = topic.charCodeAt(index);
    if (unit === PLUS || unit === HASH) return true;
  }
  return false;
}

/**
 * What is wrong with a Topic Filter that is a well-formed string. Shared Subscriptions came with MQTT 5.0: before,
 * `$share` is a level like any other to the protocol, though many servers know it.
 */
export function topicFilterProblem(topicFilter: string, version: ProtocolVersion): TopicProblem | undefined {
  if (topicFilter.length === 0) return EMPTY;
  if (version !== 5 || !isShared(topicFilter)) return levelsProblem(topicFilter);

  const nameEnd = topicFilter.indexOf("/", SHARE_PREFIX.length);
  const shareName = topicFilter.slice(SHARE_PREFIX.length, nameEnd === -1 ? undefined : nameEnd);
  if (shareName === "") {
    return { problem: "needs a share name of at least one character after $share/", clause: "MQTT-4.8.2-1" };
  }
  if (hasWildcard(shareName)) {
    return { problem: "must not have wildcards in its share name", clause: "MQTT-4.8.2-2" };
  }
  if (nameEnd === -1 || nameEnd === topicFilter.length - 1) {
    return { problem: "needs a topic filter after the share name, as in $share/name/filter", clause: "MQTT-4.8.2-2" };
  }
  return levelsProblem(topicFilter.slice(nameEnd + 1));
}

/** Whether it is a filter of a Shared Subscription, well made or not. */
export function isShared(topicFilter: string): boolean {
  return topicFilter.charCodeAt(0) === DOLLAR && topicFilter.startsWith(SHARE_PREFIX); // few get to the call
}

/**
 * Whether the UTF-8 in `bytes[start..end)` is surely a Topic Filter with wildcards in levels of their own and without
 * U+0000. Bytes are looked at faster than a string (measured); whatever is unusual is false, and left to others.
 */
export function hasProperLevels(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > PLUS) continue;
    if (byte === 0) return false;
    if (byte !== PLUS && byte !== HASH) continue;
    if (at > start && bytes[at - 1] !== SLASH) return false;
    if (at + 1 < end && (byte === HASH || bytes[at + 1] !== SLASH)) return false;
  }
  return end > start && bytes[start] !== DOLLAR;
}

function levelsProblem(filter: string): TopicProblem | undefined {
  const last = filter.length - 1;
  for (let index = 0; index <= last; index++) {
    const unit = filter.charCodeAt(index);
    if (unit !== PLUS && unit !== HASH) continue;
    if (index > 0 && filter.charCodeAt(index - 1) !== SLASH) return unit === HASH ? LOOSE_HASH : LOOSE_PLUS;
    if (unit === HASH && index !== last) return EARLY_HASH;
    if (unit === PLUS && index !== last && filter.charCodeAt(index + 1) !== SLASH) return LOOSE_PLUS;
  }
  return undefined;
}

/** A Shared Subscription taken apart (section 4.8.2). */
export interface SharedSubscription {
  readonly shareName: string;
  readonly topicFilter: string;
}

/** Takes `$share/name/filter` apart; undefined for a filter that is not shared. */
export function parseSharedSubscription(topicFilter: string): SharedSubscription | undefined {
  if (!isShared(topicFilter)) return undefined;
  const nameEnd = topicFilter.indexOf("/", SHARE_PREFIX.length);
  if (nameEnd === -1) return undefined;
  return { shareName: topicFilter.slice(SHARE_PREFIX.length, nameEnd), topicFilter: topicFilter.slice(nameEnd + 1) };
}

/**
 * Whether a message published to `topicName` matches a valid `topicFilter`. Allocates nothing for filters that
 * are not shared; a shared filter matches as the filter after its share name.
 *
 * @example matchTopic("sensors/+/temperature", "sensors/kitchen/temperature") // true
 */
export function matchTopic(topicFilter: string, topicName: string): boolean {
  const filter = parseSharedSubscription(topicFilter)?.topicFilter ?? topicFilter;
  const filterLength = filter.length;
  const nameLength = topicName.length;

  // "The Server MUST NOT match Topic Filters starting with a wildcard character (# or +) with Topic Names
  // beginning with a $ character" [MQTT-4.7.2-1]
  if (topicName.charCodeAt(0) === DOLLAR) {
    const first = filter.charCodeAt(0);
    if (first === PLUS || first === HASH) return false;
  }

  let at = 0;
  let index = 0;
  while (index < filterLength) {
    const unit = filter.charCodeAt(index);
    if (unit === HASH) return true;
    if (unit === PLUS) {
      while (at < nameLength && topicName.charCodeAt(at) !== SLASH) at++;
      index++;
      continue;
    }
    if (at === nameLength) {
      // "sport/tennis/#" also matches its parent "sport/tennis": # stands for any number of levels, none included.
      return unit === SLASH && index + 2 === filterLength && filter.charCodeAt(index + 1) === HASH;
    }
    if (unit !== topicName.charCodeAt(at)) return false;
    index++;
    at++;
  }
  return at === nameLength;
}
