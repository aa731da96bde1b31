// The limit: the least code that encodes and decodes the shapes of the cases. It validates nothing, knows no errors, and
// may use what only Node has. The slab, the carry and the form of packets are Petrel's. Decoding comes in two ways,
// because neither is the limit everywhere: every string made anew, and the strings that were seen before looked up. The
// same goes for topics in encoding.

import { BATCH } from "../sink.mjs";

export const name = "minimum";

const SLAB_SIZE = 65_536;
/** As in Petrel: payloads from here on are chunks of their own. */
const REFERENCE_FROM = 4_096;
const { utf8Slice, utf8Write } = Buffer.prototype;
const TYPES = [
  "",
  "connect",
  "",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "",
  "",
  "",
  "pingresp",
];
const IDENTIFIERS = {
  messageExpiryInterval: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  sessionExpiryInterval: 0x11,
  requestProblemInformation: 0x17,
  willDelayInterval: 0x18,
  requestResponseInformation: 0x19,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  userProperties: 0x26,
  maximumPacketSize: 0x27,
};
const NAMES = Object.entries(IDENTIFIERS).reduce(
  (names, [key, value]) => ((names[value] = key), names),
  Array.from({ length: 48 }, () => ""),
);

let bytes = new Uint8Array(SLAB_SIZE);
let at = 0;
/** Which of the two ways it is. */
let lookUp = false;

function two(value) {
  bytes[at++] = value >>> 8;
  bytes[at++] = value;
}

function four(value) {
  two(value >>> 16);
  two(value & 0xffff);
}

function raw(value) {
  const { length } = value;
  if (length < 16) for (let index = 0; index < length; index++) bytes[at++] = value[index];
  else {
    bytes.set(value, at);
    at += length;
  }
}

function binary(value) {
  two(value.length);
  raw(value);
}

function text(value) {
  const { length } = value;
  const start = at;
  let to = at + 2;
  let index = 0;
  if (length <= 48)
    for (let unit; index < length && (unit = value.charCodeAt(index)) < 0x80; index++) bytes[to++] = unit;
  at = index === length ? to : start + 2 + utf8Write.call(bytes, value, start + 2);
  const size = at - start - 2;
  bytes[start] = size >>> 8;
  bytes[start + 1] = size;
}

const topics = new Map();

function topic(value) {
  const encoded = topics.get(value);
  if (encoded !== undefined) {
    raw(encoded);
    return;
  }
  const start = at;
  text(value);
  if (topics.size < 256) topics.set(value, bytes.slice(start, at));
}

function sizeOf(value) {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes the length of what stands after `from`, where `reserved` bytes are free for it. */
function patchLength(from, reserved, extra) {
  let length = at - from - reserved + extra;
  const size = sizeOf(length);
  if (size !== reserved) {
    bytes.copyWithin(from + size, from + reserved, at);
    at += size - reserved;
  }
  let position = from;
  for (; length >= 0x80; length >>>= 7) bytes[position++] = (length & 0x7f) | 0x80;
  bytes[position] = length;
}

function writeProperties(properties, version) {
  if (version !== 5) return;
  const from = at++;
  for (const key in properties) {
    const value = properties[key];
    const identifier = IDENTIFIERS[key];
    if (identifier === 0x26) {
      for (const [left, right] of value) {
        bytes[at++] = 0x26;
        text(left);
        text(right);
      }
      continue;
    }
    bytes[at++] = identifier;
    if (identifier === 0x03 || identifier === 0x08) text(value);
    else if (identifier === 0x09) binary(value);
    else if (identifier === 0x17 || identifier === 0x19) bytes[at++] = value ? 1 : 0;
    else if (identifier === 0x21 || identifier === 0x22) two(value);
    else four(value);
  }
  patchLength(from, 1, 0);
}

/** Writes all but a large payload, which is the caller's to append. */
function encode(packet, version) {
  const from = at;
  let reserved = 1;
  let extra = 0;
  at += 2;
  switch (packet.type) {
    case "publish": {
      const { topicName, payload, qos } = packet;
      reserved = sizeOf(topicName.length + payload.length + 4);
      at = from + 1 + reserved;
      bytes[from] = 0x30 | (qos << 1);
      if (lookUp) topic(topicName);
      else text(topicName);
      if (qos > 0) two(packet.packetIdentifier);
      writeProperties(packet.properties, version);
      if (payload.length < REFERENCE_FROM) raw(payload);
      else extra = payload.length;
      break;
    }
    case "puback":
      bytes[from] = 0x40;
      bytes[from + 1] = 2;
      two(packet.packetIdentifier);
      return;
    case "connect": {
      const { will } = packet;
      reserved = 2;
      at++;
      bytes[from] = 0x10;
      text("MQTT");
      bytes[at++] = version;
      bytes[at++] = 0xc4 | (packet.cleanStart ? 2 : 0) | (will.qos << 3) | (will.retain ? 0x20 : 0);
      two(packet.keepAlive);
      writeProperties(packet.properties, version);
      text(packet.clientIdentifier);
      writeProperties(will.properties, version);
      text(will.topicName);
      binary(will.payload);
      text(packet.username);
      binary(packet.password);
      break;
    }
    case "subscribe":
      reserved = 2;
      at++;
      bytes[from] = 0x82;
      two(packet.packetIdentifier);
      writeProperties(packet.properties, version);
      for (const { topicFilter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
        text(topicFilter);
        bytes[at++] = qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4);
      }
  }
  patchLength(from + 1, reserved, extra);
}

/** More than any packet of the cases takes, its large payload aside. */
const ROOM = 8_192;

function newSlab() {
  bytes = new Uint8Array(SLAB_SIZE);
  at = 0;
}

function writeAll(packets, sink, version, how) {
  lookUp = how;
  for (let from = 0; from < packets.length; from += BATCH) {
    const end = Math.min(from + BATCH, packets.length);
    let start = at;
    for (let index = from; index < end; index++) {
      if (SLAB_SIZE - at < ROOM) {
        sink.keep(bytes.subarray(start, at));
        newSlab();
        start = 0;
      }
      const packet = packets[index];
      encode(packet, version);
      if (packet.type === "publish" && packet.payload.length >= REFERENCE_FROM) {
        sink.keep(bytes.subarray(start, at));
        sink.keep(packet.payload);
        start = at;
      }
    }
    if (at > start) sink.keep(bytes.subarray(start, at));
  }
}

function encodeAll(packets, sink, version) {
  lookUp = false;
  for (const packet of packets) {
    if (SLAB_SIZE - at < ROOM) newSlab();
    const start = at;
    encode(packet, version);
    if (packet.type === "publish" && packet.payload.length >= REFERENCE_FROM) {
      const whole = new Uint8Array(at - start + packet.payload.length);
      whole.set(bytes.subarray(start, at));
      whole.set(packet.payload, at - start);
      sink.keep(whole);
      at = start;
    } else sink.keep(bytes.subarray(start, at));
  }
}

// Decoding: `input` from `position` on.
let input = bytes;
let position = 0;

function readTwo() {
  return (input[position++] << 8) | input[position++];
}

function readFour() {
  return readTwo() * 65_536 + readTwo();
}

function readLength() {
  let byte = input[position++];
  let value = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) value |= ((byte = input[position++]) & 0x7f) << shift;
  return value;
}

