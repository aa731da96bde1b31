import { describe, expect, test } from "vitest";
import {
  createDecoder,
  createLenientDecoder,
  encodePacket,
  MalformedPacketError,
  type ProtocolError,
  type ProtocolVersion,
  type PublishPacket,
  type Sender,
} from "../src/index.ts";
import { errorOf } from "./support.ts";
import { hex } from "./vectors/vector.ts";

const PINGREQ = hex("c0 00");
const PINGRESP = hex("d0 00");

function publish(payload: Uint8Array | string, version: ProtocolVersion = 4): Uint8Array {
  return encodePacket({ type: "publish", topicName: "topic", payload }, version);
}

function payloadOf(packet: unknown): Uint8Array {
  return (packet as PublishPacket).payload;
}

describe("the version", () => {
  test("is learnt from the CONNECT that comes first", () => {
    const decoder = createDecoder();
    expect(decoder.version).toBeUndefined();
    decoder.push(encodePacket({ type: "connect", clientIdentifier: "a" }, 5));
    decoder.push(publish("1", 5));
    expect(decoder.next()).toMatchObject({ type: "connect", protocolVersion: 5 });
    expect(decoder.version).toBe(5);
    expect(decoder.next()).toMatchObject({ type: "publish", topicName: "topic" });
  });

  test("must be known or told: another first packet is refused with its first byte [MQTT-3.1.0-1]", () => {
    const decoder = createDecoder({});
    decoder.push(hex("30"));
    const error = errorOf(() => decoder.next()) as ProtocolError;
    expect(error).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", reasonCode: 0x82, clause: "MQTT-3.1.0-1", offset: 0 });
  });

  test.each([0, 2, 6, 311, "5", null])("cannot be %j", (version) => {
    expect(() => createDecoder({ version: version as never })).toThrow(RangeError);
  });
});

describe("the maximum packet size", () => {
  test("lets a packet of exactly that size pass", () => {
    const decoder = createDecoder({ version: 4, maximumPacketSize: 12 });
    decoder.push(publish("123"));
    expect(decoder.next()).toMatchObject({ topicName: "topic" });
  });

  test("refuses a packet that is one byte larger when its header is read, before its content came", () => {
    const decoder = createDecoder({ version: 4, maximumPacketSize: 11 });
    decoder.push(publish("123").subarray(0, 2));
    const error = errorOf(() => decoder.next());
    expect(error).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", reasonCode: 0x95, packetType: "publish", offset: 1 });
    expect((error as Error).message).toBe("PUBLISH: the packet has 12 bytes; at most 11 are accepted (at byte 1)");
  });

  test("is checked also when the header comes in pieces", () => {
    const decoder = createDecoder({ version: 4, maximumPacketSize: 1_000 });
    for (const byte of hex("30 ff 7f").slice(0, 2)) {
      decoder.push(Uint8Array.of(byte));
      expect(decoder.next()).toBeUndefined();
    }
    decoder.push(hex("7f"));
    expect(errorOf(() => decoder.next())).toMatchObject({ reasonCode: 0x95 });
  });

  test("counts the header", () => {
    const decoder = createDecoder({ version: 4, maximumPacketSize: 2 });
    decoder.push(PINGREQ);
    expect(decoder.next()).toEqual({ type: "pingreq" });
  });

  test.each([0, -1, Number.NaN])("cannot be %d", (maximumPacketSize) => {
    expect(() => createDecoder({ maximumPacketSize })).toThrow(RangeError);
  });
});

describe("what is wrong in the first byte", () => {
  test.each([
    ["a reserved type", "00", undefined],
    ["a reserved flag", "41", "MQTT-2.1.3-1"],
    ["QoS 3", "36", "MQTT-3.3.1-4"],
    ["an HTTP response", "48", "MQTT-2.1.3-1"],
    ["a TLS alert", "15", "MQTT-2.1.3-1"],
  ])("is refused before anything else came: %s", (_, first, clause) => {
    const decoder = createDecoder({ version: 4 });
    decoder.push(hex(first));
    const error = errorOf(() => decoder.next());
    expect(error).toBeInstanceOf(MalformedPacketError);
    expect(error).toMatchObject({ offset: 0, clause });
  });
});

