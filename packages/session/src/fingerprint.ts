/** Of longer payloads, so many bytes at each end are looked at: what it costs must not grow with them. */
const END = 16;
/** FNV-1a, 32 bits. */
const BASIS = 0x811c_9dc5;
const PRIME = 0x0100_0193;

/** A number that is the same for the same bytes, and hardly ever for others. */
export function fingerprintOf(payload: Uint8Array): number {
  const { length } = payload;
  const head = Math.min(length, END);
  let hash = BASIS ^ length;
  for (let at = 0; at < head; at++) hash = Math.imul(hash ^ payload[at]!, PRIME);
  for (let at = Math.max(head, length - END); at < length; at++) hash = Math.imul(hash ^ payload[at]!, PRIME);
  return hash;
}
