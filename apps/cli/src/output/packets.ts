import { describePacket } from "@petrel/client";
import { note } from "./status-line.ts";

/** A packet as a line on stderr. The client has made *** of passwords and authentication data already. */
export function writePacket(arrow: "->" | "<-", packet: Parameters<typeof describePacket>[0]): void {
  const time = new Date().toISOString().slice(11, 23);
  note(`${time} ${arrow} ${describePacket(packet)}`);
}