describe("an error", () => {
  test("comes after the packets before it, and stays", () => {
    const decoder = createDecoder({ version: 4 });
    decoder.push(hex("c0 00", "d0 00", "c1 00", "c0 00"));
    expect(decoder.next()).toEqual({ type: "pingreq" });
    expect(decoder.next()).toEqual({ type: "pingresp" });
    const error = errorOf(() => decoder.next());
    expect(error).toMatchObject({ packetType: "pingreq", offset: 0 });
    decoder.push(PINGREQ);
    expect(errorOf(() => decoder.next())).toBe(error);
  });

  test("says where in the packet, not where in the chunk", () => {
    const wrong = hex("32 06", "00 01 61", "00 00", "62");
    for (const before of [0, 1, 5]) {
      const decoder = createDecoder({ version: 4 });
      decoder.push(Uint8Array.from([...Array.from({ length: before }, () => [...PINGREQ]).flat(), ...wrong]));
      for (let count = 0; count < before; count++) decoder.next();
      expect(errorOf(() => decoder.next())).toMatchObject({ offset: 5 });
    }
  });

  test("says the same when the packet came byte by byte", () => {
    const decoder = createDecoder({ version: 4 });
    const error = errorOf(() => {
      for (const byte of hex("32 06", "00 01 61", "00 00", "62")) {
        decoder.push(Uint8Array.of(byte));
        decoder.next();
      }
    });
    expect(error).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", packetType: "publish", offset: 5 });
  });

  test("cuts a long text from the packet, and escapes what a terminal would obey", () => {
    const decoder = createDecoder({ version: 4 });
    const topic = new TextEncoder().encode(`\u001b[2J\u009b2J\n${"x".repeat(1_000)}#`);
    decoder.push(
      Uint8Array.of(
        0x30,
        0x80 | ((topic.length + 2) & 0x7f),
        (topic.length + 2) >> 7,
        topic.length >> 8,
        topic.length & 0xff,
        ...topic,
      ),
    );
    const { message } = errorOf(() => decoder.next()) as Error;
    expect(message).toContain(String.raw`"\u001b[2J\u009b2J\nxxx`);
    expect(message.length).toBeLessThan(200);
  });
});

describe("chunks", () => {
  test("may be empty", () => {
    const decoder = createDecoder({ version: 4 });
    for (const bytes of ["", "c0", "", "", "00 d0 00", ""]) decoder.push(hex(bytes));
    expect(decoder.next()).toEqual({ type: "pingreq" });
    expect(decoder.next()).toEqual({ type: "pingresp" });
    expect(decoder.next()).toBeUndefined();
    decoder.push(hex(""));
    expect(decoder.next()).toBeUndefined();
  });

  test("are read in the order in which they were pushed, also when one waits while the one before is used up", () => {
    const decoder = createDecoder({ version: 4 });
    decoder.push(PINGREQ);
    decoder.push(PINGRESP);
    expect(decoder.next()).toEqual({ type: "pingreq" });
    decoder.push(encodePacket({ type: "puback", packetIdentifier: 1 }, 4));
    expect(decoder.next()).toEqual({ type: "pingresp" });
    decoder.push(encodePacket({ type: "puback", packetIdentifier: 2 }, 4));
    expect(decoder.next()).toMatchObject({ packetIdentifier: 1 });
    expect(decoder.next()).toMatchObject({ packetIdentifier: 2 });
    expect(decoder.next()).toBeUndefined();
  });

  test("may pile up by the thousand before they are read", () => {
    const decoder = createDecoder({ version: 4 });
    for (let index = 1; index <= 5_000; index++) {
      const bytes = encodePacket({ type: "puback", packetIdentifier: index }, 4);
      decoder.push(bytes.slice(0, 3));
      decoder.push(bytes.slice(3));
    }
    for (let index = 1; index <= 5_000; index++) expect(decoder.next()).toMatchObject({ packetIdentifier: index });
    expect(decoder.next()).toBeUndefined();
  });

  test.each([["0"], [null], [[0xc0, 0]], [new ArrayBuffer(2)], [undefined]])("must be bytes, not %j", (chunk) => {
    expect(() => createDecoder({ version: 4 }).push(chunk as unknown as Uint8Array)).toThrow(TypeError);
  });

  test("may be views of a larger buffer", () => {
    const buffer = new Uint8Array(200).fill(0xff);
    const bytes = publish("a long enough payload and a topic that is looked up in the middle of a buffer");
    buffer.set(bytes, 17);
    const decoder = createDecoder({ version: 4 });
    decoder.push(buffer.subarray(17, 17 + bytes.length));
    expect(decoder.next()).toMatchObject({ topicName: "topic" });
  });
});

