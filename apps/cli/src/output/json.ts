import type { Message } from "@petrel/client";
import type { Decode } from "../payload/decoding.ts";
import { bytesOf } from "../payload/json.ts";
import { textOrBase64 } from "./mosquitto-json.ts";

/**
 * A message as JSON in one line, without its line feed. A payload that is not UTF-8 text is base64, and `encoding` says
 * so; user properties are a list of pairs, for names may repeat. Throws if the payload is not what `decode` takes.
 */
export function messageJson(message: Message, decode?: Decode): string {
  const { topic, qos, retain, duplicate, packetIdentifier, receivedAt } = message;
  const rest = {
    qos,
    retain,
    duplicate,
    packetIdentifier,
    receivedAt: new Date(receivedAt).toISOString(),
    properties: message.properties === undefined ? undefined : jsonProperties(message.properties),
  };
  return `{"topic":${JSON.stringify(topic)},${payloadMembers(message.payload, decode)},${JSON.stringify(rest).slice(1)}`;
}

/** The same as bytes, with its line feed. */
export function jsonLine(message: Message): Uint8Array {
  return Buffer.from(`${messageJson(message)}\n`);
}

/** The object that MQTTX prints in its clean mode, in one line. */
export function mqttxJson(message: Message, decode?: Decode): string {
  const { topic, payload, qos, retain, duplicate, packetIdentifier } = message;
  const packet = {
    cmd: "publish",
    topic,
    qos,
    retain,
    dup: duplicate,
    messageId: packetIdentifier,
    payloadLength: payload.length,
    properties: message.properties === undefined ? undefined : jsonProperties(message.properties),
  };
  return `{"topic":${JSON.stringify(topic)},${payloadMembers(payload, decode)},"packet":${JSON.stringify(packet)}}`;
}

function payloadMembers(payload: Uint8Array, decode: Decode | undefined): string {
  const { json, encoding } = decode === undefined ? asText(payload) : decode(payload);
  return encoding === undefined ? `"payload":${json}` : `"payload":${json},"encoding":"${encoding}"`;
}

function asText(payload: Uint8Array): { readonly json: string; readonly encoding?: "base64" } {
  const { text, encoding } = textOrBase64(payload);
  return encoding === undefined ? { json: JSON.stringify(text) } : { json: `"${text}"`, encoding };
}

function jsonProperties(properties: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? bytesOf(value).toString("base64") : value,
    ]),
  );
}
