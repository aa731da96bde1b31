import { EncodeError } from "@petrel/codec";
import type { Payload } from "./types.ts";

/** A value that is sent as JSON, with the properties that say so. Made by {@link json}. */
export class JsonPayload {
  /** The value as JSON. */
  readonly text: string;

  /** @internal */
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A payload of JSON; 5.0 also says so in Content Type and Payload Format Indicator. Throws a TypeError for what JSON
 * can't express.
 *
 * @example await client.publish("sensors/kitchen", json({ celsius: 21.5 }))
 */
export function json(value: unknown): JsonPayload {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined)
    throw new TypeError(`JSON has no text for ${typeof value === "symbol" ? "a symbol" : String(value)}`);
  return new JsonPayload(text);
}

/** What {@link json} adds to a message of MQTT 5.0. */
export const JSON_PROPERTIES = { payloadFormatIndicator: 1, contentType: "application/json" } as const;

/** The payload as the codec takes it; nothing is copied. Throws EncodeError for what is no payload. */
export function payloadBytes(payload: Payload): Uint8Array | string | undefined {
  if (typeof payload === "string" || payload instanceof Uint8Array) return payload;
  if (payload === undefined || payload === null) return undefined;
  if (typeof payload === "number") return String(payload);
  if (payload instanceof JsonPayload) return payload.text;
  if (ArrayBuffer.isView(payload)) return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  throw new EncodeError(
    `the payload is ${typeof payload === "object" ? "an object" : `a ${typeof payload}`}; give a string, a number, bytes or nothing (json() for objects)`,
    { field: "payload", value: payload },
  );
}
