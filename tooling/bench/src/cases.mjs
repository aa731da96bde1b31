// What is measured. Packets are in the form that Petrel takes; each contestant turns them into its own before the clock
// runs. Everything is drawn from seeds, so every run and every process has the same.

import { Random } from "./random.mjs";

const QUANTITIES = ["temperature", "humidity", "pressure", "voltage", "state", "rpm"];

/** 200 names of 30 to 38 bytes, as a plant with a few hundred sensors has them; a message draws one of them. */
const TOPIC_NAMES = Array.from({ length: 200 }, (_, index) => {
  const random = new Random(1_000 + index);
  return `plant-${random.integer(4)}/line-${random.integer(9)}/sensor-${1_000 + index}/${random.pick(QUANTITIES)}`;
});

/**
 * Strings of its own for each packet and each round: built from bytes, so that they are flat, and without a hash, which
 * a string keeps once a Map has asked for it.
 */
function fresh(text) {
  return Buffer.from(text).toString("latin1");
}

function publish(random, payloadSize, topicName = random.pick(TOPIC_NAMES)) {
  return { type: "publish", topicName, payload: random.bytes(payloadSize), qos: 0 };
}

function publishWithProperties(random, packetIdentifier) {
  return {
    type: "publish",
    topicName: random.pick(TOPIC_NAMES),
    payload: random.bytes(64),
    qos: 1,
    packetIdentifier,
    properties: {
      messageExpiryInterval: 60 + random.integer(3_600),
      contentType: random.pick(["application/json", "application/cbor", "text/plain"]),
      responseTopic: `reply/${random.pick(TOPIC_NAMES)}`,
      correlationData: random.bytes(16),
      userProperties: [
        [
          "trace-id",
          random
            .integer(2 ** 32)
            .toString(16)
            .padStart(8, "0"),
        ],
        ["region", random.pick(["eu-central-1", "us-east-1", "ap-south-1"])],
      ],
    },
  };
}

function connect(random, index) {
  return {
    type: "connect",
    protocolVersion: 5,
    clientIdentifier: `gateway-${index}-${random.integer(1_000_000)}`,
    cleanStart: true,
    keepAlive: 60,
    username: `user-${index % 50}`,
    password: random.bytes(24),
    will: {
      topicName: `status/gateway-${index}`,
      payload: random.bytes(16),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 30, messageExpiryInterval: 600, contentType: "application/json" },
    },
    properties: {
      sessionExpiryInterval: 3_600,
      receiveMaximum: 1_000,
      maximumPacketSize: 1_048_576,
      topicAliasMaximum: 100,
      requestResponseInformation: true,
      requestProblemInformation: true,
      userProperties: [
        ["model", "gw-7"],
        ["firmware", `4.${random.integer(20)}.${random.integer(100)}`],
      ],
    },
  };
}

function subscribe(random, packetIdentifier, count) {
  const subscriptions = Array.from({ length: count }, () => ({
    topicFilter: random.pick([
      `${random.pick(TOPIC_NAMES)}/#`,
      `plant-${random.integer(4)}/+/sensor-${random.integer(900)}/+`,
    ]),
    qos: random.integer(3),
    noLocal: random.integer(2) === 1,
    retainAsPublished: random.integer(2) === 1,
    retainHandling: random.integer(3),
  }));
  return { type: "subscribe", packetIdentifier, subscriptions };
}

/** What a busy client sees: mostly messages, acknowledgements for a third of them, now and then something else. */
function mixed(random, packetIdentifier) {
  const draw = random.integer(100);
  if (draw < 50) return publish(random, 16 + random.integer(240));
  if (draw < 65) return publishWithProperties(random, packetIdentifier);
  if (draw < 90) return { type: "puback", packetIdentifier };
  if (draw < 92) return { type: "pubrec", packetIdentifier };
  if (draw < 94) return { type: "pubrel", packetIdentifier };
  if (draw < 96) return { type: "pubcomp", packetIdentifier };
  if (draw < 97) return subscribe(random, packetIdentifier, 1 + random.integer(3));
  if (draw < 98) return { type: "suback", packetIdentifier, reasonCodes: [random.integer(3), random.integer(3)] };
  return { type: "pingresp" };
}

function list(count, make) {
  return (limit) => {
    const random = new Random(count);
    return Array.from({ length: Math.min(count, limit) }, (_, index) => make(random, 1 + (index % 65_535)));
  };
}

/** As much as Node reads from a socket at once. */
const SOCKET_CHUNK = 65_536;
/** What a TCP segment carries on an Ethernet with options. */
const SEGMENT_CHUNK = 1_447;

const MIXED = list(10_000, mixed);

/**
 * `packets` makes the packets, as many as a limit allows; `chunk` is the size of the pieces that decoders get, 0 for one
 * packet in each; with `freshEachRound` encoders never get the same packets again.
 */
export const CASES = [
  { name: "PUBLISH QoS 0, 16 B", version: 4, packets: list(2_000, (random) => publish(random, 16)) },
  { name: "PUBLISH QoS 0, 256 B", version: 4, packets: list(2_000, (random) => publish(random, 256)) },
  {
    name: "PUBLISH QoS 0, 16 B, every topic unique",
    version: 4,
    packets: list(20_000, (random, index) =>
      publish(
        random,
        16,
        fresh(`plant-${index % 4}/line-${index % 9}/sensor-${100_000 + index}/${random.pick(QUANTITIES)}`),
      ),
    ),
    freshEachRound: true,
  },
  { name: "PUBLISH QoS 1 v5 with properties", version: 5, packets: list(2_000, publishWithProperties) },
  { name: "PUBLISH QoS 0, 64 KiB", version: 4, packets: list(64, (random) => publish(random, 65_536)) },
  {
    name: "PUBLISH QoS 0, 64 KiB, each in one chunk",
    version: 4,
    packets: list(64, (random) => publish(random, 65_536)),
    chunk: 0,
    decodeOnly: true,
  },
  { name: "PUBACK", version: 4, packets: list(2_000, (_, packetIdentifier) => ({ type: "puback", packetIdentifier })) },
  { name: "CONNECT v5 full", version: 5, packets: list(500, connect) },
  {
    name: "SUBSCRIBE v5, 8 filters",
    version: 5,
    packets: list(500, (random, identifier) => subscribe(random, identifier, 8)),
  },
  { name: "10,000 mixed packets, 64 KiB chunks", version: 5, packets: MIXED, decodeOnly: true },
  { name: "10,000 mixed packets, 1,447 B chunks", version: 5, packets: MIXED, chunk: SEGMENT_CHUNK, decodeOnly: true },
  { name: "10,000 mixed packets, 7 B chunks", version: 5, packets: MIXED, chunk: 7, decodeOnly: true },
].map((each) => ({ chunk: SOCKET_CHUNK, decodeOnly: false, freshEachRound: false, ...each }));

/** `bytes` as the chunks of a case. */
export function chunksOf(encoded, chunk) {
  if (chunk === 0) return encoded;
  const stream = Buffer.concat(encoded);
  const chunks = [];
  // Each chunk has memory of its own, as what comes from a socket has.
  for (let at = 0; at < stream.length; at += chunk) chunks.push(new Uint8Array(stream.subarray(at, at + chunk)));
  return chunks;
}
