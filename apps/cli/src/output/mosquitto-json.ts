import type { Message } from "@petrel/client";
import { jsonLineOf } from "../payload/decoding.ts";
import { bytesOf } from "../payload/json.ts";
import { strftime } from "./strftime.ts";

interface JsonForm {
  /** text: a string; json: the payload's own JSON, and an Error if it is none. */
  readonly payload: "text" | "json";
  readonly pretty: boolean;
}

/**
 * The object of mosquitto_sub's `%j` and `%J`, with its names in its order. It differs where that loses something: bytes
 * that are no UTF-8 are base64, and `encoding` says so; user properties are a list, for names may repeat.
 */
export function mosquittoJson(message: Message, { payload, pretty }: JsonForm): string {
  const { topic, qos, retain, packetIdentifier, receivedAt } = message;
  const head = {
    tst: timeStamp(new Date(receivedAt)),
    topic,
    qos,
    retain: retain ? 1 : 0,
    payloadlen: message.payload.length,
    mid: packetIdentifier,
    properties: propertiesOf(message.properties),
  };
  const tail = payload === "json" ? `"payload":${jsonLineOf(message.payload)}` : textMembers(message.payload);
  const line = `${JSON.stringify(head).slice(0, -1)},${tail}}`;
  return pretty ? JSON.stringify(JSON.parse(line), undefined, "\t") : line;
}

function textMembers(payload: Uint8Array): string {
  const { text, encoding } = textOrBase64(payload);
  const members = `"payload":${JSON.stringify(text)}`;
  return encoding === undefined ? members : `${members},"encoding":"${encoding}"`;
}

function timeStamp(time: Date): string {
  const microseconds = `${String(time.getMilliseconds()).padStart(3, "0")}000`;
  return `${strftime("F", time)}T${strftime("T", time)}.${microseconds}${strftime("z", time)}`;
}

function propertiesOf(properties: Message["properties"]): object | undefined {
  if (properties === undefined) return undefined;
  const { correlationData, subscriptionIdentifiers, userProperties } = properties;
  const correlation = correlationData && textOrBase64(correlationData);
  return {
    "payload-format-indicator": properties.payloadFormatIndicator,
    "message-expiry-interval": properties.messageExpiryInterval,
    "content-type": properties.contentType,
    "response-topic": properties.responseTopic,
    "correlation-data":
      correlation && (correlation.encoding === undefined ? correlation.text : { base64: correlation.text }),
    "subscription-identifier":
      subscriptionIdentifiers?.length === 1 ? subscriptionIdentifiers[0] : subscriptionIdentifiers,
    "topic-alias": properties.topicAlias,
    "user-properties": userProperties,
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as JSON can show them. */
export function textOrBase64(bytes: Uint8Array): { readonly text: string; readonly encoding?: "base64" } {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    // The bytes are no text, which is no error: here they are just shown another way.
    return { text: bytesOf(bytes).toString("base64"), encoding: "base64" };
  }
}
