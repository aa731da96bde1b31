import type { Type } from "avsc";
import { readFile } from "node:fs/promises";
import { UsageError } from "../exit-codes.ts";
import { bytesOf, parseJson, stringifyJson } from "./json.ts";
import type { PayloadOptions } from "./options.ts";
import { protobufValue } from "./protobuf.ts";

/** A payload's schema: JSON here, bytes there. Both ways throw for what the schema does not allow. */
export interface Schema {
  encode(json: string): Uint8Array;
  /** JSON in one line. */
  decode(payload: Uint8Array): string;
}

/** Reads the schema that was asked for, with its library. Throws UsageError. */
export async function schemaOf({
  protobufPath,
  protobufMessageName,
  avscPath,
}: PayloadOptions): Promise<Schema | undefined> {
  if (protobufPath !== undefined) return await protobufSchema(protobufPath, protobufMessageName!);
  if (avscPath !== undefined) return await avroSchema(avscPath);
  return undefined;
}

async function protobufSchema(path: string, name: string): Promise<Schema> {
  const { default: protobuf } = await import("protobufjs");
  try {
    const root = new protobuf.Root();
    await root.load(path); // with what it imports
    const type = root.lookupType(name);
    return {
      encode: (json) => type.encode(type.fromObject(protobufValue(type, parseJson(json)))).finish(),
      decode: (payload) =>
        stringifyJson(type.toObject(type.decode(payload), { longs: String, enums: String, bytes: String, json: true })),
    };
  } catch (error) {
    throw new UsageError(`the schema ${path} is of no use: ${(error as Error).message}`, { cause: error });
  }
}

async function avroSchema(path: string): Promise<Schema> {
  const { default: avro } = await import("avsc");
  try {
    const type = avro.Type.forSchema(JSON.parse(await readFile(path, "utf8")) as never);
    return {
      encode: (json) => type.toBuffer(avroValue(type, json)),
      decode: (payload) => type.toString(type.fromBuffer(bytesOf(payload))),
    };
  } catch (error) {
    throw new UsageError(`the schema ${path} is of no use: ${(error as Error).message}`, { cause: error });
  }
}

/** Avro's own JSON names the branch of a union; people leave it out, and then the first one that fits is meant. */
function avroValue(type: Type, json: string): unknown {
  try {
    return type.fromString(json) as unknown;
  } catch {
    return type.clone(parseJson(json), { coerceBuffers: true, wrapUnions: true }) as unknown; // or tells what is wrong
  }
}
