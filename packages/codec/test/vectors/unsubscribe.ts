import { badFilters, badSharedFilters } from "./subscribe.ts";
import { hex, type Refusal, type Vector, type Violation } from "./vector.ts";

const all = [3, 4, 5] as const;
const unsubscribe = { type: "unsubscribe", packetIdentifier: 10, properties: undefined } as const;

export const unsubscribeVectors: readonly Vector[] = [
  {
    title: "an UNSUBSCRIBE from two filters",
    versions: [3, 4],
    bytes: hex(
      "a2 0a", // UNSUBSCRIBE; 10 bytes follow
      "00 0a", // packet identifier 10
      "00 03 61 2f 2b", // topic filter "a/+"
      "00 01 23", // topic filter "#"
    ),
    packet: { ...unsubscribe, topicFilters: ["a/+", "#"] },
    init: { type: "unsubscribe", packetIdentifier: 10, topicFilters: ["a/+", "#"] },
  },
  {
    title: "an UNSUBSCRIBE from one filter",
    versions: [5],
    bytes: hex(
      "a2 06", // UNSUBSCRIBE; 6 bytes follow
      "00 0a", // packet identifier 10
      "00", // no properties
      "00 01 61", // topic filter "a"
    ),
    packet: { ...unsubscribe, topicFilters: ["a"] },
    init: { type: "unsubscribe", packetIdentifier: 10, topicFilters: ["a"] },
  },
  {
    title: "an UNSUBSCRIBE with a property from a Shared Subscription",
    versions: [5],
    bytes: hex(
      "a2 16", // UNSUBSCRIBE; 22 bytes follow
      "00 0a", // packet identifier 10
      "07", // 7 bytes of properties
      "26 00 01 6b 00 01 76", // User Property k = v
      "00 0a 24 73 68 61 72 65 2f 67 2f 61", // topic filter "$share/g/a"
    ),
    packet: { ...unsubscribe, topicFilters: ["$share/g/a"], properties: { userProperties: [["k", "v"]] } },
  },
  {
    title: "an UNSUBSCRIBE with DUP",
    versions: [3],
    bytes: hex("aa 05", "00 0a", "00 01 61"),
    packet: { ...unsubscribe, topicFilters: ["a"] },
    decodeOnly: true,
  },
];

/** An UNSUBSCRIBE of 5.0 from one filter. */
function unsubscribeFrom(topicFilter: string): Uint8Array {
  const text = new TextEncoder().encode(topicFilter);
  const body = [0x00, 0x0a, 0x00, 0x00, text.length, ...text];
  return Uint8Array.of(0xa2, body.length, ...body);
}

