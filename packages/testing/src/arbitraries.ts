/**
 * `@petrel/testing/arbitraries`: generators of packets for fast-check: every type that a version has, with all it may
 * carry. Packets are generated as a program would write them, so fields that have a default are left out now and then.
 */

import fc from "fast-check";
import {
  type AllProperties,
  encodeUtf8,
  type Packet,
  type PacketInit,
  type PacketTypeName,
  type PropertyName,
  type ProtocolVersion,
  type QoS,
  ReasonCode,
  type ReasonCodeName,
  type UserProperty,
} from "@petrel/codec";

// In every runtime but not in lib ES2023; see the codec's utf8.ts.
declare const TextDecoder: {
  new (label: "utf-8", options: { fatal: boolean }): { decode(bytes: Uint8Array): string };
};

type Properties = { readonly [Name in PropertyName]: fc.Arbitrary<NonNullable<AllProperties[Name]>> };

/** A string of a packet: any characters but U+0000, which none may have. Well-formed, as all that fast-check makes. */
function utf8String(constraints: Pick<fc.StringConstraints, "minLength" | "maxLength"> = {}): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 12 } = constraints;
  return fc.oneof(
    fc.string({ minLength, maxLength, unit: "grapheme-ascii" }),
    fc.string({ minLength, maxLength, unit: "binary" }).map((text) => text.replaceAll("\0", "\ufeff")),
    fc.constantFrom("text/plain", "application/json", "sensors").filter((text) => text.length >= minLength),
  );
}

/** A topic name: no wildcards, and never empty. */
export function topicName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.array(level(), { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/") || "/"),
    utf8String({ minLength: 1, maxLength: 60 }).map((text) => text.replaceAll(/[+#]/g, "-")),
  );
}

/** One level: few and short ones, so that they meet again, in the tables of the codec and in filters. */
function level(): fc.Arbitrary<string> {
  return fc.constantFrom("", "a", "b", "sensors", "kitchen", "ä", "$SYS", "温度", " ");
}

/** A filter that is valid in every version, or, for 5.0, also a Shared Subscription. */
export function topicFilter(version: ProtocolVersion): fc.Arbitrary<string> {
  const filter = fc
    .tuple(fc.array(fc.oneof(level(), fc.constant("+")), { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([levels, all]) => [...levels, ...(all ? ["#"] : [])].join("/") || "/");
  // "$share" is no level like the others to 5.0.
  const plain = filter.filter((text) => !text.startsWith("$share/"));
  if (version !== 5) return plain;
  const shareName = fc.constantFrom("group", "g", "ä");
  return fc.oneof(
    { weight: 4, arbitrary: plain },
    { weight: 1, arbitrary: fc.tuple(shareName, plain).map(([name, rest]) => `$share/${name}/${rest}`) },
  );
}

function binaryData(maxLength = 40): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength });
}

/** Payloads of all sizes that matter: empty, small, about the size at which they are no longer copied, and beyond. */
function payload(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 12, arbitrary: binaryData(200) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(4_095, 4_096, 4_097, 16_500), fc.integer({ min: 0, max: 255 }))
        .map(([size, byte]) => new Uint8Array(size).fill(byte)),
    },
  );
}

function packetIdentifier(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 1, max: 0xffff }), fc.constantFrom(1, 0x80, 0xff, 0x100, 0xffff));
}

function userProperties(): fc.Arbitrary<UserProperty[]> {
  return fc.array(fc.tuple(utf8String(), utf8String()), { minLength: 1, maxLength: 3 });
}

const qos = (): fc.Arbitrary<QoS> => fc.constantFrom<QoS>(0, 1, 2);
const twoBytes = (min = 0): fc.Arbitrary<number> => fc.integer({ min, max: 0xffff });
const fourBytes = (min = 0): fc.Arbitrary<number> => fc.integer({ min, max: 0xffff_ffff });
const variable = (): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: 1, max: 268_435_455 }),
    fc.constantFrom(1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152),
  );
const bit = (): fc.Arbitrary<0 | 1> => fc.constantFrom<0 | 1>(0, 1);

