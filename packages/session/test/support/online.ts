import {
  type ConnackProperties,
  createDecoder,
  encodePacket,
  type Packet,
  type PacketDecoder,
  type PacketInit,
} from "@petrel/codec";
import { type Milliseconds, MqttSession, type SessionEvent, type SessionOptions } from "@petrel/session";

/** A session, a server that says what the test tells it to, and time by hand. */
export interface Bench {
  readonly session: MqttSession<string>;
  readonly server: Server;
  readonly clock: Clock;
  /** What happened since the last call. */
  readonly events: () => readonly SessionEvent<string>[];
}

/** A session that never had a connection. */
export function offline(options: SessionOptions = {}): Bench {
  const session = new MqttSession<string>(options);
  const clock = new Clock(session, () => server.pull());
  const server = new Server(session, clock);
  return { session, clock, server, events: () => session.takeEvents() };
}

/** A session that is online: CONNECT and CONNACK are behind it. */
export function online(options: SessionOptions = {}, connack: Connack = {}): Bench {
  const bench = offline(options);
  bench.server.accept(connack);
  bench.server.takeReceived();
  bench.events();
  return bench;
}

export interface Connack extends ConnackProperties {
  readonly sessionPresent?: boolean;
}

/** Time by hand: the session's deadlines are handled in order, each at its own time. */
class Clock {
  #now = 1_000_000;
  readonly #session: MqttSession<string>;
  readonly #afterTimeout: () => void;

  constructor(session: MqttSession<string>, afterTimeout: () => void) {
    this.#session = session;
    this.#afterTimeout = afterTimeout;
  }

  now(): Milliseconds {
    return this.#now;
  }

  advance(ms: Milliseconds): void {
    const end = this.#now + ms;
    for (let at = this.#session.nextTimeout(); at !== undefined && at <= end; at = this.#session.nextTimeout()) {
      this.#now = Math.max(this.#now, at);
      this.#handleTimeout();
    }
    this.#now = end;
  }

  /** The machine sleeps: what became due meanwhile is noticed now, late. */
  sleep(ms: Milliseconds): void {
    this.#now += ms;
    const at = this.#session.nextTimeout();
    if (at !== undefined && at <= this.#now) this.#handleTimeout();
  }

  /** A deadline that is handled moves or is gone: else its driver would be called for ever. */
  #handleTimeout(): void {
    this.#session.handleTimeout(this.#now);
    const next = this.#session.nextTimeout();
    if (next !== undefined && next <= this.#now) throw new Error(`the deadline ${next} stayed after ${this.#now}`);
    this.#afterTimeout();
  }
}

/** The other end of the session's connection, in packets. */
class Server {
  readonly #session: MqttSession<string>;
  readonly #clock: Clock;
  #decoder: PacketDecoder = createDecoder();
  #received: Packet[] = [];
  #taken = 0;
  /** While false, the network takes nothing. */
  reading = true;

  constructor(session: MqttSession<string>, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** A network connection comes about. */
  open(): void {
    this.#decoder = createDecoder();
    this.#received = [];
    this.#taken = 0;
    this.#session.handleOpen(this.#clock.now());
  }

  /** Answers CONNECT with success; opens the connection if there is none. */
  accept({ sessionPresent, ...properties }: Connack = {}): void {
    if (this.#session.phase === "offline") this.open();
    this.pull();
    this.send({
      type: "connack",
      sessionPresent,
      properties: this.#session.config.protocolVersion === 5 ? properties : undefined,
    });
  }

  send(...packets: readonly PacketInit[]): void {
    this.sendBytes(
      Uint8Array.from(packets.flatMap((packet) => [...encodePacket(packet, this.#session.config.protocolVersion)])),
    );
  }

  sendBytes(bytes: Uint8Array): void {
    this.#session.handleBytes(bytes, this.#clock.now());
    this.pull();
  }

  /** Takes what the session wants to send. */
  pull(): void {
    while (this.reading && this.takeOne());
  }

  /** Takes one chunk of it; false if there is none. */
  takeOne(): boolean {
    const bytes = this.#session.takeOutput(this.#clock.now());
    if (bytes === undefined) return false;
    this.#decoder.push(bytes);
    for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
      this.#received.push(packet);
    }
    return true;
  }

  /** The network is gone. */
  lose(cause?: Error): void {
    this.#session.handleClose(this.#clock.now(), cause);
  }

  /** All packets of this connection. */
  received(): readonly Packet[] {
    this.pull();
    return [...this.#received];
  }

  /** Those that were not taken before. */
  takeReceived(): readonly Packet[] {
    const packets = this.received().slice(this.#taken);
    this.#taken = this.#received.length;
    return packets;
  }
}
