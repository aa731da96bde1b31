import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decoderOf } from "../src/payload/decoding.ts";
import { encoderOf } from "../src/payload/encoding.ts";
import type { Format, PayloadOptions } from "../src/payload/options.ts";

async function encoded(typed: string, options: PayloadOptions): Promise<string> {
  const encode = await encoderOf(options);
  return Buffer.from(encode!(Buffer.from(typed))).toString("hex");
}

async function shown(hex: string, options: PayloadOptions): Promise<string> {
  const decode = await decoderOf(options);
  return decode!(Buffer.from(hex, "hex")).text;
}

test("text is no format: bytes go as they are", async () => {
  expect(await encoderOf({ format: "text" })).toBeUndefined();
  expect(await decoderOf({})).toBeUndefined();
});

describe("a message becomes a payload, and comes back", () => {
  test.each<[Format, string, string, string]>([
    ["json", '{"a": 1.50}', "7b2261223a20312e35307d", '{"a": 1.50}'],
    ["base64", "/wA=", "ff00", "/wA="],
    ["base64", " _w \n A ", "ff00", "/wA="],
    ["hex", "FF 00", "ff00", "ff00"],
    ["hex", "0xff00", "ff00", "ff00"],
    ["cbor", '{"a":[1,2.5,null]}', "a161618301fb4004000000000000f6", '{"a":[1,2.5,null]}'],
    ["msgpack", '{"a":[1,2.5,null]}', "81a1619301cb4004000000000000c0", '{"a":[1,2.5,null]}'],
  ])("%s: %j", async (format, typed, hex, back) => {
    expect(await encoded(typed, { format })).toBe(hex);
    expect(await shown(hex, { format })).toBe(back);
  });
});

describe("what is not of the format is refused", () => {
  test("with its beginning", async () => {
    await expect(encoded("686", { format: "hex" })).rejects.toThrow('it is no hex: "686", two digits are a byte');
    const long = "*".repeat(100);
    await expect(encoded(long, { format: "base64" })).rejects.toThrow(`it is no base64: "${"*".repeat(32)}…"`);
  });

  test.each<[Format, string]>([
    ["json", "{"],
    ["base64", "a*"],
    ["base64", "a"],
    ["hex", "abc"],
    ["hex", "xy"],
    ["cbor", "no JSON"],
    ["msgpack", "no JSON"],
  ])("%s: %j", async (format, typed) => {
    await expect(encoded(typed, { format })).rejects.toThrow(/^it is no |Unexpected|JSON/);
  });

  test.each<[Format, string]>([
    ["json", "7b"],
    ["json", "ff"],
    ["cbor", "a1"],
    ["msgpack", "81"],
  ])("a payload that is no %s: %s", async (format, hex) => {
    await expect(shown(hex, { format })).rejects.toThrow();
  });
});

test("what JSON can not say is shown all the same: bytes, and integers beyond 2^53", async () => {
  expect(await shown("a2616142ff00616200", { format: "cbor" })).toBe('{"a":"/wA=","b":0}');
  expect(await shown("1b7fffffffffffffff", { format: "cbor" })).toBe('"9223372036854775807"');
  expect(await shown("c402ff00", { format: "msgpack" })).toBe('"/wA="');
});

test("JSON over several lines is shown in one", async () => {
  const lines = Buffer.from('{\n  "a": "x\\ny",\r\n  "b": 1\n}\n').toString("hex");
  expect(await shown(lines, { format: "json" })).toBe('{"a": "x\\ny","b": 1}');
});

