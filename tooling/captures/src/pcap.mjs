import { encodePacket } from "@petrel/codec";

/** Noon of some day, in seconds. */
const NOON = Date.UTC(2026, 0, 2, 12) / 1_000;
const [CLIENT, SERVER] = [
  { address: [192, 0, 2, 7], port: 50_123 },
  { address: [192, 0, 2, 1], port: 1_883 },
];

/**
 * A capture of a conversation, as tcpdump would write it: raw IPv4, a packet each ten milliseconds.
 *
 * @param {readonly (["->" | "<-", import("@petrel/codec").PacketInit])[]} packets
 */
export function captureOf(packets) {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(101, 20);
  const sent = { "->": 1, "<-": 1 };
  const records = packets.map(([arrow, packet], index) => {
    const payload = encodePacket(packet);
    const [from, to] = arrow === "->" ? [CLIENT, SERVER] : [SERVER, CLIENT];
    const frame = frameOf(from, to, sent[arrow], payload);
    sent[arrow] += payload.length;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(NOON, 0);
    record.writeUInt32LE(10_000 * index, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

function frameOf(from, to, sequence, payload) {
  const frame = Buffer.alloc(40);
  frame[0] = 0x45;
  frame.writeUInt16BE(40 + payload.length, 2);
  frame[9] = 6; // TCP
  frame.set(from.address, 12);
  frame.set(to.address, 16);
  frame.writeUInt16BE(from.port, 20);
  frame.writeUInt16BE(to.port, 22);
  frame.writeUInt32BE(sequence, 24);
  frame[32] = 5 << 4;
  frame[33] = 0x18;
  return Buffer.concat([frame, payload]);
}
