import { describe, expect, expectTypeOf, test } from "vitest";
import type {
  AcknowledgementProperties,
  AllProperties,
  AuthProperties,
  ConnackProperties,
  ConnectProperties,
  DisconnectProperties,
  PropertyKind,
  PropertyName,
  PublishProperties,
  SubscribeProperties,
  UnsubscribeProperties,
  UserProperty,
  WillProperties,
} from "../src/index.ts";
import { PROPERTIES } from "../src/index.ts";
import {
  ACKNOWLEDGEMENT_PROPERTIES,
  AUTH_PROPERTIES,
  CONNACK_PROPERTIES,
  CONNECT_PROPERTIES,
  DISCONNECT_PROPERTIES,
  propertyOfIdentifier,
  type PropertySection,
  PUBLISH_PROPERTIES,
  SUBSCRIBE_PROPERTIES,
  UNSUBSCRIBE_PROPERTIES,
  WILL_PROPERTIES,
} from "../src/properties.ts";

type Columns = readonly [identifier: number, kind: PropertyKind, packets: string];

const ANSWERS = "PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK";

/** Table 2-4 of section 2.2.2.2, copied by hand. Bytes that may only be 0 or 1 by their own sections are told apart here. */
const TABLE: Record<PropertyName, Columns> = {
  payloadFormatIndicator: [0x01, "byte", "PUBLISH WILL"],
  messageExpiryInterval: [0x02, "fourByteInteger", "PUBLISH WILL"],
  contentType: [0x03, "utf8String", "PUBLISH WILL"],
  responseTopic: [0x08, "utf8String", "PUBLISH WILL"],
  correlationData: [0x09, "binaryData", "PUBLISH WILL"],
  subscriptionIdentifier: [0x0b, "variableByteInteger", "SUBSCRIBE"],
  subscriptionIdentifiers: [0x0b, "variableByteInteger", "PUBLISH"],
  sessionExpiryInterval: [0x11, "fourByteInteger", "CONNECT CONNACK DISCONNECT"],
  assignedClientIdentifier: [0x12, "utf8String", "CONNACK"],
  serverKeepAlive: [0x13, "twoByteInteger", "CONNACK"],
  authenticationMethod: [0x15, "utf8String", "CONNECT CONNACK AUTH"],
  authenticationData: [0x16, "binaryData", "CONNECT CONNACK AUTH"],
  requestProblemInformation: [0x17, "boolean", "CONNECT"],
  willDelayInterval: [0x18, "fourByteInteger", "WILL"],
  requestResponseInformation: [0x19, "boolean", "CONNECT"],
  responseInformation: [0x1a, "utf8String", "CONNACK"],
  serverReference: [0x1c, "utf8String", "CONNACK DISCONNECT"],
  reasonString: [0x1f, "utf8String", `CONNACK ${ANSWERS} DISCONNECT AUTH`],
  receiveMaximum: [0x21, "twoByteInteger", "CONNECT CONNACK"],
  topicAliasMaximum: [0x22, "twoByteInteger", "CONNECT CONNACK"],
  topicAlias: [0x23, "twoByteInteger", "PUBLISH"],
  maximumQos: [0x24, "byte", "CONNACK"],
  retainAvailable: [0x25, "boolean", "CONNACK"],
  userProperties: [
    0x26,
    "utf8StringPair",
    `CONNECT CONNACK PUBLISH WILL ${ANSWERS} SUBSCRIBE UNSUBSCRIBE DISCONNECT AUTH`,
  ],
  maximumPacketSize: [0x27, "fourByteInteger", "CONNECT CONNACK"],
  wildcardSubscriptionAvailable: [0x28, "boolean", "CONNACK"],
  subscriptionIdentifiersAvailable: [0x29, "boolean", "CONNACK"],
  sharedSubscriptionAvailable: [0x2a, "boolean", "CONNACK"],
};

const NAMES = Object.keys(TABLE) as PropertyName[];

