// Valid packets of every type and version, complete as a decoder returns them: what is written must come back equal.

import { encodeUtf8, isReasonCodeAllowed, PacketType, ReasonCode } from "@petrel/codec";

export const VERSIONS = [3, 4, 5];

export function packetTypes(version) {
  return Object.keys(PacketType).filter((type) => version === 5 || type !== "auth");
}

const CHARACTERS = ["a", "b", "/", " ", "0", "é", "\ufeff", "\u0001", "\u007f", "\u0800", "\ud7ff", "\ue000", "\uffff"];
const MORE_CHARACTERS = [...CHARACTERS, "温", "\u{10000}", "\u{1f426}", "\u{10ffff}"];
const LEVELS = ["", "a", "b", "sensors", "kitchen", "ä", "$SYS", "温度", " "];

function string(random, maximum = 12) {
  if (random.chance(50)) return "x".repeat(random.between(100, 400));
  const characters = random.boolean() ? CHARACTERS.slice(0, 5) : MORE_CHARACTERS;
  return random.list(0, maximum, () => random.pick(characters)).join("");
}

function topicName(random) {
  if (random.chance(4)) return string(random) || "a";
  return random.list(1, 5, () => random.pick(LEVELS)).join("/") || "/";
}

function topicFilter(random, version) {
  const levels = random.list(1, 5, () => (random.chance(4) ? "+" : random.pick(LEVELS)));
  if (random.chance(3)) levels.push("#");
  const filter = levels.join("/") || "/";
  return version === 5 && random.chance(5) ? `$share/${random.pick(["group", "g", "ä"])}/${filter}` : filter;
}

const binary = (random, maximum = 30) => random.bytes(random.below(maximum));
const twoBytes = (minimum) => (random) =>
  random.pick([minimum, 0x7f, 0x80, 0xff, 0x100, 0xffff, random.between(1, 0xffff)]);
const fourBytes = (minimum) => (random) => random.pick([minimum, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]);
const variable = (random) =>
  random.pick([1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, random.between(1, 268_435_455)]);
const boolean = (random) => random.boolean();
const bit = (random) => random.below(2);
const text = (random) => string(random);

const VALUES = {
  payloadFormatIndicator: bit,
  messageExpiryInterval: fourBytes(0),
  contentType: text,
  responseTopic: topicName,
  correlationData: (random) => binary(random),
  subscriptionIdentifier: variable,
  subscriptionIdentifiers: (random) => random.list(1, 3, () => variable(random)),
  sessionExpiryInterval: fourBytes(0),
  assignedClientIdentifier: text,
  serverKeepAlive: twoBytes(0),
  authenticationMethod: text,
  authenticationData: (random) => binary(random),
  requestProblemInformation: boolean,
  willDelayInterval: fourBytes(0),
  requestResponseInformation: boolean,
  responseInformation: text,
  serverReference: text,
  reasonString: text,
  receiveMaximum: twoBytes(1),
  topicAliasMaximum: twoBytes(0),
  topicAlias: twoBytes(1),
  maximumQos: bit,
  retainAvailable: boolean,
  userProperties: (random) => random.list(1, 3, () => [string(random), string(random)]),
  maximumPacketSize: fourBytes(1),
  wildcardSubscriptionAvailable: boolean,
  subscriptionIdentifiersAvailable: boolean,
  sharedSubscriptionAvailable: boolean,
};

const ACKNOWLEDGEMENT = ["reasonString", "userProperties"];
const AUTHENTICATION = ["authenticationMethod", "authenticationData"];
const MESSAGE = ["payloadFormatIndicator", "messageExpiryInterval", "contentType", "responseTopic", "correlationData"];
const SECTIONS = {
  connect: [
    ...["sessionExpiryInterval", "receiveMaximum", "maximumPacketSize", "topicAliasMaximum"],
    ...["requestResponseInformation", "requestProblemInformation", "userProperties", ...AUTHENTICATION],
  ],
  will: [...MESSAGE, "willDelayInterval", "userProperties"],
  connack: [
    ...["sessionExpiryInterval", "receiveMaximum", "maximumQos", "retainAvailable", "maximumPacketSize"],
    ...["assignedClientIdentifier", "topicAliasMaximum", ...ACKNOWLEDGEMENT, "wildcardSubscriptionAvailable"],
    ...["subscriptionIdentifiersAvailable", "sharedSubscriptionAvailable", "serverKeepAlive", "responseInformation"],
    ...["serverReference", ...AUTHENTICATION],
  ],
  publish: [...MESSAGE, "topicAlias", "userProperties", "subscriptionIdentifiers"],
  subscribe: ["subscriptionIdentifier", "userProperties"],
  unsubscribe: ["userProperties"],
  disconnect: ["sessionExpiryInterval", "serverReference", ...ACKNOWLEDGEMENT],
  auth: [...ACKNOWLEDGEMENT, ...AUTHENTICATION],
};

/** Some properties in any order, or undefined for none. */
function properties(random, version, section, needed = []) {
  if (version !== 5) return undefined;
  const some = random.chance(3) ? [] : SECTIONS[section].filter(() => random.chance(3));
  const names = [...new Set([...some, ...needed])];
  if (names.includes("authenticationData") && !names.includes("authenticationMethod"))
    names.push("authenticationMethod");
  for (let index = names.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [names[index], names[other]] = [names[other], names[index]];
  }
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, VALUES[name](random)]));
}

