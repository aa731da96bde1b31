/** Captures as tcpdump and Wireshark write them, of made-up frames. */

export interface TcpSegment {
  /** `address:port`, IPv4. */
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly syn?: boolean;
  readonly fin?: boolean;
  readonly rst?: boolean;
  readonly payload?: Uint8Array;
}

/** Ethernet, IPv4, TCP. */
export function ethernetFrame(segment: TcpSegment): Buffer {
  const ethernet = Buffer.alloc(14);
  ethernet.writeUInt16BE(0x0800, 12);
  return Buffer.concat([ethernet, ipv4Packet(segment)]);
}

export function ipv4Packet(segment: TcpSegment): Buffer {
  const tcp = tcpSegment(segment);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + tcp.length, 2);
  header[9] = 6;
  addressBytes(segment.from).copy(header, 12);
  addressBytes(segment.to).copy(header, 16);
  return Buffer.concat([header, tcp]);
}

export function tcpSegment({ from, to, sequence, syn, fin, rst, payload = new Uint8Array(0) }: TcpSegment): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(port(from), 0);
  header.writeUInt16BE(port(to), 2);
  header.writeUInt32BE(sequence, 4);
  header[12] = 5 << 4;
  header[13] = syn === true ? 0x02 : 0x10 | (fin === true ? 0x01 : 0) | (rst === true ? 0x04 : 0);
  return Buffer.concat([header, payload]);
}

/** A packet broken up, with so many bytes of data in each fragment: a multiple of 8. */
export function fragmentsOf(packet: Uint8Array, size: number, identification = 7): Buffer[] {
  const fragments: Buffer[] = [];
  for (let at = 20; at < packet.length; at += size) {
    const fragment = Buffer.concat([packet.subarray(0, 20), packet.subarray(at, at + size)]);
    fragment.writeUInt16BE(fragment.length, 2);
    fragment.writeUInt16BE(identification, 4);
    fragment.writeUInt16BE((at - 20) / 8 + (at + size < packet.length ? 0x2000 : 0), 6);
    fragments.push(fragment);
  }
  return fragments;
}

function addressBytes(place: string): Buffer {
  return Buffer.from(place.split(":")[0]!.split(".").map(Number));
}

function port(place: string): number {
  return Number(place.split(":").at(-1));
}

/** Noon of some day, in seconds; each frame comes a second later. */
const NOON = Date.UTC(2026, 0, 2, 12) / 1_000;

/** Little-endian, microseconds. */
export function pcap(frames: readonly Uint8Array[], linkType = 1): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(linkType, 20);
  const records = frames.flatMap((frame, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(NOON + index, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

/** Big-endian, with one interface that counts nanoseconds, and a block of a kind that nobody knows. */
export function pcapng(frames: readonly Uint8Array[], linkType = 1): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32BE(0x1a2b3c4d, 0);
  const description = Buffer.alloc(20);
  description.writeUInt16BE(linkType, 0);
  Buffer.of(0, 9, 0, 1, 9).copy(description, 8); // if_tsresol: 10⁻⁹ s
  const packets = frames.map((frame, index) => {
    const ticks = BigInt(NOON + index) * 1_000_000_000n;
    const fields = Buffer.alloc(20);
    fields.writeBigUInt64BE(ticks, 4);
    fields.writeUInt32BE(frame.length, 12);
    fields.writeUInt32BE(frame.length, 16);
    return block(6, Buffer.concat([fields, frame, Buffer.alloc((4 - (frame.length % 4)) % 4)]));
  });
  return Buffer.concat([block(0x0a0d0d0a, section), block(1, description), block(0xbad, Buffer.alloc(4)), ...packets]);
}

function block(type: number, body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 12);
  const kind = Buffer.alloc(4);
  kind.writeUInt32BE(type);
  return Buffer.concat([kind, size, body, size]);
}
