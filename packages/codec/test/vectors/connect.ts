import { hex, type Refusal, type Vector, type Violation } from "./vector.ts";

const connect = {
  type: "connect",
  bridge: false,
  clientIdentifier: "a",
  cleanStart: true,
  keepAlive: 60,
  username: undefined,
  password: undefined,
  will: undefined,
  properties: undefined,
} as const;

export const vectors: readonly Vector[] = [
  {
    title: "a CONNECT with what it must have",
    versions: [3],
    bytes: hex(
      "10 0f", // CONNECT; 15 bytes follow
      "00 06 4d 51 49 73 64 70", // protocol name "MQIsdp"
      "03", // level 3
      "02", // clean session
      "00 3c", // keep alive 60 s
      "00 01 61", // client identifier "a"
    ),
    packet: { ...connect, protocolVersion: 3 },
    init: { type: "connect", clientIdentifier: "a", keepAlive: 60 },
  },
  {
    title: "a CONNECT with what it must have",
    versions: [4],
    bytes: hex(
      "10 0d", // CONNECT; 13 bytes follow
      "00 04 4d 51 54 54", // protocol name "MQTT"
      "04", // level 4
      "02", // clean session
      "00 3c", // keep alive 60 s
      "00 01 61", // client identifier "a"
    ),
    packet: { ...connect, protocolVersion: 4 },
    init: { type: "connect", clientIdentifier: "a", keepAlive: 60 },
  },
  {
    title: "a CONNECT with what it must have",
    versions: [5],
    bytes: hex(
      "10 0e", // CONNECT; 14 bytes follow
      "00 04 4d 51 54 54", // protocol name "MQTT"
      "05", // version 5
      "02", // clean start
      "00 3c", // keep alive 60 s
      "00", // no properties
      "00 01 61", // client identifier "a"
    ),
    packet: { ...connect, protocolVersion: 5 },
    init: { type: "connect", clientIdentifier: "a", keepAlive: 60 },
  },
  {
    title: "a CONNECT that leaves the client identifier to the server",
    versions: [4],
    bytes: hex("10 0c", "00 04 4d 51 54 54", "04", "02", "00 00", "00 00"),
    packet: { ...connect, protocolVersion: 4, clientIdentifier: "", keepAlive: 0 },
    init: { type: "connect", clientIdentifier: "" },
  },
  {
    title:
      "a CONNECT that leaves the client identifier to the server and continues nothing: the server refuses it, not the codec,",
    versions: [4],
    bytes: hex("10 0c", "00 04 4d 51 54 54", "04", "00", "00 00", "00 00"),
    packet: { ...connect, protocolVersion: 4, clientIdentifier: "", cleanStart: false, keepAlive: 0 },
    decodeOnly: true,
  },
  {
    title: "a CONNECT that resumes a session without a client identifier",
    versions: [5],
    bytes: hex("10 0d", "00 04 4d 51 54 54", "05", "00", "ff ff", "00", "00 00"),
    packet: { ...connect, protocolVersion: 5, clientIdentifier: "", cleanStart: false, keepAlive: 65_535 },
  },
  {
    title: "a CONNECT with everything",
    versions: [4],
    bytes: hex(
      "10 1d", // CONNECT; 29 bytes follow
      "00 04 4d 51 54 54", // protocol name "MQTT"
      "04", // level 4
      "f4", // user name, password, will retained at QoS 2; session to be resumed
      "ff ff", // keep alive 65,535 s
      "00 02 69 64", // client identifier "id"
      "00 01 77", // will topic "w"
      "00 02 00 ff", // will message
      "00 01 75", // user name "u"
      "00 03 00 01 02", // password
    ),
    packet: {
      ...connect,
      protocolVersion: 4,
      clientIdentifier: "id",
      cleanStart: false,
      keepAlive: 65_535,
      will: { topicName: "w", payload: hex("00 ff"), qos: 2, retain: true },
      username: "u",
      password: hex("00 01 02"),
    },
  },
  {
    title: "a CONNECT with everything",
    versions: [3],
    bytes: hex(
      "10 1f", // CONNECT; 31 bytes follow
      "00 06 4d 51 49 73 64 70", // protocol name "MQIsdp"
      "03", // level 3
      "ce", // user name, password, will at QoS 1, clean session
      "00 0a", // keep alive 10 s
      "00 02 69 64", // client identifier "id"
      "00 01 77", // will topic "w"
      "00 02 00 ff", // will message
      "00 01 75", // user name "u"
      "00 03 00 01 02", // password
    ),
    packet: {
      ...connect,
      protocolVersion: 3,
      clientIdentifier: "id",
      keepAlive: 10,
      will: { topicName: "w", payload: hex("00 ff"), qos: 1, retain: false },
      username: "u",
      password: hex("00 01 02"),
    },
  },
  {
    title: "a CONNECT with everything",
    versions: [5],
    bytes: hex(
      "10 64", // CONNECT; 100 bytes follow
      "00 04 4d 51 54 54", // protocol name "MQTT"
      "05", // version 5
      "ee", // user name, password, will retained at QoS 1, clean start
      "00 0a", // keep alive 10 s
      "28", // 40 bytes of properties
      "11 00 00 00 78", // Session Expiry Interval 120 s
      "21 00 14", // Receive Maximum 20
      "27 00 01 00 00", // Maximum Packet Size 65,536
      "22 00 0a", // Topic Alias Maximum 10
      "19 01", // Request Response Information
      "17 00", // no Request Problem Information
      "26 00 01 61 00 01 62", // User Property a = b
      "15 00 05 53 43 52 41 4d", // Authentication Method "SCRAM"
      "16 00 02 de ad", // Authentication Data
      "00 02 69 64", // client identifier "id"
      "1f", // 31 bytes of will properties
      "18 00 00 00 05", // Will Delay Interval 5 s
      "01 01", // Payload Format Indicator: UTF-8
      "02 00 00 00 3c", // Message Expiry Interval 60 s
      "03 00 01 74", // Content Type "t"
      "08 00 01 72", // Response Topic "r"
      "09 00 01 2a", // Correlation Data
      "26 00 01 78 00 01 79", // User Property x = y
      "00 01 77", // will topic "w"
      "00 02 68 69", // will message
      "00 01 75", // user name "u"
      "00 01 70", // password
    ),
    packet: {
      ...connect,
      protocolVersion: 5,
      clientIdentifier: "id",
      keepAlive: 10,
      properties: {
        sessionExpiryInterval: 120,
        receiveMaximum: 20,
        maximumPacketSize: 65_536,
        topicAliasMaximum: 10,
        requestResponseInformation: true,
        requestProblemInformation: false,
        userProperties: [["a", "b"]],
        authenticationMethod: "SCRAM",
        authenticationData: hex("de ad"),
      },
      will: {
        topicName: "w",
        payload: hex("68 69"),
        qos: 1,
        retain: true,
        properties: {
          willDelayInterval: 5,
          payloadFormatIndicator: 1,
          messageExpiryInterval: 60,
          contentType: "t",
          responseTopic: "r",
          correlationData: hex("2a"),
          userProperties: [["x", "y"]],
        },
      },
      username: "u",
      password: hex("70"),
    },
  },
  {
    title: "a CONNECT with a will without properties",
    versions: [5],
    bytes: hex(
      "10 14", // CONNECT; 20 bytes follow
      "00 04 4d 51 54 54", // protocol name "MQTT"
      "05", // version 5
      "06", // will at QoS 0, clean start
      "00 3c", // keep alive 60 s
      "00", // no properties
      "00 01 61", // client identifier "a"
      "00", // no will properties
      "00 01 77", // will topic "w"
      "00 00", // no will message
    ),
    packet: {
      ...connect,
      protocolVersion: 5,
      will: { topicName: "w", payload: hex(""), qos: 0, retain: false, properties: undefined },
    },
    init: { type: "connect", clientIdentifier: "a", keepAlive: 60, will: { topicName: "w", payload: hex("") } },
  },
  {
    title: "a CONNECT with a password and no user name",
    versions: [5],
    bytes: hex("10 11", "00 04 4d 51 54 54", "05", "42", "00 3c", "00", "00 01 61", "00 01 70"),
    packet: { ...connect, protocolVersion: 5, password: hex("70") },
  },
  {
    title: "a CONNECT with an empty user name and no password",
    versions: [4],
    bytes: hex("10 0f", "00 04 4d 51 54 54", "04", "82", "00 3c", "00 01 61", "00 00"),
    packet: { ...connect, protocolVersion: 4, username: "" },
  },
  {
    title: "the CONNECT of a bridge",
    versions: [4],
    bytes: hex("10 0d", "00 04 4d 51 54 54", "84", "02", "00 3c", "00 01 61"),
    packet: { ...connect, protocolVersion: 4, bridge: true },
  },
  {
    title: "the CONNECT of a bridge",
    versions: [3],
    bytes: hex("10 0f", "00 06 4d 51 49 73 64 70", "83", "02", "00 3c", "00 01 61"),
    packet: { ...connect, protocolVersion: 3, bridge: true },
  },
  {
    title: "a CONNECT whose flags announce a user name and a password that don't come",
    versions: [3],
    bytes: hex("10 0f", "00 06 4d 51 49 73 64 70", "03", "c2", "00 3c", "00 01 61"),
    packet: { ...connect, protocolVersion: 3 },
    decodeOnly: true,
  },
  {
    title: "a CONNECT whose flags announce a password that doesn't come",
    versions: [3],
    bytes: hex("10 12", "00 06 4d 51 49 73 64 70", "03", "c2", "00 3c", "00 01 61", "00 01 75"),
    packet: { ...connect, protocolVersion: 3, username: "u" },
    decodeOnly: true,
  },
  {
    title: "a CONNECT with will flags, but without a will, and with the reserved flag",
    versions: [3],
    bytes: hex("10 0f", "00 06 4d 51 49 73 64 70", "03", "3b", "00 3c", "00 01 61"),
    packet: { ...connect, protocolVersion: 3 },
    decodeOnly: true,
  },
];

