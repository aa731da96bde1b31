/** Whether a value is a Uint8Array: one from another realm (a test runner's, a frame's) is none to `instanceof`, but has the name. */
export function isUint8Array(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true;
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array";
}