describe("the property table", () => {
  test.each(NAMES)("has %s as the specification has it", (name) => {
    const [identifier, kind, packets] = TABLE[name];
    expect(PROPERTIES[name]).toMatchObject({ name, identifier, kind });
    const bits = {
      ...{ WILL: 0, CONNECT: 1, CONNACK: 2, PUBLISH: 3, PUBACK: 4, PUBREC: 5, PUBREL: 6, PUBCOMP: 7, SUBSCRIBE: 8 },
      ...{ SUBACK: 9, UNSUBSCRIBE: 10, UNSUBACK: 11, DISCONNECT: 14, AUTH: 15 },
    };
    const said = Object.entries(bits).flatMap(([title, bit]) => ((PROPERTIES[name].packets >> bit) & 1 ? [title] : []));
    expect(said.sort()).toEqual(packets.split(" ").sort());
  });

  test("has these properties and no others: 27 identifiers, one of them under two names", () => {
    expect(Object.keys(PROPERTIES).sort()).toEqual([...NAMES].sort());
    expect(new Set(NAMES.map((name) => PROPERTIES[name].identifier)).size).toBe(27);
    const identifiers = new Set(NAMES.map((name) => TABLE[name][0]));
    for (let identifier = 0; identifier < 256; identifier++) {
      expect(propertyOfIdentifier(identifier)?.identifier).toBe(identifiers.has(identifier) ? identifier : undefined);
    }
  });

  test("repeats only User Property and the Subscription Identifiers of a PUBLISH", () => {
    expect(NAMES.filter((name) => PROPERTIES[name].repeatable)).toEqual(["subscriptionIdentifiers", "userProperties"]);
  });

  test("starts at 1 where 0 is an error", () => {
    const fromOne = [
      "subscriptionIdentifier",
      "subscriptionIdentifiers",
      "receiveMaximum",
      "topicAlias",
      "maximumPacketSize",
    ];
    expect(NAMES.filter((name) => PROPERTIES[name].minimum === 1)).toEqual(fromOne);
  });

  test("ends where the kind ends, or at 1 for the bytes that are flags", () => {
    const largest = {
      ...{
        byte: 1,
        boolean: 0,
        twoByteInteger: 0xffff,
        fourByteInteger: 0xffff_ffff,
        variableByteInteger: 268_435_455,
      },
      ...{ utf8String: 0, binaryData: 0, utf8StringPair: 0 },
    } as const satisfies Record<PropertyKind, number>;
    for (const name of NAMES) expect(PROPERTIES[name].maximum).toBe(largest[PROPERTIES[name].kind]);
  });
});

/** The names of an interface: the compiler refuses a list that misses one or has one too many. */
type NamesOf<Properties> = Record<keyof Properties, true>;

const SECTIONS: readonly [string, PropertySection, Record<string, true>][] = [
  [
    "CONNECT",
    CONNECT_PROPERTIES,
    {
      sessionExpiryInterval: true,
      receiveMaximum: true,
      maximumPacketSize: true,
      topicAliasMaximum: true,
      requestResponseInformation: true,
      requestProblemInformation: true,
      userProperties: true,
      authenticationMethod: true,
      authenticationData: true,
    } satisfies NamesOf<ConnectProperties>,
  ],
  [
    "WILL",
    WILL_PROPERTIES,
    {
      willDelayInterval: true,
      payloadFormatIndicator: true,
      messageExpiryInterval: true,
      contentType: true,
      responseTopic: true,
      correlationData: true,
      userProperties: true,
    } satisfies NamesOf<WillProperties>,
  ],
  [
    "CONNACK",
    CONNACK_PROPERTIES,
    {
      sessionExpiryInterval: true,
      receiveMaximum: true,
      maximumQos: true,
      retainAvailable: true,
      maximumPacketSize: true,
      assignedClientIdentifier: true,
      topicAliasMaximum: true,
      reasonString: true,
      userProperties: true,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: true,
      sharedSubscriptionAvailable: true,
      serverKeepAlive: true,
      responseInformation: true,
      serverReference: true,
      authenticationMethod: true,
      authenticationData: true,
    } satisfies NamesOf<ConnackProperties>,
  ],
  [
    "PUBLISH",
    PUBLISH_PROPERTIES,
    {
      payloadFormatIndicator: true,
      messageExpiryInterval: true,
      topicAlias: true,
      responseTopic: true,
      correlationData: true,
      userProperties: true,
      subscriptionIdentifiers: true,
      contentType: true,
    } satisfies NamesOf<PublishProperties>,
  ],
  ...ANSWERS.split(" ").map((title): [string, PropertySection, Record<string, true>] => [
    title,
    ACKNOWLEDGEMENT_PROPERTIES,
    { reasonString: true, userProperties: true } satisfies NamesOf<AcknowledgementProperties>,
  ]),
  [
    "SUBSCRIBE",
    SUBSCRIBE_PROPERTIES,
    { subscriptionIdentifier: true, userProperties: true } satisfies NamesOf<SubscribeProperties>,
  ],
  ["UNSUBSCRIBE", UNSUBSCRIBE_PROPERTIES, { userProperties: true } satisfies NamesOf<UnsubscribeProperties>],
  [
    "DISCONNECT",
    DISCONNECT_PROPERTIES,
    {
      sessionExpiryInterval: true,
      reasonString: true,
      userProperties: true,
      serverReference: true,
    } satisfies NamesOf<DisconnectProperties>,
  ],
  [
    "AUTH",
    AUTH_PROPERTIES,
    {
      authenticationMethod: true,
      authenticationData: true,
      reasonString: true,
      userProperties: true,
    } satisfies NamesOf<AuthProperties>,
  ],
];

