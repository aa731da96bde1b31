/** Captures as tcpdump and Wireshark write them, of made-up frames. */

export interface TcpSegment {
  /** `address:port`, IPv4. */
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly syn?: boolean;
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

export function tcpSegment({ from, to, sequence, syn = false, payload = new Uint8Array(0) }: TcpSegment): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(port(from), 0);
  header.writeUInt16BE(port(to), 2);
  header.writeUInt32BE(sequence, 4);
  header[12] = 5 << 4;
  header[13] = syn ? 0x02 : 0x10;
  return Buffer.concat([header, payload]);
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
