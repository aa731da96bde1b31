// Who is measured in a case, and whether what they make of it is right.

import { isDeepStrictEqual } from "node:util";
import { encodePacket } from "@petrel/codec";
import { chunksOf } from "./cases.mjs";
import * as minimum from "./contestants/minimum.mjs";
import * as mqttPacket from "./contestants/mqtt-packet.mjs";
import * as petrel from "./contestants/petrel.mjs";
import * as u8MqttPacket from "./contestants/u8-mqtt-packet.mjs";
import { Sink } from "./sink.mjs";

const CONTESTANTS = [petrel, mqttPacket, u8MqttPacket, minimum];

/** Everyone's way to encode and to decode a case; `limit` packets of it at most. */
export function subjectsOf({ version, packets, chunk, decodeOnly, freshEachRound }, limit = Infinity) {
  const originals = packets(limit);
  const encoded = originals.map((packet) => encodePacket(packet, version));
  const chunks = chunksOf(encoded, chunk);
  const packetCount = originals.length;
  const found = [];
  for (const { name: who, create } of CONTESTANTS) {
    const contestant = create(version);
    const make = () => packets(limit).map((packet) => contestant.input(packet));
    const inputs = originals.map((packet) => contestant.input(packet));
    for (const [how, run] of decodeOnly ? [] : Object.entries(contestant.encoders)) {
      const problem = () => encodingProblem(run, inputs, encoded);
      const renew = freshEachRound ? make : undefined;
      found.push({ direction: "encode", who, how, run, inputs, packetCount, renew, problem, restart: () => {} });
    }
    for (const [how, run] of Object.entries(contestant.decoders)) {
      const subject = { direction: "decode", who, how, run, inputs: chunks, packetCount, renew: undefined };
      subject.problem = () => decodingProblem(run, chunks, contestant.output, originals);
      subject.restart = () => (subject.run = create(version).decoders[how]);
      found.push(subject);
    }
  }
  return { subjects: found, bytesPerPacket: encoded.reduce((sum, { length }) => sum + length, 0) / packetCount };
}

/** What is wrong with what `run` makes of `inputs`, which have to become `encoded`. */
function encodingProblem(run, inputs, encoded) {
  const stream = Buffer.concat(encoded);
  const chunks = resultsOf(run, inputs).flat();
  const bytes = Buffer.concat(chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)));
  if (bytes.equals(stream)) return undefined;
  return `its bytes are different from byte ${bytes.findIndex((byte, index) => byte !== stream[index])} on`;
}

/** What is wrong with the packets that `run` finds in `chunks`. */
function decodingProblem(run, chunks, output, originals) {
  const packets = resultsOf(run, chunks);
  if (packets.length !== originals.length) return `it finds ${packets.length} of ${originals.length} packets`;
  for (const [index, original] of originals.entries()) {
    const expected = comparable(original);
    const actual = comparable(output(packets[index]));
    const keys = [...Object.keys(expected), ...Object.keys(actual)];
    const key = keys.find((each) => !isDeepStrictEqual(expected[each], actual[each]));
    if (key !== undefined) return `${key} of a ${original.type} is not what was encoded`;
  }
  return undefined;
}

function resultsOf(run, inputs) {
  const sink = new Sink();
  sink.all = [];
  run(inputs, sink);
  return sink.all;
}

/** What may be left out of a packet. */
const DEFAULTS = { retain: false, dup: false, reasonCode: 0, bridge: false };

/** A value in a form that can be compared: without what is undefined or has its default value, bytes as text. */
function comparable(value) {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("latin1")}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, each]) => each !== undefined && each !== DEFAULTS[key]);
  return Object.fromEntries(entries.map(([key, each]) => [key, comparable(each)]));
}