/** A value for each property. */
const PROPERTIES: Properties = {
  payloadFormatIndicator: bit(),
  messageExpiryInterval: fourBytes(),
  contentType: utf8String(),
  responseTopic: topicName(),
  correlationData: binaryData(),
  subscriptionIdentifier: variable(),
  subscriptionIdentifiers: fc.array(variable(), { minLength: 1, maxLength: 3 }),
  sessionExpiryInterval: fourBytes(),
  assignedClientIdentifier: utf8String(),
  serverKeepAlive: twoBytes(),
  authenticationMethod: utf8String(),
  authenticationData: binaryData(),
  requestProblemInformation: fc.boolean(),
  willDelayInterval: fourBytes(),
  requestResponseInformation: fc.boolean(),
  responseInformation: utf8String(),
  serverReference: utf8String(),
  reasonString: utf8String({ maxLength: 200 }),
  receiveMaximum: twoBytes(1),
  topicAliasMaximum: twoBytes(),
  topicAlias: twoBytes(1),
  maximumQos: bit(),
  retainAvailable: fc.boolean(),
  userProperties: userProperties(),
  maximumPacketSize: fourBytes(1),
  wildcardSubscriptionAvailable: fc.boolean(),
  subscriptionIdentifiersAvailable: fc.boolean(),
  sharedSubscriptionAvailable: fc.boolean(),
};

/** Some of these properties, in any order; in 3.x none. */
function properties(
  version: ProtocolVersion,
  names: readonly PropertyName[],
): fc.Arbitrary<Partial<AllProperties> | undefined> {
  if (version !== 5) return fc.constant(undefined);
  const some = fc
    .shuffledSubarray([...names])
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((name) => (PROPERTIES[name] as fc.Arbitrary<unknown>).map((value) => [name, value] as const)),
      ),
    )
    .map((entries) => Object.fromEntries(entries) as Partial<AllProperties>);
  return fc.option(some, { nil: undefined, freq: 3 });
}

const ACKNOWLEDGEMENT = ["reasonString", "userProperties"] as const;

function reasonCode(...names: readonly ReasonCodeName[]): fc.Arbitrary<number> {
  return fc.constantFrom(...names.map((name) => ReasonCode[name]));
}

const PUBLISH_ANSWER = [
  "success",
  "noMatchingSubscribers",
  "unspecifiedError",
  "implementationSpecificError",
  "notAuthorized",
  "topicNameInvalid",
  "packetIdentifierInUse",
  "quotaExceeded",
  "payloadFormatInvalid",
] as const;
const RELEASE_ANSWER = ["success", "packetIdentifierNotFound"] as const;

/** Fields, of which all but the required ones are left out now and then. */
function packet<Fields>(
  fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
  required: readonly (keyof Fields)[],
): fc.Arbitrary<PacketInit> {
  return fc.record(fields, { requiredKeys: [...required] as [] }) as unknown as fc.Arbitrary<PacketInit>;
}

function connect(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  const willProperties = properties(version, [
    "willDelayInterval",
    "payloadFormatIndicator",
    "messageExpiryInterval",
    "contentType",
    "responseTopic",
    "correlationData",
    "userProperties",
  ]);
  const will = fc
    .record(
      {
        topicName: topicName(),
        payload: binaryData(200),
        qos: qos(),
        retain: fc.boolean(),
        properties: willProperties,
      },
      { requiredKeys: ["topicName", "payload"] },
    )
    .map(honest);
  const all = packet(
    {
      type: fc.constant("connect"),
      protocolVersion: fc.constant(version),
      bridge: version === 5 ? fc.constant(false) : fc.boolean(),
      clientIdentifier: utf8String({ maxLength: 30 }),
      cleanStart: fc.boolean(),
      keepAlive: twoBytes(),
      username: utf8String(),
      password: binaryData(),
      will,
      properties: properties(version, [
        "sessionExpiryInterval",
        "receiveMaximum",
        "maximumPacketSize",
        "topicAliasMaximum",
        "requestResponseInformation",
        "requestProblemInformation",
        "userProperties",
        "authenticationMethod",
      ]),
    },
    ["type", "clientIdentifier"],
  );
  return all.map((one) => {
    if (one.type !== "connect" || version === 5) return one;
    // Before 5.0 a password needs a user name, and a session a client identifier.
    const { password, ...rest } = one;
    const clientIdentifier = one.clientIdentifier || "id";
    return { ...rest, clientIdentifier, ...(one.username === undefined ? {} : { password }) };
  });
}

function connack(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  const refusals: readonly ReasonCodeName[] =
    version === 5
      ? ["unspecifiedError", "unsupportedProtocolVersion", "serverBusy", "banned", "useAnotherServer", "notAuthorized"]
      : [
          "unsupportedProtocolVersion",
          "clientIdentifierNotValid",
          "serverUnavailable",
          "badUserNameOrPassword",
          "notAuthorized",
        ];
  const some = properties(version, [
    "sessionExpiryInterval",
    "receiveMaximum",
    "maximumQos",
    "retainAvailable",
    "maximumPacketSize",
    "assignedClientIdentifier",
    "topicAliasMaximum",
    "reasonString",
    "userProperties",
    "wildcardSubscriptionAvailable",
    "subscriptionIdentifiersAvailable",
    "sharedSubscriptionAvailable",
    "serverKeepAlive",
    "responseInformation",
    "serverReference",
    "authenticationMethod",
    "authenticationData",
  ]);
  const sessionPresent = version === 3 ? fc.constant(false) : fc.boolean();
  const type = fc.constant("connack");
  return fc.oneof(
    packet({ type, sessionPresent, reasonCode: fc.constant(0), properties: some }, ["type"]),
    packet({ type, reasonCode: reasonCode(...refusals), properties: some }, ["type", "reasonCode"]),
  );
}

