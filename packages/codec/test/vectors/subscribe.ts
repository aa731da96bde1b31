import { hex, type Refusal, type Vector, type Violation } from "./vector.ts";

const all = [3, 4, 5] as const;
const subscribe = { type: "subscribe", packetIdentifier: 10, properties: undefined } as const;
const plain = { topicFilter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

export const subscribeVectors: readonly Vector[] = [
  {
    title: "a SUBSCRIBE to one filter",
    versions: [3, 4],
    bytes: hex(
      "82 06", // SUBSCRIBE; 6 bytes follow
      "00 0a", // packet identifier 10
      "00 01 61", // topic filter "a"
      "00", // QoS 0
    ),
    packet: { ...subscribe, subscriptions: [plain] },
    init: { type: "subscribe", packetIdentifier: 10, subscriptions: [{ topicFilter: "a" }] },
  },
  {
    title: "a SUBSCRIBE to one filter",
    versions: [5],
    bytes: hex(
      "82 07", // SUBSCRIBE; 7 bytes follow
      "00 0a", // packet identifier 10
      "00", // no properties
      "00 01 61", // topic filter "a"
      "00", // QoS 0
    ),
    packet: { ...subscribe, subscriptions: [plain] },
    init: { type: "subscribe", packetIdentifier: 10, subscriptions: [{ topicFilter: "a" }] },
  },
  {
    title: "a SUBSCRIBE to three filters",
    versions: [3, 4],
    bytes: hex(
      "82 12", // SUBSCRIBE; 18 bytes follow
      "00 0a", // packet identifier 10
      "00 03 61 2f 2b", // topic filter "a/+"
      "02", // QoS 2
      "00 01 23", // topic filter "#"
      "01", // QoS 1
      "00 03 2b 2f 2b", // topic filter "+/+"
      "00", // QoS 0
    ),
    packet: {
      ...subscribe,
      subscriptions: [
        { ...plain, topicFilter: "a/+", qos: 2 },
        { ...plain, topicFilter: "#", qos: 1 },
        { ...plain, topicFilter: "+/+" },
      ],
    },
  },
  {
    title: "a SUBSCRIBE with every option and property",
    versions: [5],
    bytes: hex(
      "82 1d", // SUBSCRIBE; 29 bytes follow
      "00 0a", // packet identifier 10
      "09", // 9 bytes of properties
      "0b 07", // Subscription Identifier 7
      "26 00 01 6b 00 01 76", // User Property k = v
      "00 01 61", // topic filter "a"
      "2e", // Retain Handling 2, Retain As Published, No Local, QoS 2
      "00 0a 24 73 68 61 72 65 2f 67 2f 23", // topic filter "$share/g/#"
      "11", // Retain Handling 1, QoS 1
    ),
    packet: {
      ...subscribe,
      subscriptions: [
        { topicFilter: "a", qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { ...plain, topicFilter: "$share/g/#", qos: 1, retainHandling: 1 },
      ],
      properties: { subscriptionIdentifier: 7, userProperties: [["k", "v"]] },
    },
  },
  {
    title: "a SUBSCRIBE with the largest subscription identifier",
    versions: [5],
    bytes: hex("82 0c", "00 0a", "05", "0b ff ff ff 7f", "00 01 61", "00"),
    packet: { ...subscribe, subscriptions: [plain], properties: { subscriptionIdentifier: 268_435_455 } },
  },
  {
    title: "a SUBSCRIBE to $share/g, a level like any other before 5.0,",
    versions: [3, 4],
    bytes: hex("82 0d", "00 0a", "00 08 24 73 68 61 72 65 2f 67", "00"),
    packet: { ...subscribe, subscriptions: [{ ...plain, topicFilter: "$share/g" }] },
  },
  {
    title: "a SUBSCRIBE with DUP",
    versions: [3],
    bytes: hex("8a 06", "00 0a", "00 01 61", "00"),
    packet: { ...subscribe, subscriptions: [plain] },
    decodeOnly: true,
  },
  {
    title: "a SUBSCRIBE with option bits that mean nothing yet",
    versions: [3],
    bytes: hex("82 06", "00 0a", "00 01 61", "fd"),
    packet: { ...subscribe, subscriptions: [{ ...plain, qos: 1 }] },
    decodeOnly: true,
  },
];

/** A SUBSCRIBE of 5.0 to one filter. */
function subscribeTo(topicFilter: string, options: number): Uint8Array {
  const text = new TextEncoder().encode(topicFilter);
  const body = [0x00, 0x0a, 0x00, 0x00, text.length, ...text, options];
  return Uint8Array.of(0x82, body.length, ...body);
}

/** Topic filters that are none, and the statement that says so. */
export const badFilters: readonly { topicFilter: string; clause: string }[] = [
  { topicFilter: "", clause: "MQTT-4.7.3-1" },
  { topicFilter: "a#", clause: "MQTT-4.7.1-1" },
  { topicFilter: "a/b#", clause: "MQTT-4.7.1-1" },
  { topicFilter: "#/a", clause: "MQTT-4.7.1-1" },
  { topicFilter: "a/#/b", clause: "MQTT-4.7.1-1" },
  { topicFilter: "##", clause: "MQTT-4.7.1-1" },
  { topicFilter: "a+", clause: "MQTT-4.7.1-2" },
  { topicFilter: "+a/b", clause: "MQTT-4.7.1-2" },
  { topicFilter: "a/++", clause: "MQTT-4.7.1-2" },
];

/** Topic filters that are none since there are Shared Subscriptions. */
export const badSharedFilters: readonly { topicFilter: string; clause: string }[] = [
  { topicFilter: "$share//a", clause: "MQTT-4.8.2-1" },
  { topicFilter: "$share/", clause: "MQTT-4.8.2-1" },
  { topicFilter: "$share/g", clause: "MQTT-4.8.2-2" },
  { topicFilter: "$share/g/", clause: "MQTT-4.8.2-2" },
  { topicFilter: "$share/+/a", clause: "MQTT-4.8.2-2" },
  { topicFilter: "$share/#", clause: "MQTT-4.8.2-2" },
];

export const subscribeViolations: readonly Violation[] = [
  ...[0, 1, 3, 10, 15].flatMap((flags): Violation[] => [
    {
      title: `a SUBSCRIBE with the flags ${flags}`,
      versions: flags === 10 ? [4] : [3, 4],
      bytes: hex(`8${flags.toString(16)} 06`, "00 0a", "00 01 61", "00"),
      error: "MalformedPacketError",
      clause: "MQTT-3.8.1-1",
      offset: 0,
    },
    {
      title: `a SUBSCRIBE with the flags ${flags}`,
      versions: [5],
      bytes: hex(`8${flags.toString(16)} 07`, "00 0a", "00", "00 01 61", "00"),
      error: "MalformedPacketError",
      clause: "MQTT-3.8.1-1",
      offset: 0,
    },
  ]),
  {
    title: "a SUBSCRIBE with packet identifier 0",
    versions: all,
    bytes: hex("82 07", "00 00", "00", "00 01 61", "00"),
    error: "ProtocolError",
    clause: "MQTT-2.2.1-3",
    offset: 2,
  },
  {
    title: "a SUBSCRIBE to nothing",
    versions: [3, 4],
    bytes: hex("82 02", "00 0a"),
    error: "ProtocolError",
    clause: "MQTT-3.8.3-2",
    offset: 4,
  },
  {
    title: "a SUBSCRIBE to nothing",
    versions: [5],
    bytes: hex("82 03", "00 0a", "00"),
    error: "ProtocolError",
    clause: "MQTT-3.8.3-2",
    offset: 5,
  },
  {
    title: "a filter without options",
    versions: [3, 4],
    bytes: hex("82 05", "00 0a", "00 01 61"),
    error: "MalformedPacketError",
    offset: 7,
  },
  {
    title: "a filter longer than the packet",
    versions: [3, 4],
    bytes: hex("82 06", "00 0a", "00 03 61", "00"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "a filter that is not UTF-8",
    versions: [3, 4],
    bytes: hex("82 06", "00 0a", "00 01 ff", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 4,
  },
  {
    title: "QoS 3 in a SUBSCRIBE",
    versions: [3, 4],
    bytes: hex("82 06", "00 0a", "00 01 61", "03"),
    error: "MalformedPacketError",
    clause: "MQTT-3.8.3-4 of 3.1.1",
    offset: 7,
  },
  {
    title: "QoS 3 in a SUBSCRIBE",
    versions: [5],
    bytes: subscribeTo("a", 0x03),
    error: "ProtocolError",
    offset: 8,
  },
  ...[0x04, 0x08, 0x10, 0x20, 0x40, 0x80].map((options): Violation => ({
    title: `the reserved subscription option bit 0x${options.toString(16)}`,
    versions: [4],
    bytes: hex("82 06", "00 0a", "00 01 61", options.toString(16).padStart(2, "0")),
    error: "MalformedPacketError",
    clause: "MQTT-3.8.3-4 of 3.1.1",
    offset: 7,
  })),
  ...[0x40, 0x80].map((options): Violation => ({
    title: `the reserved subscription option bit 0x${options.toString(16)}`,
    versions: [5],
    bytes: subscribeTo("a", options),
    error: "MalformedPacketError",
    clause: "MQTT-3.8.3-5",
    offset: 8,
  })),
  {
    title: "Retain Handling 3",
    versions: [5],
    bytes: subscribeTo("a", 0x30),
    error: "ProtocolError",
    offset: 8,
  },
  {
    title: "No Local on a Shared Subscription",
    versions: [5],
    bytes: subscribeTo("$share/g/a", 0x04),
    error: "ProtocolError",
    clause: "MQTT-3.8.3-4",
    offset: 17,
  },
  ...[...badFilters, ...badSharedFilters].map(({ topicFilter, clause }): Violation => ({
    title: `a SUBSCRIBE to "${topicFilter}"`,
    versions: [5],
    bytes: subscribeTo(topicFilter, 0x00),
    error: "MalformedPacketError",
    clause,
    offset: 5,
  })),
  {
    title: "Subscription Identifier 0 in a SUBSCRIBE",
    versions: [5],
    bytes: hex("82 09", "00 0a", "02", "0b 00", "00 01 61", "00"),
    error: "ProtocolError",
    offset: 6,
  },
  {
    title: "two Subscription Identifiers in a SUBSCRIBE",
    versions: [5],
    bytes: hex("82 0b", "00 0a", "04", "0b 01", "0b 02", "00 01 61", "00"),
    error: "ProtocolError",
    offset: 7,
  },
  {
    title: "a property of SUBACK (Reason String) in a SUBSCRIBE",
    versions: [5],
    bytes: hex("82 0a", "00 0a", "03", "1f 00 00", "00 01 61", "00"),
    error: "MalformedPacketError",
    offset: 5,
  },
];

const toA = { type: "subscribe", packetIdentifier: 10 } as const;

export const subscribeRefusals: readonly Refusal[] = [
  ...[undefined, null, [], "a"].map((subscriptions): Refusal => ({
    title: `a SUBSCRIBE to ${JSON.stringify(subscriptions)}`,
    versions: all,
    packet: { ...toA, subscriptions },
    field: "subscriptions",
    clause: "MQTT-3.8.3-2",
    message: "it must be a list of at least one",
  })),
  ...["a", null, 7].map((subscription): Refusal => ({
    title: `a SUBSCRIBE to [${JSON.stringify(subscription)}]`,
    versions: all,
    packet: { ...toA, subscriptions: [subscription] },
    field: "subscriptions",
    message: "each must be an object",
  })),
  {
    title: "a SUBSCRIBE without a packet identifier",
    versions: all,
    packet: { type: "subscribe", subscriptions: [{ topicFilter: "a" }] },
    field: "packetIdentifier",
    clause: "MQTT-2.2.1-3",
    message: "packetIdentifier is undefined; it must be a whole number from 1 to 65535",
  },
  ...badFilters.map(({ topicFilter, clause }): Refusal => ({
    title: `a SUBSCRIBE to "${topicFilter}"`,
    versions: all,
    packet: { ...toA, subscriptions: [{ topicFilter }] },
    field: "topicFilter",
    clause,
    message: `topicFilter "${topicFilter}" must`,
  })),
  ...badSharedFilters.map(({ topicFilter, clause }): Refusal => ({
    title: `a SUBSCRIBE to "${topicFilter}"`,
    // Before 5.0 a wildcard in the second level is one like any other.
    versions: [5],
    packet: { ...toA, subscriptions: [{ topicFilter }] },
    field: "topicFilter",
    clause,
    message: `topicFilter "${topicFilter}"`,
  })),
  {
    title: "a filter that is no string",
    versions: all,
    packet: { ...toA, subscriptions: [{ topicFilter: 7 }] },
    field: "topicFilter",
    message: "topicFilter is 7; it must be a string",
  },
  {
    title: "QoS 3 in a SUBSCRIBE",
    versions: all,
    packet: { ...toA, subscriptions: [{ topicFilter: "a", qos: 3 }] },
    field: "qos",
    message: 'qos is 3; it must be 0, 1 or 2 (for "a")',
  },
  {
    title: "No Local",
    versions: [3, 4],
    packet: { ...toA, subscriptions: [{ topicFilter: "a", noLocal: true }] },
    field: "noLocal",
    message: 'that needs MQTT 5.0 (for "a")',
  },
  {
    title: "Retain As Published",
    versions: [3, 4],
    packet: { ...toA, subscriptions: [{ topicFilter: "a", retainAsPublished: true }] },
    field: "retainAsPublished",
    message: 'that needs MQTT 5.0 (for "a")',
  },
  {
    title: "Retain Handling",
    versions: [3, 4],
    packet: { ...toA, subscriptions: [{ topicFilter: "a", retainHandling: 1 }] },
    field: "retainHandling",
    message: 'retainHandling is 1; that needs MQTT 5.0 (for "a")',
  },
  {
    title: "Retain Handling 3",
    versions: [5],
    packet: { ...toA, subscriptions: [{ topicFilter: "a", retainHandling: 3 }] },
    field: "retainHandling",
    message: "retainHandling is 3; it must be 0, 1 or 2",
  },
  {
    title: "No Local on a Shared Subscription",
    versions: [5],
    packet: { ...toA, subscriptions: [{ topicFilter: "$share/g/a", noLocal: true }] },
    field: "noLocal",
    clause: "MQTT-3.8.3-4",
    message: 'it must be false for the shared subscription "$share/g/a"',
  },
  {
    title: "a subscription identifier",
    versions: [3, 4],
    packet: { ...toA, subscriptions: [{ topicFilter: "a" }], properties: { subscriptionIdentifier: 1 } },
    field: "properties.subscriptionIdentifier",
    message: "properties.subscriptionIdentifier needs MQTT 5.0: SUBSCRIBE has no properties in MQTT 3.x",
  },
  {
    title: "the subscription identifiers of a PUBLISH",
    versions: [5],
    packet: { ...toA, subscriptions: [{ topicFilter: "a" }], properties: { subscriptionIdentifiers: [1] } },
    field: "properties.subscriptionIdentifiers",
    message: "properties.subscriptionIdentifiers is not allowed in SUBSCRIBE",
  },
];

const suback = { type: "suback", packetIdentifier: 10, properties: undefined } as const;

export const subackVectors: readonly Vector[] = [
  {
    title: "a SUBACK for four filters",
    versions: [3, 4],
    bytes: hex(
      "90 06", // SUBACK; 6 bytes follow
      "00 0a", // packet identifier 10
      "00 01 02 80", // QoS 0, 1 and 2 granted, and failure
    ),
    packet: { ...suback, reasonCodes: [0, 1, 2, 0x80] },
    init: { type: "suback", packetIdentifier: 10, reasonCodes: [0, 1, 2, 0x80] },
  },
  {
    title: "a SUBACK with every reason code",
    versions: [5],
    bytes: hex(
      "90 0f", // SUBACK; 15 bytes follow
      "00 0a", // packet identifier 10
      "00", // no properties
      "00 01 02", // QoS 0, 1 and 2 granted
      "80 83 87 8f 91 97 9e a1 a2", // nine ways to fail
    ),
    packet: { ...suback, reasonCodes: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2] },
  },
  {
    title: "a SUBACK with properties",
    versions: [5],
    bytes: hex(
      "90 10", // SUBACK; 16 bytes follow
      "00 0a", // packet identifier 10
      "0c", // 12 bytes of properties
      "1f 00 02 6f 6b", // Reason String "ok"
      "26 00 01 6b 00 01 76", // User Property k = v
      "01", // QoS 1 granted
    ),
    packet: { ...suback, reasonCodes: [1], properties: { reasonString: "ok", userProperties: [["k", "v"]] } },
  },
];

export const subackViolations: readonly Violation[] = [
  {
    title: "a SUBACK with flags",
    versions: all,
    bytes: hex("92 04", "00 0a", "00", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-2.1.3-1",
    offset: 0,
  },
  {
    title: "a SUBACK with packet identifier 0",
    versions: all,
    bytes: hex("90 04", "00 00", "00", "00"),
    error: "ProtocolError",
    clause: "MQTT-2.2.1-6",
    offset: 2,
  },
  {
    title: "a SUBACK that says nothing",
    versions: [3, 4],
    bytes: hex("90 02", "00 0a"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "a SUBACK that says nothing",
    versions: [5],
    bytes: hex("90 03", "00 0a", "00"),
    error: "MalformedPacketError",
    offset: 5,
  },
  {
    title: "return code 3 in a SUBACK",
    versions: [3, 4],
    bytes: hex("90 04", "00 0a", "00 03"),
    error: "ProtocolError",
    clause: "MQTT-3.9.3-2",
    offset: 5,
  },
  {
    title: "a reason code in a SUBACK",
    versions: [3, 4],
    bytes: hex("90 04", "00 0a", "00 87"),
    error: "ProtocolError",
    clause: "MQTT-3.9.3-2",
    offset: 5,
  },
  {
    title: "a reason code of UNSUBACK in a SUBACK",
    versions: [5],
    bytes: hex("90 05", "00 0a", "00", "00 11"),
    error: "ProtocolError",
    clause: "MQTT-3.9.3-2",
    offset: 6,
  },
];

export const subackRefusals: readonly Refusal[] = [
  ...[undefined, null, [], 0].map((reasonCodes): Refusal => ({
    title: `a SUBACK with ${JSON.stringify(reasonCodes)}`,
    versions: all,
    packet: { type: "suback", packetIdentifier: 10, reasonCodes },
    field: "reasonCodes",
    message: "it must be a list with one for each filter",
  })),
  {
    title: "a SUBACK with packet identifier 0",
    versions: all,
    packet: { type: "suback", packetIdentifier: 0, reasonCodes: [0] },
    field: "packetIdentifier",
    clause: "MQTT-2.2.1-6",
    message: "packetIdentifier is 0",
  },
  {
    title: "a reason code of UNSUBACK in a SUBACK",
    versions: all,
    packet: { type: "suback", packetIdentifier: 10, reasonCodes: [0, 0x11] },
    field: "reasonCode",
    clause: "MQTT-3.9.3-2",
    message: "SUBACK may not carry it",
  },
  {
    title: "a reason code in a SUBACK",
    versions: [3, 4],
    packet: { type: "suback", packetIdentifier: 10, reasonCodes: [0, 0x87] },
    field: "reasonCode",
    clause: "MQTT-3.9.3-2",
    message: "reasonCode is 135; a SUBACK of MQTT 3.x has 0, 1, 2 or 0x80",
  },
];
