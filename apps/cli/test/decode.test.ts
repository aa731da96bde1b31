import { describe, expect, test } from "vitest";
import { ByteSource } from "../src/decode/byte-source.ts";
import { readCapture } from "../src/decode/capture.ts";
import { Connections } from "../src/decode/connections.ts";
import { Fragments } from "../src/decode/fragments.ts";
import { type Segment, segmentOf } from "../src/decode/segment.ts";
import { streamKindOf } from "../src/decode/stream-kind.ts";
import { TcpStream } from "../src/decode/tcp-stream.ts";
import { WebSocketStream } from "../src/decode/websocket-stream.ts";
import {
  ethernetFrame,
  fragmentsOf,
  ipv4Packet,
  pcap,
  pcapng,
  type TcpSegment,
  tcpSegment,
} from "./support/capture.ts";

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
  const frame = (linkType: number, bytes: Uint8Array) => segmentOf({ linkType, time: 5, bytes }, new Fragments());
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

describe("fragments of IPv4", () => {
  const segment = { from: "10.0.0.1:5000", to: "10.0.0.2:1883", sequence: 1, payload: payload("x".repeat(100)) };
  const [first, second, third] = fragmentsOf(ipv4Packet(segment), 48) as [Buffer, Buffer, Buffer];
  const read = (...packets: readonly Uint8Array[]): readonly string[] => {
    const fragments = new Fragments();
    const segments = packets.map((bytes) => segmentOf({ linkType: 101, time: 5, bytes }, fragments));
    return segments.filter((one) => one !== undefined).map((one) => text(one.payload));
  };

  test.each([
    ["in order", [first, second, third]],
    ["in any order", [third, first, second]],
    ["with one twice", [first, first, second, third]],
    ["among others", [first, fragmentsOf(ipv4Packet(segment), 48, 8)[0]!, second, third]],
  ])("make a segment when all have come: %s", (_what, packets) => {
    expect(read(...packets)).toEqual(["x".repeat(100)]);
  });

  test("make none while one is missing, and one that was cut is none", () => {
    expect(read(first, third)).toEqual([]);
    expect(read(first, second.subarray(0, 30), third)).toEqual([]);
  });

  test("that never become whole don't stay", () => {
    const many = Array.from({ length: 300 }, (_, number) => fragmentsOf(ipv4Packet(segment), 48, number));
    const fragments = new Fragments();
    const add = (bytes: Uint8Array) => segmentOf({ linkType: 101, time: 5, bytes }, fragments);
    for (const [head] of many) add(head!);
    const last = (number: number) => [many[number]![1]!, many[number]![2]!].map(add).at(-1);
    expect(last(0)).toBeUndefined(); // given up
    expect(last(299)).toMatchObject({ sequence: 1 });
  });
});

describe("what a stream is, by how it begins", () => {
  test.each([
    ["mqtt", Buffer.of(0x10, 0x20)],
    ["mqtt", Buffer.of(0x30)],
    ["mqtt", Buffer.of()],
    ["websocket", payload("GET /mqtt HTTP/1.1")],
    ["websocket", payload("G")],
    ["websocket", payload("HTTP/1.1 101")],
    ["tls", Buffer.of(0x16, 3, 1, 2)],
    ["tls", Buffer.of(0x17, 3, 3)],
  ])("%s", (kind, bytes) => {
    expect(streamKindOf(bytes)).toBe(kind);
  });
});

