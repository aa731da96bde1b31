/** What the strict and the lenient decoder are both asked for. */

import { LARGEST_HEADER } from "./fixed-header.ts";
import { type ProtocolVersion, requireVersion } from "./packet.ts";
import { VARIABLE_BYTE_INTEGER_MAXIMUM } from "./variable-byte-integer.ts";

/** Which side of a connection speaks. */
export type Sender = "client" | "server";

export interface CommonDecoderOptions {
  /** 3, 4 or 5. Default: learnt from the CONNECT that comes first, as a server does. */
  readonly version?: ProtocolVersion | undefined;
  /** Bytes, header included; a larger packet is refused when its header is read. Default: the protocol's 268,435,460. */
  readonly maximumPacketSize?: number | undefined;
  /** Whether a payload has to be UTF-8 if its payloadFormatIndicator says so; else it is a violation (0x99). Default false. */
  readonly validatePayloadFormat?: boolean | undefined;
  /**
   * Who sent the bytes, as brokers and clients know: then properties that the other side alone may send, subscription
   * identifiers in a PUBLISH and the session expiry interval in a DISCONNECT, are violations. Default: they are taken.
   */
  readonly sender?: Sender | undefined;
}

export interface ResolvedDecoderOptions {
  readonly version: ProtocolVersion | undefined;
  readonly maximumPacketSize: number;
  readonly validatePayloadFormat: boolean;
  readonly sender: Sender | undefined;
}

/** The options with their defaults. Throws a RangeError for values that only JavaScript can pass. */
export function resolveDecoderOptions({
  version,
  maximumPacketSize = VARIABLE_BYTE_INTEGER_MAXIMUM + LARGEST_HEADER,
  validatePayloadFormat = false,
  sender,
}: CommonDecoderOptions): ResolvedDecoderOptions {
  if (!(maximumPacketSize >= 1)) {
    throw new RangeError(`maximumPacketSize is ${maximumPacketSize}; it must be a number of bytes from 1`);
  }
  if (version !== undefined) requireVersion(version);
  if (sender !== undefined && sender !== "client" && sender !== "server") {
    throw new RangeError(`sender is ${String(sender)}; it must be "client" or "server"`);
  }
  return { version, maximumPacketSize, validatePayloadFormat, sender };
}
