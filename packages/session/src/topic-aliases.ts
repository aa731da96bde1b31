import {
  packetSize,
  ProtocolError,
  type PublishPacket,
  type PublishPacketInit,
  type PublishProperties,
  ReasonCode,
} from "@petrel/codec";
import type { SessionConfig } from "./config.ts";
import { LARGEST_PACKET, type Negotiated } from "./negotiated.ts";
import type { OutgoingPacket } from "./outgoing-entry.ts";

/** Topic Aliases that the server made (section 3.3.2.3.4): valid on one connection, never stored with a message. */
export class InboundTopicAliases {
  readonly #maximum: number;
  readonly #topicNames: (string | undefined)[] = [];

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The packet with its full Topic Name. Throws {@link ProtocolError} for an alias that is too large or was never set. */
  resolve(packet: PublishPacket): PublishPacket {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return packet;
    // "A Server MUST NOT send a PUBLISH packet with a Topic Alias greater than the Topic Alias Maximum value sent by the Client in the CONNECT packet" [MQTT-3.3.2-11]
    if (alias > this.#maximum) {
      throw invalid(`topic alias ${alias} is above the maximum of ${this.#maximum} that we gave`, "MQTT-3.3.2-11");
    }
    if (packet.topicName !== "") {
      this.#topicNames[alias] = packet.topicName;
      return packet;
    }
    const topicName = this.#topicNames[alias];
    if (topicName === undefined) throw invalid(`topic alias ${alias} was never set on this connection`, undefined);
    return { ...packet, topicName };
  }
}

function invalid(message: string, clause: string | undefined): ProtocolError {
  return new ProtocolError(message, { packetType: "publish", reasonCode: ReasonCode.topicAliasInvalid, clause });
}

/** Of shorter names an alias saves less on its next use than it costs on this one: three bytes, or four. */
const SHORTEST = 8;
/** So many names without an alias are remembered, at least. */
const REMEMBERED = 2_048;

interface Alias {
  readonly number: number;
  topicName: string;
  /** What a message without properties of its own is sent with. */
  readonly properties: PublishProperties;
  usedAt: number;
  newer: Alias | undefined;
  older: Alias | undefined;
}

/** What writes a packet: the connection. */
interface PublishWriter {
  write(packet: PublishPacketInit): number;
}

/**
 * Topic Aliases of our own on one connection. A name gets one when it is used for the second time, if one is free or
 * the least recently used one was not used since the first time: so names that never repeat, or more names in turn
 * than there are aliases, don't take away what saves bytes.
 */
export class OutboundTopicAliases {
  readonly #maximum: number;
  readonly #automatic: boolean;
  readonly #maximumPacketSize: number;

  readonly #byName = new Map<string, Alias>();
  readonly #byNumber: (Alias | undefined)[] = [undefined];
  #newest: Alias | undefined = undefined;
  #oldest: Alias | undefined = undefined;
  #uses = 0;
  /** When names without an alias were used last, in two generations, so that forgetting the older costs nothing. */
  #recent = new Map<string, number>();
  #earlier = new Map<string, number>();

  constructor(options: { readonly maximum: number; readonly automatic: boolean; readonly maximumPacketSize: number }) {
    this.#maximum = options.maximum;
    this.#automatic = options.automatic;
    this.#maximumPacketSize = options.maximumPacketSize;
  }

  /** The name that an alias stands for. */
  nameOf(number: number): string | undefined {
    return this.#byNumber[number]?.topicName;
  }

