/** CONNECT (section 3.1). */

import { EncodeError } from "../errors.ts";
import type { ProtocolVersion, QoS, UserProperty } from "../packet.ts";
import { CONNECT_PROPERTIES, WILL_PROPERTIES } from "../properties.ts";
import { decodeProperties, encodeProperties } from "../property-codec.ts";
import { quoted } from "../quoted.ts";
import type { PacketReader } from "../reader.ts";
import { refuse, refuseValue } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";
import { checkPayloadFormat, requirePayloadFormat } from "./payload-format.ts";

export interface ConnectPacketInit {
  readonly type: "connect";
  /** Default: the version the encoder was made for. */
  readonly protocolVersion?: ProtocolVersion | undefined;
  /** Marks an MQTT 3.x client as a bridge for servers that know it (bit 7 of the level). Default false. */
  readonly bridge?: boolean | undefined;
  readonly clientIdentifier: string;
  /** Clean Start in 5.0, Clean Session in 3.x. Default true. */
  readonly cleanStart?: boolean | undefined;
  /** Seconds, 0 to 65,535; 0 is off (the default). */
  readonly keepAlive?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: Uint8Array | undefined;
  readonly will?: WillInit | undefined;
  readonly properties?: ConnectProperties | undefined;
}

export interface ConnectPacket extends ConnectPacketInit {
  readonly protocolVersion: ProtocolVersion;
  readonly bridge: boolean;
  readonly cleanStart: boolean;
  readonly keepAlive: number;
  readonly will: Will | undefined;
}

/** What the server publishes when the connection ends without a DISCONNECT. */
export interface WillInit {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos?: QoS | undefined;
  readonly retain?: boolean | undefined;
  readonly properties?: WillProperties | undefined;
}

export interface Will extends WillInit {
  readonly qos: QoS;
  readonly retain: boolean;
}

/** Section 3.1.2.11. */
export interface ConnectProperties {
  /** Seconds; 0xFFFFFFFF is for ever. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly receiveMaximum?: number | undefined;
  /** Bytes. */
  readonly maximumPacketSize?: number | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly requestResponseInformation?: boolean | undefined;
  readonly requestProblemInformation?: boolean | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
}

