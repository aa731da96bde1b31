import {
  type ConnackProperties,
  createDecoder,
  createWriter,
  type Packet,
  type PacketDecoder,
  type PacketInit,
  type PacketWriter,
  type ProtocolVersion,
  ReasonCode,
} from "@petrel/codec";
import {
  type Connector,
  createMemoryPair,
  type Signal,
  type Transport,
  type TransportHandler,
} from "@petrel/transport";

/** What a {@link ScriptedServer} can talk to without anything in between; a session of `@petrel/session` is one. */
export interface DirectPeer {
  handleOpen(now: number): void;
  handleBytes(bytes: Uint8Array, now: number): void;
  handleClose(now: number, cause?: Error): void;
  takeOutput(): Uint8Array | undefined;
}

/** A connection in the making: the client's end and the server's. A memory pair is one, and so is a fault link. */
export interface Link {
  readonly client: Connector;
  accept(handler: TransportHandler): Transport;
}

export interface ScriptedServerOptions {
  /** Needed only to send something before a CONNECT has told the version. Default 5. */
  readonly protocolVersion?: ProtocolVersion | undefined;
  /** Answer everything politely unless the script says otherwise. Default false: answer nothing. */
  readonly automatic?: boolean | undefined;
  /** The link for the next connection of {@link ScriptedServer.connector}. Default: a memory pair. */
  readonly link?: (() => Link) | undefined;
}

/** What CONNACK says: 5.0 takes all of it, 3.x only Session Present. */
export interface AcceptOptions extends ConnackProperties {
  readonly sessionPresent?: boolean | undefined;
}

/** One connection, seen from the server. */
interface Line {
  readonly decoder: PacketDecoder;
  readonly received: Packet[];
  /** Of `received`, what {@link ScriptedServer.takeReceived} has given out. */
  taken: number;
  connectUnanswered: boolean;
  readonly send: (bytes: Uint8Array) => void;
  /** Without a cause: politely. */
  readonly end: (cause: Error | undefined) => void;
}

type Answer =
  | { readonly type: "accept"; readonly options: AcceptOptions }
  | { readonly type: "refuse"; readonly reasonCode: number };

/**
 * An MQTT server that says what the test tells it to, in packets. It talks to a session directly ({@link attach}), or
 * to a client through its {@link connector}; one connection at a time.
 *
 * ```ts
 * const server = new ScriptedServer();
 * server.accept();                                   // answers the CONNECT that came, or the next one
 * server.send({ type: "publish", topicName: "a", payload: "1" });
 * server.received();                                 // the packets that came on this connection
 * server.lose();                                     // the network is gone
 * ```
 */
export class ScriptedServer {
  /** Answer everything politely unless the script says otherwise. */
  automatic: boolean;
  readonly #defaultVersion: ProtocolVersion;
  readonly #link: () => Link;
  #peer: { readonly peer: DirectPeer; readonly clock: { now(): number } } | undefined;
  #line: Line | undefined;
  /** The last connection, when it is over: what came on it can still be asked for. */
  #lastLine: Line | undefined;
  #connections = 0;
  #answers: Answer[] = [];
  #pulling = false;
  /** The client sent something that is not MQTT: the test has to hear of it. */
  #failure: Error | undefined;

  constructor(options: ScriptedServerOptions = {}) {
    this.automatic = options.automatic ?? false;
    this.#defaultVersion = options.protocolVersion ?? 5;
    this.#link = options.link ?? createMemoryPair;
  }

  // ── connections ─────────────────────────────────────────────────────────────────────────────────

