import type { Packet, PacketInit } from "./packet.ts";
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
        `"${packet.clientIdentifier}"`,
        packet.cleanStart === false ? "resume" : "clean",
        `keep-alive ${packet.keepAlive ?? 0}s`,
        packet.username === undefined ? "" : `user "${packet.username}"`,
        packet.password === undefined ? "" : "password ***",
        packet.will === undefined ? "" : `will "${packet.will.topicName}"`,
      ];
    case "connack":
      return [reasonText(packet.reasonCode ?? 0), packet.sessionPresent === true ? "session present" : ""];
    case "publish":
      return [
        `q${packet.qos ?? 0}`,
        packet.packetIdentifier === undefined ? "" : `p${packet.packetIdentifier}`,
        packet.dup === true ? "dup" : "",
        packet.retain === true ? "retain" : "",
        `"${packet.topicName}"`,
        describePayload(packet.payload ?? ""),
      ];
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return [`p${packet.packetIdentifier}`, packet.reasonCode ? reasonText(packet.reasonCode) : ""];
    case "subscribe":
      return [`p${packet.packetIdentifier}`, packet.subscriptions.map((one) => `"${one.topicFilter}" q${one.qos ?? 0}`).join(", ")];
    case "unsubscribe":
      return [`p${packet.packetIdentifier}`, packet.topicFilters.map((topicFilter) => `"${topicFilter}"`).join(", ")];
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

function describePayload(payload: Uint8Array | string): string {
  if (payload.length === 0) return "empty";
  const unit = payload.length === 1 ? "byte" : "bytes";
  if (typeof payload === "string") return `${payload.length} characters ${quoted(payload)}`;
  return `${payload.length} ${unit} ${describeBytes(payload)}`;
}

function describeBytes(bytes: Uint8Array): string {
  const head = bytes.subarray(0, SHOWN);
  try {
    const text = decodeUtf8(head);
    // oxlint-disable-next-line no-control-regex -- control characters are what makes it binary
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
      return bytes.length > SHOWN ? `${JSON.stringify(text)}…` : JSON.stringify(text);
    }
  } catch {
    // Not text, or cut inside a character: shown as hexadecimal below.
  }
  const hexadecimal = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > SHOWN ? `<${hexadecimal} …>` : `<${hexadecimal}>`;
}

function quoted(text: string): string {
  return text.length > SHOWN ? `${JSON.stringify(text.slice(0, SHOWN))}…` : JSON.stringify(text);
}

function describeProperties(properties: object): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name === "authenticationData") parts.push(`${name}=***`);
    else if (value instanceof Uint8Array) parts.push(`${name}=${describeBytes(value)}`);
    else parts.push(`${name}=${JSON.stringify(value)}`);
  }
  return parts.length === 0 ? "" : `{${parts.join(" ")}}`;
}
