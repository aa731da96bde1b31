import {
  type DisconnectPacketInit,
  type DisconnectProperties,
  isReasonCodeAllowed,
  MalformedPacketError,
  packetSize,
  ProtocolError,
  ReasonCode,
} from "@petrel/codec";
import type { Connection, Phase } from "./connection.ts";
import { AuthenticationError } from "./errors.ts";

/** How a connection ends politely. Everything is optional. */
export interface DisconnectOptions {
  /** 5.0. Default 0, normal; 4 asks the server to publish the will. */
  readonly reasonCode?: number | undefined;
  /** 5.0. */
  readonly properties?: DisconnectProperties | undefined;
}

/** The DISCONNECT that was asked for, without what the server's Maximum Packet Size has no room for. */
export function fittingDisconnect(
  reasonCode: number | undefined,
  properties: DisconnectProperties | undefined,
  { config, negotiated }: Connection<unknown>,
): DisconnectPacketInit {
  const packet: DisconnectPacketInit = { type: "disconnect", reasonCode, properties };
  const limit = negotiated?.send.maximumPacketSize ?? Infinity;
  if (properties === undefined || packetSize(packet, config.protocolVersion) <= limit) return packet;
  // "The sender MUST NOT send this Property if it would increase the size of the DISCONNECT packet beyond the Maximum Packet Size specified by the receiver" [MQTT-3.14.2-3] [MQTT-3.14.2-4]
  const { reasonString: _, userProperties: __, ...rest } = properties;
  return { ...packet, properties: rest };
}

/** What a DISCONNECT because of `error` says; undefined: nothing, for there is nobody to tell. */
export function reasonCodeFor(error: Error): number | undefined {
  // "If re-authentication fails, the Client or Server SHOULD send DISCONNECT with an appropriate Reason Code" (section 4.12.1)
  if (error instanceof AuthenticationError) return ReasonCode.unspecifiedError;
  if (!(error instanceof MalformedPacketError || error instanceof ProtocolError)) return undefined;
  return isReasonCodeAllowed(error.reasonCode, "disconnect") ? error.reasonCode : ReasonCode.protocolError;
}

export function describeSilentClose(phase: Phase): string {
  return phase === "connecting"
    ? "the server closed the connection without answering CONNECT; does it speak MQTT of this version on this port?"
    : "the server closed the connection without a DISCONNECT";
}
