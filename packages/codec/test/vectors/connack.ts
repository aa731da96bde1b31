import { hex, type Refusal, type Vector, type Violation } from "./vector.ts";

const connack = { type: "connack", sessionPresent: false, reasonCode: 0, properties: undefined } as const;

/** The return codes of MQTT 3.x (table 3.1 of 3.1.1) and the Reason Codes that say the same. */
const RETURN_CODES = [
  { returnCode: 1, reasonCode: 0x84, title: "unacceptable protocol version" },
  { returnCode: 2, reasonCode: 0x85, title: "identifier rejected" },
  { returnCode: 3, reasonCode: 0x88, title: "server unavailable" },
  { returnCode: 4, reasonCode: 0x86, title: "bad user name or password" },
  { returnCode: 5, reasonCode: 0x87, title: "not authorized" },
] as const;

export const vectors: readonly Vector[] = [
  {
    title: "a CONNACK that accepts",
    versions: [3, 4],
    bytes: hex(
      "20 02", // CONNACK; 2 bytes follow
      "00", // no session present
      "00", // return code 0
    ),
    packet: connack,
    init: { type: "connack" },
  },
  {
    title: "a CONNACK that accepts",
    versions: [5],
    bytes: hex(
      "20 03", // CONNACK; 3 bytes follow
      "00", // no session present
      "00", // success
      "00", // no properties
    ),
    packet: connack,
    init: { type: "connack" },
  },
  {
    title: "a CONNACK that resumes a session",
    versions: [4],
    bytes: hex("20 02", "01", "00"),
    packet: { ...connack, sessionPresent: true },
  },
  {
    title: "a CONNACK that resumes a session",
    versions: [5],
    bytes: hex("20 03", "01", "00", "00"),
    packet: { ...connack, sessionPresent: true },
  },
  {
    title: "a CONNACK whose first byte means nothing yet",
    versions: [3],
    bytes: hex("20 02", "ff", "00"),
    packet: connack,
    decodeOnly: true,
  },
  ...RETURN_CODES.map(({ returnCode, reasonCode, title }): Vector => ({
    title: `a CONNACK that refuses: ${title}`,
    versions: [3, 4],
    bytes: hex("20 02", "00", `0${returnCode}`),
    packet: { ...connack, reasonCode },
  })),
  ...RETURN_CODES.map(({ returnCode, reasonCode, title }): Vector => ({
    title: `the CONNACK of a server that knows only 3.1.1 (${title})`,
    versions: [5],
    bytes: hex("20 02", "00", `0${returnCode}`),
    packet: { ...connack, reasonCode },
    decodeOnly: true,
  })),
  {
    title: "the CONNACK of a server that knows only 5.0 (unsupported protocol version)",
    versions: [3, 4],
    bytes: hex("20 03", "00", "84", "00"),
    packet: { ...connack, reasonCode: 0x84 },
    decodeOnly: true,
  },
  {
    title: "the CONNACK of a server that knows only 5.0, with a reason string",
    versions: [3, 4],
    bytes: hex("20 08", "00", "84", "05", "1f 00 02 6e 6f"),
    packet: { ...connack, reasonCode: 0x84, properties: { reasonString: "no" } },
    decodeOnly: true,
  },
  {
    title: "a CONNACK that refuses: use another server",
    versions: [5],
    bytes: hex(
      "20 0c", // CONNACK; 12 bytes follow
      "00", // no session present
      "9c", // use another server
      "09", // 9 bytes of properties
      "1f 00 02 6e 6f", // Reason String "no"
      "1c 00 01 73", // Server Reference "s"
    ),
    packet: { ...connack, reasonCode: 0x9c, properties: { reasonString: "no", serverReference: "s" } },
  },
  {
    title: "a CONNACK with every property",
    versions: [5],
    bytes: hex(
      "20 41", // CONNACK; 65 bytes follow
      "01", // session present
      "00", // success
      "3e", // 62 bytes of properties
      "11 ff ff ff ff", // Session Expiry Interval: for ever
      "21 00 14", // Receive Maximum 20
      "24 01", // Maximum QoS 1
      "25 00", // no Retain Available
      "27 00 01 00 00", // Maximum Packet Size 65,536
      "12 00 02 69 64", // Assigned Client Identifier "id"
      "22 00 0a", // Topic Alias Maximum 10
      "1f 00 02 6f 6b", // Reason String "ok"
      "26 00 01 61 00 01 62", // User Property a = b
      "28 01", // Wildcard Subscription Available
      "29 00", // no Subscription Identifiers Available
      "2a 01", // Shared Subscription Available
      "13 00 3c", // Server Keep Alive 60 s
      "1a 00 01 72", // Response Information "r"
      "1c 00 01 73", // Server Reference "s"
      "15 00 01 6d", // Authentication Method "m"
      "16 00 01 64", // Authentication Data
    ),
    packet: {
      ...connack,
      sessionPresent: true,
      properties: {
        sessionExpiryInterval: 4_294_967_295,
        receiveMaximum: 20,
        maximumQos: 1,
        retainAvailable: false,
        maximumPacketSize: 65_536,
        assignedClientIdentifier: "id",
        topicAliasMaximum: 10,
        reasonString: "ok",
        userProperties: [["a", "b"]],
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        serverKeepAlive: 60,
        responseInformation: "r",
        serverReference: "s",
        authenticationMethod: "m",
        authenticationData: hex("64"),
      },
    },
  },
];

