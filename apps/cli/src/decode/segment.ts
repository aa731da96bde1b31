import type { Frame } from "./capture.ts";
import type { Fragments } from "./fragments.ts";

/** A TCP segment. */
export interface Segment {
  readonly time: number;
  /** `address:port`, IPv6 in brackets. */
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly sequence: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly payload: Uint8Array;
}

const ETHER_IPV4 = 0x0800;
const ETHER_IPV6 = 0x86dd;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const TCP = 6;

/**
 * The TCP segment in a frame, or of IPv4 the one that the frame completes; undefined for anything else, and for what was
 * cut, or broken into fragments of IPv6.
 */
export function segmentOf({ linkType, time, bytes }: Frame, fragments: Fragments): Segment | undefined {
  try {
    const frame = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const packet = networkPacket(linkType, frame, fragments);
    return packet === undefined ? undefined : tcpOf(packet, time);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the frame is shorter than it says
    throw error;
  }
}

/** Whether frames of this kind can be read at all. */
export function knowsLinkType(linkType: number): boolean {
  return Object.hasOwn(NETWORK_OFFSET, linkType);
}

/** Where IP begins, by LINKTYPE. */
const NETWORK_OFFSET: Readonly<Record<number, (frame: DataView) => number | undefined>> = {
  0: () => 4, // BSD loopback
  108: () => 4, // OpenBSD loopback
  1: ethernetOffset,
  12: () => 0, // raw IP
  14: () => 0,
  101: () => 0,
  228: () => 0,
  229: () => 0,
  113: (frame) => (isIp(frame.getUint16(14)) ? 16 : undefined), // Linux cooked capture
  276: (frame) => (isIp(frame.getUint16(0)) ? 20 : undefined), // its second version
};

function ethernetOffset(frame: DataView): number | undefined {
  let at = 12;
  while (VLAN_TAGS.has(frame.getUint16(at))) at += 4;
  return isIp(frame.getUint16(at)) ? at + 2 : undefined;
}

function isIp(etherType: number): boolean {
  return etherType === ETHER_IPV4 || etherType === ETHER_IPV6;
}

interface NetworkPacket {
  readonly from: string;
  readonly to: string;
  readonly tcp: DataView;
}

function networkPacket(linkType: number, frame: DataView, fragments: Fragments): NetworkPacket | undefined {
  const offset = NETWORK_OFFSET[linkType]?.(frame);
  if (offset === undefined) return undefined;
  const packet = part(frame, offset, frame.byteLength);
  const version = packet.getUint8(0) >> 4;
  return version === 4 ? ipv4(packet, fragments) : version === 6 ? ipv6(packet) : undefined;
}

function ipv4(fragment: DataView, fragments: Fragments): NetworkPacket | undefined {
  const packet = fragment.getUint8(9) === TCP ? fragments.add(fragment) : undefined;
  if (packet === undefined) return undefined;
  const address = (at: number): string => [0, 1, 2, 3].map((byte) => packet.getUint8(at + byte)).join(".");
  const total = packet.getUint16(2);
  // 0 where the network card cuts what the system sends into packets
  const end = total === 0 ? packet.byteLength : Math.min(total, packet.byteLength);
  return { from: address(12), to: address(16), tcp: part(packet, (packet.getUint8(0) & 0x0f) * 4, end) };
}

/** Extension headers that may stand before TCP: hop-by-hop, routing, destination options. */
const EXTENSIONS = new Set([0, 43, 60]);

function ipv6(packet: DataView): NetworkPacket | undefined {
  let next = packet.getUint8(6);
  let at = 40;
  while (EXTENSIONS.has(next)) {
    next = packet.getUint8(at);
    at += (packet.getUint8(at + 1) + 1) * 8;
  }
  if (next !== TCP) return undefined;
  const length = packet.getUint16(4);
  const end = length === 0 ? packet.byteLength : Math.min(40 + length, packet.byteLength);
  return { from: ipv6Address(packet, 8), to: ipv6Address(packet, 24), tcp: part(packet, at, end) };
}

function ipv6Address(packet: DataView, at: number): string {
  const groups = [0, 1, 2, 3, 4, 5, 6, 7].map((group) => packet.getUint16(at + group * 2).toString(16));
  // The URL parser knows how to write it shortly.
  return new URL(`tcp://[${groups.join(":")}]`).hostname;
}

function tcpOf({ from, to, tcp }: NetworkPacket, time: number): Segment {
  const fromPort = tcp.getUint16(0);
  const toPort = tcp.getUint16(2);
  const flags = tcp.getUint8(13);
  const payload = part(tcp, (tcp.getUint8(12) >> 4) * 4, tcp.byteLength);
  return {
    time,
    from: `${from}:${fromPort}`,
    to: `${to}:${toPort}`,
    fromPort,
    toPort,
    sequence: tcp.getUint32(4),
    fin: (flags & 0x01) !== 0,
    syn: (flags & 0x02) !== 0,
    rst: (flags & 0x04) !== 0,
    payload: new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength),
  };
}

function part(bytes: DataView, start: number, end: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
}