describe("schemas", () => {
  let folder: string;
  let proto: PayloadOptions;
  let avro: PayloadOptions;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "petrel-schema-"));
    proto = { protobufPath: join(folder, "a.proto"), protobufMessageName: "home.Reading" };
    avro = { avscPath: join(folder, "a.avsc") };
    await writeFile(
      proto.protobufPath!,
      'syntax = "proto3"; package home; message Reading { string room = 1; int64 at = 2; bytes raw = 3; }',
    );
    await writeFile(
      avro.avscPath!,
      '{"type":"record","name":"R","fields":[{"name":"room","type":"string"},{"name":"value","type":["null","int"]}]}',
    );
  });

  afterAll(() => rm(folder, { recursive: true }));

  test("protobuf", async () => {
    const hex = await encoded('{"room":"hall","at":"9007199254740993","raw":"/wA="}', proto);
    expect(hex).toBe("0a0468616c6c1081808080808080101a02ff00");
    expect(await shown(hex, proto)).toBe('{"room":"hall","at":"9007199254740993","raw":"/wA="}');
    await expect(shown("0f", proto)).rejects.toThrow("wire type");
  });

  describe("protobuf's JSON", () => {
    let device: PayloadOptions;
    beforeAll(async () => {
      device = { protobufPath: join(folder, "device.proto"), protobufMessageName: "Device" };
      const schema = `syntax = "proto3";
        enum Mode { OFF = 0; HEATING = 1; }
        message Part { double size_in_mm = 1; }
        message Device {
          string room_name = 1; bool on = 2; Mode mode = 3; int32 count = 4; float level = 5; bytes raw = 6;
          repeated Part parts = 7; map<string, Part> named = 8;
        }`;
      await writeFile(device.protobufPath!, schema);
    });

    test.each([
      ['{"room_name":"hall"}', '{"roomName":"hall"}'],
      ['{"roomName":"hall","on":null}', '{"roomName":"hall"}'],
      ['{"mode":"HEATING","count":"7","level":"NaN"}', '{"mode":"HEATING","count":7,"level":"NaN"}'],
      ['{"mode":1,"on":true,"raw":"_wA"}', '{"on":true,"mode":"HEATING","raw":"/wA="}'],
      ['{"parts":[{"sizeInMm":1.5},{}]}', '{"parts":[{"sizeInMm":1.5},{}]}'],
      ['{"named":{"a":{"size_in_mm":2}}}', '{"named":{"a":{"sizeInMm":2}}}'],
    ])("%s comes back as %s", async (typed, back) => {
      expect(await shown(await encoded(typed, device), device)).toBe(back);
    });

    test.each([
      ['{"rom":"hall"}', 'Device has no field "rom"; it has roomName, on'],
      ['{"constructor":1}', 'Device has no field "constructor"'],
      ['{"parts":[{"size":1}]}', 'Part has no field "parts.0.size"; it has sizeInMm'],
      ['{"roomName":5}', '"roomName" is 5, not a text'],
      ['{"on":"yes"}', '"on" is "yes", not true or false'],
      ['{"count":1.5}', '"count" is 1.5, not a whole number'],
      ['{"count":9007199254740993}', '"count" is 9007199254740992, not a whole number'],
      ['{"level":"high"}', '"level" is "high", not a number'],
      ['{"raw":"*"}', '"raw" is "*", not bytes in base64'],
      ['{"mode":"COOLING"}', '"mode" is "COOLING", not one of OFF, HEATING'],
      ['{"parts":{}}', '"parts" is {}, not a list'],
      ['{"parts":[1]}', '"parts.0" is 1, not an object'],
      ['{"named":[]}', '"named" is [], not an object'],
      ["[]", "a message is an object, not []"],
    ])("%s is refused: %s", async (typed, why) => {
      await expect(encoded(typed, device)).rejects.toThrow(why);
    });
  });

  test("Avro, with and without the branch of a union", async () => {
    for (const value of ["2", '{"int":2}'])
      expect(await encoded(`{"room":"hall","value":${value}}`, avro)).toBe("0868616c6c0204");
    expect(await shown("0868616c6c0204", avro)).toBe('{"room":"hall","value":{"int":2}}');
    await expect(encoded('{"value":2}', avro)).rejects.toThrow("string");
    await expect(shown("08", avro)).rejects.toThrow();
  });

  test("that can not be used are told by their name", async () => {
    await expect(encoderOf({ ...proto, protobufMessageName: "home.Nothing" })).rejects.toThrow(
      /a\.proto is of no use.*Nothing/,
    );
    await expect(encoderOf({ avscPath: proto.protobufPath! })).rejects.toThrow("a.proto is of no use");
    await expect(encoderOf({ avscPath: "/nowhere" })).rejects.toThrow("/nowhere");
  });
});
