/** `@petrel/client` for Node: the client of `./core`, with a connector made from a URL. */

import { MqttClient } from "../client.ts";
import type {
  Client,
  ClientOptions,
  Filters,
  MessageToPublish,
  OptionsAuto,
  OptionsV3,
  OptionsV5,
  PublishResult,
  SubscribeEachOptions,
  SubscribeOnceOptions,
  Version,
} from "../exports.ts";
import type { Message } from "../message.ts";
import * as oneShot from "../one-shot.ts";
import { connectorFor } from "./connector.ts";
import { diagnose } from "./diagnostics.ts";

/**
 * A client for the server at `url` that is not connected yet; `connect()` it.
 *
 * @param url `mqtt://host`, `mqtts://host` (TLS), `ws://host/path` or `wss://host/path` (WebSocket), with
 *   `user:password@` and `:port` if needed; `mqtt+unix:///path`
 * @throws OptionError | InvalidAddressError before anything is opened
 */
export function createClient(url: string, options?: OptionsV5): Client<"5.0">;
export function createClient(url: string, options: OptionsV3<"3.1.1">): Client<"3.1.1">;
export function createClient(url: string, options: OptionsV3<"3.1">): Client<"3.1">;
export function createClient(url: string, options: OptionsAuto): Client<Version>;
export function createClient(url: string, options?: ClientOptions): Client<Version>;
export function createClient(url: string, options: ClientOptions = {}): unknown {
  const client = new MqttClient(connectorFor, url, options);
  diagnose(client);
  return client;
}

/**
 * A client that is connected to the server at `url`: resolves after a successful CONNACK, rejects with the cause.
 *
 * @example await using client = await connect("mqtt://localhost")
 * @throws OptionError | InvalidAddressError | TransportError | ConnectRefusedError | TimeoutError | AbortedError
 */
export function connect(url: string, options?: OptionsV5): Promise<Client<"5.0">>;
export function connect(url: string, options: OptionsV3<"3.1.1">): Promise<Client<"3.1.1">>;
export function connect(url: string, options: OptionsV3<"3.1">): Promise<Client<"3.1">>;
export function connect(url: string, options: OptionsAuto): Promise<Client<Version>>;
export function connect(url: string, options?: ClientOptions): Promise<Client<Version>>;
export async function connect(url: string, options: ClientOptions = {}): Promise<Client<Version>> {
  const client = createClient(url, options);
  await client.connect();
  return client;
}

/**
 * Connects, publishes one message or several in order, and disconnects when all are acknowledged.
 *
 * @example await publishOnce("mqtt://localhost", { topic: "sensors/kitchen", payload: "21.5", qos: 1 })
 * @throws as `connect` and `publish` do
 */
export function publishOnce(
  url: string,
  messages: MessageToPublish | readonly MessageToPublish[],
  options: ClientOptions = {},
): Promise<readonly PublishResult[]> {
  return oneShot.publishOnce((others) => connectAs5(url, others), messages, options);
}

/**
 * Connects, waits for the first message to `filters` (with `count`: for so many), and disconnects.
 *
 * @example const message = await subscribeOnce("mqtt://localhost", "sensors/+", { timeout: 5_000 })
 * @throws TimeoutError if `timeout` is over first, AbortedError, and as `connect` and `subscribe` do
 */
export function subscribeOnce(
  url: string,
  filters: Filters<"5.0">,
  options: SubscribeOnceOptions & { readonly count: number },
): Promise<readonly Message[]>;
export function subscribeOnce(url: string, filters: Filters<"5.0">, options?: SubscribeOnceOptions): Promise<Message>;
export async function subscribeOnce(
  url: string,
  filters: Filters<"5.0">,
  options: SubscribeOnceOptions = {},
): Promise<Message | readonly Message[]> {
  const messages = await oneShot.subscribeOnce((others) => connectAs5(url, others), filters, options);
  return options.count === undefined ? messages[0]! : messages;
}

/**
 * Connects and hands every message to `handler`, one after the other. Resolves when `signal` is aborted, rejects when the
 * handler fails; disconnects either way.
 */
export function subscribeEach(
  url: string,
  filters: Filters<"5.0">,
  handler: (message: Message) => unknown,
  options: SubscribeEachOptions = {},
): Promise<void> {
  return oneShot.subscribeEach((others) => connectAs5(url, others), filters, handler, options);
}

/** One-shots check at run time what a version can't do. */
function connectAs5(url: string, options: ClientOptions): Promise<Client> {
  return connect(url, options) as Promise<unknown> as Promise<Client>;
}

export * from "../exports.ts";
