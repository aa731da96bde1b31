/** The two loops that read and write a property section (section 2.2.2) from the table. */

import { EncodeError } from "./errors.ts";
import type { ProtocolVersion, UserProperty } from "./packet.ts";
import { isPropertyIdentifier, PROPERTIES, type PropertyDefinition, type PropertyName } from "./properties.ts";
import type { AllProperties, PropertySection } from "./properties.ts";
import type { PacketReader } from "./reader.ts";
import { ReasonCode } from "./reason-codes.ts";
import type { SlabWriter } from "./writer.ts";

type MutableProperties = { -readonly [Name in PropertyName]?: unknown };

/** Reads Property Length and properties; undefined when there are none. */
export function decodeProperties(reader: PacketReader, section: PropertySection): AllProperties | undefined {
  const length = reader.variableByteInteger();
  if (length === 0) return undefined;
  const end = reader.section(length);
  const properties: MutableProperties = {};
  while (reader.position < end) {
    const identifier = reader.variableByteInteger();
    const definition = section.byIdentifier[identifier];
    if (definition === undefined) return rejectIdentifier(reader, identifier, section);
    const { name } = definition;
    if (definition.repeatable) {
      const values = properties[name] as unknown[] | undefined;
      const value = decodeValue(reader, definition);
      if (values === undefined) properties[name] = [value];
      else values.push(value);
    } else {
      if (properties[name] !== undefined) {
        // Each property but User Property (and Subscription Identifier in PUBLISH) says: "It is a Protocol Error to include it more than once".
        reader.violation(`${name} appears more than once`, ReasonCode.protocolError);
      }
      properties[name] = decodeValue(reader, definition);
    }
  }
  if (reader.position !== end) reader.malformed("the last property is longer than the Property Length says");
  return properties as AllProperties;
}

function rejectIdentifier(reader: PacketReader, identifier: number, section: PropertySection): never {
  const hexadecimal = `0x${identifier.toString(16).padStart(2, "0")}`;
  return reader.malformed(
    isPropertyIdentifier(identifier)
      ? `property ${hexadecimal} is not allowed in ${section.title}`
      : `property ${hexadecimal} does not exist`,
  );
}

function decodeValue(reader: PacketReader, definition: PropertyDefinition): unknown {
  switch (definition.kind) {
    case "byte":
      return integer(reader, definition, reader.byte());
    case "boolean": {
      const value = reader.byte();
      if (value > 1) {
        reader.violation(`${definition.name} is ${value}; it must be 0 or 1`, ReasonCode.protocolError);
      }
      return value === 1;
    }
    case "twoByteInteger":
      return integer(reader, definition, reader.twoByteInteger());
    case "fourByteInteger":
      return integer(reader, definition, reader.fourByteInteger());
    case "variableByteInteger":
      return integer(reader, definition, reader.variableByteInteger());
    case "utf8String":
      return reader.utf8String();
    case "binaryData":
      return reader.binaryData();
    case "utf8StringPair":
      return [reader.utf8String(), reader.utf8String()];
  }
}

function integer(reader: PacketReader, definition: PropertyDefinition, value: number): number {
  if (value < definition.minimum || value > definition.maximum) {
    reader.violation(
      `${definition.name} is ${value}; it must be ${definition.minimum} to ${definition.maximum}`,
      definition.name === "topicAlias" ? ReasonCode.topicAliasInvalid : ReasonCode.protocolError,
    );
  }
  return value;
}

/** Writes Property Length and properties. MQTT 3.x has no property section, so there properties are an error. */
export function encodeProperties(
  writer: SlabWriter,
  properties: AllProperties | undefined,
  section: PropertySection,
  version: ProtocolVersion,
): void {
  if (version !== 5) {
    if (properties !== undefined) refuseProperties(properties, section);
    return;
  }
  if (properties === undefined) {
    writer.byte(0);
    return;
  }
  const mark = writer.beginLength();
  for (const name in properties) {
    const value = properties[name as PropertyName];
    if (value === undefined) continue;
    const definition = PROPERTIES[name as PropertyName] as PropertyDefinition | undefined;
    if (definition === undefined) {
      throw new EncodeError(`properties.${name} is not a property of MQTT 5.0`, { field: `properties.${name}`, value });
    }
    if ((definition.packets & section.packets) === 0) {
      throw new EncodeError(`properties.${name} is not allowed in ${section.title}`, { field: `properties.${name}`, value });
    }
    if (definition.repeatable) {
      if (!Array.isArray(value)) {
        throw new EncodeError(`properties.${name} must be a list`, { field: `properties.${name}`, value });
      }
      for (const item of value as readonly unknown[]) encodeValue(writer, definition, item);
    } else {
      encodeValue(writer, definition, value);
    }
  }
  writer.endLength(mark);
}

/** The error for properties that MQTT 3.x cannot carry; none if all of them are undefined. */
function refuseProperties(properties: AllProperties, section: PropertySection): void {
  for (const name in properties) {
    const value = properties[name as PropertyName];
    if (value === undefined) continue;
    throw new EncodeError(`properties.${name} needs MQTT 5.0: ${section.title} has no properties in MQTT 3.x`, {
      field: `properties.${name}`,
      value,
    });
  }
}

function encodeValue(writer: SlabWriter, definition: PropertyDefinition, value: unknown): void {
  const { identifier, kind, name } = definition;
  writer.byte(identifier);
  switch (kind) {
    case "byte":
      writer.byte(checkedInteger(definition, value));
      return;
    case "boolean":
      if (typeof value !== "boolean") {
        throw new EncodeError(`properties.${name} must be true or false`, { field: `properties.${name}`, value });
      }
      writer.byte(value ? 1 : 0);
      return;
    case "twoByteInteger":
      writer.twoByteInteger(checkedInteger(definition, value));
      return;
    case "fourByteInteger":
      writer.fourByteInteger(checkedInteger(definition, value));
      return;
    case "variableByteInteger":
      writer.variableByteInteger(checkedInteger(definition, value));
      return;
    case "utf8String":
      // "The Response Topic MUST NOT contain wildcard characters" [MQTT-3.3.2-14]
      if (name === "responseTopic") writer.topicName(value as string, "properties.responseTopic");
      else writer.utf8String(value as string, name);
      return;
    case "binaryData":
      writer.binaryData(value as Uint8Array, name);
      return;
    case "utf8StringPair": {
      if (!Array.isArray(value) || value.length !== 2) {
        throw new EncodeError(`properties.${name} must be a list of [name, value] pairs`, { field: `properties.${name}`, value });
      }
      const [left, right] = value as unknown as UserProperty;
      writer.utf8String(left, name);
      writer.utf8String(right, name);
    }
  }
}

function checkedInteger(definition: PropertyDefinition, value: unknown): number {
  const { name, minimum, maximum } = definition;
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return value as number;
  throw new EncodeError(`properties.${name} is ${String(value)}; it must be a whole number from ${minimum} to ${maximum}`, {
    field: `properties.${name}`,
    value,
  });
}
