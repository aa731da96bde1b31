import { hex, type Refusal, type Vector, type Violation } from "./vector.ts";

const all = [3, 4, 5] as const;
const disconnect = { type: "disconnect", reasonCode: 0, properties: undefined } as const;

export const disconnectVectors: readonly Vector[] = [
  {
    title: "a DISCONNECT",
    versions: all,
    bytes: hex("e0 00"), // DISCONNECT; nothing follows: normal disconnection
    packet: disconnect,
    init: { type: "disconnect" },
  },
  {
    title: "a DISCONNECT with a reason code and no Property Length, which a Remaining Length below 2 allows,",
    versions: [5],
    bytes: hex(
      "e0 01", // DISCONNECT; 1 byte follows
      "04", // disconnect with will message
    ),
    packet: { ...disconnect, reasonCode: 4 },
    init: { type: "disconnect", reasonCode: 4 },
  },
  {
    title: "a DISCONNECT with a reason code and a Property Length of 0",
    versions: [5],
    bytes: hex("e0 02", "8e", "00"),
    packet: { ...disconnect, reasonCode: 0x8e },
    decodeOnly: true,
  },
  {
    title: "a DISCONNECT that says normal disconnection at length",
    versions: [5],
    bytes: hex("e0 01", "00"),
    packet: disconnect,
    decodeOnly: true,
  },
  {
    title: "a DISCONNECT because of a bad authentication method, which only table 2-6 gives to it,",
    versions: [5],
    bytes: hex("e0 01", "8c"),
    packet: { ...disconnect, reasonCode: 0x8c },
  },
  {
    title: "a DISCONNECT with every property",
    versions: [5],
    bytes: hex(
      "e0 16", // DISCONNECT; 22 bytes follow
      "9d", // server moved
      "14", // 20 bytes of properties
      "11 00 00 00 00", // Session Expiry Interval 0
      "1f 00 01 72", // Reason String "r"
      "26 00 01 61 00 01 62", // User Property a = b
      "1c 00 01 73", // Server Reference "s"
    ),
    packet: {
      ...disconnect,
      reasonCode: 0x9d,
      properties: {
        sessionExpiryInterval: 0,
        reasonString: "r",
        userProperties: [["a", "b"]],
        serverReference: "s",
      },
    },
  },
  {
    title: "a normal DISCONNECT with a property",
    versions: [5],
    bytes: hex(
      "e0 07", // DISCONNECT; 7 bytes follow
      "00", // normal disconnection
      "05", // 5 bytes of properties
      "11 00 00 00 3c", // Session Expiry Interval 60 s
    ),
    packet: { ...disconnect, properties: { sessionExpiryInterval: 60 } },
    init: { type: "disconnect", properties: { sessionExpiryInterval: 60 } },
  },
];

export const disconnectViolations: readonly Violation[] = [
  ...[1, 2, 4, 8].map((flags): Violation => ({
    title: `a DISCONNECT with the flags ${flags}`,
    versions: all,
    bytes: hex(`e${flags} 00`),
    error: "MalformedPacketError",
    clause: "MQTT-3.14.1-1",
    offset: 0,
  })),
  {
    title: "a DISCONNECT with a reason code",
    versions: [3, 4],
    bytes: hex("e0 01", "00"),
    error: "MalformedPacketError",
    offset: 2,
  },
  {
    title: "a reason code of CONNACK in a DISCONNECT",
    versions: [5],
    bytes: hex("e0 01", "86"),
    error: "ProtocolError",
    clause: "MQTT-3.14.2-1",
    offset: 2,
  },
  {
    title: "two Session Expiry Intervals in a DISCONNECT",
    versions: [5],
    bytes: hex("e0 0c", "00", "0a", "11 00 00 00 00", "11 00 00 00 00"),
    error: "ProtocolError",
    offset: 9,
  },
  {
    title: "a property of CONNACK (Server Keep Alive) in a DISCONNECT",
    versions: [5],
    bytes: hex("e0 05", "00", "03", "13 00 01"),
    error: "MalformedPacketError",
    offset: 4,
  },
  {
    title: "a DISCONNECT with a byte after its properties",
    versions: [5],
    bytes: hex("e0 03", "00", "00", "00"),
    error: "MalformedPacketError",
    offset: 4,
  },
];

