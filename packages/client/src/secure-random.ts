// In every runtime but not in lib ES2023; see the codec's utf8.ts.
declare const crypto: { getRandomValues(array: Uint32Array): Uint32Array } | undefined;

/**
 * As Math.random(), and nobody can tell from what it said what it will say. Where there is no `crypto` (React Native, of
 * itself), it is Math.random().
 */
export function secureRandom(): number {
  if (typeof crypto === "undefined") return Math.random();
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}
