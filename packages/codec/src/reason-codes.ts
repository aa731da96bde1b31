import { PacketType, type PacketTypeName } from "./packet.ts";
import { AUTH, CONNACK, DISCONNECT, PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK, UNSUBACK } from "./packet-bits.ts";

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

const PUBLISH_ANSWERS = PUBACK | PUBREC;
const RELEASE_ANSWERS = PUBREL | PUBCOMP;
const ANSWERS = CONNACK | PUBLISH_ANSWERS | SUBACK | UNSUBACK;

/** Which packets may carry which code (table 2-6). The names that share 0x00 stand for all who have it. */
const PACKETS: Record<ReasonCodeName, number> = {
  success: ANSWERS | RELEASE_ANSWERS | AUTH,
  normalDisconnection: DISCONNECT,
  grantedQos0: SUBACK,
  grantedQos1: SUBACK,
  grantedQos2: SUBACK,
  disconnectWithWillMessage: DISCONNECT,
  noMatchingSubscribers: PUBLISH_ANSWERS,
  noSubscriptionExisted: UNSUBACK,
  continueAuthentication: AUTH,
  reAuthenticate: AUTH,
  unspecifiedError: ANSWERS | DISCONNECT,
  malformedPacket: CONNACK | DISCONNECT,
  protocolError: CONNACK | DISCONNECT,
  implementationSpecificError: ANSWERS | DISCONNECT,
  unsupportedProtocolVersion: CONNACK,
  clientIdentifierNotValid: CONNACK,
  badUserNameOrPassword: CONNACK,
  notAuthorized: ANSWERS | DISCONNECT,
  serverUnavailable: CONNACK,
  serverBusy: CONNACK | DISCONNECT,
  banned: CONNACK,
  serverShuttingDown: DISCONNECT,
  badAuthenticationMethod: CONNACK | DISCONNECT, // the table of DISCONNECT itself (3.14.2.1) leaves it out
  keepAliveTimeout: DISCONNECT,
  sessionTakenOver: DISCONNECT,
  topicFilterInvalid: SUBACK | UNSUBACK | DISCONNECT,
  topicNameInvalid: CONNACK | PUBLISH_ANSWERS | DISCONNECT,
  packetIdentifierInUse: PUBLISH_ANSWERS | SUBACK | UNSUBACK,
  packetIdentifierNotFound: RELEASE_ANSWERS,
  receiveMaximumExceeded: DISCONNECT,
  topicAliasInvalid: DISCONNECT,
  packetTooLarge: CONNACK | DISCONNECT,
  messageRateTooHigh: DISCONNECT,
  quotaExceeded: CONNACK | PUBLISH_ANSWERS | SUBACK | DISCONNECT,
  administrativeAction: DISCONNECT,
  payloadFormatInvalid: CONNACK | PUBLISH_ANSWERS | DISCONNECT,
  retainNotSupported: CONNACK | DISCONNECT,
  qosNotSupported: CONNACK | DISCONNECT,
  useAnotherServer: CONNACK | DISCONNECT,
  serverMoved: CONNACK | DISCONNECT,
  sharedSubscriptionsNotSupported: SUBACK | DISCONNECT,
  connectionRateExceeded: CONNACK | DISCONNECT,
  maximumConnectTime: DISCONNECT,
  subscriptionIdentifiersNotSupported: SUBACK | DISCONNECT,
  wildcardSubscriptionsNotSupported: SUBACK | DISCONNECT,
};

/** The packets that may carry a code, and a name for it: the first one that has it. */
const PACKETS_OF_CODE = new Uint16Array(256);
const NAME_OF_CODE: string[] = [];
for (const name of Object.keys(ReasonCode) as ReasonCodeName[]) {
  const code = ReasonCode[name];
  PACKETS_OF_CODE[code] = PACKETS_OF_CODE[code]! | PACKETS[name];
  NAME_OF_CODE[code] ??= name;
}

/** Whether a packet of this type may carry this Reason Code in MQTT 5.0. */
export function isReasonCodeAllowed(reasonCode: number, packetType: PacketTypeName): boolean {
  return (PACKETS_OF_CODE[reasonCode]! & (1 << PacketType[packetType])) !== 0;
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

/**
 * A Reason Code in words, as in `not authorized (0x87)`.
 *
 * @example reasonText(0x86) // "bad user name or password (0x86)"
 */
export function reasonText(reasonCode: number): string {
  const hexadecimal = `0x${reasonCode.toString(16).padStart(2, "0")}`;
  const name = NAME_OF_CODE[reasonCode];
  if (name === undefined) return `unknown reason code (${hexadecimal})`;
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/qos(\d)/, "QoS $1");
  return `${words.replace("qos", "QoS").replace("re authenticate", "re-authenticate")} (${hexadecimal})`;
}
