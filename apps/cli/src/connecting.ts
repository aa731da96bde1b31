import { type Client, connect, type Version } from "@petrel/client";
import type { Interruption } from "./interruption.ts";
import { clientOptionsOf, type ConnectionOptions, urlOf } from "./options/connection.ts";

/** Connects as typed; reconnects are told on stderr, where they don't mix with data. `end` gives up connecting, as Ctrl-C does. */
export async function connectAsTyped(
  options: ConnectionOptions,
  interruption: Interruption,
  end?: AbortSignal,
): Promise<Client<Version>> {
  const client = await connect(urlOf(options), {
    ...clientOptionsOf(options),
    queue: { qos0WhileOffline: "queue" }, // a pipe goes on while the connection is made again
    signal: end === undefined ? interruption.signal : AbortSignal.any([interruption.signal, end]),
  });
  if (options.quiet !== true) reportReconnects(client);
  return client;
}

function reportReconnects(client: Client<Version>): void {
  let reconnecting = false;
  client.on("reconnecting", ({ delay, cause }) => {
    reconnecting = true;
    process.stderr.write(
      `petrel: ${cause?.message ?? "the connection ended"}; trying again in ${(delay / 1_000).toFixed(1)} s\n`,
    );
  });
  client.on("connected", ({ sessionPresent }) => {
    if (reconnecting)
      process.stderr.write(
        `petrel: connected again, ${sessionPresent ? "the session goes on" : "with a new session"}\n`,
      );
    reconnecting = false;
  });
}
