/**
 * MqttError (abstract)
 * ├── EncodeError                you asked for bytes that the protocol cannot express
 * └── DecodeError (abstract)     the sender's fault
 *     ├── MalformedPacketError   the bytes are no packet
 *     └── ProtocolError          a packet that the sender was not allowed to send
 *
 * Programs switch on `code`, which survives duplicate installs; people read `message`.
 */

import type { PacketTypeName } from "./packet.ts";

/** What every error of the toolkit is. */
export abstract class MqttError extends Error {
  /** The name of the class, also where it was minified. */
  abstract override readonly name: string;
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
  /** The path of the field, as in `properties.receiveMaximum`. */
  readonly field: string | undefined;
  /** The value that was refused. */
  readonly value: unknown;
  /** The statement of the specification that it breaks, as in `MQTT-3.3.1-4`. */
  readonly clause: string | undefined;

  constructor(message: string, { field, value, clause }: EncodeErrorDetails = {}) {
    super(withClause(message, clause));
    this.field = field;
    this.value = value;
    this.clause = clause;
  }
}

/** Where in the received bytes something was wrong. */
export interface DecodeErrorDetails {
  /** Which packet it was in, as far as that is known. */
  readonly packetType?: PacketTypeName | undefined;
  /** Where the field begins that is wrong: bytes from the first byte of the packet. */
  readonly offset?: number | undefined;
  /** The normative statement of MQTT 5.0 that was broken, as in `MQTT-1.5.4-1`; one that only 3.1.1 has says so. */
  readonly clause?: string | undefined;
}

/** The sender's fault: what a decoder throws, or lists if it is lenient. */
export abstract class DecodeError extends MqttError {
  /** What a DISCONNECT about it says. */
  abstract readonly reasonCode: number;
  /** Which packet it was in, as far as that is known. */
  readonly packetType: PacketTypeName | undefined;
  /** Bytes from the beginning of the packet. */
  readonly offset: number | undefined;
  /** The statement of the specification that it breaks, as in `MQTT-3.3.1-4`. */
  readonly clause: string | undefined;

  constructor(message: string, { packetType, offset, clause }: DecodeErrorDetails = {}) {
    const where = packetType === undefined ? "" : `${packetType.toUpperCase()}: `;
    const at = offset === undefined ? "" : ` (at byte ${offset})`;
    super(withClause(where + message + at, clause));
    this.packetType = packetType;
    this.offset = offset;
    this.clause = clause;
  }
}

/** The bytes cannot be parsed (specification section 1.2, "Malformed Packet"). */
export class MalformedPacketError extends DecodeError {
  override readonly name = "MalformedPacketError";
  override readonly code = "PETREL_MALFORMED_PACKET";
  override readonly reasonCode: number = 0x81;
}

/** A well-formed packet that the protocol does not allow here (section 4.13). */
export class ProtocolError extends DecodeError {
  override readonly name = "ProtocolError";
  override readonly code = "PETREL_PROTOCOL_ERROR";
  /** 0x82 or a more specific code. */
  override readonly reasonCode: number;

  constructor(message: string, details: DecodeErrorDetails & { readonly reasonCode?: number | undefined } = {}) {
    super(message, details);
    this.reasonCode = details.reasonCode ?? 0x82;
  }
}

function withClause(message: string, clause: string | undefined): string {
  return clause === undefined ? message : `${message} [${clause}]`;
}
