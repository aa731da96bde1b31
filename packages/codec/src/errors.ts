/**
 * MqttError (abstract)
 * ├── EncodeError            you asked for bytes that the protocol cannot express
 * ├── MalformedPacketError   the bytes are no packet
 * └── ProtocolError          a packet that the sender was not allowed to send
 *
 * Programs switch on `code`, which survives duplicate installs; people read `message`.
 */

import type { PacketTypeName } from "./packet.ts";

/** What every error of the toolkit is. */
export abstract class MqttError extends Error {
  /** A stable literal, `PETREL_…`, for programs to switch on. */
  abstract readonly code: string;
}

/** What was wrong with a value that should have been encoded. */
export interface EncodeErrorDetails {
  /** The path of the field, as in `properties.receiveMaximum`. */
  readonly field?: string | undefined;
  /** The value that was refused. */
  readonly value?: unknown;
  /** The normative statement of MQTT 5.0 it would break, as in `MQTT-3.3.2-2`; one that only 3.1.1 has says so. */
  readonly clause?: string | undefined;
}

/** The caller's fault: the packet cannot be expressed in the given protocol version. Nothing was written. */
export class EncodeError extends MqttError {
  override readonly name = "EncodeError";
  override readonly code = "PETREL_ENCODE";
  readonly field: string | undefined;
  readonly value: unknown;
  readonly clause: string | undefined;

  constructor(message: string, details: EncodeErrorDetails = {}) {
    super(details.clause === undefined ? message : `${message} [${details.clause}]`);
    this.field = details.field;
    this.value = details.value;
    this.clause = details.clause;
  }
}

/** Where in the received bytes something was wrong. */
export interface DecodeErrorDetails {
  readonly packetType?: PacketTypeName | undefined;
  /** Where the field begins that is wrong: bytes from the first byte of the packet. */
  readonly offset?: number | undefined;
  /** The normative statement of MQTT 5.0 that was broken, as in `MQTT-1.5.4-1`; one that only 3.1.1 has says so. */
  readonly clause?: string | undefined;
}

/** The sender's fault: the bytes cannot be parsed (specification section 1.2, "Malformed Packet"). */
export class MalformedPacketError extends MqttError {
  override readonly name = "MalformedPacketError";
  override readonly code = "PETREL_MALFORMED_PACKET";
  /** What a DISCONNECT about it says: 0x81. */
  readonly reasonCode: number = 0x81;
  readonly packetType: PacketTypeName | undefined;
  readonly offset: number | undefined;
  readonly clause: string | undefined;

  constructor(message: string, details: DecodeErrorDetails = {}) {
    super(describe(message, details));
    this.packetType = details.packetType;
    this.offset = details.offset;
    this.clause = details.clause;
  }
}

/** The sender's fault: a well-formed packet that the protocol does not allow here (section 4.13). */
export class ProtocolError extends MqttError {
  override readonly name = "ProtocolError";
  override readonly code = "PETREL_PROTOCOL_ERROR";
  /** What a DISCONNECT about it says: 0x82 or a more specific code. */
  readonly reasonCode: number;
  readonly packetType: PacketTypeName | undefined;
  readonly offset: number | undefined;
  readonly clause: string | undefined;

  constructor(message: string, details: DecodeErrorDetails & { readonly reasonCode?: number } = {}) {
    super(describe(message, details));
    this.reasonCode = details.reasonCode ?? 0x82;
    this.packetType = details.packetType;
    this.offset = details.offset;
    this.clause = details.clause;
  }
}

function describe(message: string, { packetType, offset, clause }: DecodeErrorDetails): string {
  const where = packetType === undefined ? "" : `${packetType.toUpperCase()}: `;
  const at = offset === undefined ? "" : ` (at byte ${offset})`;
  return `${where}${message}${at}${clause === undefined ? "" : ` [${clause}]`}`;
}
