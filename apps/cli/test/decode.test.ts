import { describe, expect, test } from "vitest";
import { ByteSource } from "../src/decode/byte-source.ts";
import { readCapture } from "../src/decode/capture.ts";
import { type Segment, segmentOf } from "../src/decode/segment.ts";
import { TcpStream } from "../src/decode/tcp-stream.ts";
import { ethernetFrame, ipv4Packet, pcap, pcapng, tcpSegment } from "./support/capture.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const payload = (value: string): Buffer => Buffer.from(value);

async function framesOf(bytes: Uint8Array, cut = bytes.length) {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
  }
  const frames = [];
  for await (const frame of readCapture(new ByteSource(chunks()))) frames.push(frame);
  return frames;
}

describe("a capture", () => {
  const frames = [payload("one"), payload("four"), payload("")];

  test.each([
    ["pcap", pcap(frames, 101)],
    ["pcapng", pcapng(frames, 101)],
  ])("%s is read however it is cut into chunks", async (_form, bytes) => {
    for (const cut of [1, 7, bytes.length]) {
      const read = await framesOf(bytes, cut);
      expect(read.map((frame) => text(frame.bytes))).toEqual(["one", "four", ""]);
      expect(read.map(({ linkType }) => linkType)).toEqual([101, 101, 101]);
      expect(read.map(({ time }) => new Date(time).toISOString().slice(11, 19))).toEqual([
        "12:00:00",
        "12:00:01",
        "12:00:02",
      ]);
    }
  });

  test("that was cut ends with its last whole frame", async () => {
    expect(await framesOf(pcap(frames).subarray(0, -17))).toHaveLength(1);
  });

  test.each([
    ["nothing of the kind", Buffer.from("GET / HTTP/1.1"), "it is no capture"],
    ["a frame of 4 GB", Buffer.concat([pcap([]), Buffer.alloc(16, 0xff)]), "the capture is broken"],
  ])("%s is an error", async (_what, bytes, expected) => {
    await expect(framesOf(bytes)).rejects.toThrow(expected);
  });
});

describe("a frame", () => {
  const segment = { from: "10.0.0.1:5000", to: "10.0.0.2:1883", sequence: 4_294_967_295, payload: payload("x") };
  const frame = (linkType: number, bytes: Uint8Array) => segmentOf({ linkType, time: 5, bytes });
  const vlan = Buffer.concat([
    ethernetFrame(segment).subarray(0, 12),
    Buffer.of(0x81, 0, 0, 5),
    ethernetFrame(segment).subarray(12),
  ]);

  test.each([
    ["Ethernet", 1, ethernetFrame(segment)],
    ["Ethernet with a tag of a VLAN", 1, vlan],
    ["Ethernet with padding", 1, Buffer.concat([ethernetFrame(segment), Buffer.alloc(20)])],
    ["raw IP", 101, ipv4Packet(segment)],
    ["loopback of BSD", 0, Buffer.concat([Buffer.of(2, 0, 0, 0), ipv4Packet(segment)])],
    ["Linux's cooked capture", 113, Buffer.concat([Buffer.alloc(14), Buffer.of(8, 0), ipv4Packet(segment)])],
    ["Linux's second cooked capture", 276, Buffer.concat([Buffer.of(8, 0), Buffer.alloc(18), ipv4Packet(segment)])],
  ])("of %s holds a segment", (_what, linkType, bytes) => {
    const found = frame(linkType, bytes)!;
    expect(found).toMatchObject({ from: "10.0.0.1:5000", to: "10.0.0.2:1883", sequence: 4_294_967_295, time: 5 });
    expect(text(found.payload)).toBe("x");
  });

  test("of IPv6 holds one behind extension headers", () => {
    const header = Buffer.alloc(40);
    header[0] = 0x60;
    header[6] = 60; // destination options first
    header[23] = 1; // ::1
    header[39] = 2;
    const options = Buffer.of(6, 0, 1, 4, 0, 0, 0, 0);
    const tcp = tcpSegment(segment);
    header.writeUInt16BE(options.length + tcp.length, 4);
    expect(frame(229, Buffer.concat([header, options, tcp]))).toMatchObject({ from: "[::1]:5000", to: "[::2]:1883" });
  });

  test("of anything else, or cut short, holds none", () => {
    const udp = ipv4Packet(segment);
    udp[9] = 17;
    const fragment = ipv4Packet(segment);
    fragment.writeUInt16BE(0x2000, 6);
    for (const bytes of [udp, fragment, ipv4Packet(segment).subarray(0, 30), Buffer.of()])
      expect(frame(101, bytes)).toBeUndefined();
    expect(frame(147, ipv4Packet(segment))).toBeUndefined();
  });
});

describe("a TCP stream is put in order", () => {
  function stream(...segments: readonly (readonly [sequence: number, text: string] | "syn")[]) {
    const tcp = new TcpStream();
    let bytes = "";
    tcp.onBytes = (chunk) => (bytes += text(chunk));
    tcp.onGap = (size) => (bytes += `<${size}>`);
    for (const one of segments) {
      const [sequence, value] = one === "syn" ? [99, ""] : one;
      tcp.add({ sequence, payload: payload(value), syn: one === "syn", time: 0 } as unknown as Segment);
    }
    tcp.end();
    return bytes;
  }

  test.each([
    ["as it came", stream("syn", [100, "ab"], [102, "cd"]), "abcd"],
    ["in the wrong order", stream("syn", [104, "ef"], [102, "cd"], [100, "ab"]), "abcdef"],
    ["with a segment sent again", stream("syn", [100, "ab"], [100, "ab"], [102, "cd"]), "abcd"],
    ["with one sent again that has more", stream("syn", [100, "ab"], [101, "bcd"]), "abcd"],
    ["from the middle", stream([500, "ab"], [502, "cd"]), "abcd"],
    ["over the end of the numbers", stream([4_294_967_295, "ab"], [1, "cd"]), "abcd"],
    ["with a gap", stream("syn", [100, "ab"], [105, "cd"], [107, "ef"]), "ab<3>cdef"],
  ])("%s", (_what, got, expected) => {
    expect(got).toBe(expected);
  });
});