function readText() {
  const length = readTwo();
  const start = position;
  position += length;
  return lookUp && length > 3 && length <= LONGEST ? remembered(start, length) : utf8Slice.call(input, start, position);
}

/** The last string of each hash, and its bytes. */
const LONGEST = 48;
const texts = Array.from({ length: 1_024 }, () => "");
const sizes = new Uint8Array(1_024);
const known = new Int32Array(12 * 1_024);
let words = new DataView(bytes.buffer);

function remembered(start, length) {
  const last = start + length - 4;
  let hash = length;
  for (let from = start; from < last; from += 4) hash = Math.imul(hash ^ words.getInt32(from, true), 0x9e37_79b1);
  const tail = words.getInt32(last, true);
  const slot = Math.imul(hash ^ tail, 0x9e37_79b1) >>> 22;
  let word = slot * 12;
  if (sizes[slot] === length) {
    let from = start;
    for (; from < last && known[word] === words.getInt32(from, true); from += 4) word++;
    if (from >= last && known[word] === tail) return texts[slot];
    word = slot * 12;
  }
  for (let from = start; from < last; from += 4) known[word++] = words.getInt32(from, true);
  known[word] = tail;
  sizes[slot] = length;
  return (texts[slot] = utf8Slice.call(input, start, start + length));
}

function pointTo(from) {
  if (input === from) return;
  input = from;
  if (lookUp) words = new DataView(from.buffer, from.byteOffset, from.length);
}

function readBinary() {
  const length = readTwo();
  const start = position;
  position += length;
  return input.subarray(start, position);
}

function readProperties(version) {
  if (version !== 5) return undefined;
  const length = readLength();
  if (length === 0) return undefined;
  const end = position + length;
  const properties = {};
  while (position < end) {
    const identifier = input[position++];
    const key = NAMES[identifier];
    if (identifier === 0x26) {
      if (properties.userProperties === undefined) properties.userProperties = [[readText(), readText()]];
      else properties.userProperties.push([readText(), readText()]);
    } else if (identifier === 0x03 || identifier === 0x08) properties[key] = readText();
    else if (identifier === 0x09) properties[key] = readBinary();
    else if (identifier === 0x17 || identifier === 0x19) properties[key] = input[position++] === 1;
    else if (identifier === 0x21 || identifier === 0x22) properties[key] = readTwo();
    else properties[key] = readFour();
  }
  return properties;
}

