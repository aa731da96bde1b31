import { OptionError } from "@petrel/session";
import { type Address, type Connector, parseAddress } from "@petrel/transport";
import { tcp } from "@petrel/transport/tcp";
import type { Destination } from "../approach.ts";
import type { ClientOptions } from "../core.ts";

/** Throws InvalidAddressError for a URL that is none, OptionError for one that cannot be served. */
export function connectorFor(url: string, options: ClientOptions): Destination {
  const address = parseAddress(url);
  return {
    connector: options.connector ?? networkConnector(address, options.timeouts?.connect),
    username: options.username ?? address.username,
    password: options.password ?? address.password,
  };
}

function networkConnector(address: Address, connectTimeoutMs = 10_000): Connector {
  if (address.transport === "unix") return tcp({ path: address.path, connectTimeoutMs });
  if (address.transport === "tcp" && !address.secure)
    return tcp({ host: address.host, port: address.port, connectTimeoutMs });
  throw new OptionError(
    "url",
    `${address.scheme}://…`,
    "this version of Petrel reaches servers over mqtt:// (TCP) and mqtt+unix:// only",
  );
}
