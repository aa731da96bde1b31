import { describe, expect, test } from "vitest";
import { isReasonCodeAllowed, PacketType, type PacketTypeName, ReasonCode, reasonText } from "../src/index.ts";
import { reasonCodeOfReturnCode, returnCodeOfReasonCode } from "../src/reason-codes.ts";

/** The reason codes of each packet, copied by hand from the tables of its section. */
const TABLES: Partial<Record<PacketTypeName, string>> = {
  // Table 3-1 (3.2.2.2)
  connack: "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f",
  puback: "00 10 80 83 87 90 91 97 99", // 3.4.2.1
  pubrec: "00 10 80 83 87 90 91 97 99", // 3.5.2.1
  pubrel: "00 92", // 3.6.2.1
  pubcomp: "00 92", // 3.7.2.1
  suback: "00 01 02 80 83 87 8f 91 97 9e a1 a2", // 3.9.3
  unsuback: "00 11 80 83 87 8f 91", // 3.11.3
  // 3.14.2.1, and 8c from table 2-6
  disconnect: "00 04 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2",
  auth: "00 18 19", // 3.15.2.1
};

describe("reason codes", () => {
  test.each(Object.keys(PacketType) as PacketTypeName[])("of %s are those of its table and no others", (type) => {
    const allowed = (TABLES[type] ?? "")
      .split(" ")
      .filter((code) => code !== "")
      .map((code) => Number.parseInt(code, 16));
    const said = Array.from({ length: 256 }, (_, code) => code).filter((code) => isReasonCodeAllowed(code, type));
    expect(said).toEqual(allowed);
  });

  test.each([-1, 256, 0.5, Number.NaN])("are never %d", (code) => {
    expect(isReasonCodeAllowed(code, "connack")).toBe(false);
  });

  test("all have a packet that may carry them", () => {
    const types = Object.keys(TABLES) as PacketTypeName[];
    for (const code of Object.values(ReasonCode)) {
      expect(types.some((type) => isReasonCodeAllowed(code, type))).toBe(true);
    }
    const codes = new Set(Object.values(TABLES).flatMap((table) => table.split(" ")));
    expect(new Set(Object.values(ReasonCode).map((code) => code.toString(16).padStart(2, "0")))).toEqual(codes);
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
