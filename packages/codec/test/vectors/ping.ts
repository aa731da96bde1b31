import { hex, type Vector, type Violation } from "./vector.ts";

const all = [3, 4, 5] as const;

export const vectors: readonly Vector[] = [
  {
    title: "a PINGREQ",
    versions: all,
    bytes: hex("c0 00"), // PINGREQ; nothing follows
    packet: { type: "pingreq" },
  },
  {
    title: "a PINGRESP",
    versions: all,
    bytes: hex("d0 00"), // PINGRESP; nothing follows
    packet: { type: "pingresp" },
  },
  {
    title: "a PINGREQ with a Remaining Length in more bytes than it needs",
    versions: [3, 4],
    bytes: hex("c0 80 80 80 00"),
    packet: { type: "pingreq" },
    decodeOnly: true,
  },
];

export const violations: readonly Violation[] = ["c", "d"].flatMap((first): Violation[] => [
  ...[1, 2, 4, 8].map((flags): Violation => ({
    title: `a ping with the first byte 0x${first}${flags}`,
    versions: all,
    bytes: hex(`${first}${flags} 00`),
    error: "MalformedPacketError",
    clause: "MQTT-2.1.3-1",
    offset: 0,
  })),
  {
    title: `a ping 0x${first}0 with content`,
    versions: all,
    bytes: hex(`${first}0 02`, "00 00"),
    error: "MalformedPacketError",
    offset: 2,
  },
  {
    title: `a ping 0x${first}0 with a Remaining Length in more bytes than it needs`,
    versions: [5],
    bytes: hex(`${first}0 80 00`),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.5-1",
    offset: 1,
  },
]);

/** Packet type 0 exists in no version, 15 only in 5.0. */
export const reservedTypes: readonly Violation[] = [
  ...["00", "0f"].map((first): Violation => ({
    title: `packet type 0 (first byte 0x${first})`,
    versions: all,
    bytes: hex(first),
    error: "MalformedPacketError",
    offset: 0,
  })),
  {
    title: "packet type 15",
    versions: [3, 4],
    bytes: hex("f0"),
    error: "MalformedPacketError",
    offset: 0,
  },
];