export const violations: readonly Violation[] = [
  {
    title: "reserved connect acknowledge flags",
    versions: [4],
    bytes: hex("20 02", "02", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-3.2.2-1",
    offset: 2,
  },
  {
    title: "reserved connect acknowledge flags",
    versions: [5],
    bytes: hex("20 03", "80", "00", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-3.2.2-1",
    offset: 2,
  },
  {
    title: "a session that is present although the connection is refused",
    versions: [4],
    bytes: hex("20 02", "01", "05"),
    error: "ProtocolError",
    clause: "MQTT-3.2.2-6",
    offset: 2,
  },
  {
    title: "a session that is present although the connection is refused",
    versions: [5],
    bytes: hex("20 03", "01", "87", "00"),
    error: "ProtocolError",
    clause: "MQTT-3.2.2-6",
    offset: 2,
  },
  {
    title: "return code 6",
    versions: [3, 4, 5],
    bytes: hex("20 02", "00", "06"),
    error: "ProtocolError",
    offset: 3,
  },
  {
    title: "a return code that is no reason code",
    versions: [5],
    bytes: hex("20 03", "00", "05", "00"),
    error: "ProtocolError",
    clause: "MQTT-3.2.2-8",
    offset: 3,
  },
  {
    title: "a reason code of DISCONNECT",
    versions: [3, 4, 5],
    bytes: hex("20 03", "00", "8e", "00"),
    error: "ProtocolError",
    clause: "MQTT-3.2.2-8",
    offset: 3,
  },
  {
    title: "success without a Property Length [MQTT-2.2.2-1]",
    versions: [5],
    bytes: hex("20 02", "00", "00"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "a reason code without a Property Length [MQTT-2.2.2-1]",
    versions: [5],
    bytes: hex("20 02", "00", "87"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "a reason code in the form of 3.x",
    versions: [3, 4],
    bytes: hex("20 02", "00", "87"),
    error: "ProtocolError",
    offset: 3,
  },
  {
    title: "properties of a success",
    versions: [3, 4],
    bytes: hex("20 03", "00", "00", "00"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "no return code",
    versions: [3, 4, 5],
    bytes: hex("20 01", "00"),
    error: "MalformedPacketError",
    offset: 3,
  },
  {
    title: "CONNACK flags",
    versions: [3, 4, 5],
    bytes: hex("21 03", "00", "00", "00"),
    error: "MalformedPacketError",
    clause: "MQTT-2.1.3-1",
    offset: 0,
  },
  {
    title: "a byte after the properties",
    versions: [5],
    bytes: hex("20 04", "00", "00", "00", "00"),
    error: "MalformedPacketError",
    offset: 5,
  },
  {
    title: "Maximum QoS 2",
    versions: [5],
    bytes: hex("20 05", "00", "00", "02", "24 02"),
    error: "ProtocolError",
    offset: 6,
  },
  {
    title: "Retain Available 2",
    versions: [5],
    bytes: hex("20 05", "00", "00", "02", "25 02"),
    error: "ProtocolError",
    offset: 6,
  },
  {
    title: "Retain Available twice, also if it is 0,",
    versions: [5],
    bytes: hex("20 07", "00", "00", "04", "25 00", "25 00"),
    error: "ProtocolError",
    offset: 7,
  },
  {
    title: "Receive Maximum 0",
    versions: [5],
    bytes: hex("20 06", "00", "00", "03", "21 00 00"),
    error: "ProtocolError",
    offset: 6,
  },
  {
    title: "Maximum Packet Size 0",
    versions: [5],
    bytes: hex("20 08", "00", "00", "05", "27 00 00 00 00"),
    error: "ProtocolError",
    offset: 6,
  },
  {
    title: "a property of CONNECT (Request Problem Information)",
    versions: [5],
    bytes: hex("20 05", "00", "00", "02", "17 01"),
    error: "MalformedPacketError",
    offset: 5,
  },
];

export const refusals: readonly Refusal[] = [
  {
    title: "a session that is present although the connection is refused",
    versions: [3, 4, 5],
    packet: { type: "connack", sessionPresent: true, reasonCode: 0x87 },
    field: "sessionPresent",
    clause: "MQTT-3.2.2-6",
    message: "it must be false in a CONNACK that refuses",
  },
  {
    title: "a session that is present",
    versions: [3],
    packet: { type: "connack", sessionPresent: true },
    field: "sessionPresent",
    message: "MQTT 3.1 cannot say so",
  },
  ...[1, 0x80, 0x9f, 256, "0"].map((reasonCode): Refusal => ({
    title: `reason code ${JSON.stringify(reasonCode)}`,
    versions: [3, 4],
    packet: { type: "connack", reasonCode },
    field: "reasonCode",
    message: "no return code of MQTT 3.x stands for it",
  })),
  ...[1, 5, 0x8e, 256, -1, "135", null].map((reasonCode): Refusal => ({
    title: `reason code ${JSON.stringify(reasonCode)}`,
    versions: [5],
    packet: { type: "connack", reasonCode },
    field: "reasonCode",
    clause: "MQTT-3.2.2-8",
    message: "CONNACK may not carry it",
  })),
  {
    title: "a property",
    versions: [3, 4],
    packet: { type: "connack", properties: { serverKeepAlive: 1 } },
    field: "properties.serverKeepAlive",
    message: "properties.serverKeepAlive needs MQTT 5.0: CONNACK has no properties in MQTT 3.x",
  },
  {
    title: "maximum QoS 2",
    versions: [5],
    packet: { type: "connack", properties: { maximumQos: 2 } },
    field: "properties.maximumQos",
    message: "properties.maximumQos is 2; it must be a whole number from 0 to 1",
  },
];
