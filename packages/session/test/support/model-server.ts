import {
  type AcknowledgementPacket,
  createDecoder,
  decodeUtf8,
  encodePacket,
  type Packet,
  type PacketDecoder,
  type PacketInit,
  type ProtocolVersion,
  type PublishPacket,
  ReasonCode,
} from "@petrel/codec";

/** A message of the server's own on its way to the client. */
interface Outgoing {
  readonly number: number;
  readonly qos: 1 | 2;
  packetIdentifier: number | undefined;
  state: "queued" | "sent" | "released";
}

/** Fewer than there are topics. */
const TOPIC_ALIAS_MAXIMUM = 2;

/** The topic of the client's message with this number. */
export function topicOf(number: number): string {
  return `outgoing/${number % 3}`;
}

type Answer = "puback" | "pubrec" | "pubcomp";

function must(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`broken: ${rule}`);
}

/**
 * A server that obeys the specification, but answers when and in the order that the test says, and that checks every
 * rule it can see from its side of the connection. Its session outlives connections.
 */
export class ModelServer {
  readonly #version: ProtocolVersion;
  /** QoS 1 and 2 messages of its own in flight towards the client, at most. */
  readonly #clientReceiveMaximum: number;

  // valid for the session
  hasSession = false;
  /** Identifiers of the client that stand for a message, and which: from PUBLISH to the final answer. */
  readonly #taken = new Map<number, number>();
  /** QoS 2 identifiers between PUBLISH and PUBREL. */
  readonly #unreleased = new Set<number>();
  /** Answers owed to the client, by identifier; they survive a connection, as a slow server's do. */
  readonly #owed = new Map<number, Answer>();
  #outgoing: Outgoing[] = [];
  /** How often each message was taken over in this session: QoS 2 exactly once. */
  readonly accepted = new Map<number, number>();

  // for ever
  readonly everAccepted = new Set<number>();
  readonly refused = new Set<number>();
  /** Messages of its own that the application got. */
  readonly delivered = new Set<number>();
  /** Topic filters of all SUBSCRIBE and UNSUBSCRIBE packets. */
  readonly topicFilters = new Set<string>();

  // valid for one connection
  #decoder: PacketDecoder | undefined;
  #connected = false;
  #connectSeen = false;
  #receiveMaximum = 65_535;
  /** Identifiers of PUBLISH packets of this connection that have no final answer. */
  readonly #inflight = new Set<number>();
  readonly #requests = new Map<number, PacketInit>();
  #aliases: (string | undefined)[] = [];
  /** Identifiers of PUBLISH and PUBREL packets of this connection. */
  readonly #heard = new Set<number>();
  #lastNumber = 0;
  #lastQos0 = 0;
  /** What the client has to acknowledge, in this order. */
  #expectedPuback: number[] = [];
  #expectedPubrec: number[] = [];
  #closing = false;
  #toClient: PacketInit[] = [];

  constructor(version: ProtocolVersion, clientReceiveMaximum: number) {
    this.#version = version;
    this.#clientReceiveMaximum = clientReceiveMaximum;
  }

  open(): void {
    this.#decoder = createDecoder();
    this.#connected = this.#connectSeen = this.#closing = false;
    this.#inflight.clear();
    this.#requests.clear();
    this.#aliases = [];
    this.#heard.clear();
    this.#lastNumber = 0;
    this.#expectedPuback = [];
    this.#expectedPubrec = [];
    this.#toClient = [];
  }

  close(): void {
    this.#decoder = undefined;
    this.#connected = false;
  }

