import { Message } from "@petrel/client";
import { describe, expect, test } from "vitest";
import { OutputBytes } from "../src/output/bytes.ts";
import { colourJson } from "../src/output/colour.ts";
import { compileFormat } from "../src/output/format-string.ts";
import { messageJson } from "../src/output/json.ts";
import { printerFor, type PrintForm } from "../src/output/printer.ts";
import { strftime } from "../src/output/strftime.ts";
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
  const bytes = new OutputBytes();
  for (const each of messages) appendText(bytes, each, form);
  return Buffer.from(bytes.take());
}

describe("text, as mosquitto_sub prints it", () => {
  test.each([
    [{ verbose: false, delimiter: "\n" }, "a\nb\n"],
    [{ verbose: false, delimiter: "" }, "ab"],
    [{ verbose: true, delimiter: "\n" }, "t/ä a\nt/ä (null)\nt/ä b\n"],
    [{ verbose: true, delimiter: "" }, "t/ä at/ä b"],
  ])("%j", (form, expected) => {
    expect(textOf(form, message("a"), message(""), message("b")).toString()).toBe(expected);
  });

  test("the payload's own bytes, whatever they are", () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0x0a, 0x0d, 0xc3);
    expect(textOf({ verbose: false, delimiter: "" }, message(bytes))).toEqual(Buffer.from(bytes));
  });
});