export const disconnectRefusals: readonly Refusal[] = [
  {
    title: "a DISCONNECT with a reason code",
    versions: [3, 4],
    packet: { type: "disconnect", reasonCode: 4 },
    field: "reasonCode",
    message: "reasonCode is 4; DISCONNECT has no reason code in MQTT 3.x",
  },
  {
    title: "a DISCONNECT with a property",
    versions: [3, 4],
    packet: { type: "disconnect", properties: { reasonString: "r" } },
    field: "properties.reasonString",
    message: "properties.reasonString needs MQTT 5.0",
  },
  ...[1, 0x86, 256, "4"].map((reasonCode): Refusal => ({
    title: `a DISCONNECT with reason code ${JSON.stringify(reasonCode)}`,
    versions: [5],
    packet: { type: "disconnect", reasonCode },
    field: "reasonCode",
    clause: "MQTT-3.14.2-1",
    message: "DISCONNECT may not carry it",
  })),
];

const auth = { type: "auth", reasonCode: 0, properties: undefined } as const;

export const authVectors: readonly Vector[] = [
  {
    title: "an AUTH that succeeds without a word",
    versions: [5],
    bytes: hex("f0 00"), // AUTH; nothing follows: success
    packet: auth,
    init: { type: "auth" },
  },
  {
    title: "an AUTH that continues",
    versions: [5],
    bytes: hex(
      "f0 0b", // AUTH; 11 bytes follow
      "18", // continue authentication
      "09", // 9 bytes of properties
      "15 00 01 6d", // Authentication Method "m"
      "16 00 02 de ad", // Authentication Data
    ),
    packet: {
      ...auth,
      reasonCode: 0x18,
      properties: { authenticationMethod: "m", authenticationData: hex("de ad") },
    },
  },
  {
    title: "an AUTH that authenticates again, with every property",
    versions: [5],
    bytes: hex(
      "f0 17", // AUTH; 23 bytes follow
      "19", // re-authenticate
      "15", // 21 bytes of properties
      "15 00 01 6d", // Authentication Method "m"
      "16 00 03 01 02 03", // Authentication Data
      "1f 00 01 72", // Reason String "r"
      "26 00 01 61 00 01 62", // User Property a = b
    ),
    packet: {
      ...auth,
      reasonCode: 0x19,
      properties: {
        authenticationMethod: "m",
        authenticationData: hex("01 02 03"),
        reasonString: "r",
        userProperties: [["a", "b"]],
      },
    },
  },
];

export const authViolations: readonly Violation[] = [
  ...[1, 2, 4, 8].map((flags): Violation => ({
    title: `an AUTH with the flags ${flags}`,
    versions: [5],
    bytes: hex(`f${flags} 00`),
    error: "MalformedPacketError",
    clause: "MQTT-3.15.1-1",
    offset: 0,
  })),
  {
    title: "an AUTH with a reason code and no Property Length",
    versions: [5],
    bytes: hex("f0 01", "18"),
    error: "MalformedPacketError",
    offset: 3,
  },
  {
    title: "an AUTH without an Authentication Method",
    versions: [5],
    bytes: hex("f0 02", "18", "00"),
    error: "ProtocolError",
    offset: 3,
  },
  {
    title: "an AUTH with data and without a method",
    versions: [5],
    bytes: hex("f0 06", "18", "04", "16 00 01 2a"),
    error: "ProtocolError",
    offset: 3,
  },
  {
    title: "a reason code that AUTH doesn't have",
    versions: [5],
    bytes: hex("f0 02", "87", "00"),
    error: "ProtocolError",
    clause: "MQTT-3.15.2-1",
    offset: 2,
  },
  {
    title: "two Authentication Methods",
    versions: [5],
    bytes: hex("f0 0a", "18", "08", "15 00 01 6d", "15 00 01 6d"),
    error: "ProtocolError",
    offset: 8,
  },
];

export const authRefusals: readonly Refusal[] = [
  {
    title: "an AUTH",
    versions: [3, 4],
    packet: { type: "auth" },
    field: "type",
    message: "it needs MQTT 5.0",
  },
  {
    title: "an AUTH without a method",
    versions: [5],
    packet: { type: "auth", reasonCode: 0x18 },
    field: "properties.authenticationMethod",
    message: "properties.authenticationMethod is missing; AUTH needs it",
  },
  {
    title: "a reason code that AUTH doesn't have",
    versions: [5],
    packet: { type: "auth", reasonCode: 0x87, properties: { authenticationMethod: "m" } },
    field: "reasonCode",
    clause: "MQTT-3.15.2-1",
    message: "AUTH may not carry it",
  },
];