describe("views", () => {
  test("of a payload point into the chunk, so that nothing is copied", () => {
    const chunk = publish("payload");
    const decoder = createDecoder({ version: 4 });
    decoder.push(chunk);
    const payload = payloadOf(decoder.next());
    expect(payload.buffer).toBe(chunk.buffer);
    expect(payload).toEqual(new TextEncoder().encode("payload"));
  });

  test("of a packet that came in pieces are never written again", () => {
    const decoder = createDecoder({ version: 4 });
    const seen: [Uint8Array, string][] = [];
    for (let index = 0; index < 50; index++) {
      const text = `payload ${index}`;
      const bytes = publish(text);
      decoder.push(bytes.slice(0, index % bytes.length));
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next())
        seen.push([payloadOf(packet), text]);
      decoder.push(bytes.slice(index % bytes.length));
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next())
        seen.push([payloadOf(packet), text]);
    }
    expect(seen).toHaveLength(50);
    for (const [payload, text] of seen) expect(new TextDecoder().decode(payload)).toBe(text);
  });

  test("of binary properties and passwords point into the chunk, too", () => {
    const chunk = encodePacket({ type: "connect", clientIdentifier: "a", username: "u", password: hex("01 02") }, 4);
    const decoder = createDecoder();
    decoder.push(chunk);
    const packet = decoder.next();
    expect(packet).toMatchObject({ type: "connect", password: hex("01 02") });
    expect((packet as { password: Uint8Array }).password.buffer).toBe(chunk.buffer);
  });
});

describe("memory", () => {
  test("for a packet in pieces grows with what arrived, not with what the header promises", () => {
    const decoder = createDecoder({ version: 4 });
    const before = process.memoryUsage().arrayBuffers;
    const header = hex("30 ff ff ff 7f", "00 05 74 6f 70 69 63");
    const decoders = Array.from({ length: 20 }, () => {
      const one = createDecoder({ version: 4 });
      one.push(header);
      expect(one.next()).toBeUndefined();
      return one;
    });
    decoder.push(header);
    decoder.push(new Uint8Array(1 << 20));
    expect(decoder.next()).toBeUndefined();
    // What arrived four times at most, the chunk itself, and next to nothing for the headers.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6 << 20);
    expect(decoders).toHaveLength(20);
  });

  test("is exactly the packet for one that came in pieces", () => {
    const decoder = createDecoder({ version: 4 });
    const bytes = publish(new Uint8Array(200_000).fill(7));
    for (let at = 0; at < bytes.length; at += 1_460) decoder.push(bytes.slice(at, at + 1_460));
    const payload = payloadOf(decoder.next());
    expect(payload.length).toBe(200_000);
    expect(payload.buffer.byteLength).toBe(bytes.length);
    expect(payload.every((byte) => byte === 7)).toBe(true);
  });
});

