import { createDecoder, encodePacket, matchTopic, validateTopicFilter } from "@petrel/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPacket, packetOfType, packetTypes, topicFilter, topicName, withDefaults } from "../src/arbitraries.ts";

test.each([3, 4, 5] as const)(
  "every generated packet can be written, and is read with its defaults: level %i",
  (version) => {
    fc.assert(
      fc.property(anyPacket(version), (packet) => {
        const decoder = createDecoder({ version });
        decoder.push(encodePacket(packet, version));
        expect(decoder.next()).toEqual(withDefaults(packet, version));
      }),
    );
  },
);

test("each version has its packet types, and each type is what was asked for", () => {
  expect(packetTypes(5)).toContain("auth");
  expect(packetTypes(4)).not.toContain("auth");
  for (const type of packetTypes(5)) {
    for (const packet of fc.sample(packetOfType(type, 5), 5)) expect(packet.type).toBe(type);
  }
});

test("names and filters are valid", () => {
  fc.assert(
    fc.property(topicName(), topicFilter(5), (name, filter) => {
      expect(validateTopicFilter(filter)).toBeUndefined();
      expect(matchTopic(name.startsWith("$") ? name : "#", name)).toBe(true);
    }),
  );
});
