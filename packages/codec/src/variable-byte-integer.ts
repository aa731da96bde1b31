/** Variable Byte Integer (section 1.5.5): seven bits a byte, least significant first, at most four bytes. */

export const VARIABLE_BYTE_INTEGER_MAXIMUM = 268_435_455;

/** Bytes that `value` takes: 1 to 4. */
export function variableByteIntegerSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes `value` in exactly `size` bytes at `position`; `size` must be its minimal size [MQTT-1.5.5-1]. */
export function writeVariableByteInteger(bytes: Uint8Array, position: number, value: number, size: number): void {
  for (let index = 1; index < size; index++) {
    bytes[position++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[position] = value;
}
