import type { ProtocolVersion } from "@petrel/codec";
import { OptionError } from "@petrel/session";

/** MQTT versions by the names people use. */
export type Version = "5.0" | "3.1.1" | "3.1";

const PROTOCOL_VERSION: Readonly<Record<Version, ProtocolVersion>> = { "5.0": 5, "3.1.1": 4, "3.1": 3 };

/** Throws {@link OptionError} for a name that is none of the three. */
export function protocolVersionOf(version: Version): ProtocolVersion {
  const protocolVersion = PROTOCOL_VERSION[version] as ProtocolVersion | undefined;
  if (protocolVersion === undefined) throw new OptionError("version", version, 'it must be "5.0", "3.1.1" or "3.1"');
  return protocolVersion;
}
