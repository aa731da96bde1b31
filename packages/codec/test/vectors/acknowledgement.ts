import { hex, type Refusal, type Vector, type Violation } from "./vector.ts";

const all = [3, 4, 5] as const;

/** PUBACK, PUBREC, PUBREL and PUBCOMP: first byte, a reason code it may carry beside success, one it may not, and the clause for that. */
const acknowledgements = [
  { type: "puback", first: "40", allowed: 0x10, forbidden: 0x92, clause: "MQTT-3.4.2-1" },
  { type: "pubrec", first: "50", allowed: 0x97, forbidden: 0x01, clause: "MQTT-3.5.2-1" },
  { type: "pubrel", first: "62", allowed: 0x92, forbidden: 0x10, clause: "MQTT-3.6.2-1" },
  { type: "pubcomp", first: "70", allowed: 0x92, forbidden: 0x80, clause: "MQTT-3.7.2-1" },
] as const;

function byte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

export const vectors: readonly Vector[] = acknowledgements.flatMap(({ type, first, allowed }): Vector[] => {
  const name = type.toUpperCase();
  const packet = { type, packetIdentifier: 7, reasonCode: 0, properties: undefined };
  return [
    {
      title: `a ${name}`,
      versions: all,
      bytes: hex(
        `${first} 02`, // 2 bytes follow
        "00 07", // packet identifier 7
      ),
      packet,
      init: { type, packetIdentifier: 7 },
    },
    {
      title: `a ${name} for the largest packet identifier`,
      versions: all,
      bytes: hex(`${first} 02`, "ff ff"),
      packet: { ...packet, packetIdentifier: 65_535 },
    },
    {
      title: `a ${name} with a reason code and a Property Length of 0`,
      versions: [5],
      bytes: hex(
        `${first} 04`, // 4 bytes follow
        "00 07", // packet identifier 7
        byte(allowed),
        "00", // no properties
      ),
      packet: { ...packet, reasonCode: allowed },
      decodeOnly: true,
    },
    {
      title: `a ${name} with a reason code and no Property Length, which a Remaining Length below 4 allows,`,
      versions: [5],
      bytes: hex(
        `${first} 03`, // 3 bytes follow: no Property Length
        "00 07", // packet identifier 7
        byte(allowed),
      ),
      packet: { ...packet, reasonCode: allowed },
      init: { type, packetIdentifier: 7, reasonCode: allowed },
    },
    {
      title: `a ${name} that says success at length`,
      versions: [5],
      bytes: hex(`${first} 03`, "00 07", "00"),
      packet,
      decodeOnly: true,
    },
    {
      title: `a ${name} with properties`,
      versions: [5],
      bytes: hex(
        `${first} 17`, // 23 bytes follow
        "00 07", // packet identifier 7
        byte(allowed),
        "13", // 19 bytes of properties
        "1f 00 02 6e 6f", // Reason String "no"
        "26 00 01 61 00 01 62", // User Property a = b
        "26 00 01 61 00 01 63", // User Property a = c
      ),
      packet: {
        ...packet,
        reasonCode: allowed,
        properties: {
          reasonString: "no",
          userProperties: [
            ["a", "b"],
            ["a", "c"],
          ],
        },
      },
    },
    {
      title: `a ${name} that succeeds with a reason string`,
      versions: [5],
      bytes: hex(
        `${first} 09`, // 9 bytes follow
        "00 07", // packet identifier 7
        "00", // success
        "05", // 5 bytes of properties
        "1f 00 02 6f 6b", // Reason String "ok"
      ),
      packet: { ...packet, properties: { reasonString: "ok" } },
      init: { type, packetIdentifier: 7, properties: { reasonString: "ok" } },
    },
  ];
});

/** MQTT 3.1 lets a PUBREL be sent again with DUP. */
export const pubrelVectors: readonly Vector[] = [
  {
    title: "a PUBREL with DUP",
    versions: [3],
    bytes: hex("6a 02", "00 07"),
    packet: { type: "pubrel", packetIdentifier: 7, reasonCode: 0 },
    decodeOnly: true,
  },
];

