import { describe, expect, test } from "vitest";
import {
  createDecoder,
  createLenientDecoder,
  encodePacket,
  type LenientDecoderOptions,
  type LenientResult,
  type ProtocolVersion,
} from "../src/index.ts";
import { hex } from "./vectors/vector.ts";

const PINGREQ = hex("c0 00");

/** Everything that a lenient decoder makes of bytes. */
function results(
  bytes: Uint8Array,
  version: ProtocolVersion | undefined,
  options: Partial<LenientDecoderOptions> = {},
): LenientResult[] {
  const decoder = createLenientDecoder({ ...options, version });
  decoder.push(bytes);
  const all: LenientResult[] = [];
  for (let result = decoder.next(); result !== undefined; result = decoder.next()) all.push(result);
  return all;
}

/** The packet and what is said about it, without type, place and clause. */
function story(bytes: Uint8Array, version: ProtocolVersion | undefined = 5) {
  const [result, ...others] = results(bytes, version);
  expect(others).toEqual([]);
  expect(result!.bytes).toEqual(bytes);
  return { packet: result!.packet, said: result!.violations.map(({ message }) => message) };
}

describe("a lenient decoder decodes in spite of", () => {
  test("wrong flags [MQTT-3.8.1-1]", () => {
    const { packet, said } = story(hex("80 06 00 01 00 01 61 00"), 4);
    expect(packet).toMatchObject({ type: "subscribe", packetIdentifier: 1, subscriptions: [{ topicFilter: "a" }] });
    expect(said).toEqual([
      "SUBSCRIBE: the fixed header flags are 0b0000; they must be 0b0010 (at byte 0) [MQTT-3.8.1-1]",
    ]);
  });

  test("QoS 3, which it reads as 2 [MQTT-3.3.1-4]", () => {
    const { packet, said } = story(hex("36 06 00 01 61 00 07 21"), 4);
    expect(packet).toMatchObject({ type: "publish", topicName: "a", qos: 2, packetIdentifier: 7, payload: hex("21") });
    expect(said).toEqual(["PUBLISH: the QoS is 3 (at byte 0) [MQTT-3.3.1-4]"]);
  });

  test("ill-formed UTF-8, which becomes U+FFFD, and U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]", () => {
    const { packet, said } = story(hex("30 07 00 03 61 ff 00 00 21"));
    expect(packet).toMatchObject({ type: "publish", topicName: "a\ufffd\0", payload: hex("21") });
    expect(said).toEqual([
      "PUBLISH: a string is not well-formed UTF-8 (at byte 2) [MQTT-1.5.4-1]",
      "PUBLISH: a string contains the null character U+0000 (at byte 2) [MQTT-1.5.4-2]",
    ]);
  });

  test("more violations than one, in the order of the bytes", () => {
    const { packet, said } = story(hex("3a 0a 00 01 2b 00 00 03 23 00 00 21"));
    expect(packet).toMatchObject({ topicName: "+", packetIdentifier: 0, dup: true, properties: { topicAlias: 0 } });
    expect(said).toEqual([
      'PUBLISH: the topic name "+" contains a wildcard character (at byte 2) [MQTT-3.3.2-2]',
      "PUBLISH: the packet identifier is 0 (at byte 5)",
      "PUBLISH: topicAlias is 0; it must be 1 to 65535 (at byte 9) [MQTT-3.3.2-8]",
    ]);
  });

  test("a property of other packets, which is left out", () => {
    const { packet, said } = story(hex("40 0a 00 01 00 06 21 00 05 1f 00 00"));
    expect(packet).toMatchObject({ type: "puback", packetIdentifier: 1, properties: { reasonString: "" } });
    expect(said).toEqual(["PUBACK: property 0x21 is not allowed in an acknowledgement (at byte 6)"]);
  });

  test("a property that does not exist: the rest of the section is passed over, what follows is not", () => {
    const { packet, said } = story(hex("30 09 00 01 61 04 7f 01 02 03 21"));
    expect(packet).toMatchObject({ type: "publish", topicName: "a", properties: {}, payload: hex("21") });
    expect(said).toEqual(["PUBLISH: property 0x7f does not exist (at byte 6)"]);
  });

  test("a property that is repeated: the first one counts", () => {
    const { packet, said } = story(hex("30 0a 00 01 61 06 23 00 05 23 00 06"));
    expect(packet).toMatchObject({ properties: { topicAlias: 5 } });
    expect(said).toEqual(["PUBLISH: topicAlias appears more than once (at byte 9)"]);
  });

  test("a property that is longer than its section, and a payload that so begins inside it", () => {
    const { packet, said } = story(hex("30 08 00 01 61 02 23 00 05 21"));
    expect(packet).toMatchObject({ properties: { topicAlias: 5 }, payload: hex("05 21") });
    expect(said).toEqual(["PUBLISH: the last property is longer than the Property Length says (at byte 8)"]);
  });

  test("values that their types have no room for: they are the nearest that there is", () => {
    const { packet, said } = story(hex("82 07 00 01 00 00 01 61 33"));
    expect(packet).toMatchObject({ subscriptions: [{ topicFilter: "a", qos: 2, retainHandling: 2 }] });
    expect(said).toHaveLength(2);
    expect(story(hex("30 06 00 01 61 02 01 07")).packet).toMatchObject({ properties: { payloadFormatIndicator: 1 } });
  });

  test("reason codes that the packet may not carry, and return codes that are reserved", () => {
    expect(story(hex("40 03 00 01 42"))).toEqual({
      packet: { type: "puback", packetIdentifier: 1, reasonCode: 0x42, properties: undefined },
      said: ["PUBACK: 0x42 is not a reason code of this packet (at byte 4) [MQTT-3.4.2-1]"],
    });
    expect(story(hex("20 02 00 06"), 4).packet).toMatchObject({ type: "connack", reasonCode: 6 });
  });

  test("trailing bytes", () => {
    expect(story(hex("c0 01 00"), 4)).toEqual({
      packet: { type: "pingreq" },
      said: ["PINGREQ: 1 byte is left after the last field (at byte 2)"],
    });
  });

  test("a SUBSCRIBE without filters, and a Remaining Length that is too long a form [MQTT-3.8.3-2] [MQTT-1.5.5-1]", () => {
    const { packet, said } = story(hex("82 83 00 00 01 00"));
    expect(packet).toMatchObject({ type: "subscribe", subscriptions: [] });
    expect(said).toHaveLength(2);
  });

  test("payloads that are not the UTF-8 they say they are, if it was asked to look", () => {
    const bytes = hex("30 07 00 01 61 02 01 01 ff");
    expect(results(bytes, 5)).toMatchObject([{ violations: [] }]);
    const [result] = results(bytes, 5, { validatePayloadFormat: true });
    expect(result).toMatchObject({ packet: { payload: hex("ff") }, violations: [{ reasonCode: 0x99, offset: 8 }] });
  });
});