describe("packets", () => {
  test("have all their keys in the same order, whatever was in them", () => {
    const decoder = createDecoder({ version: 5 });
    decoder.push(publish("1", 5));
    decoder.push(
      encodePacket({ type: "publish", topicName: "b", qos: 1, packetIdentifier: 1, properties: { topicAlias: 1 } }, 5),
    );
    const keys = ["type", "topicName", "payload", "qos", "retain", "dup", "packetIdentifier", "properties"];
    expect(Object.keys(decoder.next()!)).toEqual(keys);
    expect(Object.keys(decoder.next()!)).toEqual(keys);
  });

  test("that are the same for ever are the same object", () => {
    const decoder = createDecoder({ version: 5 });
    decoder.push(hex("c0 00", "c0 00"));
    const first = decoder.next();
    expect(decoder.next()).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
  });
});

describe("a refusal whose reason code its packet does not list", () => {
  const puback = hex("40 03 00 01 95");

  test("breaks the protocol", () => {
    const decoder = createDecoder({ version: 5 });
    decoder.push(puback);
    expect(errorOf(() => decoder.next())).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", clause: "MQTT-3.4.2-1" });
  });

  test("is a refusal all the same, for a client that would rather know", () => {
    const decoder = createDecoder({ version: 5, acceptUnlistedRefusals: true });
    decoder.push(puback);
    expect(decoder.next()).toMatchObject({ type: "puback", packetIdentifier: 1, reasonCode: 0x95 });
  });

  test("is one in a SUBACK of MQTT 3.x, too, which has 0x80 only [MQTT-3.9.3-2]", () => {
    const suback = hex("90 03 00 01 87");
    const decoder = createDecoder({ version: 4, acceptUnlistedRefusals: true });
    decoder.push(suback);
    expect(decoder.next()).toMatchObject({ type: "suback", reasonCodes: [0x87] });
    const strict = createDecoder({ version: 4 });
    strict.push(suback);
    expect(errorOf(() => strict.next())).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", clause: "MQTT-3.9.3-2" });
  });

  test("but a success that is not listed is none", () => {
    const decoder = createDecoder({ version: 5, acceptUnlistedRefusals: true });
    decoder.push(hex("40 03 00 01 02"));
    expect(errorOf(() => decoder.next())).toMatchObject({ code: "PETREL_PROTOCOL_ERROR", clause: "MQTT-3.4.2-1" });
  });
});

describe("a property that only the other side may send", () => {
  const publish = hex("30 06", "00 01 61", "02 0b 01");
  const disconnect = hex("e0 07", "00", "05 11 00 00 00 3c");

  function packetFrom(sender: Sender | undefined, bytes: Uint8Array) {
    const decoder = createDecoder({ version: 5, sender });
    decoder.push(bytes);
    return decoder.next();
  }

  test("is a violation when a client sends subscription identifiers [MQTT-3.3.4-6]", () => {
    const error = errorOf(() => packetFrom("client", publish));
    expect(error).toMatchObject({ name: "ProtocolError", reasonCode: 0x82, clause: "MQTT-3.3.4-6", offset: 5 });
    expect(packetFrom("server", publish)).toMatchObject({ properties: { subscriptionIdentifiers: [1] } });
  });

  test("is a violation when a server sends a session expiry interval with DISCONNECT [MQTT-3.14.2-2]", () => {
    const error = errorOf(() => packetFrom("server", disconnect));
    expect(error).toMatchObject({ name: "ProtocolError", reasonCode: 0x82, clause: "MQTT-3.14.2-2", offset: 3 });
    expect(packetFrom("client", disconnect)).toMatchObject({ properties: { sessionExpiryInterval: 60 } });
  });

  test("is taken from a sender that nobody has named, and listed beside the packet by a lenient decoder", () => {
    expect(packetFrom(undefined, publish)).toMatchObject({ type: "publish" });
    expect(packetFrom(undefined, disconnect)).toMatchObject({ type: "disconnect" });
    const lenient = createLenientDecoder({ version: 5, sender: "client" });
    lenient.push(publish);
    expect(lenient.next()).toMatchObject({
      packet: { properties: { subscriptionIdentifiers: [1] } },
      violations: [{ clause: "MQTT-3.3.4-6" }],
    });
  });

  test("needs a sender that there is", () => {
    expect(() => createDecoder({ sender: "broker" as never })).toThrow('sender is broker; it must be "client" or');
  });
});
