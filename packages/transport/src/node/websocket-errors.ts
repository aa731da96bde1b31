import { type IncomingMessage, STATUS_CODES } from "node:http";
import { TransportError, type TransportErrorCode } from "../errors.ts";

const HINTS: ReadonlyMap<number, string> = new Map([
  [200, "this is an ordinary web page; check the path and the port"],
  [400, "it did not take this for a WebSocket request; check the path and the headers"],
  [401, "it wants other credentials; check websocket.headers, and a token's age"],
  [403, "it does not permit this; check the credentials, the path and what they permit"],
  [404, "there is nothing at this path; check websocket.path"],
  [405, "there is no WebSocket at this path; check websocket.path"],
  [407, "a proxy wants a user name and a password; give them with the option proxy"],
  [421, "this server is not responsible for this host; check the host"],
  [426, "it wants another protocol; check the path and the port"],
  [429, "there were too many requests; try again later"],
  [502, "the gateway got no valid answer from the server behind it; is that one running?"],
  [503, "the server is overloaded or down; try again later"],
  [504, "the gateway got no answer from the server behind it; is that one running?"],
]);

/** The server answered the upgrade request with something else than 101. */
export function statusError(response: IncomingMessage, place: string, path: string): TransportError {
  const status = response.statusCode ?? 0;
  const text = response.statusMessage || STATUS_CODES[status] || "";
  return new TransportError(
    `${place} answered the WebSocket request for ${path} with ${status} ${text}`.trimEnd() +
      `; ${hint(response, status)}`,
    { stage: "websocket", code: statusCode(status), status },
  );
}

function statusCode(status: number): TransportErrorCode {
  if (status === 401) return "PETREL_TRANSPORT_UNAUTHORIZED";
  return status === 403 ? "PETREL_TRANSPORT_FORBIDDEN" : "PETREL_TRANSPORT_HTTP_STATUS";
}

function hint(response: IncomingMessage, status: number): string {
  if (status >= 300 && status < 400) {
    const { location } = response.headers;
    return location === undefined ? "redirects are not followed" : `connect to ${withoutQuery(location)} instead`;
  }
  return HINTS.get(status) ?? (status >= 500 ? "the server's log may tell why" : "check the path and the headers");
}

/** A query may be a signature. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*/s, "").replace(/\/\/[^/@]*@/, "//");
}

/** Why the upgrade failed without an HTTP status. */
export function upgradeError(error: Error, place: string, subprotocol: string): TransportError {
  const { code = "" } = error as { code?: string };
  const [errorCode, says] = upgradeFailure(error, code, place, subprotocol);
  return new TransportError(says, { stage: "websocket", code: errorCode, cause: error });
}

function upgradeFailure(
  error: Error,
  code: string,
  place: string,
  subprotocol: string,
): [code: TransportErrorCode, says: string] {
  if (/subprotocol/i.test(error.message)) {
    return [
      "PETREL_TRANSPORT_PROTOCOL",
      `${place} speaks WebSocket, but did not agree to the subprotocol ${subprotocol} (${error.message}); ` +
        "is this an MQTT server, and the path that of its MQTT listener?",
    ];
  }
  if (code.startsWith("HPE_")) {
    return [
      "PETREL_TRANSPORT_PROTOCOL",
      `${place} did not answer in HTTP (${code}); is this its WebSocket port, and not its plain or TLS one?`,
    ];
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return [
      "PETREL_TRANSPORT_RESET",
      `${place} dropped the connection instead of answering the WebSocket request (${code}); ` +
        "is this its WebSocket port, and is wss:// or ws:// right?",
    ];
  }
  return ["PETREL_TRANSPORT_FAILED", `the WebSocket handshake with ${place} failed: ${error.message}`];
}