describe("a lenient decoder goes on behind", () => {
  test.each([
    ["a reserved type", "00 02 01 02", 4],
    ["AUTH in MQTT 3.x", "f0 00", 4],
    ["a field that is cut off", "40 01 00", 4],
    ["a property section that is cut off", "30 05 00 01 61 20 21", 5],
    ["a property identifier that has no end", "30 09 00 01 61 05 ff ff ff ff ff", 5],
    ["a first packet that says no version", "30 03 00 01 61", undefined],
    ["a protocol that is not MQTT", "10 0c 00 04 48 54 54 50 04 02 00 00 00 00", undefined],
  ] as const)("%s: it is violations and bytes", (_, digits, version) => {
    const bytes = hex(digits);
    const rest = encodePacket({ type: "connect", clientIdentifier: "a" }, 4);
    const [first, second] = results(Uint8Array.of(...bytes, ...rest), version);
    expect(first).toMatchObject({ packet: undefined, violations: [{}], bytes });
    expect(second).toMatchObject({ packet: { type: "connect", clientIdentifier: "a" }, violations: [] });
  });

  test("a CONNECT that is cut off, whose version it has learnt all the same", () => {
    const decoder = createLenientDecoder();
    decoder.push(hex("10 0a 00 04 4d 51 54 54 05 02 00 00", "c0 00"));
    expect(decoder.next()).toMatchObject({ packet: undefined, violations: [{ packetType: "connect", offset: 12 }] });
    expect(decoder.version).toBe(5);
    expect(decoder.next()).toMatchObject({ packet: { type: "pingreq" }, violations: [] });
  });

  test("a packet that is too large, of which it keeps the header only", () => {
    const decoder = createLenientDecoder({ version: 4, maximumPacketSize: 100 });
    decoder.push(hex("30 e8 07", "00 01 61"));
    expect(decoder.next()).toMatchObject({
      packet: undefined,
      violations: [{ reasonCode: 0x95 }],
      bytes: hex("30 e8 07"),
    });
    for (let left = 997; left > 0; left--) {
      decoder.push(Uint8Array.of(0));
      expect(decoder.pendingBytes).toBe(0);
      expect(decoder.next()).toBeUndefined();
    }
    decoder.push(PINGREQ);
    expect(decoder.next()).toMatchObject({ packet: { type: "pingreq" }, violations: [] });
  });
});

