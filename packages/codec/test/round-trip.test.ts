import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createWriter, encodePacket, packetSize } from "../src/index.ts";
import { anyPacket, packetOfType, packetTypes, withDefaults } from "./arbitraries.ts";
import { decodeAll, VERSIONS } from "./support.ts";

describe.each(VERSIONS)("what is written with version %d is read again", (version) => {
  test.each(packetTypes(version))("%s", (type) => {
    fc.assert(
      fc.property(packetOfType(type, version), (packet) => {
        const bytes = encodePacket(packet, version);
        expect(packetSize(packet, version)).toBe(bytes.length);
        const [decoded] = decodeAll(bytes, version);
        expect(decoded).toEqual(withDefaults(packet, version));
        // What was read can be written, and is read as the same again.
        expect(decodeAll(encodePacket(decoded!, version), version)).toEqual([decoded]);
      }),
      { numRuns: type === "pingreq" || type === "pingresp" ? 1 : 150 },
    );
  });

  test("many packets through one writer, taken now and then", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyPacket(version), fc.boolean()), { maxLength: 12 }), (steps) => {
        const writer = createWriter({ version });
        const chunks: Uint8Array[] = [];
        const take = (): void => {
          for (let chunk = writer.take(); chunk !== undefined; chunk = writer.take()) chunks.push(chunk);
          expect(writer.pendingBytes).toBe(0);
        };
        let written = 0;
        for (const [packet, takeNow] of steps) {
          const before = writer.pendingBytes;
          const size = writer.write(packet);
          expect(writer.pendingBytes).toBe(before + size);
          written += size;
          if (takeNow) take();
        }
        take();
        const bytes = Uint8Array.from(Buffer.concat(chunks));
        expect(bytes.length).toBe(written);
        expect(decodeAll(bytes, version)).toEqual(steps.map(([packet]) => withDefaults(packet, version)));
      }),
      { numRuns: 100 },
    );
  });
});