describe("a WebSocket stream", () => {
  const handshake = payload("GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  const messages = (...chunks: readonly Uint8Array[]): string => {
    const stream = new WebSocketStream();
    const out = chunks.map((chunk) => text(stream.push(chunk))).join("");
    stream.end();
    return stream.failure === undefined ? out : `${out}! ${stream.failure}`;
  };
  const masked = Buffer.of(0x82, 0x83, 1, 2, 3, 4, "a".charCodeAt(0) ^ 1, "b".charCodeAt(0) ^ 2, "c".charCodeAt(0) ^ 3);
  const long = Buffer.concat([Buffer.of(0x82, 126, 1, 0), payload("y".repeat(256))]);
  const longer = Buffer.concat([Buffer.of(0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0), payload("z".repeat(65_536))]);

  test.each([
    ["masked", [handshake, masked], "abc"],
    ["a message in two frames", [handshake, Buffer.of(0x02, 1, 0x61, 0x80, 1, 0x62)], "ab"],
    ["a ping and a pong between", [handshake, Buffer.of(0x89, 1, 0x21, 0x82, 1, 0x61, 0x8a, 0)], "a"],
    ["longer ones", [handshake, long, longer], "y".repeat(256) + "z".repeat(65_536)],
    [
      "one that is cut",
      [handshake, masked.subarray(0, 5)],
      "! it ends within a WebSocket frame, 5 bytes after its beginning",
    ],
    ["compressed ones", [handshake, Buffer.of(0xc2, 1, 0x61)], "! its WebSocket frames are compressed"],
    [
      "another answer",
      [payload("HTTP/1.1 400 Bad Request\r\n\r\n")],
      "! no WebSocket came about: the server's answer is \"HTTP/1.1 400",
    ],
    ["no end of headers", [payload("GET " + "x".repeat(70_000))], "! it begins like HTTP, and its headers have no end"],
  ])("has frames: %s", (_what, chunks, expected) => {
    expect(messages(...chunks)).toContain(expected);
    const whole = Buffer.concat(chunks);
    if (whole.length < 1_000) expect(messages(...[...whole].map((byte) => Buffer.of(byte)))).toContain(expected);
  });
});

describe("connections", () => {
  const options = { lenient: false, json: false, colour: false, columns: Infinity, version: 4 } as const;
  const pingreq = Buffer.of(0xc0, 0);
  const follow = () => {
    const seen = { lines: "", failures: [] as string[] };
    const connections = new Connections([1883], options, {
      print: (lines) => (seen.lines += lines),
      fail: (why) => seen.failures.push(why),
    });
    const add = (one: TcpSegment) =>
      connections.add(segmentOf({ linkType: 101, time: 0, bytes: ipv4Packet(one) }, new Fragments())!);
    return { connections, seen, add };
  };
  const client = { from: "10.0.0.1:5000", to: "10.0.0.2:1883" };
  const server = { from: "10.0.0.2:1883", to: "10.0.0.1:5000" };

  test("that have ended are forgotten, however many there are", () => {
    const { connections, seen, add } = follow();
    for (let port = 1; port <= 20_000; port++) {
      const from = `10.0.0.1:${port}`;
      add({ ...client, from, sequence: 0, syn: true });
      add({ ...client, from, sequence: 1, payload: pingreq });
      add({ ...client, from, sequence: 3, fin: port % 2 === 0, rst: port % 2 === 1 });
      add({ ...server, to: from, sequence: 1, fin: true });
      add({ ...client, from, sequence: 4 }); // the last acknowledgement
    }
    expect(connections.open).toBe(0);
    expect(seen.lines.match(/PINGREQ/g)).toHaveLength(20_000);
    expect(seen.failures).toEqual([]);
  });

  test("end when both sides have, and all that they sent has come", () => {
    const { connections, seen, add } = follow();
    add({ ...client, sequence: 0, syn: true });
    add({ ...client, sequence: 3, fin: true });
    add({ ...server, sequence: 1, fin: true });
    expect(connections.open).toBe(1); // two bytes are still on their way
    add({ ...client, sequence: 1, payload: pingreq });
    expect(connections.open).toBe(0);
    expect(seen.lines).toContain("PINGREQ");
    add({ ...client, sequence: 1, payload: pingreq }); // sent again: nothing new
    expect([connections.open, seen.lines.match(/PINGREQ/g)?.length]).toEqual([0, 1]);
    add({ ...client, sequence: 50, syn: true }); // the port is used again
    add({ ...client, sequence: 51, payload: pingreq });
    expect([connections.open, seen.lines.match(/PINGREQ/g)?.length]).toEqual([1, 2]);
  });

  test("that end within a packet say so at once", () => {
    const { seen, add } = follow();
    add({ ...client, sequence: 1, payload: Buffer.of(0x30, 9) });
    add({ ...client, sequence: 3, rst: true });
    expect(seen.failures).toEqual(["10.0.0.1:5000: it ends within a packet, 2 bytes after its beginning"]);
  });

  test("with TLS are counted, and not decoded", () => {
    const { connections, seen, add } = follow();
    add({ ...client, sequence: 1, payload: Buffer.of(0x16, 3, 1, 0, 5) });
    add({ ...server, sequence: 1, payload: Buffer.of(0x16, 3, 3, 0, 5) });
    connections.end();
    expect([connections.encrypted, connections.readable]).toEqual([1, 0]);
    expect(seen).toEqual({ lines: "", failures: [] });
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
