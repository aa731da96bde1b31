import type { Packet, PacketInit } from "./packet.ts";
import type { TopicSubscriptionInit } from "./packets/subscribe.ts";
import { quoted } from "./quoted.ts";
import { reasonText } from "./reason-codes.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Payloads and binary values are cut here. */
const SHOWN = 32;

/**
 * A packet as one line for people. Payloads are abbreviated; passwords and authentication data are never shown.
 *
 * @example describePacket(packet) // 'PUBLISH q1 p7 "sensors/kitchen" 4 bytes "21.5"'
 */
export function describePacket(packet: Packet | PacketInit): string {
  const words = [packet.type.toUpperCase(), ...details(packet)];
  const properties = "properties" in packet ? packet.properties : undefined;
  if (properties !== undefined) words.push(describeProperties(properties));
  return words.filter((word) => word !== "").join(" ");
}

function details(packet: Packet | PacketInit): string[] {
  switch (packet.type) {
    case "connect":
      return [
        packet.protocolVersion === undefined ? "" : `v${packet.protocolVersion}`,
        quoted(packet.clientIdentifier),
        packet.cleanStart === false ? "resume" : "clean",
        `keep-alive ${packet.keepAlive ?? 0}s`,
        packet.username === undefined ? "" : `user ${quoted(packet.username)}`,
        packet.password === undefined ? "" : "password ***",
        packet.will === undefined ? "" : `will ${quoted(packet.will.topicName)}`,
      ];
    case "connack":
      return [reasonText(packet.reasonCode ?? 0), packet.sessionPresent === true ? "session present" : ""];
    case "publish":
      return [
        `q${packet.qos ?? 0}`,
        packet.packetIdentifier === undefined ? "" : `p${packet.packetIdentifier}`,
        packet.dup === true ? "dup" : "",
        packet.retain === true ? "retain" : "",
        quoted(packet.topicName),
        describePayload(packet.payload ?? ""),
      ];
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return [`p${packet.packetIdentifier}`, packet.reasonCode ? reasonText(packet.reasonCode) : ""];
    case "subscribe":
      return [`p${packet.packetIdentifier}`, packet.subscriptions.map(describeSubscription).join(", ")];
    case "unsubscribe":
      return [`p${packet.packetIdentifier}`, packet.topicFilters.map((topicFilter) => quoted(topicFilter)).join(", ")];
    case "suback":
    case "unsuback":
      return [`p${packet.packetIdentifier}`, packet.reasonCodes.map(reasonText).join(", ")];
    case "disconnect":
    case "auth":
      return [reasonText(packet.reasonCode ?? 0)];
    case "pingreq":
    case "pingresp":
      return [];
  }
}

function describeSubscription(one: TopicSubscriptionInit): string {
  const handling = one.retainHandling ? ` retain-handling ${one.retainHandling}` : "";
  const flags = `${one.noLocal ? " no-local" : ""}${one.retainAsPublished ? " retain-as-published" : ""}`;
  return `${quoted(one.topicFilter)} q${one.qos ?? 0}${flags}${handling}`;
}

function describePayload(payload: Uint8Array | string): string {
  if (payload.length === 0) return "empty";
  if (typeof payload === "string") return `${count(payload.length, "character")} ${quoted(payload, SHOWN)}`;
  return `${count(payload.length, "byte")} ${describeBytes(payload)}`;
}

function count(size: number, unit: string): string {
  return size === 1 ? `1 ${unit}` : `${size} ${unit}s`;
}

/** Bytes as text where they are text, else in hexadecimal. */
function describeBytes(bytes: Uint8Array): string {
  const cut = bytes.length > SHOWN;
  try {
    const text = decodeUtf8(bytes.subarray(0, cut ? characterBoundary(bytes, SHOWN) : bytes.length));
    // oxlint-disable-next-line no-control-regex -- control characters are what makes it binary
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text))
      return cut ? `${quoted(text)}…` : quoted(text);
  } catch {
    // Not text: shown as hexadecimal below.
  }
  const hexadecimal = Array.from(bytes.subarray(0, SHOWN), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return cut ? `<${hexadecimal} …>` : `<${hexadecimal}>`;
}

/** The last position up to `at` where a UTF-8 character begins. */
function characterBoundary(bytes: Uint8Array, at: number): number {
  for (let position = at; position > at - 4; position--) if ((bytes[position]! & 0xc0) !== 0x80) return position;
  return at;
}

function describeProperties(properties: object): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (value !== undefined) parts.push(`${name}=${describeValue(name, value)}`);
  }
  return parts.length === 0 ? "" : `{${parts.join(" ")}}`;
}

function describeValue(name: string, value: unknown): string {
  if (name === "authenticationData") return "***";
  if (value instanceof Uint8Array) return describeBytes(value);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map((item) => describeValue(name, item)).join(",")}]`;
  return String(value);
}
