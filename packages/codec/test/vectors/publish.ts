import { hex, type Refusal, times, type Vector, type Violation } from "./vector.ts";

const publish = {
  type: "publish",
  topicName: "a",
  payload: new Uint8Array(0),
  qos: 0,
  retain: false,
  dup: false,
  packetIdentifier: undefined,
  properties: undefined,
} as const;

export const vectors: readonly Vector[] = [
  {
    title: "a QoS 0 message",
    versions: [3, 4],
    bytes: hex(
      "30 05", // PUBLISH, QoS 0; 5 bytes follow
      "00 01 61", // topic name "a"
      "32 31", // payload "21"
    ),
    packet: { ...publish, payload: hex("32 31") },
    init: { type: "publish", topicName: "a", payload: "21" },
  },
  {
    title: "a QoS 0 message",
    versions: [5],
    bytes: hex(
      "30 06", // PUBLISH, QoS 0; 6 bytes follow
      "00 01 61", // topic name "a"
      "00", // no properties
      "32 31", // payload "21"
    ),
    packet: { ...publish, payload: hex("32 31") },
    init: { type: "publish", topicName: "a", payload: "21" },
  },
  {
    title: "a repeated, retained QoS 1 message without payload",
    versions: [3, 4],
    bytes: hex(
      "3b 07", // PUBLISH, DUP, QoS 1, RETAIN; 7 bytes follow
      "00 03 61 2f 62", // topic name "a/b"
      "00 0a", // packet identifier 10
    ),
    packet: { ...publish, topicName: "a/b", qos: 1, dup: true, retain: true, packetIdentifier: 10 },
    init: { type: "publish", topicName: "a/b", qos: 1, dup: true, retain: true, packetIdentifier: 10 },
  },
  {
    title: "a QoS 2 message with every property",
    versions: [5],
    bytes: hex(
      "34 38", // PUBLISH, QoS 2; 56 bytes follow
      "00 03 61 2f 62", // topic name "a/b"
      "ff ff", // packet identifier 65,535
      "2f", // 47 bytes of properties
      "01 01", // Payload Format Indicator: UTF-8
      "02 00 00 0e 10", // Message Expiry Interval: 3,600 s
      "23 00 05", // Topic Alias 5
      "08 00 01 72", // Response Topic "r"
      "09 00 02 ca fe", // Correlation Data
      "26 00 01 6b 00 01 76", // User Property k = v
      "26 00 01 6b 00 01 77", // User Property k = w: the name may come again
      "0b 01", // Subscription Identifier 1
      "0b ff ff ff 7f", // Subscription Identifier 268,435,455
      "03 00 04 74 65 78 74", // Content Type "text"
      "2a", // payload
    ),
    packet: {
      ...publish,
      topicName: "a/b",
      qos: 2,
      packetIdentifier: 65_535,
      payload: hex("2a"),
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 3_600,
        topicAlias: 5,
        responseTopic: "r",
        correlationData: hex("ca fe"),
        userProperties: [
          ["k", "v"],
          ["k", "w"],
        ],
        subscriptionIdentifiers: [1, 268_435_455],
        contentType: "text",
      },
    },
  },
  {
    title: "a message whose topic is an alias",
    versions: [5],
    bytes: hex(
      "30 06", // PUBLISH, QoS 0; 6 bytes follow
      "00 00", // no topic name
      "03", // 3 bytes of properties
      "23 00 07", // Topic Alias 7
    ),
    packet: { ...publish, topicName: "", properties: { topicAlias: 7 } },
  },
  {
    title: "the smallest values of properties",
    versions: [5],
    bytes: hex(
      "30 1c", // PUBLISH, QoS 0; 28 bytes follow
      "00 01 61", // topic name "a"
      "18", // 24 bytes of properties
      "01 00", // Payload Format Indicator: bytes
      "02 00 00 00 00", // Message Expiry Interval 0
      "23 00 01", // Topic Alias 1
      "09 00 00", // Correlation Data without a byte
      "26 00 00 00 00", // User Property, name and value empty
      "0b 80 01", // Subscription Identifier 128: two bytes
      "03 00 00", // Content Type ""; the Response Topic cannot be empty
    ),
    packet: {
      ...publish,
      properties: {
        payloadFormatIndicator: 0,
        messageExpiryInterval: 0,
        topicAlias: 1,
        correlationData: hex(""),
        userProperties: [["", ""]],
        subscriptionIdentifiers: [128],
        contentType: "",
      },
    },
  },
  {
    title: "the largest values of properties",
    versions: [5],
    bytes: hex(
      "30 0c", // PUBLISH, QoS 0; 12 bytes follow
      "00 01 61", // topic name "a"
      "08", // 8 bytes of properties
      "02 ff ff ff ff", // Message Expiry Interval 4,294,967,295
      "23 ff ff", // Topic Alias 65,535
    ),
    packet: { ...publish, properties: { messageExpiryInterval: 4_294_967_295, topicAlias: 65_535 } },
  },
  {
    title: "a topic beyond ASCII",
    versions: [3, 4],
    bytes: hex(
      "30 09", // PUBLISH, QoS 0; 9 bytes follow
      "00 07", // topic name of 7 bytes:
      "c3 a4", // ä, two bytes
      "2f", // /
      "f0 9d 84 9e", // 𝄞, four bytes in UTF-8 and two units in JavaScript
    ),
    packet: { ...publish, topicName: "ä/𝄞" },
  },
  {
    title: "a topic that begins with U+FEFF, which is kept [MQTT-1.5.4-3],",
    versions: [3, 4],
    bytes: hex(
      "30 06", // PUBLISH, QoS 0; 6 bytes follow
      "00 04 ef bb bf 61", // topic name U+FEFF "a"
    ),
    packet: { ...publish, topicName: "\ufeffa" },
  },
  {
    title: "a topic that is one space, one slash or a control character",
    versions: [3, 4],
    bytes: hex(
      "30 05", // PUBLISH, QoS 0; 5 bytes follow
      "00 03 20 2f 01", // topic name: space, slash, U+0001
    ),
    packet: { ...publish, topicName: " /\u0001" },
  },
  {
    title: "the longest packet with a Remaining Length of one byte",
    versions: [3, 4],
    bytes: hex("30 7f", "00 01 61", times(124, "62")),
    packet: { ...publish, payload: hex(times(124, "62")) },
  },
  {
    title: "the shortest packet with a Remaining Length of two bytes",
    versions: [3, 4],
    bytes: hex("30 80 01", "00 01 61", times(125, "62")),
    packet: { ...publish, payload: hex(times(125, "62")) },
  },
  {
    title: "the longest packet with a Remaining Length of two bytes",
    versions: [3, 4],
    bytes: hex("30 ff 7f", "00 01 61", times(16_380, "62")),
    packet: { ...publish, payload: hex(times(16_380, "62")) },
  },
  {
    title: "the shortest packet with a Remaining Length of three bytes",
    versions: [3, 4],
    bytes: hex("30 80 80 01", "00 01 61", times(16_381, "62")),
    packet: { ...publish, payload: hex(times(16_381, "62")) },
  },
  {
    title: "a Property Length of two bytes",
    versions: [5],
    bytes: hex(
      "30 87 01", // PUBLISH, QoS 0; 135 bytes follow
      "00 01 61", // topic name "a"
      "80 01", // 128 bytes of properties
      "03 00 7d", // Content Type of 125 bytes
      times(125, "78"),
      "2a 2a", // payload
    ),
    packet: { ...publish, properties: { contentType: "x".repeat(125) }, payload: hex("2a 2a") },
  },
  {
    title: "a Remaining Length in more bytes than it needs, which is not forbidden before 5.0,",
    versions: [3, 4],
    bytes: hex("30 83 00", "00 01 61"),
    packet: publish,
    decodeOnly: true,
  },
];

