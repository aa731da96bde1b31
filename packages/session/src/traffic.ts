import type { Packet, PacketInit, PacketTypeName } from "@petrel/codec";
import type { EventQueue } from "./events.ts";

/** Packets by type, as they are written or read, and the bytes that went over the wire, since the session was made. */
export interface TrafficCount {
  readonly bytes: number;
  readonly packets: Readonly<Record<PacketTypeName, number>>;
}

class Counter implements TrafficCount {
  bytes = 0;

  /** `packets[type]++` with many types costs as much as all else about a packet; the frequent ones have their own line. */
  count(type: PacketTypeName): void {
    const { packets } = this;
    if (type === "publish") packets.publish++;
    else if (type === "puback") packets.puback++;
    else if (type === "pubrec") packets.pubrec++;
    else if (type === "pubrel") packets.pubrel++;
    else if (type === "pubcomp") packets.pubcomp++;
    else packets[type]++;
  }

  readonly packets: Record<PacketTypeName, number> = {
    connect: 0,
    connack: 0,
    publish: 0,
    puback: 0,
    pubrec: 0,
    pubrel: 0,
    pubcomp: 0,
    subscribe: 0,
    suback: 0,
    unsubscribe: 0,
    unsuback: 0,
    pingreq: 0,
    pingresp: 0,
    disconnect: 0,
    auth: 0,
  };
}

/** Counts what goes over the wire, and shows it to who wants to see it. */
export class Traffic<Context> {
  readonly sent: Counter = new Counter();
  readonly received: Counter = new Counter();
  /** Whether each packet is an event. Nobody pays for it otherwise. */
  isObserved = false;
  readonly #events: EventQueue<Context>;

  constructor(events: EventQueue<Context>) {
    this.#events = events;
  }

  handleSent(packet: PacketInit, size: number): void {
    this.sent.count(packet.type);
    if (this.isObserved) this.#events.push({ type: "packetSent", packet: withoutSecrets(packet), size });
  }

  handleReceived(packet: Packet): void {
    this.received.count(packet.type);
    if (this.isObserved) this.#events.push({ type: "packetReceived", packet: withoutSecrets(packet) as Packet });
  }

  handleBytesSent(count: number): void {
    this.sent.bytes += count;
  }

  handleBytesReceived(count: number): void {
    this.received.bytes += count;
  }
}

/** Passwords and authentication data stay out of what gets logged; a message is copied, for it changes when it is sent again. */
export function withoutSecrets(packet: PacketInit): PacketInit {
  switch (packet.type) {
    case "publish": {
      const { type, topicName, payload, qos, retain, dup, packetIdentifier, properties } = packet;
      return { type, topicName, payload, qos, retain, dup, packetIdentifier, properties };
    }
    case "connect":
      return {
        ...packet,
        password: packet.password === undefined ? undefined : HIDDEN,
        properties: withoutAuthenticationData(packet.properties),
      };
    case "connack":
    case "auth":
      return { ...packet, properties: withoutAuthenticationData(packet.properties) };
    default:
      return packet;
  }
}

/** Three asterisks. */
const HIDDEN = new Uint8Array([0x2a, 0x2a, 0x2a]);

function withoutAuthenticationData<Properties extends { readonly authenticationData?: Uint8Array | undefined }>(
  properties: Properties | undefined,
): Properties | undefined {
  if (properties?.authenticationData === undefined) return properties;
  return { ...properties, authenticationData: HIDDEN };
}
