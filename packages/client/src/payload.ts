import { EncodeError } from "@petrel/codec";
import type { Payload } from "./types.ts";

/** The payload as the codec takes it; nothing is copied. Throws EncodeError for what is no payload. */
export function payloadBytes(payload: Payload): Uint8Array | string | undefined {
  if (typeof payload === "string" || payload instanceof Uint8Array) return payload;
  if (payload === undefined || payload === null) return undefined;
  if (typeof payload === "number") return String(payload);
  if (ArrayBuffer.isView(payload)) return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  throw new EncodeError(
    `the payload is ${typeof payload === "object" ? "an object" : `a ${typeof payload}`}; give a string, a number, bytes or nothing (JSON.stringify for objects)`,
    { field: "payload", value: payload },
  );
}
