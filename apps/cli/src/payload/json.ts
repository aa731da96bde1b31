/** A view of the same bytes, with Buffer's methods. */
export function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** JSON in one line, of what JSON can not say, too: bytes in base64, big integers as text, dates in ISO 8601. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, showable) ?? "null";
}

function showable(this: unknown, _name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Uint8Array) return bytesOf(value).toString("base64");
  // Buffer has a toJSON() of its own, which was asked before.
  if (isBufferJson(value)) return Buffer.from(value.data).toString("base64");
  return value;
}

function isBufferJson(value: unknown): value is { readonly data: readonly number[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    value.type === "Buffer" &&
    "data" in value &&
    Array.isArray(value.data) &&
    Object.keys(value).length === 2
  );
}
