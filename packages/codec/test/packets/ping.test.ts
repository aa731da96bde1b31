import { describe, expect, test } from "vitest";
import { encodePacket, type PacketInit } from "../../src/index.ts";
import { testRefusals, testVectors, testViolations } from "../support.ts";
import { reservedTypes, vectors, violations } from "../vectors/ping.ts";

describe("PINGREQ and PINGRESP", () => {
  testVectors(vectors);
  testViolations(violations);
});

describe("packet types that don't exist", () => {
  testViolations(reservedTypes);
  testRefusals([
    {
      title: "a packet without a type",
      versions: [3, 4, 5],
      packet: {} as never,
      field: "type",
      message: "type is undefined; it must be a packet type",
    },
    {
      title: "a packet of another type",
      versions: [3, 4, 5],
      packet: { type: "toString" } as never,
      field: "type",
      message: 'type is "toString"; it must be a packet type',
    },
  ]);

  test.each([null, undefined, 7, "publish"])("%j is no packet", (packet) => {
    expect(() => encodePacket(packet as unknown as PacketInit)).toThrow("type is undefined; it must be a packet type");
  });
});
