import type { Message } from "@petrel/client";

/**
 * A message as one line of JSON. A payload that is not UTF-8 text is base64, and `encoding` says so; user properties
 * are a list of pairs, for names may repeat.
 */
export function jsonLine(message: Message): Uint8Array {
  const { topic, qos, retain, duplicate, packetIdentifier, receivedAt } = message;
  const line = {
    topic,
    ...payloadOf(message),
    qos,
    retain,
    duplicate,
    packetIdentifier,
    receivedAt: new Date(receivedAt).toISOString(),
    properties: message.properties === undefined ? undefined : jsonProperties(message.properties),
  };
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

function payloadOf(message: Message): { readonly payload: string; readonly encoding?: "base64" } {
  try {
    return { payload: message.text() };
  } catch {
    // The payload is no text, which is no error: here it is just shown another way.
    return { payload: base64(message.payload), encoding: "base64" };
  }
}

function jsonProperties(properties: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, value instanceof Uint8Array ? base64(value) : value]),
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
