export function toHex(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

export function fromHex(digits) {
  return Uint8Array.from(Buffer.from(digits, "hex"));
}