  /** Answers CONNECT; `keepSession` is what happened to the session meanwhile. */
  accept(cleanStart: boolean, keepSession: boolean, receiveMaximum: number): void {
    const sessionPresent = this.hasSession && keepSession && !cleanStart;
    if (!sessionPresent) this.#forgetSession();
    this.hasSession = this.#connected = true;
    this.#receiveMaximum = this.#version === 5 ? receiveMaximum : 65_535;
    this.#toClient.push({
      type: "connack",
      sessionPresent: sessionPresent && this.#version !== 3,
      properties: this.#version === 5 ? { receiveMaximum, topicAliasMaximum: TOPIC_ALIAS_MAXIMUM } : undefined,
    });
    for (const message of this.#outgoing) {
      if (message.state === "sent") this.#sendPublish(message, true);
      else if (message.state === "released")
        this.#toClient.push({ type: "pubrel", packetIdentifier: message.packetIdentifier! });
    }
    this.#sendQueued();
  }

  /** What it sends now. */
  takeOutput(): Uint8Array | undefined {
    if (this.#toClient.length === 0) return undefined;
    const bytes = Uint8Array.from(this.#toClient.flatMap((packet) => [...encodePacket(packet, this.#version)]));
    this.#toClient = [];
    return bytes;
  }

  handleBytes(bytes: Uint8Array): Packet[] {
    must(this.#decoder !== undefined, "no bytes without a connection");
    this.#decoder.push(bytes);
    const packets: Packet[] = [];
    for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
      packets.push(packet);
      this.#handlePacket(packet);
    }
    return packets;
  }

  get owedCount(): number {
    return this.#owed.size + this.#requests.size;
  }

  /**
   * Gives one of the answers it owes. A negative one only where nothing positive was said before. With `onlyHeard`, none
   * that it owes to an earlier connection: it would cross what the client has written, and holds back.
   */
  answer(index: number, negative: boolean, onlyHeard: boolean): void {
    if (!this.#connected || this.owedCount === 0) return;
    const position = index % this.owedCount;
    if (position >= this.#owed.size) {
      const [packetIdentifier, packet] = [...this.#requests][position - this.#owed.size]!;
      this.#requests.delete(packetIdentifier);
      this.#toClient.push(packet);
      return;
    }
    const [packetIdentifier, type] = [...this.#owed][position]!;
    if (onlyHeard && !this.#heard.has(packetIdentifier)) return;
    this.#owed.delete(packetIdentifier);
    const refuses = negative && this.#version === 5 && type !== "pubcomp" && !this.#answered.has(packetIdentifier);
    this.#toClient.push({
      type,
      packetIdentifier,
      reasonCode: refuses ? ReasonCode.quotaExceeded : ReasonCode.success,
    });
    if (refuses) {
      const number = this.#taken.get(packetIdentifier)!;
      this.refused.add(number);
      this.accepted.set(number, this.accepted.get(number)! - 1);
      this.#unreleased.delete(packetIdentifier);
    }
    if (type === "pubrec" && !refuses) {
      this.#answered.add(packetIdentifier);
      return;
    }
    this.#answered.delete(packetIdentifier);
    this.#taken.delete(packetIdentifier);
    this.#inflight.delete(packetIdentifier);
  }
  readonly #answered = new Set<number>();

  /** The client gave up what is in flight; a QoS 1 identifier is free then, for a server answers none on another connection. */
  forgetQos1(): void {
    for (const [packetIdentifier, type] of this.#owed) {
      if (type !== "puback") continue;
      this.#owed.delete(packetIdentifier);
      this.#taken.delete(packetIdentifier);
    }
  }

  /** Publishes a message of its own. */
  publish(number: number, qos: 0 | 1 | 2): void {
    if (!this.hasSession) return;
    if (qos === 0) {
      if (this.#connected) this.#toClient.push({ type: "publish", topicName: "in", payload: `${number}` });
      return;
    }
    this.#outgoing.push({ number, qos, packetIdentifier: undefined, state: "queued" });
    this.#sendQueued();
  }

  /** Messages of its own that the client has not fully acknowledged. */
  get outgoingCount(): number {
    return this.#outgoing.length;
  }

  #forgetSession(): void {
    this.#taken.clear();
    this.#unreleased.clear();
    this.#owed.clear();
    this.#answered.clear();
    this.#outgoing = [];
    this.accepted.clear();
  }

  #sendQueued(): void {
    if (!this.#connected) return;
    const inflight = this.#outgoing.filter(({ state }) => state !== "queued").length;
    let free = this.#clientReceiveMaximum - inflight;
    for (const message of this.#outgoing) {
      if (message.state !== "queued" || free-- <= 0) continue;
      const used = new Set(this.#outgoing.map(({ packetIdentifier }) => packetIdentifier));
      message.packetIdentifier = 1;
      while (used.has(message.packetIdentifier)) message.packetIdentifier++;
      message.state = "sent";
      this.#sendPublish(message, false);
    }
  }

  #sendPublish({ number, qos, packetIdentifier }: Outgoing, dup: boolean): void {
    (qos === 1 ? this.#expectedPuback : this.#expectedPubrec).push(packetIdentifier!);
    this.#toClient.push({ type: "publish", topicName: "in", payload: `${number}`, qos, packetIdentifier, dup });
  }

  #handlePacket(packet: Packet): void {
    must(
      this.#connectSeen === (packet.type !== "connect"),
      "CONNECT is the first packet, and the only one [MQTT-3.1.0-1]",
    );
    must(!this.#closing, "nothing follows DISCONNECT [MQTT-3.14.4-1]");
    switch (packet.type) {
      case "connect":
        this.#connectSeen = true;
        return;
      case "publish":
        return this.#handlePublish(packet);
      case "pubrel":
        return this.#handlePubrel(packet);
      case "puback":
      case "pubrec":
      case "pubcomp":
        return this.#handleAcknowledgement(packet);
      case "subscribe":
        this.#checkFree(packet.packetIdentifier);
        for (const { topicFilter } of packet.subscriptions) this.topicFilters.add(topicFilter);
        this.#requests.set(packet.packetIdentifier, {
          type: "suback",
          packetIdentifier: packet.packetIdentifier,
          reasonCodes: packet.subscriptions.map(() => 0),
        });
        return;
      case "unsubscribe": {
        this.#checkFree(packet.packetIdentifier);
        for (const topicFilter of packet.topicFilters) this.topicFilters.add(topicFilter);
        const reasonCodes = this.#version === 5 ? packet.topicFilters.map(() => 0) : [];
        this.#requests.set(packet.packetIdentifier, {
          type: "unsuback",
          packetIdentifier: packet.packetIdentifier,
          reasonCodes,
        });
        return;
      }
      case "pingreq":
        this.#toClient.push({ type: "pingresp" });
        return;
      case "disconnect":
        this.#closing = true;
        return;
      default:
        must(false, `a client does not send ${packet.type}`);
    }
  }

  #checkFree(packetIdentifier: number): void {
    const free = !this.#taken.has(packetIdentifier) && !this.#requests.has(packetIdentifier);
    must(free, `identifier ${packetIdentifier} is unused when it is given to something new [MQTT-2.2.1-3]`);
  }

  #handlePublish(packet: PublishPacket): void {
    const { qos, packetIdentifier, payload, dup } = packet;
    const number = Number(decodeUtf8(payload));
    must(this.#topicOf(packet) === topicOf(number), `${number} comes with its topic`);
    if (qos === 0) {
      must(number > this.#lastQos0, "QoS 0 keeps its order");
      this.#lastQos0 = number;
      this.everAccepted.add(number);
      return;
    }
    must(this.#connected, "QoS 1 and 2 wait for CONNACK, which says what the server takes");
    const identifier = packetIdentifier!;
    must(number > this.#lastNumber, `on one connection, ${number} comes after ${this.#lastNumber} [MQTT-4.6.0-1]`);
    this.#lastNumber = number;
    if (dup)
      must(!this.#taken.has(identifier) || this.#taken.get(identifier) === number, "DUP repeats the same message");
    else this.#checkFree(identifier);
    this.#inflight.add(identifier);
    this.#heard.add(identifier);
    must(this.#inflight.size <= this.#receiveMaximum, "at most Receive Maximum messages are in flight [MQTT-3.3.4-7]");

    const repeated = qos === 2 && this.#unreleased.has(identifier);
    if (!repeated) {
      this.accepted.set(number, (this.accepted.get(number) ?? 0) + 1);
      this.everAccepted.add(number);
    }
    if (qos === 2) this.#unreleased.add(identifier);
    must(qos === 1 || this.accepted.get(number) === 1, `QoS 2 message ${number} arrives exactly once in a session`);
    this.#taken.set(identifier, number);
    this.#owed.set(identifier, qos === 1 ? "puback" : "pubrec");
  }

  #topicOf({ topicName, properties, dup }: PublishPacket): string | undefined {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topicName;
    must(alias <= TOPIC_ALIAS_MAXIMUM, "no alias is above our maximum [MQTT-3.3.2-9]");
    must(!dup, "what is sent again has its full name");
    if (topicName !== "") this.#aliases[alias] = topicName;
    return this.#aliases[alias];
  }

  /** Messages of its own that the client has not taken over. */
  get unacknowledged(): readonly number[] {
    return this.#outgoing.filter(({ state }) => state !== "released").map(({ number }) => number);
  }

  #handlePubrel({ packetIdentifier, reasonCode }: AcknowledgementPacket): void {
    must(reasonCode === 0, "the client knows the identifiers we answered");
    this.#unreleased.delete(packetIdentifier);
    this.#heard.add(packetIdentifier);
    this.#owed.set(packetIdentifier, "pubcomp");
  }

  #handleAcknowledgement({ type, packetIdentifier, reasonCode }: AcknowledgementPacket): void {
    const message = this.#outgoing.find((outgoing) => outgoing.packetIdentifier === packetIdentifier);
    must(message !== undefined, `${type} ${packetIdentifier} answers a message in flight`);
    if (type === "pubcomp") {
      must(message.state === "released", "PUBCOMP answers PUBREL");
    } else {
      must(type === (message.qos === 1 ? "puback" : "pubrec"), `${type} fits QoS ${message.qos}`);
      const expected = (message.qos === 1 ? this.#expectedPuback : this.#expectedPubrec).shift();
      must(expected === packetIdentifier, `${type} goes out in the order of arrival [MQTT-4.6.0-2] [MQTT-4.6.0-3]`);
    }
    must(this.delivered.has(message.number), `${type} ${packetIdentifier} is for a message that was delivered`);
    if (type === "pubrec" && reasonCode < 0x80) {
      message.state = "released";
      this.#toClient.push({ type: "pubrel", packetIdentifier });
      return;
    }
    this.#outgoing = this.#outgoing.filter((outgoing) => outgoing !== message);
    this.#sendQueued();
  }
}