  /** Writes a message, with an alias if that saves bytes or it asks for one. Returns its size. Throws EncodeError. */
  write(message: OutgoingPacket, writer: PublishWriter): number {
    const { topicName, topicAlias } = message;
    const wanted = topicAlias !== undefined && topicAlias <= this.#maximum ? topicAlias : undefined;
    if (wanted === undefined && (!this.#automatic || topicName.length < SHORTEST)) return writer.write(message);
    this.#uses++;
    const known = this.#newest?.topicName === topicName ? this.#newest : this.#byName.get(topicName);
    if (known !== undefined && (wanted === undefined || wanted === known.number)) {
      this.#touch(known);
      return this.#fits(message) ? writeAs(message, "", known.properties, writer) : writer.write(message);
    }
    const number = wanted ?? this.#choose(topicName);
    if (number === undefined || !this.#fits(message)) return writer.write(message);
    const properties = this.#byNumber[number]?.properties ?? { topicAlias: number };
    const size = writeAs(message, topicName, properties, writer);
    this.#set(number, topicName, properties);
    return size;
  }

  /** With an alias a packet can be longer by four bytes, when it is first used or for a short name. */
  #fits(message: OutgoingPacket): boolean {
    return this.#maximumPacketSize === LARGEST_PACKET || packetSize(message, 5) + 4 <= this.#maximumPacketSize;
  }

  /** An alias for a name that has none, if that pays. */
  #choose(topicName: string): number | undefined {
    const usedBefore = this.#recent.get(topicName) ?? this.#earlier.get(topicName);
    this.#remember(topicName);
    if (usedBefore === undefined) return undefined;
    if (this.#byName.size < this.#maximum) return this.#free();
    const oldest = this.#oldest!;
    return oldest.usedAt < usedBefore ? oldest.number : undefined;
  }

  #free(): number {
    // Dense, but for aliases that the application chose.
    let number = this.#byName.size + 1;
    if (this.#byNumber[number] !== undefined) {
      for (number = 1; this.#byNumber[number] !== undefined;) number++;
    }
    return number;
  }

  #remember(topicName: string): void {
    this.#recent.set(topicName, this.#uses);
    if (this.#recent.size < REMEMBERED) return;
    this.#earlier = this.#recent;
    this.#recent = new Map();
  }

  #set(number: number, topicName: string, properties: PublishProperties): void {
    const before = this.#byName.get(topicName);
    if (before !== undefined) this.#forget(before); // it got another number
    const replaced = this.#byNumber[number];
    if (replaced !== undefined) this.#forget(replaced);
    while (this.#byNumber.length < number) this.#byNumber.push(undefined);
    const alias: Alias = { number, topicName, properties, usedAt: 0, newer: undefined, older: undefined };
    this.#byNumber[number] = alias;
    this.#byName.set(topicName, alias);
    this.#recent.delete(topicName);
    this.#earlier.delete(topicName);
    this.#append(alias);
  }

  #forget(alias: Alias): void {
    this.#byNumber[alias.number] = undefined;
    this.#byName.delete(alias.topicName);
    this.#unlink(alias);
  }

  #touch(alias: Alias): void {
    if (alias === this.#newest) {
      alias.usedAt = this.#uses;
      return;
    }
    this.#unlink(alias);
    this.#append(alias);
  }

  #append(alias: Alias): void {
    alias.usedAt = this.#uses;
    alias.newer = undefined;
    alias.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = alias;
    else this.#newest.newer = alias;
    this.#newest = alias;
  }

  #unlink({ newer, older }: Alias): void {
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
  }
}

/** Those of a connection; undefined if its server takes none. */
export function outboundAliases(
  { topicAliases }: Pick<SessionConfig, "topicAliases">,
  { send }: Negotiated,
): OutboundTopicAliases | undefined {
  const { topicAliasMaximum: maximum, maximumPacketSize } = send;
  if (maximum === 0) return undefined;
  return new OutboundTopicAliases({ maximum, automatic: topicAliases === "automatic", maximumPacketSize });
}

/** The message is its own packet: it takes on another name for the moment of writing, so that nothing is allocated. */
function writeAs(message: OutgoingPacket, nameOnWire: string, alias: PublishProperties, writer: PublishWriter): number {
  const { topicName, properties } = message;
  message.topicName = nameOnWire;
  // In this order: a key that is added after the others makes the object slow to read, ten times (measured).
  message.properties = properties === undefined ? alias : { topicAlias: alias.topicAlias, ...properties };
  try {
    return writer.write(message);
  } finally {
    message.topicName = topicName;
    message.properties = properties;
  }
}
