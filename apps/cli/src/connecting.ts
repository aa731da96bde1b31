import { type Client, createClient, type Version } from "@petrel/client";
import { errorLine } from "./exit-codes.ts";
import type { Interruption } from "./interruption.ts";
import { clientOptionsOf, type ConnectionOptions, urlOf } from "./options/connection.ts";
import { note } from "./output/status-line.ts";

/**
 * A client as typed, not connected yet; reconnects are told on stderr, where they don't mix with data. `signal` gives
 * up connecting.
 */
export function clientAsTyped(options: ConnectionOptions, signal: AbortSignal): Client<Version> {
  const client = createClient(urlOf(options), { ...clientOptionsOf(options), signal });
  if (options.quiet !== true) reportReconnects(client);
  if (options.debug === true) reportPackets(client);
  return client;
}

/** A line on stderr for each packet. What makes the lines is loaded with the first, and not for nothing. */
function reportPackets(client: Client<Version>): void {
  const loaded = import("./output/packets.ts");
  client.on("packetSent", (packet) => void loaded.then(({ writePacket }) => writePacket("->", packet)));
  client.on("packetReceived", (packet) => void loaded.then(({ writePacket }) => writePacket("<-", packet)));
}

function reportReconnects(client: Client<Version>): void {
  let reconnecting = false;
  client.on("reconnecting", ({ delay, cause }) => {
    reconnecting = true;
    const why = cause === undefined ? "the connection ended" : errorLine(cause);
    note(`${why}; trying again in ${(delay / 1_000).toFixed(1)} s`);
  });
  client.on("connected", ({ sessionPresent }) => {
    if (reconnecting) note(`connected again, ${sessionPresent ? "the session goes on" : "with a new session"}`);
    reconnecting = false;
  });
}

/** Connects; an interruption meanwhile is the error that counts. */
export async function connectOrInterrupt(client: Client<Version>, interruption: Interruption): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    interruption.throwIfInterrupted();
    throw error;
  }
}
