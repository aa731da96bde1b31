// The codec as the fuzzer drives it: bytes in chunks, and everything that comes of them.

import { createDecoder, createLenientDecoder, MalformedPacketError, PacketType, ProtocolError } from "@petrel/codec";
import { Finding } from "./finding.mjs";

const NAMES = [undefined, ...Object.keys(PacketType)];

/** Where `bytes` are cut: at a few places, or everywhere. */
export function cutsOf(random, length) {
  if (length < 200 && random.chance(10)) return Array.from({ length }, (_, index) => index);
  return random.list(0, 6, () => random.below(length + 1)).sort((one, other) => one - other);
}

/** What a decoder with these options returns for `bytes`, with the version in use after each packet, and its error if it has one. */
export function outcome(bytes, options, cuts, mode = "strict") {
  const decoder = mode === "strict" ? createDecoder(options) : createLenientDecoder(options);
  const packets = [];
  const versions = [];
  let start = 0;
  try {
    for (const end of [...cuts, bytes.length]) {
      decoder.push(bytes.slice(start, end));
      start = end;
      for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
        packets.push(packet);
        versions.push(decoder.version);
        // A packet has at least two bytes; lenient reports each stray byte by itself.
        if (packets.length > end) throw new Finding(`${packets.length} packets came out of ${end} bytes`);
      }
    }
  } catch (error) {
    if (error instanceof Finding) throw error;
    requireOwnError(error, decoder, mode);
    return { packets, versions, error };
  }
  return { packets, versions, error: undefined };
}

function requireOwnError(error, decoder, mode) {
  if (mode === "lenient") throw new Finding("lenient threw", error);
  if (error?.constructor !== MalformedPacketError && error?.constructor !== ProtocolError) {
    throw new Finding("strict threw an error that isn't its own", error);
  }
  const { reasonCode, offset, message } = error;
  if (!(reasonCode >= 0x81 && reasonCode <= 0xa2)) throw new Finding(`the reason code is ${reasonCode}`, error);
  if (!(offset >= 0)) throw new Finding(`the offset is ${offset}`, error);
  if (message.length >= 400 || /\p{Cc}/u.test(message)) throw new Finding("the message is no short line", error);
  try {
    decoder.next();
  } catch (again) {
    if (again === error) return;
    throw new Finding("the next call threw another error", again);
  }
  throw new Finding("the next call didn't repeat the error", error);
}

/** The message without what the input put into it: the kind of the violation. */
export function shapeOf(error) {
  return error.message
    .replace(/ \(at byte \d+\).*$/s, "")
    .replace(/^[A-Z]+: /, "")
    .replaceAll(/"(?:[^"\\]|\\.)*"…?/g, '"…"')
    .replaceAll(/0x[0-9a-f]+|0b[01]+|\d+/g, "#");
}

export function typeOf(bytes) {
  return NAMES[bytes[0] >> 4] ?? "reserved";
}
