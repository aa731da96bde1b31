import type { UserProperty } from "./packet.ts";
import {
  AUTH,
  CONNACK,
  CONNECT,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  PUBREL,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
  WILL,
} from "./packet-bits.ts";

/** How a property's value is written (section 2.2.2.2). `boolean` is a byte that may only be 0 or 1. */
export type PropertyKind =
  | "byte"
  | "boolean"
  | "twoByteInteger"
  | "fourByteInteger"
  | "variableByteInteger"
  | "utf8String"
  | "binaryData"
  | "utf8StringPair";

export interface PropertyDefinition {
  readonly name: PropertyName;
  readonly identifier: number;
  readonly kind: PropertyKind;
  /** May appear more than once; its value is then a list. */
  readonly repeatable: boolean;
  /** The packets that may carry it, as bits: 1 << packet type, and 1 for the will in CONNECT. */
  readonly packets: number;
  /** Smallest and largest value of the integer kinds. */
  readonly minimum: number;
  readonly maximum: number;
}

const ACKNOWLEDGEMENTS = PUBACK | PUBREC | PUBREL | PUBCOMP | SUBACK | UNSUBACK;

/** Every property in every packet, for tables and loops; each packet's own interface says which it has. */
export interface AllProperties {
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly subscriptionIdentifier?: number | undefined;
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  readonly sessionExpiryInterval?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  readonly serverKeepAlive?: number | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  readonly requestProblemInformation?: boolean | undefined;
  readonly willDelayInterval?: number | undefined;
  readonly requestResponseInformation?: boolean | undefined;
  readonly responseInformation?: string | undefined;
  readonly serverReference?: string | undefined;
  readonly reasonString?: string | undefined;
  readonly receiveMaximum?: number | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly topicAlias?: number | undefined;
  readonly maximumQos?: 0 | 1 | undefined;
  readonly retainAvailable?: boolean | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
  readonly maximumPacketSize?: number | undefined;
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  readonly sharedSubscriptionAvailable?: boolean | undefined;
}

export type PropertyName = keyof AllProperties;

const LARGEST: Partial<Record<PropertyKind, number>> = {
  byte: 1, // the two byte-valued properties that are not booleans are 0 or 1 as well
  twoByteInteger: 0xffff,
  fourByteInteger: 0xffff_ffff,
  variableByteInteger: 268_435_455,
};

function property(
  name: PropertyName,
  identifier: number,
  kind: PropertyKind,
  packets: number,
  { minimum = 0, repeatable = false }: { minimum?: 0 | 1; repeatable?: boolean } = {},
): PropertyDefinition {
  return { name, identifier, kind, packets, repeatable, minimum, maximum: LARGEST[kind] ?? 0 };
}

/** Section 2.2.2.2, table 2-4. Where 0 is a Protocol Error the minimum is 1. */
const TABLE: readonly PropertyDefinition[] = [
  property("payloadFormatIndicator", 0x01, "byte", PUBLISH | WILL),
  property("messageExpiryInterval", 0x02, "fourByteInteger", PUBLISH | WILL),
  property("contentType", 0x03, "utf8String", PUBLISH | WILL),
  property("responseTopic", 0x08, "utf8String", PUBLISH | WILL),
  property("correlationData", 0x09, "binaryData", PUBLISH | WILL),
  // One identifier, two names: a SUBSCRIBE has at most one, a PUBLISH one for each subscription that matched.
  property("subscriptionIdentifier", 0x0b, "variableByteInteger", SUBSCRIBE, { minimum: 1 }),
  property("subscriptionIdentifiers", 0x0b, "variableByteInteger", PUBLISH, { minimum: 1, repeatable: true }),
  property("sessionExpiryInterval", 0x11, "fourByteInteger", CONNECT | CONNACK | DISCONNECT),
  property("assignedClientIdentifier", 0x12, "utf8String", CONNACK),
  property("serverKeepAlive", 0x13, "twoByteInteger", CONNACK),
  property("authenticationMethod", 0x15, "utf8String", CONNECT | CONNACK | AUTH),
  property("authenticationData", 0x16, "binaryData", CONNECT | CONNACK | AUTH),
  property("requestProblemInformation", 0x17, "boolean", CONNECT),
  property("willDelayInterval", 0x18, "fourByteInteger", WILL),
  property("requestResponseInformation", 0x19, "boolean", CONNECT),
  property("responseInformation", 0x1a, "utf8String", CONNACK),
  property("serverReference", 0x1c, "utf8String", CONNACK | DISCONNECT),
  property("reasonString", 0x1f, "utf8String", CONNACK | ACKNOWLEDGEMENTS | DISCONNECT | AUTH),
  property("receiveMaximum", 0x21, "twoByteInteger", CONNECT | CONNACK, { minimum: 1 }),
  property("topicAliasMaximum", 0x22, "twoByteInteger", CONNECT | CONNACK),
  property("topicAlias", 0x23, "twoByteInteger", PUBLISH, { minimum: 1 }),
  property("maximumQos", 0x24, "byte", CONNACK),
  property("retainAvailable", 0x25, "boolean", CONNACK),
  property(
    "userProperties",
    0x26,
    "utf8StringPair",
    CONNECT | CONNACK | PUBLISH | WILL | ACKNOWLEDGEMENTS | SUBSCRIBE | UNSUBSCRIBE | DISCONNECT | AUTH,
    { repeatable: true },
  ),
  property("maximumPacketSize", 0x27, "fourByteInteger", CONNECT | CONNACK, { minimum: 1 }),
  property("wildcardSubscriptionAvailable", 0x28, "boolean", CONNACK),
  property("subscriptionIdentifiersAvailable", 0x29, "boolean", CONNACK),
  property("sharedSubscriptionAvailable", 0x2a, "boolean", CONNACK),
];

