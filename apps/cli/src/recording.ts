import type { Message, PublishProperties, QoS, UserProperty } from "@petrel/client";
import { UsageError } from "./exit-codes.ts";
import { jsonLine } from "./output/json.ts";

/** What comes after the time is what `petrel sub --output json` prints. */
export function recordingLine(message: Message, offset: number): Uint8Array {
  const beginning = Buffer.from(`{"offset":${Math.round(offset * 1_000) / 1_000},`);
  return Buffer.concat([beginning, jsonLine(message).subarray(1)]);
}

/** A message of a recording. */
export interface Recorded {
  /** Milliseconds since the recording began. */
  readonly offset: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties | undefined;
}

/**
 * Reads a line of a recording, or of `petrel sub --output json`, which says when each message came.
 *
 * @param number of the line, for errors
 */
export function recordedMessage(line: Uint8Array, number: number): Recorded {
  const fail = (what: string, cause?: unknown): never => {
    throw new UsageError(`line ${number} of the recording ${what}`, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(line).toString());
  } catch (error) {
    fail("is not JSON", error);
  }
  if (typeof value !== "object" || value === null) return fail("is not an object");
  const {
    offset,
    receivedAt,
    topic,
    payload = "",
    encoding,
    qos = 0,
    retain = false,
    properties,
  } = value as JsonMessage;
  const time = typeof offset === "number" ? offset : Date.parse(String(receivedAt));
  if (Number.isNaN(time)) return fail('has neither an "offset" in milliseconds nor the time "receivedAt"');
  if (typeof topic !== "string") return fail('has no "topic"');
  if (typeof payload !== "string") return fail('has a "payload" that is not text');
  if (qos !== 0 && qos !== 1 && qos !== 2) return fail('has a "qos" that is not 0, 1 or 2');
  return {
    offset: time,
    topic,
    payload: Buffer.from(payload, encoding === "base64" ? "base64" : "utf8"),
    qos,
    retain: retain === true,
    properties: typeof properties === "object" && properties !== null ? publishable(properties) : undefined,
  };
}

interface JsonMessage {
  readonly offset?: unknown;
  readonly receivedAt?: unknown;
  readonly topic?: unknown;
  readonly payload?: unknown;
  readonly encoding?: unknown;
  readonly qos?: unknown;
  readonly retain?: unknown;
  readonly properties?: unknown;
}

interface JsonProperties {
  readonly payloadFormatIndicator?: 0 | 1;
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly userProperties?: readonly UserProperty[];
}

/** Those that the publisher had set; the others belong to the delivery. */
function publishable(properties: JsonProperties): PublishProperties {
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData, userProperties } =
    properties;
  return {
    payloadFormatIndicator,
    messageExpiryInterval,
    contentType,
    responseTopic,
    correlationData: correlationData === undefined ? undefined : Buffer.from(correlationData, "base64"),
    userProperties,
  };
}