  /** Where a client connects to; each call opens another connection and drops the one before. */
  readonly connector: Connector = (handler: TransportHandler, signal?: Signal): Promise<Transport> => {
    const link = this.#link();
    this.#begin((line) => {
      const transport = link.accept({
        onData: (bytes) => this.#handleBytes(line(), bytes),
        onDrain() {},
        onClose: () => this.#handleClose(line()),
      });
      return {
        send: (bytes) => void transport.write(bytes),
        end: (cause) => (cause === undefined ? transport.close() : transport.destroy(cause)),
      };
    });
    return link.client(handler, signal);
  };

  /** Talks to `peer` directly, at the time of `clock`. Connect with {@link open} or {@link accept}. */
  attach(peer: DirectPeer, clock: { now(): number }): void {
    this.#peer = { peer, clock };
  }

  /** Opens a connection to the attached peer; nothing is answered yet. */
  open(): void {
    if (this.#peer === undefined)
      throw new Error("attach() a session first, or let a client connect through connector");
    const { peer, clock } = this.#peer;
    this.#begin(() => ({
      send: (bytes) => peer.handleBytes(bytes, clock.now()),
      end: (cause) => peer.handleClose(clock.now(), cause),
    }));
    peer.handleOpen(clock.now());
  }

  /** Whether there is a connection. */
  get connected(): boolean {
    return this.#line !== undefined;
  }

  /** Connections so far, the current one included. */
  get connections(): number {
    return this.#connections;
  }

  // ── what the server does ────────────────────────────────────────────────────────────────────────

  /**
   * Answers CONNECT with success: the one that came, else the next one; several scripted answers are used in turn. An
   * attached peer without a connection is connected first.
   */
  accept(options: AcceptOptions = {}): void {
    this.#answer({ type: "accept", options });
  }

  /** As {@link accept}, but refuses with a Reason Code (of 5.0, in every version) and ends the connection. */
  refuse(reasonCode: number): void {
    this.#answer({ type: "refuse", reasonCode });
  }

  /** Sends packets, in one chunk. */
  send(...packets: readonly PacketInit[]): void {
    const writer = this.#writer();
    for (const packet of packets) writer.write(packet);
    const chunks: Uint8Array[] = [];
    for (let chunk = writer.take(); chunk !== undefined; chunk = writer.take()) chunks.push(chunk);
    this.sendBytes(concat(chunks));
  }

  /** Sends any bytes, be they MQTT or not. */
  sendBytes(bytes: Uint8Array): void {
    this.#pull();
    this.#current().send(bytes);
    this.#pull();
  }

  /** The network breaks: both sides see an error. Output that an attached peer holds is lost. */
  lose(cause: Error = new Error("the scripted server lost the connection")): void {
    this.#end(cause);
  }

  /** Ends the network connection politely, without a word of MQTT. */
  close(): void {
    this.#pull();
    if (this.#line !== undefined) this.#end(undefined);
  }

  // ── what the server got ─────────────────────────────────────────────────────────────────────────

  /** All packets of the current connection, or of the last one; CONNECT included. */
  received(): readonly Packet[] {
    this.#pull();
    return [...((this.#line ?? this.#lastLine)?.received ?? [])];
  }

  /** The packets of the current connection, or of the last one, that were not taken before. */
  takeReceived(): readonly Packet[] {
    this.#pull();
    const line = this.#line ?? this.#lastLine;
    if (line === undefined) return [];
    const packets = line.received.slice(line.taken);
    line.taken = line.received.length;
    return packets;
  }

  // ── inside ──────────────────────────────────────────────────────────────────────────────────────

  #begin(join: (line: () => Line) => Pick<Line, "send" | "end">): void {
    if (this.#line !== undefined) this.#end(new Error("a new connection took the place of this one"));
    const line: Line = {
      decoder: createDecoder(),
      received: [],
      taken: 0,
      connectUnanswered: false,
      ...join(() => line),
    };
    this.#line = line;
    this.#connections++;
  }

  #current(): Line {
    if (this.#line === undefined) throw new Error("there is no connection");
    return this.#line;
  }

  #writer(): PacketWriter {
    return createWriter({ version: this.#line?.decoder.version ?? this.#defaultVersion });
  }

  /** Takes what an attached peer wants to send. While that is going on, what is sent in answer waits for nothing more. */
  #pull(): void {
    if (this.#peer !== undefined && !this.#pulling) {
      this.#pulling = true;
      for (let line = this.#line; line !== undefined; line = this.#line) {
        const bytes = this.#peer.peer.takeOutput();
        if (bytes === undefined) break;
        this.#handleBytes(line, bytes);
      }
      this.#pulling = false;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #handleBytes(line: Line, bytes: Uint8Array): void {
    try {
      line.decoder.push(bytes);
      for (let packet = line.decoder.next(); packet !== undefined; packet = line.decoder.next()) {
        line.received.push(packet);
        if (line === this.#line) this.#handlePacket(packet, line);
      }
    } catch (error) {
      this.#failure ??= error as Error;
    }
  }

  #handleClose(line: Line): void {
    if (line !== this.#line) return;
    this.#lastLine = line;
    this.#line = undefined;
  }

  #end(cause: Error | undefined): void {
    const line = this.#current();
    this.#handleClose(line);
    line.end(cause);
  }

  #answer(answer: Answer): void {
    if (this.#peer !== undefined && this.#line === undefined) this.open();
    this.#answers.push(answer);
    this.#pull();
    if (this.#line?.connectUnanswered === true) this.#answerConnect(this.#line);
  }

  #answerConnect(line: Line): void {
    line.connectUnanswered = true;
    const answer = this.#answers.shift() ?? (this.automatic ? { type: "accept", options: {} } : undefined);
    if (answer === undefined) return;
    line.connectUnanswered = false;
    if (answer.type === "accept") {
      const { sessionPresent, ...properties } = answer.options;
      const hasProperties = Object.keys(properties).length > 0;
      this.send({ type: "connack", sessionPresent, properties: hasProperties ? properties : undefined });
    } else {
      this.send({ type: "connack", reasonCode: answer.reasonCode });
      if (line === this.#line) this.#end(undefined);
    }
  }

  #handlePacket(packet: Packet, line: Line): void {
    if (packet.type === "connect") this.#answerConnect(line);
    else if (packet.type === "disconnect") this.#end(undefined);
    else if (this.automatic) {
      const answer = politeAnswer(packet, line.decoder.version ?? this.#defaultVersion);
      if (answer !== undefined) this.send(answer);
    }
  }
}

/** What a server that is content with everything says to a packet. */
function politeAnswer(packet: Packet, version: ProtocolVersion): PacketInit | undefined {
  switch (packet.type) {
    case "publish":
      if (packet.qos === 0) return undefined;
      return { type: packet.qos === 1 ? "puback" : "pubrec", packetIdentifier: packet.packetIdentifier! };
    case "pubrec":
      if (packet.reasonCode >= ReasonCode.unspecifiedError) return undefined;
      return { type: "pubrel", packetIdentifier: packet.packetIdentifier };
    case "pubrel":
      return { type: "pubcomp", packetIdentifier: packet.packetIdentifier };
    case "subscribe":
      return {
        type: "suback",
        packetIdentifier: packet.packetIdentifier,
        reasonCodes: packet.subscriptions.map(({ qos }) => qos),
      };
    case "unsubscribe": {
      const reasonCodes = version === 5 ? packet.topicFilters.map(() => ReasonCode.success) : [];
      return { type: "unsuback", packetIdentifier: packet.packetIdentifier, reasonCodes };
    }
    case "pingreq":
      return { type: "pingresp" };
    default:
      return undefined;
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
