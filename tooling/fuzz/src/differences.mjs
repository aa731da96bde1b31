// Every kind of disagreement between the codec and mqtt-packet 9.0.2 that is known. docs/codec-differences.md shows
// this table; a disagreement that no row explains fails the run. `right` is who the specification agrees with.

const WE_REFUSE = /^we refuse, mqtt-packet (accepts|waits)$/;
const THEY_REFUSE = /^(we (accept|wait), mqtt-packet refuses|valid packet refused)$/;
const petrel = "Petrel";

/** A row that is about an input that only we refuse, for a reason of this kind. */
function weRefuse(id, ours, clause, why, right = petrel) {
  return { id, what: WE_REFUSE, ours, right, clause, why };
}

/** A row that is about an input that only mqtt-packet refuses. */
function theyRefuse(id, theirs, types, clause, why, right = petrel) {
  const versions = id.startsWith("3.1-") && types[0] !== "connect" ? [3] : undefined;
  return { id, what: THEY_REFUSE, theirs, types, versions, right, clause, why };
}

export const DIFFERENCES = [
  weRefuse(
    "trailing-bytes",
    /^# bytes? (is|are) left after the last field$/,
    "5.0 §2.1.4",
    "Bytes behind the last field belong to no field; mqtt-packet skips them.",
  ),
  weRefuse(
    "truncated-field",
    /^the packet ends inside a field: /,
    "5.0 §2.1.4",
    "A field reaches beyond the Remaining Length. mqtt-packet reads on into the next packet, or makes -1 or null of it.",
  ),
  weRefuse(
    "reason-code",
    /^(# is not a reason code of this packet|return code # is reserved)$/,
    "MQTT-3.2.2-8, MQTT-3.4.2-1, MQTT-3.9.3-2 and their like",
    "The code is not in the packet's table. mqtt-packet has one table for several packets, and none for CONNACK.",
  ),
  weRefuse(
    "utf-8",
    /^(a string is not well-formed UTF-#|a string contains the null character U\+#)$/,
    "MQTT-1.5.4-1, MQTT-1.5.4-2",
    "mqtt-packet puts U+FFFD for what is ill-formed and takes U+0000.",
  ),
  weRefuse(
    "minimal-length",
    /^(a variable byte integer|the remaining length) is longer than it needs to be$/,
    "MQTT-1.5.5-1",
    "A variable byte integer has to have its shortest form; mqtt-packet takes any form.",
  ),
  weRefuse(
    "long-integer",
    /^(a variable byte integer|the remaining length) is longer than four bytes$/,
    "5.0 §1.5.5",
    "A fifth byte of a variable byte integer. mqtt-packet notices it only in some places.",
  ),
  weRefuse(
    "property-value",
    /^\w+ is #; it must be # (or|to) #$/,
    "5.0 §3.1.2.11, §3.2.2.3, §3.3.2.3",
    "The value is outside its range (0 where 0 is an error, a flag that is neither 0 nor 1).",
  ),
  weRefuse(
    "property-place",
    /^property # (does not exist|is not allowed in .*)$/,
    "5.0 §2.2.2.2",
    "The property doesn't belong to this packet; mqtt-packet takes each property in each packet.",
  ),
  weRefuse(
    "property-twice",
    /^\w+ appears more than once$/,
    "5.0 §2.2.2.2",
    "Only User Property, and Subscription Identifier in PUBLISH, may repeat; mqtt-packet makes a list of any.",
  ),
  weRefuse(
    "property-length",
    /^the last property is longer than the Property Length says$/,
    "5.0 §2.2.2.1",
    "The Property Length ends inside a property; mqtt-packet reads the property to its end.",
  ),
  weRefuse(
    "session-present",
    /^session present is # although the connection is refused$/,
    "MQTT-3.2.2-6",
    "A CONNACK that refuses cannot resume a session.",
  ),
  weRefuse(
    "packet-identifier-0",
    /^the packet identifier is #$/,
    "MQTT-2.2.1-3, MQTT-2.2.1-4, MQTT-2.2.1-5, MQTT-2.2.1-6",
    "A Packet Identifier is never 0.",
  ),
  weRefuse(
    "topic",
    /^the topic (filter "…" |name "…" contains a wildcard character$)/,
    "MQTT-3.3.2-2, MQTT-4.7.1-1, MQTT-4.7.1-2, MQTT-4.7.3-1, MQTT-4.8.2-1, MQTT-4.8.2-2",
    "mqtt-packet leaves topics to its callers.",
  ),
  weRefuse(
    "empty-topic",
    /^(the topic name is empty and there is no topic alias|the (will|response) topic is empty)$/,
    "MQTT-4.7.3-1",
    "A Topic Name has at least one character; only a Topic Alias may stand for it.",
  ),
  weRefuse(
    "authentication",
    /^there is (no authentication method|authentication data without a method)$/,
    "5.0 §3.1.2.11.10, §3.15.2.2.2",
    "Authentication Data, and every AUTH with properties, needs an Authentication Method.",
  ),
  weRefuse(
    "empty-payload",
    /^there is no (reason code|topic filter)$/,
    "MQTT-3.8.3-2, MQTT-3.10.3-2; 5.0 §3.9.3, §3.11.3",
    "At least one filter, at least one answer; mqtt-packet asks only for a Remaining Length above 0.",
  ),
  weRefuse(
    "first-byte",
    /^(DUP is set on a QoS # message|packet type # is reserved|packet type # is reserved in MQTT #\.x)$/,
    "MQTT-3.3.1-2; 5.0 §2.1.2",
    "The first byte says that this is no packet. mqtt-packet doesn't know DUP on QoS 0, and looks at the type only when the packet is complete.",
  ),
  weRefuse("will-qos-3", /^the will QoS is #$/, "MQTT-3.1.2-12", "A Will QoS of 3 is malformed."),
  weRefuse(
    "password-alone",
    /^there is a password without a user name$/,
    "MQTT-3.1.2-22 of 3.1.1",
    "Before 5.0 a password needs a user name. mqtt-packet doesn't look when it reads.",
  ),
  weRefuse(
    "protocol",
    /^protocol "…" with level # is not MQTT #\.#, #\.#\.# or #\.#$/,
    "MQTT-3.1.2-1, MQTT-3.1.2-2",
    "Name and level don't belong together (MQIsdp with 4 or 5, MQTT with 3), or the bridge bit is set on 5.0, which has none.",
  ),
  weRefuse(
    "no-local-shared",
    /^no local is set on a shared subscription$/,
    "MQTT-3.8.3-4",
    "No Local is a Protocol Error on a Shared Subscription.",
  ),
  theyRefuse(
    "auth-empty",
    /^Invalid auth reason code$/,
    ["auth"],
    "5.0 §3.15.2.1",
    "An AUTH without any content means Success. mqtt-packet reads the reason code of the next packet, or undefined.",
  ),
  theyRefuse(
    "disconnect-short",
    /^(Cannot parse property code type|Unknown property|Invalid variable byte integer|throws .*)$/,
    ["disconnect", "auth"],
    "5.0 §3.14.2.1, §3.14.2.2.1, §3.15.2.1",
    "A DISCONNECT may end after its reason code, and it and AUTH may be empty. mqtt-packet then reads properties from the packet that follows.",
  ),
  theyRefuse(
    "disconnect-reason-code",
    /^Invalid disconnect reason code$/,
    ["disconnect"],
    "5.0 §3.14.2.1",
    "0x8C is a code of DISCONNECT in table 2-6 and missing in the table of §3.14.2.1; we take it, mqtt-packet doesn't. It also takes the first byte of the packet behind an empty DISCONNECT for its code, which is wrong.",
    "unclear",
  ),
  theyRefuse(
    "connack-of-3.x",
    /^(Cannot parse property code type|Unknown property|Invalid variable byte integer|throws .*)$/,
    ["connack"],
    "5.0 §3.2.2.2",
    "A server that speaks only 3.x refuses a 5.0 client with a CONNACK of two bytes. mqtt-packet reads properties from the packet that follows.",
  ),
  theyRefuse(
    "3.1-connect",
    /^(Cannot parse (username|password)|Will (Retain Flag|QoS) must be set to zero .*|Connect flag bit 0 must be 0, .*)$/,
    ["connect"],
    "3.1 §3.1",
    "MQTT 3.1 disregards the unused connect flags, and its Remaining Length takes precedence over the flags of user name and password.",
  ),
  theyRefuse(
    "3.1-connack-byte",
    /^Invalid connack flags, bits 7-1 must be set to 0$/,
    ["connack"],
    "3.1 §3.2",
    "MQTT 3.1 doesn't use the first byte of CONNACK; its rule came with 3.1.1.",
  ),
  theyRefuse(
    "3.1-dup",
    /^Invalid header flag bits, must be 0x2 for (pubrel|subscribe|unsubscribe) packet$/,
    ["pubrel", "subscribe", "unsubscribe"],
    "3.1 §2.1",
    "In MQTT 3.1 a repeated PUBREL, SUBSCRIBE or UNSUBSCRIBE may carry DUP.",
  ),
  theyRefuse(
    "3.1-subscribe-options",
    /^Invalid subscribe topic flag bits, bits 7-2 must be 0$/,
    ["subscribe"],
    "3.1 §3.8",
    "MQTT 3.1 doesn't use the upper six bits of a requested QoS; their rule came with 3.1.1.",
  ),
  {
    id: "their-auth",
    what: /^their packet refused$/,
    types: ["auth"],
    ours: /^there is no authentication method$/,
    right: "unclear",
    clause: "5.0 §3.15.2.1, §3.15.2.2.2",
    why: "For Success without properties mqtt-packet writes a reason code and an empty property section. The specification lets both be left out, and calls an AUTH with properties but without a method a Protocol Error; we take the short form only.",
  },
  {
    id: "their-connect-password",
    what: /^valid packet not written$/,
    types: ["connect"],
    theirs: /^Username is required to use password$/,
    right: petrel,
    clause: "5.0 §3.1.2.9",
    why: "5.0 allows a password without a user name.",
  },
  {
    id: "their-connect-client-identifier",
    what: /^valid packet not written$/,
    types: ["connect"],
    theirs: /^clientId must be given if cleanSession set to 0$/,
    right: petrel,
    clause: "MQTT-3.1.3-6, MQTT-3.1.3-7",
    why: "In 5.0 the server assigns an identifier also when Clean Start is 0; the rule is of 3.1.1 (MQTT-3.1.3-7 there).",
  },
  {
    id: "user-properties",
    what: /^valid packet (read|written) differently$/,
    theirs: /^(will\.)?properties\.userProperties$/,
    right: petrel,
    clause: "MQTT-3.3.2-18; 5.0 §2.2.2.2",
    why: "Names may repeat, in any order. mqtt-packet has an object with a list for a repeated name, in which an empty value is lost when its name comes again.",
  },
];

/**
 * The row that explains a disagreement.
 *
 * @param {{ what: string, type: string, version?: number, ours?: string, theirs?: string }} disagreement
 */
export function differenceOf({ what, type, version, ours, theirs }) {
  const row = DIFFERENCES.find(
    (one) =>
      one.what.test(what) &&
      (one.types === undefined || one.types.includes(type)) &&
      (one.versions === undefined || one.versions.includes(version)) &&
      (one.ours === undefined || one.ours.test(ours)) &&
      (one.theirs === undefined || one.theirs.test(theirs)),
  );
  return row?.id;
}

/** A line of the table in the documentation. */
export function documentationRow({ id, right, clause, why }) {
  return `| \`${id}\` | ${right} | ${clause} | ${why} |`;
}
