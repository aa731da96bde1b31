// What a broken sender, or somebody who means it, does to a packet.

const INTERESTING = [0x00, 0x01, 0x02, 0x0b, 0x10, 0x23, 0x26, 0x7f, 0x80, 0xc0, 0xed, 0xff];

const MUTATIONS = {
  flip: (bytes, at, random) => replace(bytes, at, 1, [(bytes[at] ?? 0) ^ (1 << random.below(8))]),
  set: (bytes, at, random) => replace(bytes, at, 1, [valueOf(random)]),
  insert: (bytes, at, random) =>
    replace(
      bytes,
      at,
      0,
      random.list(1, 4, () => valueOf(random)),
    ),
  remove: (bytes, at, random) => replace(bytes, at, random.between(1, 4), []),
  truncate: (bytes, at) => bytes.slice(0, at),
  repeat: (bytes, at, random) => replace(bytes, at, 0, bytes.subarray(at, at + random.between(1, 16))),
  /** The beginning of this packet and the end of another. */
  splice: (bytes, at, random, other) =>
    replace(bytes, at, bytes.length, other.subarray(random.below(other.length + 1))),
  /** One more, or one less, or a lot, where a length may be. */
  length: (bytes, at, random) => replace(bytes, at, 1, [(bytes[at] ?? 0) + random.pick([-1, 1, -2, 2, 64, 127])]),
};
const KINDS = Object.keys(MUTATIONS);

function valueOf(random) {
  return random.boolean() ? random.pick(INTERESTING) : random.below(256);
}

function replace(bytes, at, count, by) {
  return Uint8Array.of(...bytes.subarray(0, at), ...by, ...bytes.subarray(at + count));
}

/** `bytes` with one to three changes; often with a Remaining Length that is right again, so that they reach deeper. */
export function mutated(random, bytes, other) {
  let changed = bytes;
  for (let count = random.between(1, 3); count > 0; count--) {
    // The first byte decides most, and says least when it is wrong.
    const at = random.chance(20) ? 0 : random.between(1, Math.max(1, changed.length));
    changed = MUTATIONS[random.pick(KINDS)](changed, at, random, other);
  }
  return random.chance(3) ? changed : relengthed(changed);
}

/** The same content behind a Remaining Length that fits it. */
export function relengthed(bytes) {
  if (bytes.length < 2) return bytes;
  let header = 2;
  while (header < 5 && header < bytes.length && bytes[header - 1] >= 0x80) header++;
  return framed(bytes[0], bytes.subarray(header));
}

/** Content behind a fixed header. */
export function framed(firstByte, content) {
  const length = [];
  let left = content.length;
  for (; left > 0x7f; left = Math.floor(left / 128)) length.push((left % 128) | 0x80);
  return Uint8Array.of(firstByte, ...length, left, ...content);
}
