import {
  createDecoder,
  EncodeError,
  encodePacket,
  MalformedPacketError,
  type PacketInit,
  packetSize,
  ProtocolError,
} from "../../src/index.ts";
import * as acknowledgement from "./acknowledgement.ts";
import * as connack from "./connack.ts";
import * as connect from "./connect.ts";
import * as disconnect from "./disconnect.ts";
import * as ping from "./ping.ts";
import * as publish from "./publish.ts";
import * as subscribe from "./subscribe.ts";
import * as unsubscribe from "./unsubscribe.ts";
import type { Refusal, Vector, Violation } from "./vector.ts";

const FILES = { acknowledgement, connack, connect, disconnect, ping, publish, subscribe, unsubscribe };

/**
 * Checks all vectors, violations and refusals without a test runner, for runtimes that have none. Says how many checks there were
 * and which failed; the tests beside it check more, in Node.
 */
export function checkAllVectors(): { readonly checks: number; readonly failures: readonly string[] } {
  const failures: string[] = [];
  let checks = 0;
  const check = (title: string, run: () => boolean): void => {
    checks++;
    try {
      if (!run()) failures.push(title);
    } catch (error) {
      failures.push(`${title}: ${String(error)}`);
    }
  };
  for (const [file, lists] of Object.entries(FILES)) {
    for (const each of Object.values(lists).flat() as readonly (Vector | Violation | Refusal | object)[]) {
      if (!("versions" in each)) continue; // what other tests make their cases of
      for (const version of each.versions) {
        const title = `${file}, ${each.title}, version ${version}`;
        if ("error" in each) {
          check(`${title}, refused`, () => isRefused(each, version));
        } else if ("message" in each) {
          check(`${title}, not encoded`, () => isNotEncoded(each, version));
        } else {
          check(`${title}, decoded`, () => isDecoded(each, version));
          if (each.decodeOnly !== true) check(`${title}, encoded`, () => isEncoded(each, version));
        }
      }
    }
  }
  return { checks, failures };
}

type Version = Vector["versions"][number];

function isDecoded({ bytes, packet }: Vector, version: Version): boolean {
  const decoder = createDecoder({ version });
  decoder.push(bytes);
  const decoded = decoder.next();
  return text(decoded) === text(packet) && decoder.next() === undefined;
}

function isEncoded({ bytes, packet, init = packet }: Vector, version: Version): boolean {
  return text(encodePacket(init, version)) === text(bytes) && packetSize(init, version) === bytes.length;
}

function isRefused({ bytes, error, offset }: Violation, version: Version): boolean {
  const decoder = createDecoder(bytes[0]! >> 4 === 1 ? {} : { version });
  decoder.push(bytes);
  try {
    decoder.next();
  } catch (thrown) {
    const kind = error === "ProtocolError" ? ProtocolError : MalformedPacketError;
    return thrown instanceof kind && thrown.offset === offset;
  }
  return false;
}

function isNotEncoded({ packet, message }: Refusal, version: Version): boolean {
  try {
    encodePacket(packet as unknown as PacketInit, version);
  } catch (thrown) {
    return thrown instanceof EncodeError && thrown.message.includes(message);
  }
  return false;
}

/** As JSON, with bytes by their kind and the keys in one order. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (each instanceof Uint8Array) return { bytes: [...each] };
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
