import { UsageError } from "../exit-codes.ts";
import type { ByteSource } from "./byte-source.ts";

/** A frame as it was captured. */
export interface Frame {
  /** LINKTYPE_…: what the bytes begin with. */
  readonly linkType: number;
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

export function isCapture(beginning: Uint8Array): boolean {
  return isPcapng(beginning) || pcapForm(beginning) !== undefined;
}

/** The frames of a capture, pcap or pcapng. A capture that was cut ends with its last whole frame. */
export async function* readCapture(source: ByteSource): AsyncGenerator<Frame, void, undefined> {
  const beginning = await source.peek(12);
  if (isPcapng(beginning)) yield* readPcapng(source);
  else if (pcapForm(beginning) !== undefined) yield* readPcap(source);
  else throw new UsageError("it is no capture: neither pcap nor pcapng begins like this");
}

interface PcapForm {
  readonly littleEndian: boolean;
  /** Of the fraction of a second. */
  readonly perMillisecond: number;
}

function pcapForm(beginning: Uint8Array): PcapForm | undefined {
  switch (Buffer.from(beginning.subarray(0, 4)).toString("hex")) {
    case "d4c3b2a1":
      return { littleEndian: true, perMillisecond: 1e3 };
    case "a1b2c3d4":
      return { littleEndian: false, perMillisecond: 1e3 };
    case "4d3cb2a1":
      return { littleEndian: true, perMillisecond: 1e6 };
    case "a1b23c4d":
      return { littleEndian: false, perMillisecond: 1e6 };
    default:
      return undefined;
  }
}

/** Larger than any frame: the file is broken, and nobody knows where the next one begins. */
const LARGEST = 64 * 1_048_576;

async function* readPcap(source: ByteSource): AsyncGenerator<Frame, void, undefined> {
  const header = await source.take(24);
  if (header === undefined) return;
  const { littleEndian, perMillisecond } = pcapForm(header)!;
  const linkType = view(header).getUint32(20, littleEndian) & 0xffff;
  for (;;) {
    const record = await source.take(16);
    if (record === undefined) return;
    const fields = view(record);
    const size = checkedSize(fields.getUint32(8, littleEndian));
    const bytes = await source.take(size);
    if (bytes === undefined) return;
    const time = fields.getUint32(0, littleEndian) * 1_000 + fields.getUint32(4, littleEndian) / perMillisecond;
    yield { linkType, time, bytes };
  }
}

function isPcapng(beginning: Uint8Array): boolean {
  return Buffer.from(beginning.subarray(0, 4)).toString("hex") === "0a0d0d0a";
}

const BlockType = { section: 0x0a0d0d0a, interface: 1, simplePacket: 3, enhancedPacket: 6 } as const;

interface Interface {
  readonly linkType: number;
  readonly perMillisecond: number;
}

async function* readPcapng(source: ByteSource): AsyncGenerator<Frame, void, undefined> {
  let littleEndian = true;
  let interfaces: Interface[] = [];
  for (;;) {
    const header = await source.peek(12);
    if (header.length < 12) return;
    // The section header reads the same both ways, and its magic says which way the others are.
    const isSection = view(header).getUint32(0) === BlockType.section;
    if (isSection) {
      littleEndian = view(header).getUint32(8, true) === 0x1a2b3c4d;
      interfaces = []; // each section has its own
    }
    const type = view(header).getUint32(0, littleEndian);
    const block = await source.take(checkedSize(view(header).getUint32(4, littleEndian)));
    if (block === undefined) return;
    const body = block.subarray(8, -4);
    if (type === BlockType.interface && !isSection) interfaces.push(interfaceOf(body, littleEndian));
    const frame = isSection ? undefined : frameOf(type, body, littleEndian, interfaces);
    if (frame !== undefined) yield frame;
  }
}

function frameOf(
  type: number,
  body: Uint8Array,
  littleEndian: boolean,
  interfaces: readonly Interface[],
): Frame | undefined {
  const fields = view(body);
  if (type === BlockType.simplePacket && interfaces[0] !== undefined && body.length >= 4) {
    return {
      linkType: interfaces[0].linkType,
      time: 0,
      bytes: body.subarray(4, 4 + fields.getUint32(0, littleEndian)),
    };
  }
  if (type !== BlockType.enhancedPacket || body.length < 20) return undefined;
  const captured = interfaces[fields.getUint32(0, littleEndian)];
  if (captured === undefined) return undefined;
  const ticks = fields.getUint32(4, littleEndian) * 2 ** 32 + fields.getUint32(8, littleEndian);
  const size = fields.getUint32(12, littleEndian);
  return { linkType: captured.linkType, time: ticks / captured.perMillisecond, bytes: body.subarray(20, 20 + size) };
}

const TIME_RESOLUTION = 9;

function interfaceOf(body: Uint8Array, littleEndian: boolean): Interface {
  const fields = view(body);
  let perMillisecond = 1e3;
  for (let at = 8; at + 4 <= body.length;) {
    const code = fields.getUint16(at, littleEndian);
    const length = fields.getUint16(at + 2, littleEndian);
    if (code === 0) break;
    if (code === TIME_RESOLUTION && length >= 1) {
      const exponent = body[at + 4]!;
      perMillisecond = ((exponent & 0x80) === 0 ? 10 ** exponent : 2 ** (exponent & 0x7f)) / 1e3;
    }
    at += 4 + length + ((4 - (length % 4)) % 4); // padded to four bytes
  }
  return { linkType: fields.getUint16(0, littleEndian), perMillisecond };
}

function checkedSize(size: number): number {
  if (size <= LARGEST) return size;
  throw new UsageError(`the capture is broken: it says that a frame has ${size} bytes`);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