describe("the properties of a packet", () => {
  test.each(SECTIONS)("%s are those of its interface and of the table", (title, section, names) => {
    const expected = NAMES.filter((name) => TABLE[name][2].split(" ").includes(title)).sort();
    expect(Object.keys(names).sort()).toEqual(expected);
    expect([...section.byName.keys()].sort()).toEqual(expected);
    const found = section.byIdentifier.flatMap((definition) => (definition === undefined ? [] : [definition.name]));
    expect(found.sort()).toEqual(expected);
  });

  test("have the same type in every packet", () => {
    expectTypeOf<ConnectProperties>().toExtend<AllProperties>();
    expectTypeOf<WillProperties>().toExtend<AllProperties>();
    expectTypeOf<ConnackProperties>().toExtend<AllProperties>();
    expectTypeOf<PublishProperties>().toExtend<AllProperties>();
    expectTypeOf<AcknowledgementProperties>().toExtend<AllProperties>();
    expectTypeOf<SubscribeProperties>().toExtend<AllProperties>();
    expectTypeOf<UnsubscribeProperties>().toExtend<AllProperties>();
    expectTypeOf<DisconnectProperties>().toExtend<AllProperties>();
    expectTypeOf<AuthProperties>().toExtend<AllProperties>();
    // And the other way round: a property of the table has no wider type than in the packet.
    expectTypeOf<AllProperties>().toExtend<
      ConnectProperties & WillProperties & ConnackProperties & PublishProperties
    >();
    expectTypeOf<AllProperties>().toExtend<AcknowledgementProperties & SubscribeProperties & UnsubscribeProperties>();
    expectTypeOf<AllProperties>().toExtend<DisconnectProperties & AuthProperties>();
  });

  test("have types that fit their kinds", () => {
    type Values = { [Name in PropertyName]-?: Exclude<AllProperties[Name], undefined> };
    type NamesWith<Value> = {
      [Name in PropertyName]: [Values[Name], Value] extends [Value, Values[Name]] ? Name : never;
    }[PropertyName];
    const kinds = (kind: PropertyKind): string[] => NAMES.filter((name) => TABLE[name][1] === kind).sort();
    const flags = { payloadFormatIndicator: true, maximumQos: true } satisfies Record<NamesWith<0 | 1>, true>;
    expect(Object.keys(flags).sort()).toEqual(kinds("byte"));
    const booleans = {
      requestProblemInformation: true,
      requestResponseInformation: true,
      retainAvailable: true,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: true,
      sharedSubscriptionAvailable: true,
    } satisfies Record<NamesWith<boolean>, true>;
    expect(Object.keys(booleans).sort()).toEqual(kinds("boolean"));
    const binary = { correlationData: true, authenticationData: true } satisfies Record<NamesWith<Uint8Array>, true>;
    expect(Object.keys(binary).sort()).toEqual(kinds("binaryData"));
    const pairs = { userProperties: true } satisfies Record<NamesWith<readonly UserProperty[]>, true>;
    expect(Object.keys(pairs).sort()).toEqual(kinds("utf8StringPair"));
    const strings = {
      contentType: true,
      responseTopic: true,
      assignedClientIdentifier: true,
      authenticationMethod: true,
      responseInformation: true,
      serverReference: true,
      reasonString: true,
    } satisfies Record<NamesWith<string>, true>;
    expect(Object.keys(strings).sort()).toEqual(kinds("utf8String"));
  });
});
