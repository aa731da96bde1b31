/** `@petrel/client/core`: the client for any runtime, given a connector of yours. */

import { OptionError } from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { MqttClient } from "./client.ts";
import type { ClientOptions, OptionsAuto, OptionsV3, OptionsV5 } from "./options.ts";
import type { Client } from "./types.ts";
import type { Version } from "./version.ts";

type WithConnector<Options> = Options & { readonly connector: Connector };

/**
 * A client that is not connected yet; `connect()` it. Wrong options throw OptionError here, before anything is opened.
 *
 * @example const client = createClient({ connector: pair.client, clientId: "kitchen" })
 */
export function createClient(options: WithConnector<OptionsV5>): Client<"5.0">;
export function createClient(options: WithConnector<OptionsV3<"3.1.1">>): Client<"3.1.1">;
export function createClient(options: WithConnector<OptionsV3<"3.1">>): Client<"3.1">;
export function createClient(options: WithConnector<OptionsAuto>): Client<Version>;
export function createClient(options: WithConnector<ClientOptions>): Client<Version>;
export function createClient(options: WithConnector<ClientOptions>): unknown {
  const { connector } = options;
  if (typeof connector !== "function")
    throw new OptionError("connector", connector, "it must be a function that opens a connection");
  const { username, password } = options;
  return new MqttClient(() => ({ connector, username, password }), "", options);
}

/** A client that is connected: resolves after CONNACK, rejects with the cause. */
export function connect(options: WithConnector<OptionsV5>): Promise<Client<"5.0">>;
export function connect(options: WithConnector<OptionsV3<"3.1.1">>): Promise<Client<"3.1.1">>;
export function connect(options: WithConnector<OptionsV3<"3.1">>): Promise<Client<"3.1">>;
export function connect(options: WithConnector<OptionsAuto>): Promise<Client<Version>>;
export function connect(options: WithConnector<ClientOptions>): Promise<Client<Version>>;
export async function connect(options: WithConnector<ClientOptions>): Promise<unknown> {
  const client = createClient(options);
  await client.connect();
  return client;
}

export * from "./exports.ts";
