/** For scripts: connect, do one thing, disconnect. The entries that know URLs give their `connect`. */

import { OptionError, TimeoutError } from "@petrel/session";
import { onAbort } from "./cancellation.ts";
import { systemClock } from "./clock.ts";
import { AbortedError } from "./errors.ts";
import type { Message } from "./message.ts";
import type { ClientOptions } from "./options.ts";
import type { Publication, PublishResult } from "./publication.ts";
import type { Client, Filters, Payload, PublishOptionsV5, SubscribeOptionsV5 } from "./types.ts";

/** A message for {@link publishOnce}. */
export interface MessageToPublish extends Omit<PublishOptionsV5, "signal"> {
  /** A topic name, without wildcards. */
  readonly topic: string;
  /** Default: empty. */
  readonly payload?: Payload;
}

/** How to subscribe, beside how to connect. */
type SubscribeOnceBase = ClientOptions & { readonly subscribe?: Omit<SubscribeOptionsV5, "signal"> | undefined };

/** How to connect and subscribe, and what to wait for. */
export type SubscribeOnceOptions = SubscribeOnceBase & {
  /** Messages to wait for. Without it the result is one message, with it a list. */
  readonly count?: number | undefined;
  /** Wait for messages that are published from now on. Default false: what the server has retained counts. */
  readonly skipRetained?: boolean | undefined;
  /** Milliseconds from the subscription on. Default: none. */
  readonly timeout?: number | undefined;
};

/** How to connect and subscribe. */
export type SubscribeEachOptions = SubscribeOnceBase;

/**
 * Connects, publishes one message or several in order, and disconnects when all are acknowledged.
 *
 * @example await publishOnce("mqtt://localhost", { topic: "sensors/kitchen", payload: "21.5", qos: 1 })
 * @throws as `connect` and `publish` do
 */
export type PublishOnce = (
  url: string,
  messages: MessageToPublish | readonly MessageToPublish[],
  options?: ClientOptions,
) => Promise<readonly PublishResult[]>;

/**
 * Connects, waits for the first message to `filters` (with `count`: for so many), and disconnects.
 *
 * @example const message = await subscribeOnce("mqtt://localhost", "sensors/+", { timeout: 5_000 })
 * @throws TimeoutError if `timeout` is over first, AbortedError, and as `connect` and `subscribe` do
 */
export interface SubscribeOnce {
  (
    url: string,
    filters: Filters<"5.0">,
    options: SubscribeOnceOptions & { readonly count: number },
  ): Promise<readonly Message[]>;
  (url: string, filters: Filters<"5.0">, options?: SubscribeOnceOptions): Promise<Message>;
}

/**
 * Connects and hands every message to `handler`, one after the other. Resolves when `signal` is aborted, rejects when the
 * handler fails; disconnects either way.
 */
export type SubscribeEach = (
  url: string,
  filters: Filters<"5.0">,
  handler: (message: Message) => unknown,
  options?: SubscribeEachOptions,
) => Promise<void>;

/** As an entry has it. What a version can't do is checked at run time. */
type ConnectTo = (url: string, options: ClientOptions) => Promise<unknown>;
type Connect = (options: ClientOptions) => Promise<Client>;

/** {@link PublishOnce} for an entry's `connect`. */
export function publishOnceWith(connect: ConnectTo): PublishOnce {
  return (url, messages, options = {}) => publishAll(to(connect, url), messages, options);
}

/** {@link SubscribeOnce} for an entry's `connect`. */
export function subscribeOnceWith(connect: ConnectTo): SubscribeOnce {
  const one = async (url: string, filters: Filters<"5.0">, options: SubscribeOnceOptions = {}): Promise<unknown> => {
    const messages = await receive(to(connect, url), filters, options);
    return options.count === undefined ? messages[0]! : messages;
  };
  return one as SubscribeOnce;
}

/** {@link SubscribeEach} for an entry's `connect`. */
export function subscribeEachWith(connect: ConnectTo): SubscribeEach {
  return (url, filters, handler, options = {}) => handOut(to(connect, url), filters, handler, options);
}

function to(connect: ConnectTo, url: string): Connect {
  return (options) => connect(url, options) as Promise<Client>;
}

async function publishAll(
  connect: Connect,
  messages: MessageToPublish | readonly MessageToPublish[],
  options: ClientOptions,
): Promise<readonly PublishResult[]> {
  const list = isList(messages) ? messages : [messages];
  return withClient(connect, options, async (client) => {
    const publications: Publication[] = [];
    for (const { topic, payload, ...how } of list) {
      await client.drained();
      publications.push(client.publish(topic, payload, how));
    }
    return Promise.all(publications);
  });
}

async function receive(
  connect: Connect,
  filters: Filters<"5.0">,
  options: SubscribeOnceOptions,
): Promise<readonly Message[]> {
  const { count = 1, skipRetained = false, timeout, subscribe, ...others } = options;
  if (!(Number.isInteger(count) && count >= 1)) throw new OptionError("count", count, "it must be 1 or more messages");
  if (timeout !== undefined && !(timeout >= 0)) {
    throw new OptionError("timeout", timeout, "it must be 0 or more milliseconds");
  }
  const { clock = systemClock, signal } = others;
  return withClient(connect, others, async (client) => {
    const subscription = await client.subscribe(filters, { ...subscribe, signal });
    const messages: Message[] = [];
    const collect = async (): Promise<void> => {
      for await (const message of subscription) {
        if (skipRetained && message.retain) continue;
        messages.push(message);
        if (messages.length === count) return;
      }
    };
    await new Promise<void>((resolve, reject) => {
      const timer =
        timeout === undefined
          ? undefined
          : clock.timer(clock.now() + timeout, () => reject(new TimeoutError(whatIsAwaited(count), timeout)));
      const forget = onAbort(signal, (reason) => reject(new AbortedError("subscribeOnce", reason)));
      void collect()
        .then(resolve, reject)
        .finally(() => {
          timer?.clear();
          forget();
        });
    });
    return messages;
  });
}

async function handOut(
  connect: Connect,
  filters: Filters<"5.0">,
  handler: (message: Message) => unknown,
  options: SubscribeEachOptions,
): Promise<void> {
  const { subscribe, ...others } = options;
  const { signal } = others;
  await withClient(connect, others, async (client) => {
    const subscription = await client.subscribe(filters, { ...subscribe, signal });
    const loop = (async () => {
      for await (const message of subscription) await handler(message);
    })();
    let forget = (): void => {};
    const aborted = new Promise<void>((resolve) => (forget = onAbort(signal, () => resolve())));
    await Promise.race([loop, aborted]).finally(forget);
  });
}

/** Connects, and disconnects whatever happens: what was done is acknowledged, and so is what was received. */
async function withClient<Result>(
  connect: Connect,
  options: ClientOptions,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(options);
  try {
    return await use(client);
  } finally {
    await client.disconnect();
  }
}

function isList(messages: object): messages is readonly MessageToPublish[] {
  return Array.isArray(messages);
}

function whatIsAwaited(count: number): string {
  return count === 1 ? "message" : `${count} messages`;
}
