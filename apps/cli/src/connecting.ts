import { type Client, createClient, type Version } from "@petrel/client";
import { errorLine } from "./exit-codes.ts";
import { clientOptionsOf, type ConnectionOptions, urlOf } from "./options/connection.ts";

/**
 * A client as typed, not connected yet; reconnects are told on stderr, where they don't mix with data. `signal` gives
 * up connecting.
 */
export function clientAsTyped(options: ConnectionOptions, signal: AbortSignal): Client<Version> {
  const client = createClient(urlOf(options), { ...clientOptionsOf(options), signal });
  if (options.quiet !== true) reportReconnects(client);
  return client;
}

function reportReconnects(client: Client<Version>): void {
  let reconnecting = false;
  client.on("reconnecting", ({ delay, cause }) => {
    reconnecting = true;
    const why = cause === undefined ? "the connection ended" : errorLine(cause);
    process.stderr.write(`petrel: ${why}; trying again in ${(delay / 1_000).toFixed(1)} s\n`);
  });
  client.on("connected", ({ sessionPresent }) => {
    if (reconnecting)
      process.stderr.write(
        `petrel: connected again, ${sessionPresent ? "the session goes on" : "with a new session"}\n`,
      );
    reconnecting = false;
  });
}