/** Section 3.1.3.2. */
export interface WillProperties {
  /** Seconds. */
  readonly willDelayInterval?: number | undefined;
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  /** Seconds. */
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

const CLEAN_START = 0x02;
const WILL_FLAG = 0x04;
const WILL_QOS_SHIFT = 3;
const WILL_RETAIN = 0x20;
const PASSWORD_FLAG = 0x40;
const USER_NAME_FLAG = 0x80;
const BRIDGE_BIT = 0x80;

const UNSUPPORTED_PROTOCOL_VERSION = 0x84;

const PASSWORD_ALONE = "MQTT-3.1.2-22 of 3.1.1";

export function encodeConnect(writer: SlabWriter, packet: ConnectPacketInit, version: ProtocolVersion): number {
  const { protocolVersion = version, clientIdentifier, keepAlive = 0, will, username, password, properties } = packet;
  if (protocolVersion !== version) {
    refuseValue("protocolVersion", protocolVersion, `the packet is being encoded for version ${version}`);
  }
  if (!Number.isInteger(keepAlive) || keepAlive < 0 || keepAlive > 0xffff) {
    refuseValue("keepAlive", keepAlive, "it must be a whole number of seconds from 0 to 65,535");
  }
  // "If the User Name Flag is set to 0, the Password Flag MUST be set to 0" [MQTT-3.1.2-22 of 3.1.1]; 5.0 allows it.
  if (version !== 5 && password !== undefined && username === undefined) {
    throw new EncodeError("a password without a user name needs MQTT 5.0", {
      field: "password",
      clause: PASSWORD_ALONE,
    });
  }
  // "If the Client supplies a zero-byte ClientId, the Client MUST also set CleanSession to 1" [MQTT-3.1.3-7 of 3.1.1]
  if (clientIdentifier === "" && version === 4 && packet.cleanStart === false) {
    refuseValue("clientIdentifier", "", "that needs cleanStart", "MQTT-3.1.3-7 of 3.1.1");
  }
  if (clientIdentifier === "" && version === 3) {
    refuseValue("clientIdentifier", "", "MQTT 3.1 needs at least one character");
  }
  if (packet.bridge === true && version === 5) refuseValue("bridge", true, "it marks MQTT 3.x clients only");
  if (will !== undefined && (typeof will !== "object" || will === null)) {
    refuseValue("will", will, "it must be an object");
  }
  // "It is a Protocol Error to include Authentication Data if there is no Authentication Method." (§3.1.2.11.10)
  if (properties?.authenticationData !== undefined && properties.authenticationMethod === undefined && version === 5) {
    refuse("properties.authenticationData", "needs an authenticationMethod beside it");
  }

  writer.beginPacket(0x10, will === undefined ? 100 : 200);
  writer.utf8String(version === 3 ? "MQIsdp" : "MQTT", "protocolName"); //          §3.1.2.1
  writer.byte(packet.bridge === true ? version | BRIDGE_BIT : version); //          §3.1.2.2
  writer.byte(connectFlags(packet)); //                                             §3.1.2.3
  writer.twoByteInteger(keepAlive); //                                              §3.1.2.10
  encodeProperties(writer, properties, CONNECT_PROPERTIES, version); //             §3.1.2.11
  writer.utf8String(clientIdentifier, "clientIdentifier"); //                       §3.1.3.1
  if (will !== undefined) {
    encodeProperties(writer, will.properties, WILL_PROPERTIES, version); //         §3.1.3.2
    writer.topicName(nonEmpty(will.topicName), "will.topicName", "MQTT-4.7.0-1"); // §3.1.3.3
    writer.binaryData(will.payload, "will.payload"); //                             §3.1.3.4
    if (will.properties?.payloadFormatIndicator === 1) requirePayloadFormat(will.payload, "will.payload");
  }
  if (username !== undefined) writer.utf8String(username, "username"); //           §3.1.3.5
  if (password !== undefined) writer.binaryData(password, "password"); //           §3.1.3.6
  return writer.endPacket();
}

function connectFlags({ cleanStart = true, will, username, password }: ConnectPacketInit): number {
  let flags = cleanStart ? CLEAN_START : 0;
  if (will !== undefined) {
    const { qos = 0, retain = false } = will;
    if (qos !== 0 && qos !== 1 && qos !== 2) {
      refuseValue("will.qos", qos, "it must be 0, 1 or 2", "MQTT-3.1.2-12");
    }
    flags |= WILL_FLAG | (qos << WILL_QOS_SHIFT) | (retain ? WILL_RETAIN : 0);
  }
  if (password !== undefined) flags |= PASSWORD_FLAG;
  if (username !== undefined) flags |= USER_NAME_FLAG;
  return flags;
}

function nonEmpty(topicName: string): string {
  if (topicName === "") refuseValue("will.topicName", "", "it must have at least one character", "MQTT-4.7.3-1");
  return topicName;
}

/** The version is what the packet says, so there is no version to pass in. */
export function decodeConnect(reader: PacketReader): ConnectPacket {
  const { protocolVersion, bridge } = decodeProtocol(reader);
  const flagsAt = reader.position;
  const flags = reader.byte();
  if (protocolVersion !== 3) checkFlags(reader, flagsAt, flags);
  const hasWill = (flags & WILL_FLAG) !== 0;
  let willQos = (flags >> WILL_QOS_SHIFT) & 3;
  // "If the Will Flag is set to 1, the value of Will QoS can be 0, 1, or 2. A value of 3 is a Malformed Packet" [MQTT-3.1.2-12]
  if (hasWill && willQos === 3) {
    reader.malformed(flagsAt, "the will QoS is 3", "MQTT-3.1.2-12");
    willQos = 2;
  }
  const hasUsername = (flags & USER_NAME_FLAG) !== 0;
  const hasPassword = (flags & PASSWORD_FLAG) !== 0;
  if (protocolVersion !== 5 && hasPassword && !hasUsername) {
    reader.malformed(flagsAt, "there is a password without a user name", PASSWORD_ALONE);
  }

  const keepAlive = reader.twoByteInteger();
  const propertiesAt = reader.position;
  const properties: ConnectProperties | undefined =
    protocolVersion === 5 ? decodeProperties(reader, CONNECT_PROPERTIES) : undefined;
  if (properties?.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    // "It is a Protocol Error to include Authentication Data if there is no Authentication Method." (§3.1.2.11.10)
    reader.violation(propertiesAt, "there is authentication data without a method");
  }
  const clientIdentifier = reader.utf8String();
  const will = hasWill ? decodeWill(reader, protocolVersion, willQos as QoS, (flags & WILL_RETAIN) !== 0) : undefined;
  // In MQTT 3.1 the Remaining Length takes precedence over these two flags, for the clients of before.
  const follows = (): boolean => protocolVersion !== 3 || reader.remaining > 0;
  const username = hasUsername && follows() ? reader.propertyString() : undefined;
  const password = hasPassword && follows() ? reader.binaryData() : undefined;
  reader.end();
  return {
    type: "connect",
    protocolVersion,
    bridge,
    clientIdentifier,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAlive,
    username,
    password,
    will,
    properties,
  };
}

/** MQTT 3.1 disregards these bits. */
function checkFlags(reader: PacketReader, at: number, flags: number): void {
  // "The Server MUST validate that the reserved flag in the CONNECT packet is set to 0" [MQTT-3.1.2-3]
  if ((flags & 0x01) !== 0) reader.malformed(at, "the reserved connect flag is 1; it must be 0", "MQTT-3.1.2-3");
  if ((flags & WILL_FLAG) !== 0) return;
  // "If the Will Flag is set to 0, then the Will QoS MUST be set to 0" [MQTT-3.1.2-11]
  const willQos = (flags >> WILL_QOS_SHIFT) & 3;
  if (willQos !== 0) reader.malformed(at, `the will QoS is ${willQos} without a will`, "MQTT-3.1.2-11");
  // "If the Will Flag is set to 0, then Will Retain MUST be set to 0" [MQTT-3.1.2-13]
  if ((flags & WILL_RETAIN) !== 0) reader.malformed(at, "will retain is set without a will", "MQTT-3.1.2-13");
}

/** Protocol Name and Protocol Level; they say how to read what follows. */
export function decodeProtocol(reader: PacketReader): { protocolVersion: ProtocolVersion; bridge: boolean } {
  const nameAt = reader.position;
  const name = reader.propertyString();
  const levelAt = reader.position;
  const level = reader.byte();
  if (name === "MQTT" && level === 5) return { protocolVersion: 5, bridge: false };
  const version = level & ~BRIDGE_BIT;
  const bridge = (level & BRIDGE_BIT) !== 0;
  if (name === "MQTT" && version === 4) return { protocolVersion: 4, bridge };
  if (name === "MQIsdp" && version === 3) return { protocolVersion: 3, bridge };
  const known = name === "MQTT" || name === "MQIsdp";
  throw reader.protocolError(
    known ? levelAt : nameAt,
    `protocol ${quoted(name)} with level ${level} is not MQTT 3.1, 3.1.1 or 5.0`,
    known ? "MQTT-3.1.2-2" : "MQTT-3.1.2-1",
    UNSUPPORTED_PROTOCOL_VERSION,
  );
}

function decodeWill(reader: PacketReader, version: ProtocolVersion, qos: QoS, retain: boolean): Will {
  const properties = version === 5 ? decodeProperties(reader, WILL_PROPERTIES) : undefined;
  const at = reader.position;
  const topicName = reader.topicName("MQTT-4.7.0-1");
  if (topicName === "") reader.malformed(at, "the will topic is empty", "MQTT-4.7.3-1");
  const payloadAt = reader.position;
  const payload = reader.binaryData();
  if (properties !== undefined) checkPayloadFormat(reader, payloadAt, payload, properties.payloadFormatIndicator);
  return { topicName, payload, qos, retain, properties };
}
