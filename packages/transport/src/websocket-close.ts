import { TransportError } from "./errors.ts";

/** What a peer means by ending a WebSocket with this code (RFC 6455, section 7.4.1, and IANA's registry). */
const CLOSE_CODES: ReadonlyMap<number, string> = new Map([
  [1001, "is going away; it is being shut down or restarted"],
  [1002, "says that this side broke the WebSocket protocol"],
  [1003, "does not take this kind of data"],
  [1007, "found data that does not fit its type"],
  [1008, "refuses this by its policy; check the credentials and what they permit"],
  [1009, "found a message too big for it"],
  [1010, "misses a WebSocket extension"],
  [1011, "has run into an error of its own; its log may tell"],
  [1012, "restarts; try again"],
  [1013, "is overloaded; try again later"],
  [1014, "is a gateway whose server behind it gave no valid answer"],
  [3000, "wants other credentials"],
  [3003, "does not permit this"],
  [3008, "found this side too slow"],
]);

/** A close frame without trouble: `1000`, or no code at all. */
export function isPoliteClose(code: number): boolean {
  return code === 1000 || code === 1005;
}

/** Says why a WebSocket that stood has ended. */
export function closeError(code: number, reason: string, place: string): TransportError {
  if (code === 1006) {
    return new TransportError(
      `the connection to ${place} ended in the middle, without a WebSocket close; the server dropped it, or something in between did`,
      { stage: "stream", code: "PETREL_TRANSPORT_RESET" },
    );
  }
  const said = reason === "" ? "" : ` and said ${JSON.stringify(reason)}`;
  const meaning = CLOSE_CODES.get(code) ?? "has a reason of its own; its documentation may tell";
  return new TransportError(`${place} closed the WebSocket with code ${code}${said}: it ${meaning}`, {
    stage: "stream",
    code: "PETREL_TRANSPORT_CLOSED",
  });
}

/** "MQTT Control Packets MUST be sent in WebSocket binary data frames." [MQTT-6.0.0-1] */
export function textFrameError(place: string): TransportError {
  return new TransportError(`${place} sent a WebSocket text frame; MQTT is carried by binary frames [MQTT-6.0.0-1]`, {
    stage: "stream",
    code: "PETREL_TRANSPORT_PROTOCOL",
  });
}