export const violations: readonly Violation[] = acknowledgements.flatMap(
  ({ type, first, forbidden, clause }): Violation[] => {
    const name = type.toUpperCase();
    const flagsClause = type === "pubrel" ? "MQTT-3.6.1-1" : "MQTT-2.1.3-1";
    const wrongFlags = [0, 1, 2, 4, 8].filter((flags) => flags !== Number.parseInt(first[1]!, 16));
    return [
      ...wrongFlags.map((flags): Violation => ({
        title: `a ${name} with the flags ${flags}`,
        versions: all,
        bytes: hex(`${first[0]}${flags} 02`, "00 07"),
        error: "MalformedPacketError",
        clause: flagsClause,
        offset: 0,
      })),
      {
        title: `a ${name} with packet identifier 0`,
        versions: all,
        bytes: hex(`${first} 02`, "00 00"),
        error: "ProtocolError",
        clause: "MQTT-2.2.1-5",
        offset: 2,
      },
      {
        title: `a ${name} with half a packet identifier`,
        versions: all,
        bytes: hex(`${first} 01`, "00"),
        error: "MalformedPacketError",
        offset: 2,
      },
      {
        title: `a ${name} without anything`,
        versions: all,
        bytes: hex(`${first} 00`),
        error: "MalformedPacketError",
        offset: 2,
      },
      {
        title: `a ${name} with a reason code`,
        versions: [3, 4],
        bytes: hex(`${first} 03`, "00 07", "00"),
        error: "MalformedPacketError",
        offset: 4,
      },
      {
        title: `a ${name} with the reason code 0x${byte(forbidden)}`,
        versions: [5],
        bytes: hex(`${first} 03`, "00 07", byte(forbidden)),
        error: "ProtocolError",
        clause,
        offset: 4,
      },
      {
        title: `a ${name} with a property of another packet (Content Type)`,
        versions: [5],
        bytes: hex(`${first} 07`, "00 07", "00", "03", "03 00 00"),
        error: "MalformedPacketError",
        offset: 6,
      },
      {
        title: `a ${name} with two reason strings`,
        versions: [5],
        bytes: hex(`${first} 0a`, "00 07", "00", "06", "1f 00 00", "1f 00 00"),
        error: "ProtocolError",
        offset: 9,
      },
      {
        title: `a ${name} with a byte after its properties`,
        versions: [5],
        bytes: hex(`${first} 05`, "00 07", "00", "00", "00"),
        error: "MalformedPacketError",
        offset: 6,
      },
    ];
  },
);

export const refusals: readonly Refusal[] = acknowledgements.flatMap(
  ({ type, allowed, forbidden, clause }): Refusal[] => [
    ...[undefined, null, 0, 65_536, 0.5].map((packetIdentifier): Refusal => ({
      title: `${type} with packet identifier ${JSON.stringify(packetIdentifier)}`,
      versions: all,
      packet: { type, packetIdentifier },
      field: "packetIdentifier",
      clause: "MQTT-2.2.1-5",
      message: "it must be a whole number from 1 to 65535",
    })),
    {
      title: `${type} with a reason code`,
      versions: [3, 4],
      packet: { type, packetIdentifier: 7, reasonCode: allowed },
      field: "reasonCode",
      message: `reasonCode is ${allowed}; ${type.toUpperCase()} has no reason code in MQTT 3.x`,
    },
    {
      title: `${type} with a reason string`,
      versions: [3, 4],
      packet: { type, packetIdentifier: 7, properties: { reasonString: "no" } },
      field: "properties.reasonString",
      message: "properties.reasonString needs MQTT 5.0",
    },
    ...[forbidden, 256, -1, 0.5, "16", {}].map((reasonCode): Refusal => ({
      title: `${type} with reason code ${JSON.stringify(reasonCode)}`,
      versions: [5],
      packet: { type, packetIdentifier: 7, reasonCode },
      field: "reasonCode",
      clause,
      message: `${type.toUpperCase()} may not carry it`,
    })),
    {
      title: `${type} with a property of another packet`,
      versions: [5],
      packet: { type, packetIdentifier: 7, properties: { contentType: "text" } },
      field: "properties.contentType",
      message: "properties.contentType is not allowed in an acknowledgement",
    },
  ],
);
