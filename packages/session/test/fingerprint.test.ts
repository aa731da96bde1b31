import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprintOf } from "../src/fingerprint.ts";

test("the same bytes have the same fingerprint, and other bytes, or more of them, another one", () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, at, change) => {
      expect(fingerprintOf(payload.slice())).toBe(fingerprintOf(payload));
      expect(fingerprintOf(Uint8Array.of(...payload, 0))).not.toBe(fingerprintOf(payload));
      const changed = payload.slice();
      if (changed.length === 0) return;
      const place = at % changed.length;
      const isLookedAt = place < 16 || place >= changed.length - 16;
      changed[place] = changed[place]! ^ change;
      if (isLookedAt) expect(fingerprintOf(changed)).not.toBe(fingerprintOf(payload));
    }),
  );
});

test("what looks at a megabyte takes no longer than for a kilobyte: the middle does not count", () => {
  const payload = new Uint8Array(1_048_576);
  const changed = payload.slice();
  changed[500_000] = 1;
  expect(fingerprintOf(changed)).toBe(fingerprintOf(payload));
});
