import { OptionError } from "@petrel/session";
import { type Connector, InvalidOptionError, parseAddress, type WebSocketAddress } from "@petrel/transport";
import { websocket } from "@petrel/transport/web";
import type { Destination } from "../approach.ts";
import type { ClientOptions } from "../options.ts";

/** Throws InvalidAddressError for a URL that is none, OptionError for what a browser can't do. */
export function connectorFor(url: string, options: ClientOptions): Destination {
  const address = parseAddress(url);
  if (options.connector === undefined && address.transport !== "websocket") {
    throw new OptionError("url", `${address.scheme}://…`, "a browser reaches servers over ws:// and wss:// only");
  }
  return {
    connector: options.connector ?? webSocketConnector(address as WebSocketAddress, options),
    username: options.username ?? address.username,
    password: options.password ?? address.password,
  };
}

function webSocketConnector(address: WebSocketAddress, options: ClientOptions): Connector {
  refuse("proxy", options.proxy, "a browser chooses its proxy itself");
  refuse("tls", options.tls, "a browser decides itself whom it trusts");
  const { headers, agent, compression, path = address.path, query, subprotocol } = options.websocket ?? {};
  refuse("websocket.headers", headers, "a browser sets no headers; servers that need a token take it in the query");
  refuse("websocket.agent", agent, "it is for Node");
  refuse("websocket.compression", compression, "a browser chooses it itself");
  const { timeouts, version } = options;
  const connectorTo = (given: string | Readonly<Record<string, string>> | undefined): Connector =>
    websocket({
      url: urlOf(address, path, given),
      subprotocol: subprotocol ?? (version === "3.1" ? "mqttv3.1" : "mqtt"),
      websocketTimeoutMs: timeouts?.websocket ?? timeouts?.connect,
    });
  try {
    if (typeof query !== "function") return connectorTo(query);
    connectorTo(undefined); // what can be checked now
    return async (handler, signal) => connectorTo(await query())(handler, signal);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const name = error.option === "websocketTimeoutMs" ? "timeouts.websocket" : error.option;
    throw new OptionError(name, error.value, error.reason);
  }
}

function urlOf(
  { secure, host, port }: WebSocketAddress,
  path: string,
  query: string | Readonly<Record<string, string>> = "",
): string {
  const text = typeof query === "string" ? query.replace(/^\?/, "") : new URLSearchParams(query).toString();
  const search = text === "" ? "" : (path.includes("?") ? "&" : "?") + text;
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return `${secure ? "wss" : "ws"}://${authority}${path.startsWith("/") ? "" : "/"}${path}${search}`;
}

function refuse(option: string, value: unknown, why: string): void {
  if (value !== undefined) throw new OptionError(option, "given", why);
}
