import { type Client, createClient, type Version } from "@petrel/client";
import { errorLine } from "./exit-codes.ts";
import type { Interruption } from "./interruption.ts";
import { clientOptionsOf, type ConnectionOptions, urlOf } from "./options/connection.ts";
import type * as PacketPrinter from "./output/packets.ts";
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

let packetPrinter: Promise<typeof PacketPrinter> | undefined;

/** What makes lines of packets: loaded with the first, and not for nothing. */
function loadPacketPrinter(): Promise<typeof PacketPrinter> {
  return (packetPrinter ??= import("./output/packets.ts"));
}

/** A line on stderr for each packet. */
function reportPackets(client: Client<Version>): void {
  client.on("packetSent", (packet) => void loadPacketPrinter().then(({ writePacket }) => writePacket("->", packet)));
  client.on(
    "packetReceived",
    (packet) => void loadPacketPrinter().then(({ writePacket }) => writePacket("<-", packet)),
  );
}

/** A line of `--debug`, after the packets that went before it. */
export function noteAmongPackets(text: string): void {
  void loadPacketPrinter().then(() => note(text));
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
