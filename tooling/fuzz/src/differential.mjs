// mqtt-packet beside the codec. Where they differ, one of the known differences has to say why.

import { isDeepStrictEqual } from "node:util";
import { differenceOf } from "./differences.mjs";
import { Finding } from "./finding.mjs";
import { generate, parse, translate } from "./mqtt-packet.mjs";
import { outcome, shapeOf, typeOf } from "./subject.mjs";

/** Compares until a disagreement that nobody has explained. */
export function createDifferential() {
  const counts = new Map();
  const add = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);

  function judge(disagreement) {
    const id = differenceOf(disagreement);
    if (id !== undefined) return add(id);
    throw new Finding(`mqtt-packet disagrees in a way that isn't known: ${JSON.stringify(disagreement)}`);
  }

  return {
    counts,
    /** A valid packet: mqtt-packet reads ours, and we read mqtt-packet's. */
    valid(packet, bytes, version) {
      const about = { type: packet.type, version };
      const expected = translate(packet, version);
      const { packets, error } = parse(bytes, version);
      if (error !== undefined || packets.length !== 1) {
        judge({ ...about, what: "valid packet refused", theirs: error ?? `${packets.length} packets` });
      } else {
        const paths = [...differingPaths(expected, packets[0])];
        for (const path of paths) judge({ ...about, what: "valid packet read differently", theirs: path });
        if (paths.length === 0) add("agreed: valid packet read");
      }
      const generated = generate(expected, version);
      if (generated.error !== undefined) {
        judge({ ...about, what: "valid packet not written", theirs: generated.error });
        return;
      }
      const back = outcome(generated.bytes, { version }, []);
      if (back.error !== undefined || back.packets.length !== 1) {
        const ours = back.error === undefined ? `${back.packets.length} packets` : shapeOf(back.error);
        judge({ ...about, what: "their packet refused", ours });
      } else if (isDeepStrictEqual(translate(back.packets[0], version), expected)) {
        add("agreed: their packet read");
      } else {
        const paths = differingPaths(expected, translate(back.packets[0], version));
        for (const path of paths) judge({ ...about, what: "valid packet written differently", theirs: path });
      }
    },
    /** Any bytes: both accept the first packet, or both refuse it, or both wait for more. */
    bytes(bytes, version) {
      if (bytes.length === 0) return;
      const one = outcome(bytes, { version }, []);
      const other = parse(bytes, version);
      const ours = one.packets.length > 0 ? "accepts" : one.error === undefined ? "waits" : "refuses";
      const theirs = other.packets.length > 0 ? "accepts" : other.error === undefined ? "waits" : "refuses";
      if (ours === theirs) return add(`agreed: both ${ours.slice(0, -1)}`);
      judge({
        what: `we ${ours.slice(0, -1)}, mqtt-packet ${theirs}`,
        type: typeOf(bytes),
        version,
        ours: one.packets.length === 0 && one.error !== undefined ? shapeOf(one.error) : undefined,
        theirs: other.packets.length === 0 ? other.error : undefined,
      });
    },
  };
}

/** Fields that mqtt-packet has and that are not in the packet. */
const NOT_FIELDS = new Set(["length"]);
/** Its defaults for the flags of packets that have none. */
const DEFAULTS = {
  qos: 0,
  retain: false,
  dup: false,
  topic: null,
  payload: null,
  messageId: undefined,
  properties: undefined,
};

function* differingPaths(expected, actual) {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const name of names) {
    if (NOT_FIELDS.has(name) || isDeepStrictEqual(expected[name], actual[name])) continue;
    // The flags of PUBREL, SUBSCRIBE and UNSUBSCRIBE look like QoS 1 to it, a repeated one of 3.1 like DUP.
    if (!(name in expected) && (name in DEFAULTS || expected.cmd !== "publish")) {
      if (isDeepStrictEqual(actual[name], DEFAULTS[name]) || name === "qos" || name === "dup") continue;
    }
    if ((name === "properties" || name === "will") && expected[name] && actual[name]) {
      for (const path of differingPaths(expected[name], actual[name])) yield `${name}.${path}`;
    } else {
      yield name;
    }
  }
}
