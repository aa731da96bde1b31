/** What options are called. A name that is none is an error: ignored, it would be a setting that is not made. */

import { OptionError } from "@petrel/session";
import type { NextOptions } from "./message-stream.ts";
import type {
  ConsumeOptionsV5,
  DisconnectOptionsV5,
  FilterOptionsV5,
  PublishOptionsV5,
  RequestOptions,
  SubscribeOptionsV5,
} from "./types.ts";

/** Names of options; those of options that are objects of others are tables again. */
export interface NameTable {
  readonly [name: string]: unknown;
}

type Names<Options> = Readonly<Record<keyof Options, unknown>>;

const FILTER: Names<FilterOptionsV5> = { qos: 0, noLocal: 0, retainAsPublished: 0, retainHandling: 0 };
const CONSUME: Names<ConsumeOptionsV5> = {
  acknowledge: 0,
  buffer: 0,
  concurrency: 0,
  handlerTimeout: 0,
  rejectWith: 0,
};
const SUBSCRIBE: Names<SubscribeOptionsV5> = {
  ...FILTER,
  ...CONSUME,
  signal: 0,
  timeout: 0,
  subscriptionIdentifier: 0,
  userProperties: 0,
};
const PUBLISH: Names<PublishOptionsV5> = { qos: 0, retain: 0, signal: 0, timeout: 0, properties: 0 };
const REQUEST: Names<RequestOptions> = { qos: 0, timeout: 0, signal: 0, responseTopic: 0, properties: 0 };
const DISCONNECT: Names<DisconnectOptionsV5> = {
  drain: 0,
  reasonCode: 0,
  reasonString: 0,
  sessionExpiryInterval: 0,
  userProperties: 0,
  sendWill: 0,
};
const NEXT: Names<NextOptions> = { timeout: 0, signal: 0 };

type Call =
  | "a filter"
  | "route()"
  | "messages()"
  | "subscribe()"
  | "respond()"
  | "request()"
  | "disconnect()"
  | "next()";

const CALLS: Readonly<Record<Call, NameTable>> = {
  "a filter": FILTER,
  "route()": CONSUME,
  "messages()": CONSUME,
  "subscribe()": SUBSCRIBE,
  "respond()": SUBSCRIBE,
  "request()": REQUEST,
  "disconnect()": DISCONNECT,
  "next()": NEXT,
};

/** What MQTT.js has, and what became of it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  clean: "cleanStart, or cleanSession before MQTT 5.0",
  connectTimeout: "timeouts.connect and timeouts.connack",
  dup: "set by the client, when it sends a message again",
  host: "part of the URL",
  nl: "noLocal",
  port: "part of the URL",
  properties: "an option of its own for each property",
  protocolVersion: "version",
  queueQoSZero: "queue.qos0WhileOffline",
  rap: "retainAsPublished",
  reconnectPeriod: "reconnect.initialDelay, or reconnect: false",
  rh: "retainHandling",
  wsOptions: "websocket",
};

/** Of a call. Throws {@link OptionError}. */
export function checkCallOptions(call: Call, options: object): void {
  if (!areOptions(options)) throw noOptions(options, call);
  checkNames(options, CALLS[call], call);
}

/** Callers without types give what other clients take there: `null`, or a callback, which nobody would call. */
export function areOptions(options: object | null): boolean {
  return typeof options === "object" && options !== null;
}

/** @param call as it is written */
export function noOptions(options: unknown, call: string): OptionError {
  return new OptionError(
    "options",
    options,
    `${call} takes an object of options there, or nothing; await what it returns`,
  );
}

/** Throws {@link OptionError}. For each message: comparing a few names costs a third of looking them up (measured). */
export function checkPublishNames(options: PublishOptionsV5): void {
  for (const name in options) {
    if (name === "qos" || name === "retain" || name === "properties" || name === "timeout" || name === "signal")
      continue;
    checkNames(options, PUBLISH, "publish()");
  }
}

/** Throws {@link OptionError}. `path` is where they are among `all` options, as in `will.`. */
export function checkNames(
  options: object,
  table: NameTable,
  owner: string,
  path: string = "",
  all: NameTable = table,
): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(table, name) || (options as Readonly<Record<string, unknown>>)[name] === undefined) continue;
    const option = path + name;
    const why = `${owner} has no option "${option}"; ${hint(name, table, path, all)}`;
    throw new OptionError(option, undefined, why, why); // the value may be a secret
  }
}

function hint(name: string, table: NameTable, path: string, all: NameTable): string {
  if (Object.hasOwn(ELSEWHERE, name)) return `in Petrel it is ${ELSEWHERE[name]}`;
  const here = Object.keys(table);
  let meant: string | undefined;
  let least = Math.max(2, name.length / 3) + 1;
  const consider = (other: string, prefix: string, most: number): void => {
    const distance = difference(plain(name), plain(other));
    if (distance >= least || distance > most) return;
    meant = prefix + other;
    least = distance;
  };
  for (const other of here) consider(other, path, plain(other)[0] === plain(name)[0] ? Infinity : 0);
  // In another place it has to be the same name.
  for (const [option, inside] of Object.entries(all)) {
    consider(option, "", 0);
    for (const other of Object.keys(inside as object)) consider(other, `${option}.`, 0);
  }
  if (meant !== undefined) return `did you mean ${meant}?`;
  return here.length > 12 ? "is it one of another library?" : `it has ${here.join(", ")}`;
}

/** How many characters one of them has and the other has not, wherever they are. */
function difference(one: string, other: string): number {
  let rest = other;
  let missing = 0;
  for (const character of one) {
    const shorter = rest.replace(character, "");
    if (shorter === rest) missing++;
    rest = shorter;
  }
  return missing + rest.length;
}

/** `client_id`, `clientID` and `clientId` are one. */
function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
