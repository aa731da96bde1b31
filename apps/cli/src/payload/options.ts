import { type Command, Option } from "commander";
import { UsageError } from "../exit-codes.ts";

export const FORMATS = ["text", "json", "base64", "hex", "cbor", "msgpack"] as const;
export type Format = (typeof FORMATS)[number];

/** What payloads are, as it was typed. */
export interface PayloadOptions {
  readonly format?: Format;
  readonly protobufPath?: string;
  readonly protobufMessageName?: string;
  readonly avscPath?: string;
}

/** Adds them to a command, in a group of their own. */
export function addPayloadOptions(command: Command, format: string): void {
  command
    .optionsGroup("Payload:")
    .addOption(new Option("--format <format>", format).choices(FORMATS))
    .option("--protobuf-path <file>", "schema of the payloads, with the next (also -Pp)")
    .option("--protobuf-message-name <name>", "the message in it, with its package (also -Pmn)")
    .option("--avsc-path <file>", "Avro schema of the payloads (also -Ap)");
}

/** Throws UsageError for what contradicts itself. */
export function checkPayloadOptions({ format, protobufPath, protobufMessageName, avscPath }: PayloadOptions): void {
  if ((protobufPath === undefined) !== (protobufMessageName === undefined)) {
    throw new UsageError("--protobuf-path and --protobuf-message-name are of use only together");
  }
  if (protobufPath !== undefined && avscPath !== undefined) {
    throw new UsageError("--protobuf-path and --avsc-path are two schemas for one payload; give one");
  }
  if ((protobufPath ?? avscPath) !== undefined && format !== undefined && format !== "json") {
    throw new UsageError(`with a schema, messages are JSON here and not --format ${format}`);
  }
}
