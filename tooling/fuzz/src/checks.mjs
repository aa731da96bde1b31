// What has to hold for a packet that is written and for bytes that are read.

import { isDeepStrictEqual } from "node:util";
import { createWriter, decodeUtf8, describePacket, EncodeError, encodePacket, packetSize } from "@petrel/codec";
import { Finding } from "./finding.mjs";
import { RETURN_CODES } from "./generate.mjs";
import { cutsOf, outcome } from "./subject.mjs";

const PACKET_TOO_LARGE = 0x95;

/** A valid packet: comes back equal, has the size that was promised, is the same bytes again, for any chunks. */
export function checkValid(random, packet, version) {
  const bytes = encodePacket(packet, version);
  if (packetSize(packet, version) !== bytes.length) throw new Finding("packetSize is not the packet's size");
  const readAs = packet.type === "connect" && random.boolean() ? undefined : version;
  const options = { version: readAs, maximumPacketSize: bytes.length, validatePayloadFormat: true };
  for (const [mode, cuts] of [
    ["strict", []],
    ["strict", cutsOf(random, bytes.length)],
    ["lenient", cutsOf(random, bytes.length)],
  ]) {
    const { packets, error } = outcome(bytes, options, cuts, mode);
    if (error !== undefined) throw new Finding("a valid packet was refused", error).at({ bytes, version });
    const [one] = packets.map((each) => packetIn(each, mode));
    if (packets.length !== 1 || !isDeepStrictEqual(one, packet)) {
      throw new Finding(`a valid packet came back different from ${mode}`).at({ bytes, version });
    }
  }
  const { error } = outcome(bytes, { ...options, maximumPacketSize: bytes.length - 1 }, cutsOf(random, bytes.length));
  if (error?.reasonCode !== PACKET_TOO_LARGE) throw new Finding("a packet that is too large was taken", error);
  const writer = createWriter({ version });
  writer.write(packet);
  if (!isDeepStrictEqual(Buffer.from(taken(writer)), Buffer.from(bytes))) {
    throw new Finding("a writer wrote other bytes than encodePacket").at({ bytes, version });
  }
  return bytes;
}

function taken(writer) {
  const chunks = [];
  for (let chunk = writer.take(); chunk !== undefined; chunk = writer.take()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Any bytes: an outcome that chunks don't change; what was accepted can be described, written and read again. */
export function checkBytes(random, bytes, version) {
  const whole = checkChunks(random, bytes, { version });
  for (const [index, packet] of whole.packets.entries()) checkAccepted(packet, whole.versions[index]);
  if (random.boolean()) checkStricter(random, bytes, version, whole);
  return whole;
}

/** The outcome, which is the same for other chunks, and which a lenient decoder agrees with. */
function checkChunks(random, bytes, options) {
  const whole = outcome(bytes, options, []);
  if (whole.packets.length > bytes.length / 2) throw new Finding("there are more packets than bytes for them");
  if (!isSame(whole, outcome(bytes, options, cutsOf(random, bytes.length)))) {
    throw new Finding("other chunks gave another outcome");
  }
  checkLenient(random, bytes, options, whole);
  return whole;
}

/** With options that refuse more, the packets are the same up to the first that is refused, and nothing else is let through. */
function checkStricter(random, bytes, version, whole) {
  const options = {
    version,
    validatePayloadFormat: random.boolean(),
    maximumPacketSize: random.boolean() ? random.between(1, 60) : undefined,
    sender: random.pick([undefined, "client", "server"]),
  };
  const { packets, error } = checkChunks(random, bytes, options);
  if (!isDeepStrictEqual(packets, whole.packets.slice(0, packets.length))) {
    throw new Finding("options that refuse more gave other packets");
  }
  if (error === undefined && (whole.error !== undefined || packets.length !== whole.packets.length)) {
    throw new Finding("options that refuse more let something through");
  }
  if (options.validatePayloadFormat && !packets.every((packet) => isAsPromised(packet.will ?? packet))) {
    throw new Finding("a payload was taken that is no text although it says so");
  }
}

function isSame(one, other) {
  return isDeepStrictEqual(one.packets, other.packets) && one.error?.message === other.error?.message;
}

function checkAccepted(packet, version) {
  if (/\p{Cc}/u.test(describePacket(packet))) throw new Finding("the description is not one line");
  if (!canBeWritten(packet, version)) return;
  let bytes;
  try {
    bytes = encodePacket(packet, version);
  } catch (error) {
    if (error instanceof EncodeError) throw new Finding("what was accepted can't be written", error);
    throw new Finding("the encoder threw an error that isn't its own", error);
  }
  const { packets, error } = outcome(bytes, { version }, []);
  if (error !== undefined) throw new Finding("what was accepted and written again is refused", error);
  if (!isDeepStrictEqual(packets, [packet])) throw new Finding("what was accepted and written again is different");
}

/**
 * What a decoder takes from others although nobody may send it: refusals of other versions, clients without a name,
 * payloads that are no text although they say so.
 */
function canBeWritten(packet, version) {
  if (packet.type === "publish" && !isAsPromised(packet)) return false;
  if (packet.type === "connect" && packet.will !== undefined && !isAsPromised(packet.will)) return false;
  if (packet.type === "connack" && version !== 5) {
    return RETURN_CODES.has(packet.reasonCode) && packet.properties === undefined;
  }
  return packet.type !== "connect" || version === 5 || packet.clientIdentifier !== "";
}

function isAsPromised({ payload, properties }) {
  if (properties?.payloadFormatIndicator !== 1) return true;
  try {
    decodeUtf8(payload);
    return true;
  } catch {
    return false;
  }
}

/** Never throws, doesn't depend on chunks, and agrees with strict on packets and on the first violation. */
function checkLenient(random, bytes, options, strict) {
  const whole = outcome(bytes, options, [], "lenient");
  if (!isDeepStrictEqual(whole, outcome(bytes, options, cutsOf(random, bytes.length), "lenient"))) {
    throw new Finding("other chunks gave lenient another outcome");
  }
  const packets = whole.packets.map((each) => packetIn(each, "lenient"));
  if (!isDeepStrictEqual(packets.slice(0, strict.packets.length), strict.packets)) {
    throw new Finding("lenient reads other packets than strict accepts");
  }
  const violations = whole.packets.map((each) => each.violations);
  if (violations.slice(0, strict.packets.length).some((some) => some.length > 0)) {
    throw new Finding("lenient sees a violation where strict sees none");
  }
  // What strict refuses before it is complete may never become complete.
  const next = violations[strict.packets.length];
  if (next !== undefined && next[0]?.message !== strict.error?.message) {
    throw new Finding("the first violation is not what strict throws", next[0]);
  }
}

/** Lenient hands out the packet beside its violations. */
function packetIn(result, mode) {
  return mode === "lenient" ? result.packet : result;
}