/** The properties by the name they have in packets. */
export const PROPERTIES: Readonly<Record<PropertyName, PropertyDefinition>> = /* @__PURE__ */ byName();

function byName(): Record<PropertyName, PropertyDefinition> {
  return Object.fromEntries(TABLE.map((definition) => [definition.name, definition])) as typeof PROPERTIES;
}

/** A row of the table as one section has it. */
export interface SectionProperty extends PropertyDefinition {
  /** The path in the packet, for errors, as in `will.properties.contentType`. */
  readonly field: string;
}

/** One kind of property section: which packet (or will) it belongs to and what may stand in it. */
export interface PropertySection {
  /** In words, for errors. */
  readonly title: string;
  /** The path in the packet, for errors. */
  readonly path: string;
  /** Index: property identifier. A hole is a property that this section must not have. */
  readonly byIdentifier: readonly (SectionProperty | undefined)[];
  readonly byName: ReadonlyMap<string, SectionProperty>;
}

function section(packets: number, title: string, path = "properties"): PropertySection {
  const byIdentifier: (SectionProperty | undefined)[] = Array.from({ length: 0x2b }, () => undefined);
  const byName = new Map<string, SectionProperty>();
  for (const definition of TABLE) {
    if ((definition.packets & packets) === 0) continue;
    const property: SectionProperty = { ...definition, field: `${path}.${definition.name}` };
    byIdentifier[definition.identifier] = property;
    byName.set(definition.name, property);
  }
  return { title, path, byIdentifier, byName };
}

export const CONNECT_PROPERTIES: PropertySection = /* @__PURE__ */ section(CONNECT, "CONNECT");
export const WILL_PROPERTIES: PropertySection = /* @__PURE__ */ section(WILL, "the will in CONNECT", "will.properties");
export const CONNACK_PROPERTIES: PropertySection = /* @__PURE__ */ section(CONNACK, "CONNACK");
export const PUBLISH_PROPERTIES: PropertySection = /* @__PURE__ */ section(PUBLISH, "PUBLISH");
/** PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK have the same two properties. */
export const ACKNOWLEDGEMENT_PROPERTIES: PropertySection = /* @__PURE__ */ section(
  ACKNOWLEDGEMENTS,
  "an acknowledgement",
);
export const SUBSCRIBE_PROPERTIES: PropertySection = /* @__PURE__ */ section(SUBSCRIBE, "SUBSCRIBE");
export const UNSUBSCRIBE_PROPERTIES: PropertySection = /* @__PURE__ */ section(UNSUBSCRIBE, "UNSUBSCRIBE");
export const DISCONNECT_PROPERTIES: PropertySection = /* @__PURE__ */ section(DISCONNECT, "DISCONNECT");
export const AUTH_PROPERTIES: PropertySection = /* @__PURE__ */ section(AUTH, "AUTH");

/** The property that has this identifier in some packet, if any. */
export function propertyOfIdentifier(identifier: number): PropertyDefinition | undefined {
  return TABLE.find((definition) => definition.identifier === identifier);
}