describe("JSON, one object a line", () => {
  const parsed = (each: Message): unknown => JSON.parse(messageJson(each));

  test("of a QoS 0 message", () => {
    expect(messageJson(message("21.5 °C\n"))).toBe(
      `{"topic":"t/ä","payload":"21.5 °C\\n","qos":0,"retain":false,"duplicate":false,"receivedAt":"2026-01-02T03:04:05.006Z"}`,
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

describe("-F", () => {
  const formatted = (format: string, each: Message, pretty = false): string => {
    const bytes = new OutputBytes();
    compileFormat(format, { pretty })(each, bytes);
    return Buffer.from(bytes.take()).toString("latin1");
  };

  const full = message("hello", {
    qos: 1,
    packetIdentifier: 7,
    properties: {
      messageExpiryInterval: 60,
      contentType: "text/plain",
      responseTopic: "re",
      correlationData: Uint8Array.of(0xff, 0),
      topicAlias: 3,
      subscriptionIdentifiers: [9, 10],
      userProperties: [
        ["a", "1"],
        ["a", "2"],
      ],
    },
  });

  test.each([
    ["%%", "%"],
    ["%A|%5A|%05A|%-5A", "3|    3|00003|3    "],
    ["%C|%.4C|%6.4C|%-6.4C|", "text/plain|text|  text|text  |"],
    ["%D", "\xff\0"],
    ["%E %F|%3F|%03F", "60 |   |000"],
    ["%l %m %q %r %S", "5 7 1 0 9"],
    ["%P", "a:1 a:2"],
    ["%p|%8p|%-8p|%08p|%2p", "hello|   hello|hello   |000hello|he"],
    ["%R|%5R|%-5R|", "re|   re|re   |"],
    ["%t|%6t|%.2t", "t/\xc3\xa4|  t/\xc3\xa4|t/"],
    ["%x|%X|%4x|%12x|%-12X|%012x", "68656c6c6f|68656C6C6F|6865|  68656c6c6f|68656C6C6F  |0068656c6c6f"],
    ["%U @s @N @@", "1767323045.006000000 1767323045 006000000 @"],
    ["a\\n\\t\\0\\\\", "a\n\t\0\\"],
  ])("%s", (format, expected) => {
    expect(formatted(format, full)).toBe(expected);
  });

  test("a width of hexadecimal characters is what is printed, where mosquitto_sub 2.0.11 halves it twice", () => {
    expect(formatted("%10x", full)).toBe("68656c6c6f");
  });

  test("%j is an object of mosquitto's; bytes are base64, and user properties a list", () => {
    expect(JSON.parse(formatted("%j", full))).toEqual({
      tst: expect.stringMatching(/^2026-01-0\dT\d\d:\d\d:05\.006000[+-]\d{4}$/),
      topic: "t/\xc3\xa4",
      qos: 1,
      retain: 0,
      payloadlen: 5,
      mid: 7,
      properties: {
        "message-expiry-interval": 60,
        "content-type": "text/plain",
        "response-topic": "re",
        "correlation-data": { base64: "/wA=" },
        "topic-alias": 3,
        "subscription-identifier": [9, 10],
        "user-properties": [
          ["a", "1"],
          ["a", "2"],
        ],
      },
      payload: "hello",
    });
    expect(JSON.parse(formatted("%j", message(Uint8Array.of(0xff))))).toMatchObject({
      payload: "/w==",
      encoding: "base64",
    });
  });

  test("%J puts the payload's JSON in as it is, or says that it is none", () => {
    expect(formatted("%J", message('{"a":\n 1.50}'))).toMatch(/"payload":\{"a":1\.50\}\}$/);
    expect(() => formatted("%J", message("no"))).toThrow("it is no JSON");
    expect(formatted("%J", message("[1]"), true)).toMatch(/\n\t"payload": \[\n\t\t1\n\t\]\n\}$/);
  });

  test.each([
    ["%z", "-F knows no %z"],
    ["a%", "ends within a specifier"],
    ["%5", "ends within a specifier"],
    ["a@", "ends within a time"],
    ["@Q", "-F knows no @Q"],
    ["\\q", "there is no escape \\q"],
    ["\\", "ends within an escape"],
  ])("%s is refused", (format, expected) => {
    expect(() => compileFormat(format, { pretty: false })).toThrow(expected);
  });
});

test("strftime is that of C", () => {
  const time = new Date(2024, 11, 30, 13, 5, 9); // a Monday, in the first week of 2025
  const shown = "aAbBdDeFgGhHIjklmMpPrRSTuUVwWyY".split("").map((letter) => strftime(letter, time));
  expect(shown.join("|")).toBe(
    "Mon|Monday|Dec|December|30|12/30/24|30|2024-12-30|25|2025|Dec|13|01|365|13| 1|12|05|PM|pm|01:05:09 PM|13:05|09|13:05:09|1|52|01|1|53|24|2024",
  );
  expect(strftime("c", time)).toBe("Mon Dec 30 13:05:09 2024");
});

test("colours leave the JSON as it is", () => {
  const json = '{"a":"x: \\" 1","b":[1.5e3,true,null]}';
  const coloured = colourJson(json);
  expect(coloured).toContain('\u001b[36m"a"\u001b[39m:\u001b[32m"x: \\" 1"\u001b[39m');
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(json);
});

describe("on a terminal", () => {
  const hostile = message("\u001b[2J\r\u009b", { topicName: "t\u001b[1m" });
  const shown = (form: Partial<PrintForm>): string => {
    const bytes = new OutputBytes();
    const all = {
      output: "text",
      verbose: true,
      delimiter: "\n",
      pretty: false,
      terminal: true,
      colour: false,
    } as const;
    printerFor({ ...all, ...form })(hostile, bytes);
    return Buffer.from(bytes.take()).toString();
  };

  test("what a message brings is shown and not obeyed", () => {
    expect(shown({})).toBe("t\\u001b[1m \\x1b[2J\\r\\u009b\n");
    expect(shown({ colour: true })).toBe(
      "\u001b[36mt\\u001b[1m\u001b[39m \u001b[7m\\x1b\u001b[27m[2J\u001b[7m\\r\u001b[27m\u001b[7m\\u009b\u001b[27m\n",
    );
  });

  test("-F is obeyed, and what it prints of a message is not", () => {
    expect(shown({ format: "\\e[32m%p\\e[0m %t" })).toBe("\u001b[32m\\x1b[2J\\r\\u009b\u001b[0m t\\x1b[1m\n");
  });

  test("JSON says the same, in ASCII where it is about controls", () => {
    const json = shown({ output: "json" });
    expect(json).toContain('"payload": "\\u001b[2J\\r\\u009b"');
    expect(JSON.parse(json)).toEqual(JSON.parse(messageJson(hostile)));
  });
});
