import type { Sender } from "@petrel/codec";
import { PacketStream, type PacketStreamOptions } from "./packet-stream.ts";
import type { Segment } from "./segment.ts";
import { type StreamKind, streamKindOf } from "./stream-kind.ts";
import { TcpStream } from "./tcp-stream.ts";
import { WebSocketStream } from "./websocket-stream.ts";

/** Connections that are followed at once: beyond, the one that was silent longest is taken to be over. */
const MOST_OPEN = 65_536;
/** Connections that are over and known to be: what is sent again of them begins none. */
const MOST_ENDED = 4_096;

/** What a capture's connections have to say. */
export interface ConnectionsHandler {
  /** Lines for packets. */
  print(lines: string): void;
  /** What went wrong, in a sentence. */
  fail(text: string): void;
}

type Options = Omit<PacketStreamOptions, "sender">;

/** The MQTT connections of a capture, by the ports that servers listen on. One that has ended is forgotten. */
export class Connections {
  /** Whether any segment went to or came from one of the ports. */
  found = false;
  /** Connections with TLS. */
  encrypted = 0;
  /** Connections with something to decode. */
  readable = 0;
  readonly #ports: ReadonlySet<number>;
  readonly #options: Options;
  readonly #handler: ConnectionsHandler;
  /** The one that was silent longest is first. */
  readonly #open = new Map<string, Connection>();
  readonly #ended = new Set<string>();

  constructor(ports: readonly number[], options: Options, handler: ConnectionsHandler) {
    this.#ports = new Set(ports);
    this.#options = options;
    this.#handler = handler;
  }

  /** Connections that are followed. */
  get open(): number {
    return this.#open.size;
  }

  add(segment: Segment): void {
    const toServer = this.#ports.has(segment.toPort);
    if (!toServer && !this.#ports.has(segment.fromPort)) return;
    this.found = true;
    const [client, server] = toServer ? [segment.from, segment.to] : [segment.to, segment.from];
    const key = `${client} ${server}`;
    const connection = this.#connection(key, client, server, segment, toServer);
    if (connection === undefined) return;
    connection.add(segment, toServer ? "client" : "server");
    if (segment.rst || connection.isOver) this.#end(key, connection);
  }

  /** After the last frame. */
  end(): void {
    for (const [key, connection] of this.#open) this.#end(key, connection);
  }

  #connection(
    key: string,
    client: string,
    server: string,
    segment: Segment,
    toServer: boolean,
  ): Connection | undefined {
    const known = this.#open.get(key);
    const isReused = segment.syn && toServer && known?.hasBytes === true;
    if (known !== undefined && isReused) this.#end(key, known);
    if (segment.syn) this.#ended.delete(key);
    if (known !== undefined && !isReused) {
      this.#open.delete(key); // to the end of the line
      this.#open.set(key, known);
      return known;
    }
    if (this.#ended.has(key) || (!segment.syn && segment.payload.length === 0)) return undefined;
    const connection = new Connection(client, server, this.#options, this.#handler, (kind) => {
      if (kind === "tls") this.encrypted++;
      else this.readable++;
    });
    this.#open.set(key, connection);
    const [oldest] = this.#open;
    if (this.#open.size > MOST_OPEN) this.#end(...oldest!);
    return connection;
  }

  #end(key: string, connection: Connection): void {
    connection.end();
    this.#open.delete(key);
    this.#ended.add(key);
    const [oldest] = this.#ended;
    if (this.#ended.size > MOST_ENDED) this.#ended.delete(oldest!);
  }
}

class Connection {
  hasBytes = false;
  readonly #names: Readonly<Record<Sender, string>>;
  readonly #options: Options;
  readonly #handler: ConnectionsHandler;
  readonly #onKind: (kind: StreamKind) => void;
  readonly #segments: Readonly<Record<Sender, TcpStream>> = { client: new TcpStream(), server: new TcpStream() };
  readonly #webSockets: Partial<Record<Sender, WebSocketStream>> = {};
  readonly #packets: Partial<Record<Sender, PacketStream>> = {};
  /** By what came first. */
  #kind: StreamKind | undefined;

  constructor(
    client: string,
    server: string,
    options: Options,
    handler: ConnectionsHandler,
    onKind: (kind: StreamKind) => void,
  ) {
    this.#names = { client, server };
    this.#options = options;
    this.#handler = handler;
    this.#onKind = onKind;
    for (const sender of ["client", "server"] as const) {
      this.#segments[sender].onBytes = (bytes, time) => this.#handleBytes(sender, bytes, time);
      this.#segments[sender].onGap = (size) => this.#handleGap(sender, size);
    }
  }

  /** Both sides have said that they send no more, and all of it has come. */
  get isOver(): boolean {
    return this.#segments.client.isOver && this.#segments.server.isOver;
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
    if (this.#kind === undefined) {
      this.#kind = streamKindOf(bytes);
      this.#onKind(this.#kind);
    }
    if (this.#kind === "tls") return;
    const data = this.#kind === "websocket" ? (this.#webSockets[sender] ??= new WebSocketStream()).push(bytes) : bytes;
    if (data.length === 0) return;
    // What the server says is read as the client's CONNECT has announced.
    const version = this.#packets.client?.version ?? this.#options.version;
    const packets = (this.#packets[sender] ??= new PacketStream({ ...this.#options, version, sender }));
    const to = sender === "client" ? "server" : "client";
    this.#handler.print(packets.push(data, { time, from: this.#names[sender], to: this.#names[to] }));
  }

  /** Nobody knows where the next packet begins: often with the next segment. */
  #handleGap(sender: Sender, size: number): void {
    if (this.#kind === "tls") return;
    this.#handler.fail(`${this.#names[sender]}: ${size} bytes are missing from the capture`);
    this.#webSockets[sender]?.lose();
    const version = this.#packets[sender]?.version;
    if (version !== undefined) this.#packets[sender] = new PacketStream({ ...this.#options, version, sender });
  }

  #endPackets(sender: Sender): void {
    const packets = this.#packets[sender];
    const webSocket = this.#webSockets[sender];
    packets?.end();
    webSocket?.end();
    const failure = webSocket?.failure ?? packets?.failure;
    if (failure !== undefined) this.#handler.fail(`${this.#names[sender]}: ${failure}`);
  }
}
