import { Message } from "@petrel/client";
import { describe, expect, test } from "vitest";
import { jsonLine } from "../src/output/json.ts";
import { appendText, type TextForm } from "../src/output/text.ts";

type Packet = ConstructorParameters<typeof Message>[0];

function message(payload: string | Uint8Array, fields: Partial<Packet> = {}): Message {
  const packet: Packet = {
    type: "publish",
    topicName: "t/ä",
    payload: typeof payload === "string" ? Buffer.from(payload) : payload,
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: undefined,
    properties: undefined,
    ...fields,
  };
  return new Message(packet, Date.UTC(2026, 0, 2, 3, 4, 5, 6), undefined);
}

function textOf(form: TextForm, ...messages: Message[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const each of messages) appendText(parts, each, form);
  return Buffer.concat(parts);
}

describe("text, as mosquitto_sub prints it", () => {
  test.each([
    [{ verbose: false, newline: true }, "a\nb\n"],
    [{ verbose: false, newline: false }, "ab"],
    [{ verbose: true, newline: true }, "t/ä a\nt/ä (null)\nt/ä b\n"],
    [{ verbose: true, newline: false }, "t/ä at/ä b"],
  ])("%j", (form, expected) => {
    expect(textOf(form, message("a"), message(""), message("b")).toString()).toBe(expected);
  });

  test("the payload's own bytes, whatever they are", () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0x0a, 0x0d, 0xc3);
    expect(textOf({ verbose: false, newline: false }, message(bytes))).toEqual(Buffer.from(bytes));
  });
});

describe("JSON, one object a line", () => {
  const parsed = (each: Message): unknown => JSON.parse(Buffer.from(jsonLine(each)).toString());

  test("of a QoS 0 message", () => {
    expect(Buffer.from(jsonLine(message("21.5 °C\n"))).toString()).toBe(
      `{"topic":"t/ä","payload":"21.5 °C\\n","qos":0,"retain":false,"duplicate":false,"receivedAt":"2026-01-02T03:04:05.006Z"}\n`,
    );
  });

  test("of a QoS 2 message", () => {
    expect(parsed(message("", { qos: 2, retain: true, dup: true, packetIdentifier: 7 }))).toEqual({
      topic: "t/ä",
      payload: "",
      qos: 2,
      retain: true,
      duplicate: true,
      packetIdentifier: 7,
      receivedAt: "2026-01-02T03:04:05.006Z",
    });
  });

  test.each([
    ["NUL and control characters", Buffer.from("a\0b\u001b"), { payload: "a\0b\u001b" }],
    ["a byte order mark, which belongs to the payload", Buffer.from("\ufeffa"), { payload: "\ufeffa" }],
    ["no UTF-8: base64, and it says so", Buffer.from([0xff, 0x00]), { payload: "/wA=", encoding: "base64" }],
    ["a character cut in half", Buffer.from([0x61, 0xc3]), { payload: "YcM=", encoding: "base64" }],
    [
      "an encoded surrogate, which is no UTF-8",
      Buffer.from([0xed, 0xa0, 0x80]),
      { payload: "7aCA", encoding: "base64" },
    ],
  ])("of %s", (_what, payload, expected) => {
    const { encoding, payload: shown } = parsed(message(payload)) as Record<string, unknown>;
    expect({ payload: shown, ...(encoding === undefined ? {} : { encoding }) }).toEqual(expected);
  });

  test("of 5.0 properties: bytes in base64, user properties as a list, for names may repeat", () => {
    const properties = {
      contentType: "text/plain",
      correlationData: Uint8Array.of(1, 2, 3),
      subscriptionIdentifiers: [4, 5],
      userProperties: [
        ["a", "1"],
        ["a", "2"],
      ],
    } as const;
    expect(parsed(message("x", { properties }))).toMatchObject({
      properties: { ...properties, correlationData: "AQID" },
    });
  });
});
