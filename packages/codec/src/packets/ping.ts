/** PINGREQ (section 3.12) and PINGRESP (section 3.13): two bytes each, the same for ever. */

import type { PacketReader } from "../reader.ts";
import type { SlabWriter } from "../writer.ts";

export interface PingreqPacket {
  readonly type: "pingreq";
}

export interface PingrespPacket {
  readonly type: "pingresp";
}

const PINGREQ: PingreqPacket = /* @__PURE__ */ Object.freeze({ type: "pingreq" });
const PINGRESP: PingrespPacket = /* @__PURE__ */ Object.freeze({ type: "pingresp" });

export function encodePing(writer: SlabWriter, type: "pingreq" | "pingresp"): number {
  writer.beginPacket(type === "pingreq" ? 0xc0 : 0xd0, 0);
  return writer.endPacket();
}

export function decodePing(reader: PacketReader, type: "pingreq" | "pingresp"): PingreqPacket | PingrespPacket {
  reader.end();
  return type === "pingreq" ? PINGREQ : PINGRESP;
}