const CODES = Object.fromEntries(
  Object.keys(PacketType).map((type) => [
    type,
    [...new Set(Object.values(ReasonCode))].filter((code) => isReasonCodeAllowed(code, type)),
  ]),
);
/** The reason codes that return codes 1 to 5 of MQTT 3.x stand for. */
export const RETURN_CODES = new Map([
  [0, 0],
  [ReasonCode.unsupportedProtocolVersion, 1],
  [ReasonCode.clientIdentifierNotValid, 2],
  [ReasonCode.serverUnavailable, 3],
  [ReasonCode.badUserNameOrPassword, 4],
  [ReasonCode.notAuthorized, 5],
]);

const identifier = twoBytes(1);
const reasonCode = (random, version, type) => (version === 5 ? random.pick(CODES[type]) : 0);

function connect(random, version) {
  const username = random.boolean() ? string(random) : undefined;
  const password = random.boolean() && (version === 5 || username !== undefined) ? binary(random) : undefined;
  return {
    type: "connect",
    protocolVersion: version,
    bridge: version !== 5 && random.chance(4),
    clientIdentifier: version === 5 ? string(random) : string(random) || "id",
    cleanStart: random.boolean(),
    keepAlive: twoBytes(0)(random),
    username,
    password,
    will: random.boolean() ? will(random, version) : undefined,
    properties: properties(random, version, "connect"),
  };
}

function will(random, version) {
  const some = properties(random, version, "will");
  return {
    topicName: topicName(random),
    payload: payload(random, some, binary(random)),
    qos: random.below(3),
    retain: random.boolean(),
    properties: some,
  };
}

/** `bytes`, unless the Payload Format Indicator promises text. */
function payload(random, properties, bytes) {
  return properties?.payloadFormatIndicator === 1 ? encodeUtf8(string(random)) : bytes;
}

function connack(random, version) {
  const code = random.boolean() ? 0 : random.pick(version === 5 ? CODES.connack : [...RETURN_CODES.keys()]);
  const sessionPresent = code === 0 && version !== 3 && random.boolean();
  return { type: "connack", sessionPresent, reasonCode: code, properties: properties(random, version, "connack") };
}

function publish(random, version) {
  const qos = random.below(3);
  const aliased = version === 5 && random.chance(5);
  const some = properties(random, version, "publish", aliased ? ["topicAlias"] : []);
  const bytes = random.chance(100)
    ? new Uint8Array(random.pick([127, 16_500, 70_000])).fill(random.below(256))
    : binary(random, 200);
  return {
    type: "publish",
    topicName: aliased ? "" : topicName(random),
    payload: payload(random, some, bytes),
    qos,
    retain: random.boolean(),
    dup: qos > 0 && random.boolean(),
    packetIdentifier: qos === 0 ? undefined : identifier(random),
    properties: some,
  };
}

function subscription(random, version) {
  const filter = topicFilter(random, version);
  const one = {
    topicFilter: filter,
    qos: random.below(3),
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  };
  if (version !== 5) return one;
  const noLocal = !filter.startsWith("$share/") && random.boolean();
  return { ...one, noLocal, retainAsPublished: random.boolean(), retainHandling: random.below(3) };
}

/** One packet of this type. */
export function packetOf(random, type, version) {
  switch (type) {
    case "connect":
      return connect(random, version);
    case "connack":
      return connack(random, version);
    case "publish":
      return publish(random, version);
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp": {
      const code = random.boolean() ? 0 : reasonCode(random, version, type);
      const some = version === 5 && random.boolean() ? acknowledgementProperties(random, version) : undefined;
      return { type, packetIdentifier: identifier(random), reasonCode: code, properties: some };
    }
    case "subscribe": {
      const subscriptions = random.list(1, 4, () => subscription(random, version));
      const some = properties(random, version, type);
      return { type, packetIdentifier: identifier(random), subscriptions, properties: some };
    }
    case "unsubscribe": {
      const topicFilters = random.list(1, 4, () => topicFilter(random, version));
      const some = properties(random, version, type);
      return { type, packetIdentifier: identifier(random), topicFilters, properties: some };
    }
    case "suback":
    case "unsuback": {
      const codes = version === 5 ? CODES[type] : [0, 1, 2, 0x80];
      const reasonCodes = type === "unsuback" && version !== 5 ? [] : random.list(1, 4, () => random.pick(codes));
      const some = acknowledgementProperties(random, version);
      return { type, packetIdentifier: identifier(random), reasonCodes, properties: some };
    }
    case "disconnect":
      return { type, reasonCode: reasonCode(random, version, type), properties: properties(random, version, type) };
    case "auth": {
      const code = reasonCode(random, version, type);
      if (code === 0 && random.boolean()) return { type, reasonCode: 0, properties: undefined };
      return { type, reasonCode: code, properties: properties(random, version, type, ["authenticationMethod"]) };
    }
    default:
      return { type };
  }
}

function acknowledgementProperties(random, version) {
  if (version !== 5) return undefined;
  const names = ACKNOWLEDGEMENT.filter(() => random.boolean());
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, VALUES[name](random)]));
}
