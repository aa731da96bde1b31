import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describePacket, encodePacket, type PacketInit } from "../src/index.ts";
import { anyPacket } from "./arbitraries.ts";
import { decodeAll, VERSIONS } from "./support.ts";
import { hex } from "./vectors/vector.ts";

describe("describePacket", () => {
  test.each<[PacketInit, string]>([
    [
      { type: "connect", clientIdentifier: "id", keepAlive: 60, username: "u", password: hex("01") },
      'CONNECT "id" clean keep-alive 60s user "u" password ***',
    ],
    [
      {
        type: "connect",
        protocolVersion: 5,
        clientIdentifier: "",
        cleanStart: false,
        will: { topicName: "w", payload: hex("") },
      },
      'CONNECT v5 "" resume keep-alive 0s will "w"',
    ],
    [{ type: "connack", sessionPresent: true }, "CONNACK success (0x00) session present"],
    [{ type: "connack", reasonCode: 0x87 }, "CONNACK not authorized (0x87)"],
    [{ type: "publish", topicName: "a" }, 'PUBLISH q0 "a" empty'],
    [
      { type: "publish", topicName: "sensors/kitchen", qos: 1, packetIdentifier: 7, payload: "21.5" },
      'PUBLISH q1 p7 "sensors/kitchen" 4 characters "21.5"',
    ],
    [
      {
        type: "publish",
        topicName: "a",
        qos: 2,
        packetIdentifier: 7,
        dup: true,
        retain: true,
        payload: hex("32 31 2e 35"),
      },
      'PUBLISH q2 p7 dup retain "a" 4 bytes "21.5"',
    ],
    [{ type: "publish", topicName: "a", payload: "1" }, 'PUBLISH q0 "a" 1 character "1"'],
    [{ type: "publish", topicName: "a", payload: hex("00 ff") }, 'PUBLISH q0 "a" 2 bytes <00 ff>'],
    [{ type: "publish", topicName: "a", payload: hex("1b") }, 'PUBLISH q0 "a" 1 byte <1b>'],
    [
      { type: "publish", topicName: "a", payload: new Uint8Array(40).fill(0x61) },
      `PUBLISH q0 "a" 40 bytes "${"a".repeat(32)}"…`,
    ],
    [
      { type: "publish", topicName: "a", payload: new Uint8Array(40).fill(0xff) },
      `PUBLISH q0 "a" 40 bytes <${Array.from({ length: 32 }, () => "ff").join(" ")} …>`,
    ],
    [
      // 31 bytes, then a character of two bytes over the cut
      { type: "publish", topicName: "a", payload: new TextEncoder().encode(`${"a".repeat(31)}äää`) },
      `PUBLISH q0 "a" 37 bytes "${"a".repeat(31)}"…`,
    ],
    [
      {
        type: "publish",
        topicName: "a",
        properties: { contentType: "text", correlationData: hex("ca fe"), userProperties: [["k", "v"]], topicAlias: 7 },
      },
      'PUBLISH q0 "a" empty {contentType="text" correlationData=<ca fe> userProperties=[["k","v"]] topicAlias=7}',
    ],
    [{ type: "publish", topicName: "a", properties: {} }, 'PUBLISH q0 "a" empty'],
    [{ type: "puback", packetIdentifier: 7 }, "PUBACK p7"],
    [{ type: "pubrec", packetIdentifier: 7, reasonCode: 0x10 }, "PUBREC p7 no matching subscribers (0x10)"],
    [
      { type: "subscribe", packetIdentifier: 7, subscriptions: [{ topicFilter: "a/+", qos: 1 }, { topicFilter: "#" }] },
      'SUBSCRIBE p7 "a/+" q1, "#" q0',
    ],
    [
      {
        type: "subscribe",
        packetIdentifier: 7,
        subscriptions: [
          { topicFilter: "a", noLocal: true, retainAsPublished: true, retainHandling: 2 },
          { topicFilter: "b", qos: 2, retainHandling: 1 },
        ],
      },
      'SUBSCRIBE p7 "a" q0 no-local retain-as-published retain-handling 2, "b" q2 retain-handling 1',
    ],
    [
      { type: "suback", packetIdentifier: 7, reasonCodes: [1, 0x87], properties: { reasonString: "no" } },
      'SUBACK p7 granted QoS 1 (0x01), not authorized (0x87) {reasonString="no"}',
    ],
    [{ type: "unsubscribe", packetIdentifier: 7, topicFilters: ["a", "b"] }, 'UNSUBSCRIBE p7 "a", "b"'],
    [{ type: "unsuback", packetIdentifier: 7, reasonCodes: [] }, "UNSUBACK p7"],
    [{ type: "pingreq" }, "PINGREQ"],
    [{ type: "disconnect" }, "DISCONNECT success (0x00)"],
    [
      { type: "auth", reasonCode: 0x18, properties: { authenticationMethod: "m", authenticationData: hex("01 02") } },
      'AUTH continue authentication (0x18) {authenticationMethod="m" authenticationData=***}',
    ],
  ])("%j", (packet, line) => {
    expect(describePacket(packet)).toBe(line);
  });

  test("never shows a password or authentication data, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 60 }), fc.boolean(), (secret, readable) => {
        const bytes = readable ? secret.map((byte) => 0x61 + (byte % 26)) : secret;
        const properties = { authenticationMethod: "m", authenticationData: bytes };
        const packets: PacketInit[] = [
          { type: "connect", clientIdentifier: "id", username: "u", password: bytes, properties },
          { type: "connack", properties },
          { type: "auth", reasonCode: 0x18, properties },
        ];
        for (const packet of packets) {
          const other = { ...packet, properties: { ...properties, authenticationData: hex("00") } } as PacketInit;
          const withOtherPassword = other.type === "connect" ? { ...other, password: hex("00") } : other;
          expect(describePacket(packet)).toBe(describePacket(withOtherPassword));
          expect(describePacket(packet)).toContain("***");
        }
      }),
    );
  });

  test("escapes what ends a line or what a terminal obeys", () => {
    const evil = "a\n\r\t\u001b[2J\u007f\u0085\u009b31m\u2028\u2029";
    const packets: PacketInit[] = [
      { type: "publish", topicName: evil, payload: new TextEncoder().encode(evil) },
      {
        type: "publish",
        topicName: "a",
        payload: evil,
        properties: { contentType: evil, userProperties: [[evil, evil]] },
      },
      { type: "connect", clientIdentifier: evil, username: evil, will: { topicName: evil, payload: hex("") } },
      { type: "subscribe", packetIdentifier: 1, subscriptions: [{ topicFilter: evil }] },
      { type: "unsubscribe", packetIdentifier: 1, topicFilters: [evil] },
    ];
    for (const packet of packets) {
      // oxlint-disable-next-line no-control-regex -- what must not be there
      expect(describePacket(packet)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    }
  });

  test.each(VERSIONS)("describes everything that version %d can say, in one line that is not too long", (version) => {
    fc.assert(
      fc.property(anyPacket(version), (packet) => {
        for (const one of [packet, ...decodeAll(encodePacket(packet, version), version)]) {
          const line = describePacket(one);
          expect(line.startsWith(packet.type.toUpperCase())).toBe(true);
          expect(line).not.toContain("\n");
          expect(line.length).toBeLessThan(6_000);
        }
      }),
    );
  });
});
