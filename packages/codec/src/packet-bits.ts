/** One bit for each packet type, for the columns of tables that say which packets may carry something: 1 << packet type. */

import { PacketType } from "./packet.ts";

/** Will Properties are a section of their own inside CONNECT; packet type 0 is reserved, so its bit is free. */
export const WILL: number = 1 << 0;
export const CONNECT: number = 1 << PacketType.connect;
export const CONNACK: number = 1 << PacketType.connack;
export const PUBLISH: number = 1 << PacketType.publish;
export const PUBACK: number = 1 << PacketType.puback;
export const PUBREC: number = 1 << PacketType.pubrec;
export const PUBREL: number = 1 << PacketType.pubrel;
export const PUBCOMP: number = 1 << PacketType.pubcomp;
export const SUBSCRIBE: number = 1 << PacketType.subscribe;
export const SUBACK: number = 1 << PacketType.suback;
export const UNSUBSCRIBE: number = 1 << PacketType.unsubscribe;
export const UNSUBACK: number = 1 << PacketType.unsuback;
export const DISCONNECT: number = 1 << PacketType.disconnect;
export const AUTH: number = 1 << PacketType.auth;
