// One case after the other, each made from the seed and its number, and what they have come to.

import { encodePacket } from "@petrel/codec";
import { checkBytes, checkValid } from "./checks.mjs";
import { ACCEPTED, keyOf } from "./corpus.mjs";
import { Finding } from "./finding.mjs";
import { packetOf, packetTypes, VERSIONS } from "./generate.mjs";
import { framed, mutated } from "./mutate.mjs";
import { createRandom } from "./random.mjs";
import { shapeOf, typeOf } from "./subject.mjs";

/** Longer inputs say nothing that shorter ones don't, and the corpus stays small. */
const LONGEST_KEPT = 64;
const LONGEST_MUTATED = 1_000;
/** So many of each case, because they are quick, and each type and version should see many. */
const VALID_PACKETS = 4;

const PAIRS = VERSIONS.flatMap((version) => packetTypes(version).map((type) => ({ type, version })));

/**
 * @typedef {object} FuzzerOptions
 * @property {number} seed A whole number.
 * @property {ReturnType<typeof import("./corpus.mjs").readCorpus>} corpus
 * @property {ReturnType<typeof import("./differential.mjs").createDifferential>} [differential] Compares with mqtt-packet.
 * @property {(bytes: Uint8Array, version?: number) => void} [watch] Is told each input before it is decoded, so that
 *   somebody else can say what doesn't end.
 * @property {(entry: object) => void} [keep] Is given each input that does what none has done.
 */

/** @param {FuzzerOptions} options */
export function createFuzzer({ seed, corpus, differential, watch = () => {}, keep = () => {} }) {
  const known = new Set(corpus.map(keyOf));
  const counts = { valid: new Map(), kinds: new Map(), errors: new Map(), accepted: 0, refused: 0, incomplete: 0 };

  function read(random, bytes, version, kind) {
    add(counts.kinds, kind);
    watch(bytes, version);
    try {
      const result = checkBytes(random, bytes, version);
      count(bytes, version, result);
      if (version !== undefined) differential?.bytes(bytes, version);
      return result;
    } catch (error) {
      throw located(error, bytes, version);
    }
  }

  function count(bytes, version, { packets, error }) {
    if (error !== undefined) counts.refused++;
    else if (packets.length > 0) counts.accepted++;
    else counts.incomplete++;
    if (error === undefined ? packets.length !== 1 : packets.length > 0) return;
    const type = typeOf(bytes);
    const shape = error === undefined ? ACCEPTED : shapeOf(error);
    if (error !== undefined) add(counts.errors, `${error.name}: ${shape}`);
    const entry = { type, version, shape, bytes };
    if (bytes.length > LONGEST_KEPT || known.has(keyOf(entry))) return;
    known.add(keyOf(entry));
    keep(entry);
  }

  function writeAndRead(random, { type, version }) {
    const packet = packetOf(random, type, version);
    let bytes;
    try {
      bytes = checkValid(random, packet, version);
      differential?.valid(packet, bytes, version);
    } catch (error) {
      throw located(error, bytes ?? Uint8Array.of(), version);
    }
    add(counts.valid, `${type} ${version}`);
    return bytes;
  }

  /** A few packets of one version in one stream. */
  function stream(random) {
    const version = random.pick(VERSIONS);
    const packets = random.list(2, 6, () => packetOf(random, random.pick(packetTypes(version)), version));
    const bytes = Uint8Array.from(Buffer.concat(packets.map((packet) => encodePacket(packet, version))));
    const { packets: read_, error } = read(random, bytes, version, "stream");
    if (error !== undefined || read_.length !== packets.length) {
      throw located(new Finding("a stream of valid packets was not read", error), bytes, version);
    }
  }

  function change(random) {
    const { version, bytes } = random.chance(3) && corpus.length > 0 ? random.pick(corpus) : fresh(random);
    const readAs = random.chance(8) ? random.pick([undefined, ...VERSIONS]) : version;
    read(random, mutated(random, bytes, fresh(random).bytes), readAs, "mutated");
  }

  /** A PUBLISH whose payload is no text although it says so: chance alone makes too few. */
  function untrueText(random) {
    const packet = packetOf(random, "publish", 5);
    const properties = { ...packet.properties, payloadFormatIndicator: 1 };
    const bytes = encodePacket({ ...packet, properties, payload: "text" }, 5);
    bytes[bytes.length - 1] = random.between(0x80, 0xff);
    read(random, bytes, 5, "untrue text");
  }

  function fresh(random) {
    const { type, version } = random.pick(PAIRS);
    const bytes = encodePacket(packetOf(random, type, version), version);
    return { version, bytes: bytes.length > LONGEST_MUTATED ? bytes.slice(0, LONGEST_MUTATED) : bytes };
  }

  return {
    counts,
    /** Valid packets of the type and version that has had the fewest. */
    fewest() {
      return Math.min(...PAIRS.map(({ type, version }) => counts.valid.get(`${type} ${version}`) ?? 0));
    },
    /** Every input of the corpus, as it is. */
    replay() {
      for (const { bytes, version } of corpus) read(createRandom(seed), bytes, version, "corpus");
    },
    /** Case number `index`. */
    step(index) {
      const random = createRandom(seed, index);
      try {
        for (let turn = 0; turn < VALID_PACKETS; turn++) {
          watch(writeAndRead(random, PAIRS[(index * VALID_PACKETS + turn) % PAIRS.length]), undefined);
        }
        change(random);
        if (index % 4 === 0)
          read(random, random.bytes(random.below(80)), random.pick([undefined, ...VERSIONS]), "random");
        if (index % 4 === 1) {
          const [first] = fresh(random).bytes;
          const content = framed(first, random.bytes(random.below(60)));
          read(random, content, random.pick(VERSIONS), "random content");
        }
        if (index % 8 === 2) stream(random);
        if (index % 8 === 6) untrueText(random);
      } catch (error) {
        throw located(error, Uint8Array.of(), undefined).in(index);
      }
    },
  };
}

function located(error, bytes, version) {
  const finding = error instanceof Finding ? error : new Finding("something was thrown", error);
  return finding.at({ bytes, version });
}

function add(map, key) {
  map.set(key, (map.get(key) ?? 0) + 1);
}