/** A CONNECT of version 4 or 5 with these flags, this much of a payload and the lengths worked out. */
function withFlags(level: "04" | "05", flags: string, payload: string): Uint8Array {
  const properties = level === "05" ? "00" : "";
  const body = hex("00 04 4d 51 54 54", level, flags, "00 3c", properties, payload);
  return Uint8Array.of(0x10, body.length, ...body);
}

function inBoth(title: string, flags: string, payload: string, rest: Pick<Violation, "error" | "clause" | "offset">) {
  return [
    { title, versions: [4], bytes: withFlags("04", flags, payload), ...rest },
    { title, versions: [5], bytes: withFlags("05", flags, payload), ...rest },
  ] satisfies Violation[];
}

/** A CONNECT of 5.0 with these properties. */
function withProperties(...properties: readonly string[]): Uint8Array {
  const section = hex(...properties);
  const body = [...hex("00 04 4d 51 54 54", "05", "02", "00 3c"), section.length, ...section, ...hex("00 01 61")];
  return Uint8Array.of(0x10, body.length, ...body);
}

/** A CONNECT of 5.0 with these will properties. */
function withWillProperties(...properties: readonly string[]): Uint8Array {
  const section = hex(...properties);
  const before = hex("00 04 4d 51 54 54", "05", "06", "00 3c", "00", "00 01 61");
  const body = [...before, section.length, ...section, ...hex("00 01 77", "00 00")];
  return Uint8Array.of(0x10, body.length, ...body);
}

