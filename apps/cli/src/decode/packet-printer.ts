import { colourNo, colourTopic } from "../output/colour.ts";
import { hanging } from "../output/wrapping.ts";
import { type DecodeError, describePacket, type LenientResult, type Packet } from "@petrel/codec";

/** Where a packet was found. */
export interface Place {
  /** Of its first byte in its stream. */
  readonly offset: number;
  /** Milliseconds since 1970; absent for bytes without a capture. */
  readonly time?: number;
  readonly from?: string;
  readonly to?: string;
}

interface TextForm {
  readonly colour?: boolean;
  /** Longer lines go on below. */
  readonly columns?: number;
}

/** A packet as text for people: a line, and one for each violation. */
export function packetText(
  { packet, violations, bytes }: LenientResult,
  place: Place,
  { colour = false, columns = Infinity }: TextForm = {},
): string {
  const what = packet === undefined ? `${bytes.length} bytes that are no packet` : describePacket(packet);
  const where = placeText(place);
  const below = { columns, indent: 6 };
  const wrong = violations.map((one) => `  ! ${hanging("  ! ", violationText(one), below)}`);
  return [
    `${colour ? colourTopic(where) : where}  ${hanging(`${where}  `, what, below)}`,
    ...wrong.map((line) => (colour ? colourNo(line) : line)),
    "",
  ].join("\n");
}

function placeText({ offset, time, from, to }: Place): string {
  if (from === undefined) return String(offset).padStart(6);
  const clock = time === undefined || time === 0 ? "" : `${new Date(time).toISOString().slice(11, 23)}  `;
  return `${clock}${from} -> ${to}`;
}

export function violationText(violation: DecodeError): string {
  return violation.message;
}

/** A packet as a line of JSON. */
export function packetJson({ packet, violations, bytes }: LenientResult, { time, ...place }: Place): string {
  const line = {
    ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
    ...place,
    size: bytes.length,
    packet: packet === undefined ? undefined : jsonPacket(packet),
    violations: violations.length === 0 ? undefined : violations.map(jsonViolation),
    bytes: packet === undefined ? Buffer.from(bytes).toString("hex") : undefined,
  };
  return `${JSON.stringify(line)}\n`;
}

function jsonViolation({ message, clause, reasonCode }: DecodeError): object {
  return { message, clause, reasonCode };
}

/** Payloads are text where they are text, else base64, as in `petrel sub --output json`; other bytes are base64. */
function jsonPacket(packet: Packet): object {
  const secret = packet.type === "connect" && packet.password !== undefined ? { password: "***" } : {};
  return { ...(jsonValue(packet) as object), ...secret };
}

function jsonValue(value: unknown, name = ""): unknown {
  if (name === "authenticationData") return "***";
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map((one) => jsonValue(one));
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [key, one] of Object.entries(value)) {
    if (key === "payload" && one instanceof Uint8Array) entries.push(...payloadEntries(one));
    else entries.push([key, jsonValue(one, key)]);
  }
  return Object.fromEntries(entries);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function payloadEntries(payload: Uint8Array): [string, string][] {
  try {
    return [["payload", UTF8.decode(payload)]];
  } catch {
    return [
      ["payload", base64(payload)], // no text, which is no error
      ["encoding", "base64"],
    ];
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
