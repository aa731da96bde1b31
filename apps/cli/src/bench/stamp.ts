/**
 * What a measured payload begins with, big-endian: "ptrl", the run and the connection that sent it, its number there
 * from 0 on, and when: milliseconds since 1970 with fractions. What follows up to the wanted size is filling.
 */
export interface Stamp {
  readonly run: number;
  readonly connection: number;
  readonly sequence: number;
  readonly time: number;
}

export const STAMP_SIZE = 24;
const MAGIC = 0x7074_726c;

/** @param size at least {@link STAMP_SIZE} */
export function stampedPayload({ run, connection, sequence, time }: Stamp, size: number): Uint8Array {
  const payload = new Uint8Array(size);
  const fields = new DataView(payload.buffer);
  fields.setUint32(0, MAGIC);
  fields.setUint32(4, run);
  fields.setUint32(8, connection);
  fields.setUint32(12, sequence);
  fields.setFloat64(16, time);
  return payload;
}

/** Undefined for a payload that somebody else has made. */
export function readStamp(payload: Uint8Array): Stamp | undefined {
  if (payload.length < STAMP_SIZE) return undefined;
  const fields = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (fields.getUint32(0) !== MAGIC) return undefined;
  return {
    run: fields.getUint32(4),
    connection: fields.getUint32(8),
    sequence: fields.getUint32(12),
    time: fields.getFloat64(16),
  };
}

/** The time for a stamp: finer than a millisecond, and comparable between processes of one machine. */
export function stampTime(): number {
  return performance.timeOrigin + performance.now();
}
