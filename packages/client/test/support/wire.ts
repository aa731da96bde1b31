import type { PacketInit } from "@petrel/codec";
import type { Client, Version } from "../../src/core.ts";

/** Connects, and resolves with the CONNECT that went out; passwords are shown as ***. */
export async function connectPacketOf(client: Client<Version>): Promise<PacketInit> {
  const sent = new Promise<PacketInit>((resolve) => client.on("packetSent", resolve));
  await client.connect();
  return sent;
}
