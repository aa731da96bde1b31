/** The two loops that read and write a property section (section 2.2.2) from the table. */

import type { ProtocolVersion, UserProperty } from "./packet.ts";
import {
  type AllProperties,
  PROPERTIES,
  type PropertyDefinition,
  type PropertyName,
  propertyOfIdentifier,
  type PropertySection,
  type SectionProperty,
} from "./properties.ts";
import { hexadecimal } from "./quoted.ts";
import type { PacketReader } from "./reader.ts";
import { refuse, refuseValue } from "./refusal.ts";
import type { SlabWriter } from "./writer.ts";

type MutableProperties = { -readonly [Name in PropertyName]?: unknown };

/** "A sender MUST NOT send a PUBLISH packet containing a Topic Alias which has the value 0" */
const TOPIC_ALIAS_CLAUSE = "MQTT-3.3.2-8";
const TOPIC_ALIAS_INVALID = 0x94;
/** "The Response Topic MUST NOT contain wildcard characters" */
const RESPONSE_TOPIC_CLAUSE = "MQTT-3.3.2-14";
/** "All Topic Names and Topic Filters MUST be at least one character long" */
const EMPTY_TOPIC_CLAUSE = "MQTT-4.7.3-1";

/** Reads Property Length and properties; undefined when there are none. */
export function decodeProperties(reader: PacketReader, section: PropertySection): AllProperties | undefined {
  const length = reader.variableByteInteger();
  if (length === 0) return undefined;
  const end = reader.section(length);
  const properties: MutableProperties = {};
  /** The identifiers that were there, as bits: those up to 0x1f and those above. Cheaper than asking the object (measured). */
  let low = 0;
  let high = 0;
  let at = reader.position;
  while (at < end) {
    const identifier = reader.variableByteInteger();
    const definition = section.byIdentifier[identifier];
    if (definition === undefined) {
      skipProperty(reader, at, identifier, section, end);
      at = reader.position;
      continue;
    }
    const { name } = definition;
    const bit = 1 << (identifier & 31);
    const seen = (identifier < 32 ? low : high) & bit;
    if (identifier < 32) low |= bit;
    else high |= bit;
    if (seen === 0) {
      const value = decodeValue(reader, definition);
      properties[name] = definition.repeatable ? [value] : value;
    } else if (definition.repeatable) {
      (properties[name] as unknown[]).push(decodeValue(reader, definition));
    } else {
      // Each property but User Property, and Subscription Identifier in PUBLISH, says: "It is a Protocol Error to include … more than once."
      reader.violation(at, `${name} appears more than once`);
      decodeValue(reader, definition); // the first one stays
    }
    at = reader.position;
  }
  if (at !== end) {
    reader.malformed(end, "the last property is longer than the Property Length says");
    reader.position = end;
  }
  return properties as AllProperties;
}

/**
 * "A Control Packet which contains an Identifier which is not valid for its packet type … is a Malformed Packet." (§2.2.2.2)
 * Where that is collected, a property of other packets is passed over; nobody knows how long one is that doesn't
 * exist, so the whole rest of the section is.
 */
function skipProperty(
  reader: PacketReader,
  at: number,
  identifier: number,
  section: PropertySection,
  end: number,
): void {
  const definition = propertyOfIdentifier(identifier);
  if (definition === undefined) {
    reader.malformed(at, `property ${hexadecimal(identifier)} does not exist`);
    reader.position = end;
  } else {
    reader.malformed(at, `property ${hexadecimal(identifier)} is not allowed in ${section.title}`);
    decodeValue(reader, definition);
  }
}

function decodeValue(reader: PacketReader, definition: PropertyDefinition): unknown {
  const at = reader.position;
  switch (definition.kind) {
    case "byte":
      return checkedRange(reader, at, definition, reader.byte());
    case "boolean": {
      const value = reader.byte();
      if (value > 1) {
        reader.violation(at, `${definition.name} is ${value}; it must be 0 or 1`);
      }
      return value !== 0;
    }
    case "twoByteInteger":
      return checkedRange(reader, at, definition, reader.twoByteInteger());
    case "fourByteInteger":
      return checkedRange(reader, at, definition, reader.fourByteInteger());
    case "variableByteInteger":
      return checkedRange(reader, at, definition, reader.variableByteInteger());
    case "utf8String":
      return definition.name === "responseTopic" ? decodeResponseTopic(reader, at) : reader.propertyString();
    case "binaryData":
      return reader.binaryData();
    case "utf8StringPair":
      return [reader.propertyString(), reader.propertyString()];
  }
}

