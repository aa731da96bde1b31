import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A name server on the loopback, for `dns.setServers([server.address])`. It knows SRV records only (RFC 2782). */
export interface DnsServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** The names that were asked for. */
  readonly questions: readonly string[];
  stop(): Promise<void>;
}

export interface DnsSrvRecord {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

const NO_ERROR = 0;
const NAME_ERROR = 3;
const SRV = 33;
const INTERNET = 1;
const HEADER_LENGTH = 12;

/** Answers for the names in `zone`; other names do not exist. */
export async function startDns(zone: Readonly<Record<string, readonly DnsSrvRecord[]>>): Promise<DnsServer> {
  const questions: string[] = [];
  const socket = createSocket("udp4", (query, client) => {
    const { name, end } = readName(query, HEADER_LENGTH);
    const type = query.readUInt16BE(end);
    questions.push(name);
    const known = zone[name];
    const answers = type === SRV ? (known ?? []) : [];
    const header = Buffer.alloc(HEADER_LENGTH);
    header.writeUInt16BE(query.readUInt16BE(0), 0); // ID
    header.writeUInt16BE(0x8580 | (known === undefined ? NAME_ERROR : NO_ERROR), 2); // QR, AA, RD, RA
    header.writeUInt16BE(1, 4); // QDCOUNT
    header.writeUInt16BE(answers.length, 6); // ANCOUNT
    const question = query.subarray(HEADER_LENGTH, end + 4);
    socket.send(Buffer.concat([header, question, ...answers.map(encodeAnswer)]), client.port, client.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const stop = async (): Promise<void> => {
    socket.close();
    await once(socket, "close");
  };
  return { address: `127.0.0.1:${socket.address().port}`, questions, stop, [Symbol.asyncDispose]: stop };
}

function readName(packet: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  while (packet[at] !== 0) {
    const length = packet[at]!;
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

function encodeAnswer({ target, port, priority, weight }: DnsSrvRecord): Buffer {
  const data = Buffer.concat([uint16(priority, weight, port), encodeName(target)]);
  const toTheQuestion = 0xc000 | HEADER_LENGTH;
  const secondsToLive = 0;
  return Buffer.concat([uint16(toTheQuestion, SRV, INTERNET, secondsToLive, secondsToLive, data.length), data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.from(String.fromCharCode(label.length) + label)),
    Buffer.of(0),
  ]);
}

function uint16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}
