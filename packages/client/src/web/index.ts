/** `@petrel/client` for browsers: what is in `../node`, over the platform's WebSocket, and awake when the page is. */

import { MqttClient } from "../client.ts";
import type { Client, ClientOptions, OptionsAuto, OptionsV3, OptionsV5, Version } from "../exports.ts";
import {
  type PublishOnce,
  publishOnceWith,
  type SubscribeEach,
  subscribeEachWith,
  type SubscribeOnce,
  subscribeOnceWith,
} from "../one-shot.ts";
import { connectorFor } from "./connector.ts";
import { stayWakeful } from "./wakefulness.ts";

/**
 * A client for the server at `url` that is not connected yet; `connect()` it.
 *
 * @param url `wss://host/path` or `ws://host/path`, with `user:password@` and `:port` if needed; the path is `/mqtt`
 *   unless given
 * @throws OptionError | InvalidAddressError before anything is opened
 */
export function createClient(url: string, options?: OptionsV5): Client<"5.0">;
export function createClient(url: string, options: OptionsV3<"3.1.1">): Client<"3.1.1">;
export function createClient(url: string, options: OptionsV3<"3.1">): Client<"3.1">;
export function createClient(url: string, options: OptionsAuto): Client<Version>;
export function createClient(url: string, options?: ClientOptions): Client<Version>;
export function createClient(url: string, options: ClientOptions = {}): unknown {
  const client = new MqttClient(connectorFor, url, options);
  stayWakeful(client, options.clock);
  return client;
}

/**
 * A client that is connected to the server at `url`: resolves after a successful CONNACK, rejects with the cause.
 *
 * @example await using client = await connect("wss://example.net")
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

// Marked as pure: whoever does not use them does not carry them along.
/** Connects, publishes, and disconnects when all is acknowledged; see {@link PublishOnce}. */
export const publishOnce: PublishOnce = /* @__PURE__ */ publishOnceWith(connect);
/** Connects, waits for messages, and disconnects; see {@link SubscribeOnce}. */
export const subscribeOnce: SubscribeOnce = /* @__PURE__ */ subscribeOnceWith(connect);
/** Connects, hands out every message, and disconnects in the end; see {@link SubscribeEach}. */
export const subscribeEach: SubscribeEach = /* @__PURE__ */ subscribeEachWith(connect);

export * from "../exports.ts";
