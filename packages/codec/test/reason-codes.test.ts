import { describe, expect, test } from "vitest";
import {
  isReasonCodeAllowed,
  PacketType,
  type PacketTypeName,
  ReasonCode,
  type ReasonCodeName,
  reasonText,
} from "../src/index.ts";
import { reasonCodeOfReturnCode, returnCodeOfReasonCode } from "../src/return-codes.ts";

/** Table 2-6, by hand: the packets that may carry each code. `success`, `normalDisconnection` and `grantedQos0` are one code. */
const PACKETS: Record<ReasonCodeName, string> = {
  success: "connack puback pubrec suback unsuback pubrel pubcomp auth",
  normalDisconnection: "disconnect",
  grantedQos0: "suback",
  grantedQos1: "suback",
  grantedQos2: "suback",
  disconnectWithWillMessage: "disconnect",
  noMatchingSubscribers: "puback pubrec",
  noSubscriptionExisted: "unsuback",
  continueAuthentication: "auth",
  reAuthenticate: "auth",
  unspecifiedError: "connack puback pubrec suback unsuback disconnect",
  malformedPacket: "connack disconnect",
  protocolError: "connack disconnect",
  implementationSpecificError: "connack puback pubrec suback unsuback disconnect",
  unsupportedProtocolVersion: "connack",
  clientIdentifierNotValid: "connack",
  badUserNameOrPassword: "connack",
  notAuthorized: "connack puback pubrec suback unsuback disconnect",
  serverUnavailable: "connack",
  serverBusy: "connack disconnect",
  banned: "connack",
  serverShuttingDown: "disconnect",
  badAuthenticationMethod: "connack disconnect",
  keepAliveTimeout: "disconnect",
  sessionTakenOver: "disconnect",
  topicFilterInvalid: "suback unsuback disconnect",
  topicNameInvalid: "connack puback pubrec disconnect",
  packetIdentifierInUse: "puback pubrec suback unsuback",
  packetIdentifierNotFound: "pubrel pubcomp",
  receiveMaximumExceeded: "disconnect",
  topicAliasInvalid: "disconnect",
  packetTooLarge: "connack disconnect",
  messageRateTooHigh: "disconnect",
  quotaExceeded: "connack puback pubrec suback disconnect",
  administrativeAction: "disconnect",
  payloadFormatInvalid: "connack puback pubrec disconnect",
  retainNotSupported: "connack disconnect",
  qosNotSupported: "connack disconnect",
  useAnotherServer: "connack disconnect",
  serverMoved: "connack disconnect",
  sharedSubscriptionsNotSupported: "suback disconnect",
  connectionRateExceeded: "connack disconnect",
  maximumConnectTime: "disconnect",
  subscriptionIdentifiersNotSupported: "suback disconnect",
  wildcardSubscriptionsNotSupported: "suback disconnect",
};

describe("reason codes", () => {
  test.each(Object.keys(PacketType) as PacketTypeName[])("of %s are those of table 2-6 and no others", (type) => {
    const names = (Object.keys(PACKETS) as ReasonCodeName[]).filter((name) => PACKETS[name].split(" ").includes(type));
    const listed = new Set(names.map((name) => ReasonCode[name]));
    const said = Array.from({ length: 256 }, (_, code) => code).filter((code) => isReasonCodeAllowed(code, type));
    expect(said).toEqual([...listed].sort((one, other) => one - other));
  });

  test.each([-1, 256, 0.5, Number.NaN])("are never %d", (code) => {
    expect(isReasonCodeAllowed(code, "connack")).toBe(false);
  });

  // Table 2-6.
  test.each([
    [ReasonCode.success, "success (0x00)"],
    [ReasonCode.grantedQos1, "granted QoS 1 (0x01)"],
    [ReasonCode.disconnectWithWillMessage, "disconnect with will message (0x04)"],
    [ReasonCode.reAuthenticate, "re-authenticate (0x19)"],
    [ReasonCode.badUserNameOrPassword, "bad user name or password (0x86)"],
    [ReasonCode.notAuthorized, "not authorized (0x87)"],
    [ReasonCode.qosNotSupported, "QoS not supported (0x9b)"],
    [ReasonCode.wildcardSubscriptionsNotSupported, "wildcard subscriptions not supported (0xa2)"],
    [0x05, "unknown reason code (0x05)"],
    [0xff, "unknown reason code (0xff)"],
  ])("say what they mean: %d", (code, text) => {
    expect(reasonText(code)).toBe(text);
  });

  test("of 0x80 and above are failures, and none is below that is not a success", () => {
    for (const [name, code] of Object.entries(ReasonCode)) {
      const succeeds = /^(success|normal|granted|disconnectWith|noMatching|noSubscription|continue|reAuth)/.test(name);
      expect(code < 0x80).toBe(succeeds);
    }
  });
});

describe("return codes of MQTT 3.x", () => {
  // Table 3.1 of 3.1.1.
  test.each([
    [0, ReasonCode.success],
    [1, ReasonCode.unsupportedProtocolVersion],
    [2, ReasonCode.clientIdentifierNotValid],
    [3, ReasonCode.serverUnavailable],
    [4, ReasonCode.badUserNameOrPassword],
    [5, ReasonCode.notAuthorized],
  ])("%d is the reason code %d, and back", (returnCode, reasonCode) => {
    expect(reasonCodeOfReturnCode(returnCode)).toBe(reasonCode);
    expect(returnCodeOfReasonCode(reasonCode)).toBe(returnCode);
  });

  test("have no other", () => {
    for (let code = 6; code < 256; code++) expect(reasonCodeOfReturnCode(code)).toBeUndefined();
    expect(returnCodeOfReasonCode(ReasonCode.serverBusy)).toBeUndefined();
  });
});
