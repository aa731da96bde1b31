/** Datagrams that wait for the rest of their fragments: beyond, the oldest is given up. */
const MOST_WAITING = 256;
const MORE_FRAGMENTS = 0x2000;

interface Datagram {
  /** The header of the first fragment. */
  header: Uint8Array | undefined;
  /** Data by where it begins. */
  readonly parts: Map<number, Uint8Array>;
  /** Known with the last fragment. */
  length: number | undefined;
}

/** Puts IPv4 datagrams together that came in fragments. */
export class Fragments {
  readonly #waiting = new Map<string, Datagram>();

  /** The datagram that is whole now: this packet, or with this packet. Throws RangeError for a packet that was cut. */
  add(packet: DataView): DataView | undefined {
    const flagsAndOffset = packet.getUint16(6);
    if ((flagsAndOffset & 0x3fff) === 0) return packet;
    const headerLength = (packet.getUint8(0) & 0x0f) * 4;
    const total = packet.getUint16(2);
    if (total > packet.byteLength) throw new RangeError("the fragment was cut");
    const bytes = new Uint8Array(packet.buffer, packet.byteOffset, total);
    // "source and destination address, protocol and identification" tell datagrams apart (RFC 791, 3.2)
    const key = `${Buffer.from(bytes.subarray(12, 20)).toString("hex")} ${bytes[9]} ${packet.getUint16(4)}`;
    const datagram = this.#datagram(key);
    const offset = (flagsAndOffset & 0x1fff) * 8;
    // A copy: the chunk that it was read from is large, and would stay.
    datagram.parts.set(offset, bytes.slice(headerLength));
    if (offset === 0) datagram.header = bytes.slice(0, headerLength);
    if ((flagsAndOffset & MORE_FRAGMENTS) === 0) datagram.length = offset + bytes.length - headerLength;
    const whole = put(datagram);
    if (whole !== undefined) this.#waiting.delete(key);
    return whole;
  }

  #datagram(key: string): Datagram {
    let datagram = this.#waiting.get(key);
    if (datagram !== undefined) return datagram;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size >= MOST_WAITING) this.#waiting.delete(oldest);
    datagram = { header: undefined, parts: new Map(), length: undefined };
    this.#waiting.set(key, datagram);
    return datagram;
  }
}

/** The packet that was broken up; undefined while some of it is missing. */
function put({ header, parts, length }: Datagram): DataView | undefined {
  if (header === undefined || length === undefined) return undefined;
  const packet = new Uint8Array(header.length + length);
  packet.set(header);
  let known = 0;
  for (const [offset, data] of [...parts].sort(([a], [b]) => a - b)) {
    if (offset > known || offset + data.length > length) return undefined;
    packet.set(data, header.length + offset);
    known = Math.max(known, offset + data.length);
  }
  if (known < length) return undefined;
  const view = new DataView(packet.buffer);
  view.setUint16(2, packet.length);
  view.setUint16(6, 0);
  return view;
}
