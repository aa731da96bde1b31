import { describePacket } from "@petrel/client";

/** A packet as a line on stderr. The client has made *** of passwords and authentication data already. */
export function writePacket(arrow: "->" | "<-", packet: Parameters<typeof describePacket>[0]): void {
  const time = new Date().toISOString().slice(11, 23);
  process.stderr.write(`petrel: ${time} ${arrow} ${describePacket(packet)}\n`);
}
