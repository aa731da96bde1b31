import type { Sender } from "@petrel/codec";
import { PacketStream, type PacketStreamOptions } from "./packet-stream.ts";
import type { Segment } from "./segment.ts";
import { TcpStream } from "./tcp-stream.ts";

/** The MQTT connections of a capture, by the ports that servers listen on. */
export class Connections {
  /** What went wrong, in a sentence each. */
  readonly failures: string[] = [];
  readonly #ports: ReadonlySet<number>;
  readonly #options: Omit<PacketStreamOptions, "sender">;
  readonly #print: (lines: string) => void;
  readonly #connections = new Map<string, Connection>();

  constructor(ports: readonly number[], options: Omit<PacketStreamOptions, "sender">, print: (lines: string) => void) {
    this.#ports = new Set(ports);
    this.#options = options;
    this.#print = print;
  }

  /** Whether any segment went to or came from one of the ports. */
  get found(): boolean {
    return this.#connections.size > 0;
  }

  add(segment: Segment): void {
    const toServer = this.#ports.has(segment.toPort);
    if (!toServer && !this.#ports.has(segment.fromPort)) return;
    const [client, server] = toServer ? [segment.from, segment.to] : [segment.to, segment.from];
    const key = `${client} ${server}`;
    let connection = this.#connections.get(key);
    if (connection === undefined || (segment.syn && toServer && connection.hasBytes)) {
      connection?.end(); // the port is used again
      connection = new Connection(client, server, this.#options, this.#print, this.failures);
      this.#connections.set(key, connection);
    }
    connection.add(segment, toServer ? "client" : "server");
  }

  end(): void {
    for (const connection of this.#connections.values()) connection.end();
  }
}

class Connection {
  hasBytes = false;
  readonly #names: Readonly<Record<Sender, string>>;
  readonly #options: Omit<PacketStreamOptions, "sender">;
  readonly #print: (lines: string) => void;
  readonly #failures: string[];
  readonly #segments: Readonly<Record<Sender, TcpStream>> = { client: new TcpStream(), server: new TcpStream() };
  readonly #packets: Partial<Record<Sender, PacketStream>> = {};

  constructor(
    client: string,
    server: string,
    options: Omit<PacketStreamOptions, "sender">,
    print: (lines: string) => void,
    failures: string[],
  ) {
    this.#names = { client, server };
    this.#options = options;
    this.#print = print;
    this.#failures = failures;
    for (const sender of ["client", "server"] as const) {
      this.#segments[sender].onBytes = (bytes, time) => this.#handleBytes(sender, bytes, time);
      this.#segments[sender].onGap = (size) => this.#handleGap(sender, size);
    }
  }

  add(segment: Segment, sender: Sender): void {
    if (segment.payload.length > 0) this.hasBytes = true;
    this.#segments[sender].add(segment);
  }

  end(): void {
    for (const sender of ["client", "server"] as const) {
      this.#segments[sender].end();
      this.#endPackets(sender);
    }
  }

  #handleBytes(sender: Sender, bytes: Uint8Array, time: number): void {
    // What the server says is read as the client's CONNECT has announced.
    const version = this.#packets.client?.version ?? this.#options.version;
    const packets = (this.#packets[sender] ??= new PacketStream({ ...this.#options, version, sender }));
    const to = sender === "client" ? "server" : "client";
    this.#print(packets.push(bytes, { time, from: this.#names[sender], to: this.#names[to] }));
  }

  /** Nobody knows where the next packet begins: often with the next segment. */
  #handleGap(sender: Sender, size: number): void {
    const version = this.#packets[sender]?.version;
    this.#failures.push(`${this.#names[sender]}: ${size} bytes are missing from the capture`);
    if (version !== undefined) this.#packets[sender] = new PacketStream({ ...this.#options, version, sender });
  }

  #endPackets(sender: Sender): void {
    const packets = this.#packets[sender];
    packets?.end();
    if (packets?.failure !== undefined) this.#failures.push(`${this.#names[sender]}: ${packets.failure}`);
  }
}