export const unsubscribeViolations: readonly Violation[] = [
  ...[0, 1, 3, 10, 15].map((flags): Violation => ({
    title: `an UNSUBSCRIBE with the flags ${flags}`,
    versions: flags === 10 ? [4, 5] : all,
    bytes: hex(`a${flags.toString(16)} 06`, "00 0a", "00", "00 01 61"),
    error: "MalformedPacketError",
    clause: "MQTT-3.10.1-1",
    offset: 0,
  })),
  {
    title: "an UNSUBSCRIBE with packet identifier 0",
    versions: all,
    bytes: hex("a2 06", "00 00", "00", "00 01 61"),
    error: "ProtocolError",
    clause: "MQTT-2.2.1-3",
    offset: 2,
  },
  {
    title: "an UNSUBSCRIBE from nothing",
    versions: [3, 4],
    bytes: hex("a2 02", "00 0a"),
    error: "ProtocolError",
    clause: "MQTT-3.10.3-2",
    offset: 4,
  },
  {
    title: "an UNSUBSCRIBE from nothing",
    versions: [5],
    bytes: hex("a2 03", "00 0a", "00"),
    error: "ProtocolError",
    clause: "MQTT-3.10.3-2",
    offset: 5,
  },
  ...[...badFilters, ...badSharedFilters].map(({ topicFilter, clause }): Violation => ({
    title: `an UNSUBSCRIBE from "${topicFilter}"`,
    versions: [5],
    bytes: unsubscribeFrom(topicFilter),
    error: "MalformedPacketError",
    clause,
    offset: 5,
  })),
  {
    title: "an UNSUBSCRIBE from an ill-formed filter",
    versions: [3, 4],
    bytes: hex("a2 06", "00 0a", "00 02 61 ff"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 4,
  },
  {
    title: "a Subscription Identifier in an UNSUBSCRIBE",
    versions: [5],
    bytes: hex("a2 08", "00 0a", "02", "0b 01", "00 01 61"),
    error: "MalformedPacketError",
    offset: 5,
  },
];

export const unsubscribeRefusals: readonly Refusal[] = [
  ...[undefined, null, [], "a"].map((topicFilters): Refusal => ({
    title: `an UNSUBSCRIBE from ${JSON.stringify(topicFilters)}`,
    versions: all,
    packet: { type: "unsubscribe", packetIdentifier: 10, topicFilters },
    field: "topicFilters",
    clause: "MQTT-3.10.3-2",
    message: "it must be a list of at least one",
  })),
  ...badFilters.map(({ topicFilter, clause }): Refusal => ({
    title: `an UNSUBSCRIBE from "${topicFilter}"`,
    versions: all,
    packet: { type: "unsubscribe", packetIdentifier: 10, topicFilters: ["a", topicFilter] },
    field: "topicFilter",
    clause,
    message: `topicFilter "${topicFilter}" must`,
  })),
  {
    title: "an UNSUBSCRIBE without a packet identifier",
    versions: all,
    packet: { type: "unsubscribe", topicFilters: ["a"] },
    field: "packetIdentifier",
    clause: "MQTT-2.2.1-3",
    message: "packetIdentifier is undefined",
  },
  {
    title: "a user property in an UNSUBSCRIBE",
    versions: [3, 4],
    packet: {
      type: "unsubscribe",
      packetIdentifier: 10,
      topicFilters: ["a"],
      properties: { userProperties: [["a", "b"]] },
    },
    field: "properties.userProperties",
    message: "properties.userProperties needs MQTT 5.0: UNSUBSCRIBE has no properties in MQTT 3.x",
  },
];

const unsuback = { type: "unsuback", packetIdentifier: 10, properties: undefined } as const;

export const unsubackVectors: readonly Vector[] = [
  {
    title: "an UNSUBACK",
    versions: [3, 4],
    bytes: hex(
      "b0 02", // UNSUBACK; 2 bytes follow
      "00 0a", // packet identifier 10
    ),
    packet: { ...unsuback, reasonCodes: [] },
    init: { type: "unsuback", packetIdentifier: 10, reasonCodes: [] },
  },
  {
    title: "an UNSUBACK with every reason code",
    versions: [5],
    bytes: hex(
      "b0 0a", // UNSUBACK; 10 bytes follow
      "00 0a", // packet identifier 10
      "00", // no properties
      "00 11", // success, no subscription existed
      "80 83 87 8f 91", // five ways to fail
    ),
    packet: { ...unsuback, reasonCodes: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91] },
  },
  {
    title: "an UNSUBACK with properties",
    versions: [5],
    bytes: hex(
      "b0 10", // UNSUBACK; 16 bytes follow
      "00 0a", // packet identifier 10
      "0c", // 12 bytes of properties
      "1f 00 02 6f 6b", // Reason String "ok"
      "26 00 01 6b 00 01 76", // User Property k = v
      "00", // success
    ),
    packet: { ...unsuback, reasonCodes: [0], properties: { reasonString: "ok", userProperties: [["k", "v"]] } },
  },
];

export const unsubackViolations: readonly Violation[] = [
  {
    title: "an UNSUBACK with flags",
    versions: all,
    bytes: hex("b2 02", "00 0a"),
    error: "MalformedPacketError",
    clause: "MQTT-2.1.3-1",
    offset: 0,
  },
  {
    title: "an UNSUBACK with packet identifier 0",
    versions: all,
    bytes: hex("b0 04", "00 00", "00", "00"),
    error: "ProtocolError",
    clause: "MQTT-2.2.1-6",
    offset: 2,
  },
  {
    title: "an UNSUBACK with a reason code",
    versions: [3, 4],
    bytes: hex("b0 03", "00 0a", "00"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "an UNSUBACK that says nothing",
    versions: [5],
    bytes: hex("b0 03", "00 0a", "00"),
    error: "MalformedPacketError",
    offset: 5,
  },
  {
    title: "an UNSUBACK without a Property Length [MQTT-2.2.2-1]",
    versions: [5],
    bytes: hex("b0 02", "00 0a"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "a granted QoS in an UNSUBACK",
    versions: [5],
    bytes: hex("b0 05", "00 0a", "00", "00 01"),
    error: "ProtocolError",
    clause: "MQTT-3.11.3-2",
    offset: 6,
  },
];

export const unsubackRefusals: readonly Refusal[] = [
  ...[undefined, null, 0].map((reasonCodes): Refusal => ({
    title: `an UNSUBACK with ${JSON.stringify(reasonCodes)}`,
    versions: all,
    packet: { type: "unsuback", packetIdentifier: 10, reasonCodes },
    field: "reasonCodes",
    message: "it must be a list",
  })),
  {
    title: "an UNSUBACK with a reason code",
    versions: [3, 4],
    packet: { type: "unsuback", packetIdentifier: 10, reasonCodes: [0] },
    field: "reasonCodes",
    message: "it must be a list that is empty: an UNSUBACK of MQTT 3.x has none",
  },
  {
    title: "an UNSUBACK that says nothing",
    versions: [5],
    packet: { type: "unsuback", packetIdentifier: 10, reasonCodes: [] },
    field: "reasonCodes",
    message: "it must be a list with one for each filter",
  },
  {
    title: "a granted QoS in an UNSUBACK",
    versions: [5],
    packet: { type: "unsuback", packetIdentifier: 10, reasonCodes: [1] },
    field: "reasonCode",
    clause: "MQTT-3.11.3-2",
    message: "UNSUBACK may not carry it",
  },
];
