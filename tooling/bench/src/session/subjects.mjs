// The session alone, as its driver calls it, without a network: its output is taken, the server's answers are bytes that
// were made before. A turn has BATCH messages, as a busy turn of the event loop has. Beside it the codec, which does the
// least that anybody has to do for the same messages: write them, or read them.

import { createDecoder, createWriter, encodePacket } from "@petrel/codec";
import { MqttSession } from "@petrel/session";
import { Random } from "../random.mjs";
import { BATCH } from "../sink.mjs";

const TOPIC_NAMES = Array.from(
  { length: 200 },
  (_, index) => `plant-${index % 4}/line-${index % 9}/sensor-${1_000 + index}`,
);

/** How often a run repeats a turn. */
const TURNS = 16;

function messages(size, qos) {
  const random = new Random(size + qos);
  return Array.from({ length: BATCH }, () => ({
    topicName: random.pick(TOPIC_NAMES),
    payload: random.bytes(size),
    qos,
  }));
}

/** Packets for the identifiers that a turn has, in one chunk. */
function chunk(make) {
  return new Uint8Array(Buffer.concat(Array.from({ length: BATCH }, (_, index) => encodePacket(make(index + 1), 5))));
}

const answers = (type) => chunk((packetIdentifier) => ({ type, packetIdentifier }));

function incoming(size, qos) {
  const all = messages(size, qos);
  return chunk((index) => ({ ...all[index - 1], type: "publish", packetIdentifier: qos === 0 ? undefined : index }));
}

/** A session that is online. */
function online() {
  const session = new MqttSession({ maximumInflight: BATCH });
  session.handleOpen(0);
  session.handleBytes(encodePacket({ type: "connack" }, 5), 0);
  while (session.takeOutput() !== undefined);
  session.takeEvents();
  return session;
}

function publishing(size, qos) {
  const session = online();
  const [puback, pubrec, pubcomp] = ["puback", "pubrec", "pubcomp"].map(answers);
  const all = messages(size, qos);
  return (sink) => {
    // Each message is an object of its own, as it is in a program.
    for (const { topicName, payload } of all) session.publish({ topicName, payload, qos }, undefined, 0);
    drain(session, sink);
    if (qos === 1) session.handleBytes(puback, 0);
    if (qos === 2) {
      session.handleBytes(pubrec, 0);
      drain(session, sink);
      session.handleBytes(pubcomp, 0);
    }
    for (const event of session.takeEvents()) {
      if (event.type === "writable") continue; // 256 messages of 256 bytes are more than a publisher should leave lying
      if (event.type !== "published") throw new Error(`${event.type}: ${event.error?.message}`);
      sink.keep(event);
    }
    if (session.inflightCount + session.queuedCount > 0) throw new Error("not everything was acknowledged");
  };
}

function receiving(size, qos) {
  const session = online();
  const publish = incoming(size, qos);
  const pubrel = answers("pubrel");
  return (sink) => {
    session.handleBytes(publish, 0);
    let count = 0;
    for (const { type, packet, delivery } of session.takeEvents()) {
      if (type !== "message") throw new Error(type);
      count++;
      sink.keep(packet);
      if (delivery !== undefined) session.acknowledge(delivery);
    }
    if (count !== BATCH) throw new Error(`${count} messages instead of ${BATCH}`);
    drain(session, sink);
    if (qos !== 2) return;
    session.handleBytes(pubrel, 0);
    drain(session, sink);
  };
}

function drain(session, sink) {
  for (let bytes = session.takeOutput(0); bytes !== undefined; bytes = session.takeOutput(0)) sink.keep(bytes);
}

function writing(size) {
  const writer = createWriter({ version: 5 });
  const all = messages(size, 0);
  return (sink) => {
    for (const { topicName, payload } of all) writer.write({ type: "publish", topicName, payload, qos: 0 });
    for (let bytes = writer.take(); bytes !== undefined; bytes = writer.take()) sink.keep(bytes);
  };
}

function reading(size) {
  const decoder = createDecoder({ version: 5 });
  const publish = incoming(size, 0);
  return (sink) => {
    decoder.push(publish);
    for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) sink.keep(packet);
  };
}

/** In the order in which they are shown; `base` is the codec's own for the same messages. */
export const SUBJECTS = [16, 256].flatMap((size) => [
  { name: `codec, write QoS 0, ${size} B`, turn: () => writing(size) },
  ...[0, 1, 2].map((qos) => ({
    name: `publish QoS ${qos}, ${size} B`,
    base: `codec, write QoS 0, ${size} B`,
    turn: () => publishing(size, qos),
  })),
  { name: `codec, read QoS 0, ${size} B`, turn: () => reading(size) },
  ...[0, 1, 2].map((qos) => ({
    name: `receive QoS ${qos}, ${size} B`,
    base: `codec, read QoS 0, ${size} B`,
    turn: () => receiving(size, qos),
  })),
]);

/** As measure.mjs wants it: an input is a turn. */
export function subject({ turn }) {
  const take = turn();
  return {
    inputs: Array.from({ length: TURNS }, () => take),
    packetCount: TURNS * BATCH,
    renew: undefined,
    restart: () => {},
    run(turns, sink) {
      for (const each of turns) each(sink);
    },
  };
}