/** Says that a payload is UTF-8 only where it is, as the encoder demands. */
function honest<Message>(message: Message): Message {
  const { payload, properties } = message as { payload?: Uint8Array; properties?: AllProperties };
  if (properties?.payloadFormatIndicator !== 1 || payload === undefined || isUtf8(payload)) return message;
  return { ...message, properties: { ...properties, payloadFormatIndicator: 0 } };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function publish(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  const common = {
    type: fc.constant("publish"),
    topicName: topicName(),
    payload: payload(),
    retain: fc.boolean(),
    properties: properties(version, [
      "payloadFormatIndicator",
      "messageExpiryInterval",
      "topicAlias",
      "responseTopic",
      "correlationData",
      "userProperties",
      "subscriptionIdentifiers",
      "contentType",
    ]),
  };
  const acknowledged = packet(
    { ...common, qos: fc.constantFrom<QoS>(1, 2), dup: fc.boolean(), packetIdentifier: packetIdentifier() },
    ["type", "topicName", "qos", "packetIdentifier"],
  );
  const atMostOnce = packet({ ...common, qos: fc.constant<QoS>(0), dup: fc.constant(false) }, ["type", "topicName"]);
  const aliased = packet(
    { ...common, topicName: fc.constant(""), properties: fc.record({ topicAlias: twoBytes(1) }) },
    ["type", "topicName", "properties"],
  );
  const all = version === 5 ? fc.oneof(acknowledged, atMostOnce, aliased) : fc.oneof(acknowledged, atMostOnce);
  return all.map(honest);
}

function acknowledgement(
  version: ProtocolVersion,
  type: "puback" | "pubrec" | "pubrel" | "pubcomp",
  ...names: readonly ReasonCodeName[]
): fc.Arbitrary<PacketInit> {
  return packet(
    {
      type: fc.constant(type),
      packetIdentifier: packetIdentifier(),
      reasonCode: version === 5 ? reasonCode(...names) : fc.constant(0),
      properties: properties(version, ACKNOWLEDGEMENT),
    },
    ["type", "packetIdentifier"],
  );
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  const options =
    version === 5
      ? { noLocal: fc.boolean(), retainAsPublished: fc.boolean(), retainHandling: fc.constantFrom<0 | 1 | 2>(0, 1, 2) }
      : {};
  const subscription = fc
    .record({ topicFilter: topicFilter(version), qos: qos(), ...options }, { requiredKeys: ["topicFilter"] })
    .map((one) => (one.topicFilter.startsWith("$share/") ? { ...one, noLocal: false } : one));
  return packet(
    {
      type: fc.constant("subscribe"),
      packetIdentifier: packetIdentifier(),
      subscriptions: fc.array(subscription, { minLength: 1, maxLength: 4 }),
      properties: properties(version, ["subscriptionIdentifier", "userProperties"]),
    },
    ["type", "packetIdentifier", "subscriptions"],
  );
}

function suback(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  const code =
    version === 5
      ? reasonCode("grantedQos0", "grantedQos1", "grantedQos2", "notAuthorized", "topicFilterInvalid", "quotaExceeded")
      : reasonCode("grantedQos0", "grantedQos1", "grantedQos2", "unspecifiedError");
  return packet(
    {
      type: fc.constant("suback"),
      packetIdentifier: packetIdentifier(),
      reasonCodes: fc.array(code, { minLength: 1, maxLength: 4 }),
      properties: properties(version, ACKNOWLEDGEMENT),
    },
    ["type", "packetIdentifier", "reasonCodes"],
  );
}

function unsubscribe(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  return packet(
    {
      type: fc.constant("unsubscribe"),
      packetIdentifier: packetIdentifier(),
      topicFilters: fc.array(topicFilter(version), { minLength: 1, maxLength: 4 }),
      properties: properties(version, ["userProperties"]),
    },
    ["type", "packetIdentifier", "topicFilters"],
  );
}

function unsuback(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  const code = reasonCode("success", "noSubscriptionExisted", "notAuthorized", "topicFilterInvalid");
  return packet(
    {
      type: fc.constant("unsuback"),
      packetIdentifier: packetIdentifier(),
      reasonCodes: version === 5 ? fc.array(code, { minLength: 1, maxLength: 4 }) : fc.constant([]),
      properties: properties(version, ACKNOWLEDGEMENT),
    },
    ["type", "packetIdentifier", "reasonCodes"],
  );
}

function disconnect(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  return packet(
    {
      type: fc.constant("disconnect"),
      reasonCode:
        version === 5
          ? reasonCode(
              "normalDisconnection",
              "disconnectWithWillMessage",
              "sessionTakenOver",
              "serverMoved",
              "protocolError",
            )
          : fc.constant(0),
      properties: properties(version, ["sessionExpiryInterval", "reasonString", "userProperties", "serverReference"]),
    },
    ["type"],
  );
}

function auth(): fc.Arbitrary<PacketInit> {
  const method = PROPERTIES.authenticationMethod;
  const more = fc.record(
    { data: binaryData(), reasonString: utf8String(), userProperties: userProperties() },
    { requiredKeys: [] },
  );
  const some = fc.tuple(method, more).map(([authenticationMethod, { data, ...rest }]) => ({
    authenticationMethod,
    ...(data === undefined ? {} : { authenticationData: data }),
    ...rest,
  }));
  const type = fc.constant("auth");
  return fc.oneof(
    packet({ type }, ["type"]),
    packet({ type, reasonCode: reasonCode("success", "continueAuthentication", "reAuthenticate"), properties: some }, [
      "type",
      "properties",
    ]),
  );
}

/** Packets of one type, as programs write them. */
export function packetOfType(type: PacketTypeName, version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  switch (type) {
    case "connect":
      return connect(version);
    case "connack":
      return connack(version);
    case "publish":
      return publish(version);
    case "puback":
    case "pubrec":
      return acknowledgement(version, type, ...PUBLISH_ANSWER);
    case "pubrel":
    case "pubcomp":
      return acknowledgement(version, type, ...RELEASE_ANSWER);
    case "subscribe":
      return subscribe(version);
    case "suback":
      return suback(version);
    case "unsubscribe":
      return unsubscribe(version);
    case "unsuback":
      return unsuback(version);
    case "pingreq":
    case "pingresp":
      return fc.constant({ type });
    case "disconnect":
      return disconnect(version);
    case "auth":
      return auth();
  }
}

const TYPES: readonly PacketTypeName[] = [
  ...(["connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe"] as const),
  ...(["suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect"] as const),
];

/** The packet types that a version has. */
export function packetTypes(version: ProtocolVersion): readonly PacketTypeName[] {
  return version === 5 ? [...TYPES, "auth"] : TYPES;
}

/** Packets of all types, as programs write them. */
export function anyPacket(version: ProtocolVersion): fc.Arbitrary<PacketInit> {
  return fc.oneof(...packetTypes(version).map((type) => packetOfType(type, version)));
}

/** What the receiver of a packet makes of it: the same with its defaults filled in. */
export function withDefaults(init: PacketInit, version: ProtocolVersion): Packet {
  const properties = "properties" in init ? present(init.properties) : undefined;
  switch (init.type) {
    case "connect": {
      const will = init.will && { qos: 0 as const, retain: false, ...defined(init.will) };
      return {
        bridge: false,
        cleanStart: true,
        keepAlive: 0,
        ...defined(init),
        protocolVersion: version,
        will: will && { ...will, properties: present(will.properties) },
        properties,
      };
    }
    case "connack":
      return { sessionPresent: false, reasonCode: 0, ...defined(init), properties };
    case "publish": {
      const { payload = "" } = init;
      const bytes = typeof payload === "string" ? encodeUtf8(payload) : payload;
      return { qos: 0, retain: false, dup: false, ...defined(init), payload: bytes, properties };
    }
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
    case "disconnect":
    case "auth":
      return { reasonCode: 0, ...defined(init), properties };
    case "subscribe": {
      const defaults = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
      const subscriptions = init.subscriptions.map((one) => ({ ...defaults, ...defined(one) }));
      return { ...init, subscriptions, properties };
    }
    case "suback":
    case "unsubscribe":
    case "unsuback":
      return { ...init, properties };
    case "pingreq":
    case "pingresp":
      return init;
  }
}

/** Without the fields that are undefined. */
function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };
}

/** Properties, or undefined when there is none of them. */
function present<Some extends object>(properties: Some | undefined): Some | undefined {
  return properties !== undefined && Object.keys(defined(properties)).length > 0 ? properties : undefined;
}
