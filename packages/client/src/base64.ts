/** Base64 of bytes (RFC 4648), for the text that SCRAM sends. */

// In every runtime but not in lib ES2023; see the codec's utf8.ts.
declare const btoa: (text: string) => string;
declare const atob: (base64: string) => string;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Undefined for what is not base64: `atob` is less strict. */
export function fromBase64(text: string): Uint8Array | undefined {
  return BASE64.test(text) ? Uint8Array.from(atob(text), (character) => character.charCodeAt(0)) : undefined;
}