const malformed = "MalformedPacketError";
const protocol = "ProtocolError";

export const violations: readonly Violation[] = [
  ...inBoth("a CONNECT with the reserved connect flag", "03", "00 01 61", {
    error: malformed,
    clause: "MQTT-3.1.2-3",
    offset: 9,
  }),
  ...inBoth("a CONNECT with a will QoS and no will", "0a", "00 01 61", {
    error: malformed,
    clause: "MQTT-3.1.2-11",
    offset: 9,
  }),
  ...inBoth("a CONNECT with will retain and no will", "22", "00 01 61", {
    error: malformed,
    clause: "MQTT-3.1.2-13",
    offset: 9,
  }),
  ...inBoth("a CONNECT with will QoS 3", "1e", "00 01 61", { error: malformed, clause: "MQTT-3.1.2-12", offset: 9 }),
  {
    title: "a CONNECT with will QoS 3",
    versions: [3],
    bytes: hex("10 14", "00 06 4d 51 49 73 64 70", "03", "1e", "00 3c", "00 01 61", "00 01 77", "00 00"),
    error: malformed,
    clause: "MQTT-3.1.2-12",
    offset: 11,
  },
  {
    title: "a CONNECT with a password and no user name",
    versions: [4],
    bytes: withFlags("04", "42", "00 01 61 00 01 70"),
    error: malformed,
    clause: "MQTT-3.1.2-22 of 3.1.1",
    offset: 9,
  },
  {
    title: "a CONNECT of a protocol that is not MQTT",
    versions: [5],
    bytes: hex("10 0d", "00 04 48 54 54 50", "04", "02", "00 3c", "00 01 61"),
    error: protocol,
    reasonCode: 0x84,
    clause: "MQTT-3.1.2-1",
    offset: 2,
  },
  ...["00", "01", "02", "03", "06", "83", "85", "ff"].map((level): Violation => ({
    title: `a CONNECT with the name MQTT and the level 0x${level}`,
    versions: [5],
    bytes: hex("10 0d", "00 04 4d 51 54 54", level, "02", "00 3c", "00 01 61"),
    error: protocol,
    reasonCode: 0x84,
    clause: "MQTT-3.1.2-2",
    offset: 8,
  })),
  ...["04", "05", "84"].map((level): Violation => ({
    title: `a CONNECT with the name MQIsdp and the level 0x${level}`,
    versions: [3],
    bytes: hex("10 0f", "00 06 4d 51 49 73 64 70", level, "02", "00 3c", "00 01 61"),
    error: protocol,
    reasonCode: 0x84,
    clause: "MQTT-3.1.2-2",
    offset: 10,
  })),
  {
    title: "a CONNECT of a later version, whatever follows,",
    versions: [5],
    bytes: hex("10 08", "00 04 4d 51 54 54", "06", "ff"),
    error: protocol,
    reasonCode: 0x84,
    clause: "MQTT-3.1.2-2",
    offset: 8,
  },
  ...[1, 2, 4, 8].map((flags): Violation => ({
    title: `a CONNECT with the fixed header flags ${flags}`,
    versions: [3, 4, 5],
    bytes: hex(`1${flags} 0d`, "00 04 4d 51 54 54", "04", "02", "00 3c", "00 01 61"),
    error: malformed,
    clause: "MQTT-2.1.3-1",
    offset: 0,
  })),
  {
    title: "a CONNECT without anything",
    versions: [4],
    bytes: hex("10 00"),
    error: malformed,
    offset: 2,
  },
  {
    title: "a CONNECT that ends before the keep alive",
    versions: [4],
    bytes: hex("10 09", "00 04 4d 51 54 54", "04", "02", "00"),
    error: malformed,
    offset: 10,
  },
  {
    title: "a CONNECT without a client identifier",
    versions: [4],
    bytes: hex("10 0a", "00 04 4d 51 54 54", "04", "02", "00 3c"),
    error: malformed,
    offset: 12,
  },
  {
    title: "a CONNECT whose user name doesn't come",
    versions: [4],
    bytes: withFlags("04", "82", "00 01 61"),
    error: malformed,
    offset: 15,
  },
  {
    title: "a CONNECT whose password doesn't come",
    versions: [4],
    bytes: withFlags("04", "c2", "00 01 61 00 01 75"),
    error: malformed,
    offset: 18,
  },
  {
    title: "a CONNECT with bytes after its last field",
    versions: [4],
    bytes: withFlags("04", "02", "00 01 61 00 01 75"),
    error: malformed,
    offset: 15,
  },
  {
    title: "a CONNECT that ends before its will",
    versions: [4],
    bytes: withFlags("04", "06", "00 01 61"),
    error: malformed,
    offset: 15,
  },
  {
    title: "a CONNECT that ends before the properties of its will",
    versions: [5],
    bytes: withFlags("05", "06", "00 01 61"),
    error: malformed,
    offset: 16,
  },
  {
    title: "a CONNECT that ends before the payload of its will",
    versions: [4],
    bytes: withFlags("04", "06", "00 01 61 00 01 77"),
    error: malformed,
    offset: 18,
  },
  {
    title: "a CONNECT with an ill-formed will topic",
    versions: [4],
    bytes: withFlags("04", "06", "00 01 61 00 02 77 ff 00 00"),
    error: malformed,
    clause: "MQTT-1.5.4-1",
    offset: 15,
  },
  {
    title: "a CONNECT with an ill-formed client identifier",
    versions: [4],
    bytes: withFlags("04", "02", "00 02 ff fe"),
    error: malformed,
    clause: "MQTT-1.5.4-1",
    offset: 12,
  },
  {
    title: "a CONNECT with U+0000 in its user name",
    versions: [4],
    bytes: withFlags("04", "82", "00 01 61 00 01 00"),
    error: malformed,
    clause: "MQTT-1.5.4-2",
    offset: 15,
  },
  {
    title: "a CONNECT with an empty will topic",
    versions: [4],
    bytes: withFlags("04", "06", "00 01 61 00 00 00 00"),
    error: malformed,
    clause: "MQTT-4.7.3-1",
    offset: 15,
  },
  {
    title: "a CONNECT with a wildcard in its will topic",
    versions: [4],
    bytes: withFlags("04", "06", "00 01 61 00 03 61 2f 23 00 00"),
    error: malformed,
    clause: "MQTT-4.7.0-1",
    offset: 15,
  },
  {
    title: "a CONNECT with a Remaining Length in more bytes than it needs",
    versions: [5],
    bytes: hex("10 8e 00", "00 04 4d 51 54 54", "05", "02", "00 3c", "00", "00 01 61"),
    error: malformed,
    clause: "MQTT-1.5.5-1",
    offset: 1,
  },
  {
    title: "Receive Maximum 0",
    versions: [5],
    bytes: withProperties("21 00 00"),
    error: protocol,
    offset: 14,
  },
  {
    title: "Maximum Packet Size 0",
    versions: [5],
    bytes: withProperties("27 00 00 00 00"),
    error: protocol,
    offset: 14,
  },
  {
    title: "Request Problem Information 2",
    versions: [5],
    bytes: withProperties("17 02"),
    error: protocol,
    offset: 14,
  },
  {
    title: "Request Response Information twice, also if it is 0,",
    versions: [5],
    bytes: withProperties("19 00", "19 00"),
    error: protocol,
    offset: 15,
  },
  {
    title: "Session Expiry Interval twice, also if it is 0,",
    versions: [5],
    bytes: withProperties("11 00 00 00 00", "11 00 00 00 00"),
    error: protocol,
    offset: 18,
  },
  {
    title: "Authentication Data without an Authentication Method",
    versions: [5],
    bytes: withProperties("16 00 01 2a"),
    error: protocol,
    offset: 12,
  },
  {
    title: "a property of the will (Will Delay Interval) in CONNECT",
    versions: [5],
    bytes: withProperties("18 00 00 00 00"),
    error: malformed,
    offset: 13,
  },
  {
    title: "a property of CONNECT (Receive Maximum) in the will",
    versions: [5],
    bytes: withWillProperties("21 00 01"),
    error: malformed,
    offset: 17,
  },
  {
    title: "a Topic Alias in the will",
    versions: [5],
    bytes: withWillProperties("23 00 01"),
    error: malformed,
    offset: 17,
  },
  {
    title: "Will Delay Interval twice",
    versions: [5],
    bytes: withWillProperties("18 00 00 00 00", "18 00 00 00 00"),
    error: protocol,
    offset: 22,
  },
];