export const violations: readonly Violation[] = [
  {
    title: "QoS 3",
    versions: [3, 4, 5],
    bytes: hex("36 06", "00 01 61", "00 01", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-3.3.1-4",
    offset: 0,
  },
  {
    title: "DUP on a QoS 0 message",
    versions: [3, 4, 5],
    bytes: hex("38 04", "00 01 61", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-3.3.1-2",
    offset: 0,
  },
  {
    title: "+ in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 06", "00 03 61 2f 2b", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-3.3.2-2",
    offset: 2,
  },
  {
    title: "# in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 08", "00 05 61 2f 62 2f 23", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-3.3.2-2",
    offset: 2,
  },
  {
    title: "U+0000 in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 06", "00 03 61 00 62", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-2",
    offset: 2,
  },
  {
    title: "an overlong form in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 05", "00 02 c0 80", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 2,
  },
  {
    title: "a surrogate in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 06", "00 03 ed a0 80", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 2,
  },
  {
    title: "half a character in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 05", "00 02 61 c3", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 2,
  },
  {
    title: "a code point after U+10FFFF in a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 07", "00 04 f4 90 80 80", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 2,
  },
  {
    title: "a topic name longer than the packet",
    versions: [3, 4, 5],
    bytes: hex("30 03", "00 05 61"),
    error: "MalformedPacketError",
    offset: 2,
  },
  {
    title: "half the length of a topic name",
    versions: [3, 4, 5],
    bytes: hex("30 01", "00"),
    error: "MalformedPacketError",
    offset: 2,
  },
  {
    title: "an empty topic name",
    versions: [3, 4],
    bytes: hex("30 02", "00 00"),
    error: "ProtocolError",
    clause: "MQTT-4.7.3-1",
    offset: 2,
  },
  {
    title: "an empty topic name without an alias",
    versions: [5],
    bytes: hex("30 03", "00 00", "00"),
    error: "ProtocolError",
    clause: "MQTT-4.7.3-1",
    offset: 2,
  },
  {
    title: "packet identifier 0, forbidden by MQTT-2.2.1-3 and MQTT-2.2.1-4,",
    versions: [3, 4, 5],
    bytes: hex("32 06", "00 01 61", "00 00", "00"),
    error: "ProtocolError",
    offset: 5,
  },
  {
    title: "half a packet identifier",
    versions: [3, 4, 5],
    bytes: hex("32 04", "00 01 61", "00"),
    error: "MalformedPacketError",
    offset: 5,
  },
  {
    title: "no Property Length",
    versions: [5],
    bytes: hex("30 03", "00 01 61"),
    error: "MalformedPacketError",
    offset: 5,
  },
  {
    title: "properties longer than the packet",
    versions: [5],
    bytes: hex("30 06", "00 01 61", "05", "01 01"),
    error: "MalformedPacketError",
    offset: 6,
  },
  {
    title: "a property longer than the properties",
    versions: [5],
    bytes: hex("30 06", "00 01 61", "01", "01 01"),
    error: "MalformedPacketError",
    offset: 7,
  },
  {
    title: "a property longer than the packet",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "02 00 00"),
    error: "MalformedPacketError",
    offset: 7,
  },
  {
    title: "a Property Length in more bytes than it needs",
    versions: [5],
    bytes: hex("30 05", "00 01 61", "80 00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.5-1",
    offset: 5,
  },
  {
    title: "a Property Length of five bytes",
    versions: [5],
    bytes: hex("30 09", "00 01 61", "80 80 80 80 01", "00"),
    error: "MalformedPacketError",
    offset: 5,
  },
  {
    title: "a property identifier in more bytes than it needs",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "81 00 01"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.5-1",
    offset: 6,
  },
  {
    title: "a property that does not exist",
    versions: [5],
    bytes: hex("30 06", "00 01 61", "02", "04 01"),
    error: "MalformedPacketError",
    offset: 6,
  },
  {
    title: "a property whose identifier is beyond the table",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "80 01 01"),
    error: "MalformedPacketError",
    offset: 6,
  },
  {
    title: "a property of another packet (Receive Maximum)",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "21 00 01"),
    error: "MalformedPacketError",
    offset: 6,
  },
  {
    title: "Payload Format Indicator twice",
    versions: [5],
    bytes: hex("30 08", "00 01 61", "04", "01 00", "01 00"),
    error: "ProtocolError",
    offset: 8,
  },
  {
    title: "Payload Format Indicator 2",
    versions: [5],
    bytes: hex("30 06", "00 01 61", "02", "01 02"),
    error: "ProtocolError",
    offset: 7,
  },
  {
    title: "Topic Alias 0",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "23 00 00"),
    error: "ProtocolError",
    reasonCode: 0x94,
    clause: "MQTT-3.3.2-8",
    offset: 7,
  },
  {
    title: "Topic Alias twice",
    versions: [5],
    bytes: hex("30 0a", "00 01 61", "06", "23 00 01", "23 00 01"),
    error: "ProtocolError",
    offset: 9,
  },
  {
    title: "Subscription Identifier 0",
    versions: [5],
    bytes: hex("30 06", "00 01 61", "02", "0b 00"),
    error: "ProtocolError",
    offset: 7,
  },
  {
    title: "a Subscription Identifier in more bytes than it needs",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "0b 81 00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.5-1",
    offset: 7,
  },
  {
    title: "a Subscription Identifier of five bytes",
    versions: [5],
    bytes: hex("30 0a", "00 01 61", "06", "0b 80 80 80 80 01"),
    error: "MalformedPacketError",
    offset: 7,
  },
  {
    title: "a wildcard in the Response Topic",
    versions: [5],
    bytes: hex("30 08", "00 01 61", "04", "08 00 01 2b"),
    error: "MalformedPacketError",
    clause: "MQTT-3.3.2-14",
    offset: 7,
  },
  {
    title: "an empty Response Topic",
    versions: [5],
    bytes: hex("30 07", "00 01 61", "03", "08 00 00"),
    error: "MalformedPacketError",
    clause: "MQTT-4.7.3-1",
    offset: 7,
  },
  {
    title: "an ill-formed Response Topic",
    versions: [5],
    bytes: hex("30 09", "00 01 61", "05", "08 00 02 61 ff"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 7,
  },
  {
    title: "an ill-formed Content Type",
    versions: [5],
    bytes: hex("30 09", "00 01 61", "05", "03 00 02 61 ff"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-1",
    offset: 7,
  },
  {
    title: "U+0000 in a user property [MQTT-1.5.7-1]",
    versions: [5],
    bytes: hex("30 0b", "00 01 61", "07", "26 00 01 6b 00 01 00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.4-2",
    offset: 10,
  },
  {
    title: "a user property without a value",
    versions: [5],
    bytes: hex("30 08", "00 01 61", "04", "26 00 01 6b"),
    error: "MalformedPacketError",
    offset: 10,
  },
  {
    title: "a Remaining Length in more bytes than it needs",
    versions: [5],
    bytes: hex("30 84 00", "00 01 61", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-1.5.5-1",
    offset: 1,
  },
  {
    title: "a Remaining Length of five bytes",
    versions: [3, 4, 5],
    bytes: hex("30 80 80 80 80 01"),
    error: "MalformedPacketError",
    offset: 1,
  },
];

const all = [3, 4, 5] as const;

export const refusals: readonly Refusal[] = [
  {
    title: "QoS 3",
    versions: all,
    packet: { type: "publish", topicName: "a", qos: 3, packetIdentifier: 1 },
    field: "qos",
    clause: "MQTT-3.3.1-4",
    message: "qos is 3; it must be 0, 1 or 2",
  },
  {
    title: "DUP on QoS 0",
    versions: all,
    packet: { type: "publish", topicName: "a", dup: true },
    field: "dup",
    clause: "MQTT-3.3.1-2",
    message: "dup is true; it must be false for QoS 0",
  },
  {
    title: "a packet identifier on QoS 0",
    versions: all,
    packet: { type: "publish", topicName: "a", packetIdentifier: 1 },
    field: "packetIdentifier",
    clause: "MQTT-2.2.1-2",
    message: "packetIdentifier is 1; a QoS 0 PUBLISH has none",
  },
  ...[undefined, 0, 65_536, 1.5, -1, "1", Number.NaN].map((packetIdentifier): Refusal => ({
    title: `QoS 1 with packet identifier ${JSON.stringify(packetIdentifier)}`,
    versions: all,
    packet: { type: "publish", topicName: "a", qos: 1, packetIdentifier },
    field: "packetIdentifier",
    message: "it must be a whole number from 1 to 65535",
  })),
  ...["a/+", "#", "a#b"].map((topicName): Refusal => ({
    title: `the topic name ${topicName}`,
    versions: all,
    packet: { type: "publish", topicName },
    field: "topicName",
    clause: "MQTT-3.3.2-2",
    message: "must not contain the wildcard characters + and #",
  })),
  {
    title: "U+0000 in a topic name",
    versions: all,
    packet: { type: "publish", topicName: "a\0b" },
    field: "topicName",
    clause: "MQTT-1.5.4-2",
    message: "must not contain the null character U+0000",
  },
  {
    title: "half a surrogate pair in a topic name",
    versions: all,
    packet: { type: "publish", topicName: "a\ud834" },
    field: "topicName",
    clause: "MQTT-1.5.4-1",
    message: "must be well-formed Unicode",
  },
  {
    title: "a topic name of 65,536 bytes",
    versions: all,
    packet: { type: "publish", topicName: "ä".repeat(32_768) },
    field: "topicName",
    message: "topicName has 65536 bytes in UTF-8",
  },
  {
    title: "a topic name of 65,536 characters",
    versions: all,
    packet: { type: "publish", topicName: "x".repeat(65_536) },
    field: "topicName",
    message: "topicName has 65536 bytes in UTF-8",
  },
  {
    title: "an empty topic name",
    versions: all,
    packet: { type: "publish", topicName: "" },
    field: "topicName",
    clause: "MQTT-4.7.3-1",
    message: "only a topic alias may stand for it",
  },
  {
    title: "an empty topic name with an alias",
    versions: [3, 4],
    packet: { type: "publish", topicName: "", properties: { topicAlias: 1 } },
    field: "topicName",
    clause: "MQTT-4.7.3-1",
    message: "only a topic alias may stand for it",
  },
  ...[undefined, null, 7, {}].map((topicName): Refusal => ({
    title: `the topic name ${JSON.stringify(topicName)}`,
    versions: all,
    packet: { type: "publish", topicName },
    field: "topicName",
    message: "it must be a string",
  })),
  ...[null, 7, [1, 2], new ArrayBuffer(2), new Uint16Array(1), new DataView(new ArrayBuffer(2))].map(
    (payload): Refusal => ({
      title: `a payload that is ${Object.prototype.toString.call(payload)}`,
      versions: all,
      packet: { type: "publish", topicName: "a", payload },
      field: "payload",
      message: "it must be a Uint8Array",
    }),
  ),
  {
    title: "half a surrogate pair in a payload",
    versions: all,
    packet: { type: "publish", topicName: "a", payload: "\udd1e" },
    field: "payload",
    message: "must be well-formed Unicode",
  },
  {
    title: "half a surrogate pair in a long payload",
    versions: all,
    packet: { type: "publish", topicName: "a", payload: `${"x".repeat(5_000)}\udd1e` },
    field: "payload",
    message: "must be well-formed Unicode",
  },
  {
    title: "a payload that leaves no room for the topic name",
    versions: all,
    packet: { type: "publish", topicName: "a", payload: new Uint8Array(268_435_455) },
    message: "the largest is 268435455",
  },
  {
    title: "a property",
    versions: [3, 4],
    packet: { type: "publish", topicName: "a", properties: { contentType: "text" } },
    field: "properties.contentType",
    message: "properties.contentType needs MQTT 5.0: PUBLISH has no properties in MQTT 3.x",
  },
  {
    title: "a property of another packet",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { receiveMaximum: 1 } },
    field: "properties.receiveMaximum",
    message: "properties.receiveMaximum is not allowed in PUBLISH",
  },
  {
    title: "a property that does not exist",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { toString: 1 } },
    field: "properties.toString",
    message: "properties.toString is not a property of MQTT 5.0",
  },
  ...[0, 65_536, 0.5, "1"].map((topicAlias): Refusal => ({
    title: `topic alias ${JSON.stringify(topicAlias)}`,
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { topicAlias } },
    field: "properties.topicAlias",
    clause: "MQTT-3.3.2-8",
    message: "it must be a whole number from 1 to 65535",
  })),
  {
    title: "payload format indicator 2",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { payloadFormatIndicator: 2 } },
    field: "properties.payloadFormatIndicator",
    message: "properties.payloadFormatIndicator is 2; it must be a whole number from 0 to 1",
  },
  {
    title: "a message expiry interval beyond four bytes",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { messageExpiryInterval: 4_294_967_296 } },
    field: "properties.messageExpiryInterval",
    message: "it must be a whole number from 0 to 4294967295",
  },
  {
    title: "subscription identifier 0",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { subscriptionIdentifiers: [1, 0] } },
    field: "properties.subscriptionIdentifiers",
    message: "properties.subscriptionIdentifiers is 0; it must be a whole number from 1 to 268435455",
  },
  {
    title: "subscription identifiers that are no list",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { subscriptionIdentifiers: 1 } },
    field: "properties.subscriptionIdentifiers",
    message: "properties.subscriptionIdentifiers is 1; it must be a list",
  },
  {
    title: "a wildcard in the response topic",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { responseTopic: "a/#" } },
    field: "properties.responseTopic",
    clause: "MQTT-3.3.2-14",
    message: "must not contain the wildcard characters + and #",
  },
  {
    title: "an empty response topic",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { responseTopic: "" } },
    field: "properties.responseTopic",
    clause: "MQTT-4.7.3-1",
    message: "it must have at least one character",
  },
  {
    title: "user properties in an object",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { userProperties: { k: "v" } } },
    field: "properties.userProperties",
    message: "properties.userProperties is an object; it must be a list",
  },
  {
    title: "a user property that is no pair",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { userProperties: [["k"]] } },
    field: "properties.userProperties",
    message: "it must be a list of [name, value] pairs",
  },
  {
    title: "a user property whose value is a number",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { userProperties: [["k", 1]] } },
    field: "properties.userProperties",
    message: "properties.userProperties is 1; it must be a string",
  },
  {
    title: "U+0000 in a user property",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { userProperties: [["k", "\0"]] } },
    field: "properties.userProperties",
    clause: "MQTT-1.5.4-2",
    message: "must not contain the null character U+0000",
  },
  {
    title: "correlation data in a string",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { correlationData: "x" } },
    field: "properties.correlationData",
    message: "properties.correlationData is a string; it must be a Uint8Array",
  },
  {
    title: "correlation data of 65,536 bytes",
    versions: [5],
    packet: { type: "publish", topicName: "a", properties: { correlationData: new Uint8Array(65_536) } },
    field: "properties.correlationData",
    message: "properties.correlationData has 65536 bytes; binary data is at most 65,535 bytes long",
  },
];
