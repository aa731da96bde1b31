/** DISCONNECT (section 3.14) and AUTH (section 3.15): one layout. AUTH exists in MQTT 5.0 only. */

import { SUCCESS } from "../allowed-reason-codes.ts";
import type { ProtocolVersion, UserProperty } from "../packet.ts";
import { AUTH_PROPERTIES, DISCONNECT_PROPERTIES } from "../properties.ts";
import { decodeProperties } from "../property-codec.ts";
import type { PacketReader } from "../reader.ts";
import { refuse, refuseValue } from "../refusal.ts";
import type { SlabWriter } from "../writer.ts";
import { decodeReasonCode, encodeReason } from "./reason-code-field.ts";

export interface DisconnectPacketInit {
  readonly type: "disconnect";
  /** Default 0, normal disconnection. MQTT 3.x has no other. */
  readonly reasonCode?: number | undefined;
  readonly properties?: DisconnectProperties | undefined;
}

export interface DisconnectPacket extends DisconnectPacketInit {
  readonly reasonCode: number;
}

export interface DisconnectProperties {
  /** Seconds; from the client only. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
  /** From the server only. */
  readonly serverReference?: string | undefined;
}

export interface AuthPacketInit {
  readonly type: "auth";
  /** Default 0, success. */
  readonly reasonCode?: number | undefined;
  readonly properties?: AuthProperties | undefined;
}

export interface AuthPacket extends AuthPacketInit {
  readonly reasonCode: number;
}

export interface AuthProperties {
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

export function encodeDisconnect(writer: SlabWriter, packet: DisconnectPacketInit, version: ProtocolVersion): number {
  const { reasonCode = SUCCESS, properties } = packet;
  writer.beginPacket(0xe0, 0);
  encodeReason(writer, "disconnect", reasonCode, properties, DISCONNECT_PROPERTIES, version); // §3.14.2.1, §3.14.2.2
  return writer.endPacket();
}

export function encodeAuth(writer: SlabWriter, packet: AuthPacketInit, version: ProtocolVersion): number {
  const { reasonCode = SUCCESS, properties } = packet;
  if (version !== 5) refuseValue("type", "auth", "it needs MQTT 5.0");
  // "It is a Protocol Error to omit the Authentication Method" (§3.15.2.2.2)
  if ((reasonCode !== SUCCESS || properties !== undefined) && properties?.authenticationMethod === undefined) {
    refuse("properties.authenticationMethod", "is missing; AUTH needs it");
  }
  writer.beginPacket(0xf0, 0);
  encodeReason(writer, "auth", reasonCode, properties, AUTH_PROPERTIES, version); // §3.15.2.1, §3.15.2.2
  return writer.endPacket();
}

export function decodeDisconnect(reader: PacketReader, version: ProtocolVersion): DisconnectPacket {
  let reasonCode: number = SUCCESS;
  let properties: DisconnectProperties | undefined;
  if (version === 5 && reader.remaining > 0) {
    reasonCode = decodeReasonCode(reader, "disconnect");
    // "If the Remaining Length is less than 2, a value of 0 is used" for the Property Length.
    const at = reader.position;
    if (reader.remaining > 0) properties = decodeProperties(reader, DISCONNECT_PROPERTIES);
    // "The Session Expiry Interval MUST NOT be sent on a DISCONNECT by the Server" [MQTT-3.14.2-2]
    if (properties?.sessionExpiryInterval !== undefined && reader.sender === "server") {
      reader.violation(at, "a server may not send a session expiry interval", "MQTT-3.14.2-2");
    }
  }
  reader.end();
  return { type: "disconnect", reasonCode, properties };
}

/** Only MQTT 5.0 has it, which the fixed header was judged by. */
export function decodeAuth(reader: PacketReader): AuthPacket {
  let reasonCode: number = SUCCESS;
  let properties: AuthProperties | undefined;
  if (reader.remaining > 0) {
    reasonCode = decodeReasonCode(reader, "auth");
    const at = reader.position;
    properties = decodeProperties(reader, AUTH_PROPERTIES);
    if (properties?.authenticationMethod === undefined) {
      // "It is a Protocol Error to omit the Authentication Method" (§3.15.2.2.2)
      reader.violation(at, "there is no authentication method");
    }
  }
  reader.end();
  return { type: "auth", reasonCode, properties };
}
