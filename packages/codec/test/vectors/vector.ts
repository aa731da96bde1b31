import type { Packet, PacketInit, PacketTypeName, ProtocolVersion } from "../../src/index.ts";

/** Bytes and the packet they are, worked out by hand from the specification. */
export interface Vector {
  readonly title: string;
  /** The versions in which these bytes are this packet. */
  readonly versions: readonly ProtocolVersion[];
  readonly bytes: Uint8Array;
  /** What the decoder makes of them. */
  readonly packet: Packet;
  /** What the encoder is given to make them. Default: the packet. */
  readonly init?: PacketInit;
  /** The bytes are valid, but not those that the encoder chooses. */
  readonly decodeOnly?: true;
}

/** Bytes that are no packet, or a packet that nobody may send. */
export interface Violation {
  readonly title: string;
  readonly versions: readonly ProtocolVersion[];
  readonly bytes: Uint8Array;
  readonly error: "MalformedPacketError" | "ProtocolError";
  /** Default: 0x81 for malformed packets, 0x82 for protocol errors. */
  readonly reasonCode?: number;
  /** The normative statement, where there is one for it. */
  readonly clause?: string;
  /** Where the wrong field begins. */
  readonly offset: number;
}

/** A packet that a version cannot express. */
export interface Refusal {
  readonly title: string;
  readonly versions: readonly ProtocolVersion[];
  /** What a program may pass, also one without types. */
  readonly packet: { readonly type: PacketTypeName } & Readonly<Record<string, unknown>>;
  readonly field?: string;
  readonly clause?: string;
  readonly message: string;
}

/** Groups of hexadecimal bytes. */
export function hex(...groups: readonly string[]): Uint8Array {
  const digits = groups.join("").replaceAll(" ", "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

/** A group again and again. */
export function times(count: number, group: string): string {
  return group.repeat(count);
}