const all = [3, 4, 5] as const;
const base = { type: "connect", clientIdentifier: "a" } as const;

export const refusals: readonly Refusal[] = [
  {
    title: "a CONNECT of another version",
    versions: [4, 5],
    packet: { ...base, protocolVersion: 3 },
    field: "protocolVersion",
    message: "protocolVersion is 3; the packet is being encoded for version",
  },
  ...[-1, 65_536, 0.5, "60", null].map((keepAlive): Refusal => ({
    title: `keep alive ${JSON.stringify(keepAlive)}`,
    versions: all,
    packet: { ...base, keepAlive },
    field: "keepAlive",
    message: "it must be a whole number of seconds from 0 to 65,535",
  })),
  {
    title: "a password without a user name",
    versions: [3, 4],
    packet: { ...base, password: hex("70") },
    field: "password",
    clause: "MQTT-3.1.2-22 of 3.1.1",
    message: "a password without a user name needs MQTT 5.0",
  },
  {
    title: "no client identifier for a session to be resumed",
    versions: [4],
    packet: { type: "connect", clientIdentifier: "", cleanStart: false },
    field: "clientIdentifier",
    clause: "MQTT-3.1.3-7 of 3.1.1",
    message: "that needs cleanStart",
  },
  {
    title: "no client identifier",
    versions: [3],
    packet: { type: "connect", clientIdentifier: "" },
    field: "clientIdentifier",
    message: "MQTT 3.1 needs at least one character",
  },
  {
    title: "a bridge",
    versions: [5],
    packet: { ...base, bridge: true },
    field: "bridge",
    message: "it marks MQTT 3.x clients only",
  },
  ...[undefined, null, 1, "a\0", "\ud800"].map((clientIdentifier): Refusal => ({
    title: `the client identifier ${JSON.stringify(clientIdentifier)}`,
    versions: all,
    packet: { type: "connect", clientIdentifier },
    field: "clientIdentifier",
    ...(clientIdentifier === "a\0" ? { clause: "MQTT-1.5.4-2" } : {}),
    ...(clientIdentifier === "\ud800" ? { clause: "MQTT-1.5.4-1" } : {}),
    message: "must",
  })),
  {
    title: "a client identifier of 65,536 bytes",
    versions: all,
    packet: { type: "connect", clientIdentifier: "x".repeat(65_536) },
    field: "clientIdentifier",
    message: "clientIdentifier has 65536 bytes in UTF-8; a string is at most 65,535 bytes long",
  },
  {
    title: "a password of 65,536 bytes",
    versions: all,
    packet: { ...base, username: "u", password: new Uint8Array(65_536) },
    field: "password",
    message: "password has 65536 bytes; binary data is at most 65,535 bytes long",
  },
  ...[null, "w", 1].map((will): Refusal => ({
    title: `the will ${JSON.stringify(will)}`,
    versions: all,
    packet: { ...base, will },
    field: "will",
    message: "it must be an object",
  })),
  {
    title: "a will of QoS 3",
    versions: all,
    packet: { ...base, will: { topicName: "w", payload: hex(""), qos: 3 } },
    field: "will.qos",
    clause: "MQTT-3.1.2-12",
    message: "will.qos is 3; it must be 0, 1 or 2",
  },
  {
    title: "a will without a topic",
    versions: all,
    packet: { ...base, will: { topicName: "", payload: hex("") } },
    field: "will.topicName",
    clause: "MQTT-4.7.3-1",
    message: "it must have at least one character",
  },
  {
    title: "a will topic with a wildcard",
    versions: all,
    packet: { ...base, will: { topicName: "w/+", payload: hex("") } },
    field: "will.topicName",
    clause: "MQTT-4.7.0-1",
    message: "must not contain the wildcard characters + and #",
  },
  {
    title: "a will payload in a string",
    versions: all,
    packet: { ...base, will: { topicName: "w", payload: "gone" } },
    field: "will.payload",
    message: "will.payload is a string; it must be a Uint8Array",
  },
  {
    title: "a will property",
    versions: [3, 4],
    packet: { ...base, will: { topicName: "w", payload: hex(""), properties: { willDelayInterval: 5 } } },
    field: "will.properties.willDelayInterval",
    message: "will.properties.willDelayInterval needs MQTT 5.0: the will in CONNECT has no properties in MQTT 3.x",
  },
  {
    title: "a property of CONNECT in the will",
    versions: [5],
    packet: { ...base, will: { topicName: "w", payload: hex(""), properties: { receiveMaximum: 5 } } },
    field: "will.properties.receiveMaximum",
    message: "will.properties.receiveMaximum is not allowed in the will in CONNECT",
  },
  {
    title: "a property",
    versions: [3, 4],
    packet: { ...base, properties: { receiveMaximum: 5 } },
    field: "properties.receiveMaximum",
    message: "properties.receiveMaximum needs MQTT 5.0: CONNECT has no properties in MQTT 3.x",
  },
  {
    title: "receive maximum 0",
    versions: [5],
    packet: { ...base, properties: { receiveMaximum: 0 } },
    field: "properties.receiveMaximum",
    message: "properties.receiveMaximum is 0; it must be a whole number from 1 to 65535",
  },
  {
    title: "request problem information 1 instead of true",
    versions: [5],
    packet: { ...base, properties: { requestProblemInformation: 1 } },
    field: "properties.requestProblemInformation",
    message: "properties.requestProblemInformation is 1; it must be true or false",
  },
  {
    title: "authentication data without a method",
    versions: [5],
    packet: { ...base, properties: { authenticationData: hex("2a") } },
    field: "properties.authenticationData",
    message: "properties.authenticationData needs an authenticationMethod beside it",
  },
];
