import { PacketType, type PacketTypeName } from "./packet.ts";

/** Reason Codes by name (section 2.4). MQTT 3.x return codes are presented as these. */
export const ReasonCode = {
  success: 0x00,
  normalDisconnection: 0x00,
  grantedQos0: 0x00,
  grantedQos1: 0x01,
  grantedQos2: 0x02,
  disconnectWithWillMessage: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reAuthenticate: 0x19,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  useAnotherServer: 0x9c,
  serverMoved: 0x9d,
  sharedSubscriptionsNotSupported: 0x9e,
  connectionRateExceeded: 0x9f,
  maximumConnectTime: 0xa0,
  subscriptionIdentifiersNotSupported: 0xa1,
  wildcardSubscriptionsNotSupported: 0xa2,
} as const;

export type ReasonCodeName = keyof typeof ReasonCode;

/**
 * Which packets may carry which code (the tables of 3.2.2.2, 3.4.2.1, 3.5.2.1, 3.6.2.1, 3.7.2.1, 3.9.3, 3.11.3,
 * 3.14.2.1, 3.15.2.1). DISCONNECT also has 0x8C: its own table leaves it out, but table 2-6 has it.
 */
const ALLOWED: Partial<Record<PacketTypeName, readonly ReasonCodeName[]>> = {
  connack: [
    "success",
    "unspecifiedError",
    "malformedPacket",
    "protocolError",
    "implementationSpecificError",
    "unsupportedProtocolVersion",
    "clientIdentifierNotValid",
    "badUserNameOrPassword",
    "notAuthorized",
    "serverUnavailable",
    "serverBusy",
    "banned",
    "badAuthenticationMethod",
    "topicNameInvalid",
    "packetTooLarge",
    "quotaExceeded",
    "payloadFormatInvalid",
    "retainNotSupported",
    "qosNotSupported",
    "useAnotherServer",
    "serverMoved",
    "connectionRateExceeded",
  ],
  puback: [
    "success",
    "noMatchingSubscribers",
    "unspecifiedError",
    "implementationSpecificError",
    "notAuthorized",
    "topicNameInvalid",
    "packetIdentifierInUse",
    "quotaExceeded",
    "payloadFormatInvalid",
  ],
  pubrec: [
    "success",
    "noMatchingSubscribers",
    "unspecifiedError",
    "implementationSpecificError",
    "notAuthorized",
    "topicNameInvalid",
    "packetIdentifierInUse",
    "quotaExceeded",
    "payloadFormatInvalid",
  ],
  pubrel: ["success", "packetIdentifierNotFound"],
  pubcomp: ["success", "packetIdentifierNotFound"],
  suback: [
    "grantedQos0",
    "grantedQos1",
    "grantedQos2",
    "unspecifiedError",
    "implementationSpecificError",
    "notAuthorized",
    "topicFilterInvalid",
    "packetIdentifierInUse",
    "quotaExceeded",
    "sharedSubscriptionsNotSupported",
    "subscriptionIdentifiersNotSupported",
    "wildcardSubscriptionsNotSupported",
  ],
  unsuback: [
    "success",
    "noSubscriptionExisted",
    "unspecifiedError",
    "implementationSpecificError",
    "notAuthorized",
    "topicFilterInvalid",
    "packetIdentifierInUse",
  ],
  disconnect: [
    "normalDisconnection",
    "disconnectWithWillMessage",
    "unspecifiedError",
    "malformedPacket",
    "protocolError",
    "implementationSpecificError",
    "notAuthorized",
    "serverBusy",
    "serverShuttingDown",
    "badAuthenticationMethod",
    "keepAliveTimeout",
    "sessionTakenOver",
    "topicFilterInvalid",
    "topicNameInvalid",
    "receiveMaximumExceeded",
    "topicAliasInvalid",
    "packetTooLarge",
    "messageRateTooHigh",
    "quotaExceeded",
    "administrativeAction",
    "payloadFormatInvalid",
    "retainNotSupported",
    "qosNotSupported",
    "useAnotherServer",
    "serverMoved",
    "sharedSubscriptionsNotSupported",
    "connectionRateExceeded",
    "maximumConnectTime",
    "subscriptionIdentifiersNotSupported",
    "wildcardSubscriptionsNotSupported",
  ],
  auth: ["success", "continueAuthentication", "reAuthenticate"],
};

/** Bit n is set where packet type n may carry the code. */
const allowedPackets = new Uint16Array(256);
for (const [type, names] of Object.entries(ALLOWED)) {
  for (const name of names) {
    const code = ReasonCode[name];
    allowedPackets[code] = allowedPackets[code]! | (1 << PacketType[type as PacketTypeName]);
  }
}

/** Whether a packet of this type may carry this Reason Code in MQTT 5.0. */
export function isReasonCodeAllowed(reasonCode: number, packetType: PacketTypeName): boolean {
  return (allowedPackets[reasonCode]! & (1 << PacketType[packetType])) !== 0;
}

/** MQTT 3.x CONNACK return code (the index) → Reason Code. */
const REASON_CODE_OF_RETURN_CODE: readonly number[] = [
  ReasonCode.success,
  ReasonCode.unsupportedProtocolVersion,
  ReasonCode.clientIdentifierNotValid,
  ReasonCode.serverUnavailable,
  ReasonCode.badUserNameOrPassword,
  ReasonCode.notAuthorized,
];

/** The Reason Code that an MQTT 3.x CONNACK return code (0 to 5) stands for; undefined for a reserved one. */
export function reasonCodeOfReturnCode(returnCode: number): number | undefined {
  return REASON_CODE_OF_RETURN_CODE[returnCode];
}

/** The MQTT 3.x CONNACK return code for a Reason Code; undefined where 3.x has none. */
export function returnCodeOfReasonCode(reasonCode: number): number | undefined {
  const returnCode = REASON_CODE_OF_RETURN_CODE.indexOf(reasonCode);
  return returnCode === -1 ? undefined : returnCode;
}

const NAME_OF_CODE = new Map<number, ReasonCodeName>();
for (const name of Object.keys(ReasonCode) as ReasonCodeName[]) {
  if (!NAME_OF_CODE.has(ReasonCode[name])) NAME_OF_CODE.set(ReasonCode[name], name);
}

/**
 * A Reason Code in words, as in `not authorized (0x87)`.
 *
 * @example reasonText(0x86) // "bad user name or password (0x86)"
 */
export function reasonText(reasonCode: number): string {
  const hexadecimal = `0x${reasonCode.toString(16).padStart(2, "0")}`;
  const name = NAME_OF_CODE.get(reasonCode);
  if (name === undefined) return `unknown reason code (${hexadecimal})`;
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/qos(\d)/, "QoS $1");
  return `${words.replace("qos", "QoS").replace("re authenticate", "re-authenticate")} (${hexadecimal})`;
}