describe("a lenient decoder", () => {
  test("says once that it has lost the framing, and ends", () => {
    const decoder = createLenientDecoder({ version: 4 });
    decoder.push(hex("c0 00", "30 ff ff ff ff 01", "c0 00"));
    expect(decoder.next()).toMatchObject({ packet: { type: "pingreq" } });
    expect(decoder.next()).toMatchObject({
      packet: undefined,
      violations: [{ code: "PETREL_MALFORMED_PACKET", offset: 1 }],
      bytes: hex("30 ff ff ff ff"),
    });
    expect(decoder.next()).toBeUndefined();
    decoder.push(PINGREQ);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.pendingBytes).toBe(0);
  });

  test("hands out bytes that later chunks do not change", () => {
    const decoder = createLenientDecoder({ version: 4 });
    const seen: [Uint8Array, string][] = [];
    for (let round = 0; round < 500; round++) {
      const bytes = encodePacket({ type: "publish", topicName: "a", payload: `${round}` }, 4);
      for (const byte of bytes) decoder.push(Uint8Array.of(byte));
      const result = decoder.next()!;
      expect(result.bytes).toEqual(bytes);
      seen.push([result.bytes, `${round}`]);
    }
    for (const [bytes, text] of seen) expect(new TextDecoder().decode(bytes.subarray(5))).toBe(text);
  });

  test("leaves nothing behind that a strict one would take for valid", () => {
    const wrong = hex("30 0a 00 08 61 62 63 64 2b 66 67 68");
    for (let count = 0; count < 5; count++) expect(results(wrong, 4)[0]!.violations).toHaveLength(1);
    const strict = createDecoder({ version: 4 });
    strict.push(wrong);
    expect(() => strict.next()).toThrow("wildcard");
  });

  test("says how many bytes wait for the rest of a packet", () => {
    const decoder = createLenientDecoder({ version: 4 });
    decoder.push(hex("c0 00", "30 05 00"));
    decoder.next();
    expect(decoder.next()).toBeUndefined();
    expect(decoder.pendingBytes).toBe(3);
  });

  test("takes only versions that there are, and bytes", () => {
    expect(() => createLenientDecoder({ version: 6 as never })).toThrow("version is 6; it must be 3");
    expect(() => createLenientDecoder().push("c000" as never)).toThrow(TypeError);
  });
});

describe("a payload that says it is UTF-8 and is not", () => {
  const payload = hex("61 ff");
  const properties = { payloadFormatIndicator: 1 } as const;

  test("is refused by a strict decoder that was asked to look (section 3.3.2.3.2)", () => {
    const bytes = hex("30 08 00 01 61 02 01 01 61 ff");
    const decoder = createDecoder({ version: 5 });
    decoder.push(bytes);
    expect(decoder.next()).toMatchObject({ payload });
    const looking = createDecoder({ version: 5, validatePayloadFormat: true });
    looking.push(hex("30 09 00 01 61 02 01 01 61 c3 a9"));
    expect(looking.next()).toMatchObject({ payload: hex("61 c3 a9") });
    looking.push(bytes);
    expect(() => looking.next()).toThrow("payloadFormatIndicator is 1 (at byte 8)");
  });

  test("is not encoded", () => {
    const publish = { type: "publish", topicName: "a", payload, properties } as const;
    expect(() => encodePacket(publish)).toThrow(
      "payload must be well-formed UTF-8, because payloadFormatIndicator is 1",
    );
    const will = { topicName: "a", payload, properties };
    expect(() => encodePacket({ type: "connect", clientIdentifier: "", will })).toThrow("will.payload must be");
    expect(() => encodePacket({ ...publish, payload: new Uint8Array(400).fill(0x61) })).not.toThrow();
    expect(() => encodePacket({ ...publish, payload: "é" })).not.toThrow();
    expect(() => encodePacket({ ...publish, properties: { payloadFormatIndicator: 0 } })).not.toThrow();
  });
});
