import { MalformedPacketError, ProtocolError, ReasonCode } from "@petrel/codec";
import { ConnectionLostError, ConnectRefusedError } from "@petrel/session";
import type { Outcome } from "./server-list.ts";
import type { Version } from "./version.ts";

const NEWEST_FIRST: readonly Version[] = ["5.0", "3.1.1", "3.1"];

/** Which version of MQTT to speak: the one that was asked for, or with "auto" the newest that the server takes. */
export class VersionChoice {
  readonly #candidates: readonly Version[];
  #index = 0;
  #agreed = false;

  constructor(version: Version | "auto") {
    this.#candidates = version === "auto" ? NEWEST_FIRST : [version];
  }

  get current(): Version {
    return this.#candidates[this.#index]!;
  }

  handleConnected(): void {
    this.#agreed = true;
  }

  /** Returns whether an older version shall be tried at once. After the oldest one it begins anew. */
  handleEnded({ cause, wasConnected }: Outcome): boolean {
    if (this.#agreed || wasConnected || this.#candidates.length === 1) return false;
    const older = isVersionRefusal(cause) && this.#index + 1 < this.#candidates.length;
    this.#index = older ? this.#index + 1 : 0;
    return older;
  }
}

/**
 * Besides those that say so: servers of 3.1.1 that answer a CONNECT of 5.0 in their own format, which is malformed in
 * 5.0, and those that just close the connection. A network that breaks says nothing about versions.
 */
function isVersionRefusal(cause: Error): boolean {
  if (cause instanceof ConnectRefusedError) return cause.reasonCode === ReasonCode.unsupportedProtocolVersion;
  if (cause instanceof MalformedPacketError || cause instanceof ProtocolError) return cause.packetType === "connack";
  return cause instanceof ConnectionLostError && cause.cause === undefined;
}