/** The value; where that is collected and the value's type has no room for it, the nearest that it has. */
function checkedRange(reader: PacketReader, at: number, definition: PropertyDefinition, value: number): number {
  const { name, minimum, maximum } = definition;
  if (value >= minimum && value <= maximum) return value;
  const message = `${name} is ${value}; it must be ${minimum} to ${maximum}`;
  if (name === "topicAlias") reader.violation(at, message, TOPIC_ALIAS_CLAUSE, TOPIC_ALIAS_INVALID);
  else reader.violation(at, message);
  return Math.min(value, maximum);
}

function decodeResponseTopic(reader: PacketReader, at: number): string {
  const responseTopic = reader.topicName(RESPONSE_TOPIC_CLAUSE);
  if (responseTopic === "") reader.malformed(at, "the response topic is empty", EMPTY_TOPIC_CLAUSE);
  return responseTopic;
}

/** Writes Property Length and properties. MQTT 3.x has no property section, so there properties are an error. */
export function encodeProperties(
  writer: SlabWriter,
  properties: AllProperties | undefined,
  section: PropertySection,
  version: ProtocolVersion,
): void {
  if (properties === undefined) {
    if (version === 5) writer.byte(0);
    return;
  }
  if (version !== 5) {
    refuseProperties(properties, section);
    return;
  }
  const mark = writer.beginLength();
  for (const name in properties) {
    const value = properties[name as PropertyName];
    if (value === undefined) continue;
    const definition = section.byName.get(name);
    if (definition === undefined) refuseName(name, section);
    if (definition.repeatable) {
      if (!Array.isArray(value)) refuseValue(definition.field, value, "it must be a list");
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
    if (properties[name as PropertyName] === undefined) continue;
    refuse(`${section.path}.${name}`, `needs MQTT 5.0: ${section.title} has no properties in MQTT 3.x`);
  }
}

function refuseName(name: string, { path, title }: PropertySection): never {
  const problem = Object.hasOwn(PROPERTIES, name) ? `is not allowed in ${title}` : "is not a property of MQTT 5.0";
  refuse(`${path}.${name}`, problem);
}

function encodeValue(writer: SlabWriter, definition: SectionProperty, value: unknown): void {
  const { identifier, kind, name, field } = definition;
  writer.byte(identifier);
  switch (kind) {
    case "byte":
      writer.byte(checkedInteger(definition, value));
      return;
    case "boolean":
      if (typeof value !== "boolean") refuseValue(field, value, "it must be true or false");
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
      if (name === "responseTopic") encodeResponseTopic(writer, field, value as string);
      else writer.utf8String(value as string, field);
      return;
    case "binaryData":
      writer.binaryData(value as Uint8Array, field);
      return;
    case "utf8StringPair": {
      if (!Array.isArray(value) || value.length !== 2) {
        refuseValue(field, value, "it must be a list of [name, value] pairs");
      }
      const pair = value as unknown as UserProperty;
      writer.utf8String(pair[0], field);
      writer.utf8String(pair[1], field);
    }
  }
}

function encodeResponseTopic(writer: SlabWriter, field: string, value: string): void {
  if (value === "") refuseValue(field, value, "it must have at least one character", EMPTY_TOPIC_CLAUSE);
  writer.topicName(value, field, RESPONSE_TOPIC_CLAUSE);
}

function checkedInteger({ name, field, minimum, maximum }: SectionProperty, value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return value as number;
  const clause = name === "topicAlias" ? TOPIC_ALIAS_CLAUSE : undefined;
  return refuseValue(field, value, `it must be a whole number from ${minimum} to ${maximum}`, clause);
}
