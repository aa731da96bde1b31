// Numbers that a seed repeats. Each case has its own stream, so that a finding needs the seed and the case, not the run.

export function createRandom(seed, index = 0) {
  let state = (Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35)) >>> 0;

  /** 32 bits: mulberry32. */
  function next() {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  const random = {
    /** 0 to `limit` - 1. */
    below: (limit) => Math.floor((next() / 0x1_0000_0000) * limit),
    between: (minimum, maximum) => minimum + random.below(maximum - minimum + 1),
    chance: (one) => random.below(one) === 0,
    boolean: () => random.below(2) === 1,
    pick: (list) => list[random.below(list.length)],
    bytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
    list: (minimum, maximum, make) => Array.from({ length: random.between(minimum, maximum) }, make),
  };
  return random;
}