function readConnect() {
  position += 6;
  const protocolVersion = input[position++];
  const flags = input[position++];
  const keepAlive = readTwo();
  const properties = readProperties(protocolVersion);
  const clientIdentifier = readText();
  const willProperties = readProperties(protocolVersion);
  const topicName = readText();
  const will = {
    topicName,
    payload: readBinary(),
    qos: (flags >> 3) & 3,
    retain: (flags & 0x20) !== 0,
    properties: willProperties,
  };
  const username = readText();
  const password = readBinary();
  return {
    type: "connect",
    protocolVersion,
    bridge: false,
    clientIdentifier,
    cleanStart: (flags & 2) !== 0,
    keepAlive,
    username,
    password,
    will,
    properties,
  };
}

function readSubscriptions(end) {
  const subscriptions = [];
  while (position < end) {
    const topicFilter = readText();
    const options = input[position++];
    subscriptions.push({
      topicFilter,
      qos: options & 3,
      noLocal: (options & 4) !== 0,
      retainAsPublished: (options & 8) !== 0,
      retainHandling: options >> 4,
    });
  }
  return subscriptions;
}

/** The packet whose content stands at `position`. */
function decode(firstByte, end, version) {
  const type = firstByte >> 4;
  switch (type) {
    case 1:
      return readConnect();
    case 3: {
      const qos = (firstByte >> 1) & 3;
      const topicName = readText();
      const packetIdentifier = qos === 0 ? undefined : readTwo();
      const properties = readProperties(version);
      const payload = input.subarray(position, end);
      return {
        type: "publish",
        topicName,
        payload,
        qos,
        retain: (firstByte & 1) !== 0,
        dup: (firstByte & 8) !== 0,
        packetIdentifier,
        properties,
      };
    }
    case 8: {
      const packetIdentifier = readTwo();
      const properties = readProperties(version);
      return { type: "subscribe", packetIdentifier, subscriptions: readSubscriptions(end), properties };
    }
    case 9: {
      const packetIdentifier = readTwo();
      const properties = readProperties(version);
      const reasonCodes = [];
      while (position < end) reasonCodes.push(input[position++]);
      return { type: "suback", packetIdentifier, reasonCodes, properties };
    }
    case 13:
      return { type: "pingresp" };
    default:
      return { type: TYPES[type], packetIdentifier: readTwo(), reasonCode: 0, properties: undefined };
  }
}

/** Bytes of the fixed header of what begins at `start`, 0 if it is not complete. */
function headerSize(from, start, end) {
  for (let index = start + 1; index < end; index++) if (from[index] < 0x80) return index - start + 1;
  return 0;
}

function lengthAt(from, start) {
  pointTo(from);
  position = start + 1;
  return readLength();
}

class Decoder {
  #header = new Uint8Array(5);
  #packet = undefined;
  #have = 0;

  decode(chunk, sink, version) {
    const end = chunk.length;
    let from = this.#have > 0 ? this.#complete(chunk, sink, version) : 0;
    while (from < end) {
      const size = headerSize(chunk, from, end);
      const total = size === 0 ? 0 : size + lengthAt(chunk, from);
      if (size === 0 || from + total > end) {
        this.#packet = size === 0 ? undefined : new Uint8Array(total);
        this.#have = 0;
        this.#append(this.#packet ?? this.#header, chunk, from, end);
        return;
      }
      sink.keep(decode(chunk[from], from + total, version));
      from += total;
    }
  }

  #append(to, chunk, from, end) {
    if (end - from < 32) for (let index = from; index < end; index++) to[this.#have++] = chunk[index];
    else {
      to.set(chunk.subarray(from, end), this.#have);
      this.#have += end - from;
    }
  }

  /** Takes what the packet in progress still needs; returns where the chunk goes on. */
  #complete(chunk, sink, version) {
    let from = 0;
    while (this.#packet === undefined) {
      if (from === chunk.length) return from;
      this.#header[this.#have++] = chunk[from++];
      const size = headerSize(this.#header, 0, this.#have);
      if (size === 0) continue;
      this.#packet = new Uint8Array(size + lengthAt(this.#header, 0));
      for (let index = 0; index < size; index++) this.#packet[index] = this.#header[index];
    }
    const packet = this.#packet;
    const end = Math.min(chunk.length, from + packet.length - this.#have);
    this.#append(packet, chunk, from, end);
    if (this.#have < packet.length) return end;
    lengthAt(packet, 0);
    sink.keep(decode(packet[0], packet.length, version));
    this.#packet = undefined;
    this.#have = 0;
    return end;
  }
}

function decodeAll(decoder, chunks, sink, version, how) {
  lookUp = how;
  input = bytes;
  for (const chunk of chunks) decoder.decode(chunk, sink, version);
}

export function create(version) {
  const decoder = new Decoder();
  return {
    input: (packet) => packet,
    encoders: {
      slab: (packets, sink) => writeAll(packets, sink, version, false),
      "slab, topics looked up": (packets, sink) => writeAll(packets, sink, version, true),
      "view per packet": (packets, sink) => encodeAll(packets, sink, version),
    },
    decoders: {
      "strings made anew": (chunks, sink) => decodeAll(decoder, chunks, sink, version, false),
      "strings looked up": (chunks, sink) => decodeAll(decoder, chunks, sink, version, true),
    },
    output: (packet) => packet,
  };
}
