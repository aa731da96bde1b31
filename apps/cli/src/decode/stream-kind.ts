/** What a stream of bytes is. */
export type StreamKind = "mqtt" | "websocket" | "tls";

/** By how it begins: no packet of MQTT has a first byte like that of HTTP or of a TLS record. */
export function streamKindOf(beginning: Uint8Array): StreamKind {
  const text = Buffer.from(beginning.subarray(0, 4)).toString("latin1");
  if (text !== "" && ["GET ", "HTTP"].some((word) => word.startsWith(text))) return "websocket";
  const [type = 0, version = 3] = beginning; // a TLS record: its type, and the first half of its version
  return type >= 0x14 && type <= 0x17 && version === 3 ? "tls" : "mqtt";
}
