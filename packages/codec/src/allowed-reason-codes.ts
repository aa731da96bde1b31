/**
 * Which packets may carry which Reason Codes (section 2.4), without their names: those are in `reason-codes.ts`, for
 * programs that use them.
 */

import { PacketType, type PacketTypeName } from "./packet.ts";

export const SUCCESS = 0x00;
/** "Reason Codes of 0x80 or greater indicate failure." */
export const FAILURE = 0x80;

const PUBLISH_ANSWER = "00 10 80 83 87 90 91 97 99";
const RELEASE_ANSWER = "00 92";

/** The Reason Codes of each packet, in hexadecimal, as its own section lists them; DISCONNECT has 0x8c from table 2-6 only. */
const ALLOWED: Partial<Record<PacketTypeName, string>> = {
  connack: "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f",
  puback: PUBLISH_ANSWER,
  pubrec: PUBLISH_ANSWER,
  pubrel: RELEASE_ANSWER,
  pubcomp: RELEASE_ANSWER,
  suback: "00 01 02 80 83 87 8f 91 97 9e a1 a2",
  unsuback: "00 11 80 83 87 8f 91",
  disconnect: "00 04 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2",
  auth: "00 18 19",
};

/** The packets that may carry a code, as bits: 1 << packet type. */
const PACKETS_OF_CODE = new Uint16Array(256);
for (const [type, codes] of Object.entries(ALLOWED)) {
  for (const code of codes.split(" ")) PACKETS_OF_CODE[parseInt(code, 16)]! |= 1 << PacketType[type as PacketTypeName];
}

/** Whether a packet of this type may carry this Reason Code in MQTT 5.0. */
export function isReasonCodeAllowed(reasonCode: number, packetType: PacketTypeName): boolean {
  return (PACKETS_OF_CODE[reasonCode]! & (1 << PacketType[packetType])) !== 0;
}
