import { type ConnackPacket, type DisconnectProperties, EncodeError, ProtocolError } from "@petrel/codec";
import type { SessionConfig } from "./config.ts";
import type { Milliseconds } from "./events.ts";
import type { Negotiated } from "./negotiated.ts";

/** A Session Expiry Interval of this many seconds means that the session never expires. */
const NEVER = 0xffff_ffff;

/**
 * Whether there is a session to go on with, and until when: the server counts the Session Expiry Interval from the end
 * of the connection (section 3.1.2.11.2), and so do we. In 3.x, a session lasts as long as the connection or for ever.
 */
export class SessionLife {
  #config: SessionConfig;
  #connectedBefore = false;
  /** How long it outlives the connection that was the last one, or is. */
  #outlives: Milliseconds = Infinity;
  /** Infinity while there is a connection. */
  #expiresAt: Milliseconds = Infinity;
  #over = false;
  #mayBeNew = false;

  constructor(config: SessionConfig) {
    this.#config = config;
  }

  /** The options of the next connection. */
  configure(config: SessionConfig): void {
    this.#config = config;
  }

  /** A server has accepted a connection, and with it the version. */
  get hasBegun(): boolean {
    return this.#connectedBefore;
  }

  /**
   * What the next CONNECT asks for. A session that is over here may not be over for the server: it may have noticed the
   * end of the connection later than we did. It has to forget it then, for "if the Client does not have Session State
   * and receives Session Present set to 1 it MUST close the Network Connection" [MQTT-3.2.2-4], on every attempt.
   *
   * Who asks for no clean start, ever, has a session from elsewhere, or wants what the server keeps in one.
   */
  get cleanStart(): boolean {
    const { cleanStart, protocolVersion } = this.#config;
    if (this.#over && protocolVersion === 5) return true; // in 3.x it would also end the session with the connection
    return cleanStart === "first" ? !this.#connectedBefore : cleanStart;
  }

  /** When it ends; Infinity: never, or not while the connection lasts. */
  get expiresAt(): Milliseconds {
    return this.#expiresAt;
  }

  /**
   * The server may have lost the session without our knowing: the CONNACK that said so did not come, and the session that
   * is present next time is the one it began then.
   */
  get mayBeNew(): boolean {
    return this.#mayBeNew;
  }

  /** A CONNECT went out, and its connection ended before CONNACK. */
  handleUnanswered(): void {
    this.#mayBeNew = true;
  }

  /** Throws ProtocolError for a session that we said we don't have. */
  checkSessionPresent({ sessionPresent }: ConnackPacket, cleanStart: boolean): void {
    if (!sessionPresent || !cleanStart) return;
    // "If the Server accepts a connection with Clean Start set to 1, the Server MUST set Session Present to 0 in the CONNACK packet" [MQTT-3.2.2-2]
    throw new ProtocolError("session present is 1 although we asked for a clean start", {
      packetType: "connack",
      clause: this.#config.protocolVersion === 5 ? "MQTT-3.2.2-2" : "MQTT-3.2.2-1",
    });
  }

  /** An earlier process had a session, and the server may still have it. */
  handleRestored(): void {
    this.#connectedBefore = true;
  }

  /** CONNACK came: there is a session, the one there was or a new one. `cleanStart` is what CONNECT said. */
  handleConnected({ protocolVersion, sessionExpiryInterval }: Negotiated, cleanStart: boolean): void {
    this.#connectedBefore = true;
    this.#over = this.#mayBeNew = false;
    this.#expiresAt = Infinity;
    if (protocolVersion === 5) this.#outlives = toMilliseconds(sessionExpiryInterval);
    else this.#outlives = cleanStart ? 0 : Infinity;
  }

  /**
   * "If the Session Expiry Interval in the CONNECT packet was zero, then it is a Protocol Error to set a non-zero Session
   * Expiry Interval in the DISCONNECT packet" (section 3.14.2.2.2). `asked` is the one in CONNECT. Throws EncodeError.
   */
  checkDisconnect(properties: DisconnectProperties | undefined, asked: number): void {
    const value = properties?.sessionExpiryInterval;
    if (value === undefined || value === 0 || asked > 0) return;
    throw new EncodeError(`properties.sessionExpiryInterval is ${value}; it must be 0, as in CONNECT`, {
      field: "properties.sessionExpiryInterval",
      value,
    });
  }

  /** DISCONNECT goes out; it may say anew how long the session outlives the connection. */
  handleDisconnect(properties: DisconnectProperties | undefined): void {
    const sessionExpiryInterval = properties?.sessionExpiryInterval;
    if (sessionExpiryInterval !== undefined) this.#outlives = toMilliseconds(sessionExpiryInterval);
  }

  /** A connection, on which CONNACK had come, is closed. */
  handleClosed(now: Milliseconds): void {
    this.#expiresAt = now + this.#outlives;
  }

  /** Whether it has come to its end since the last call. */
  takeExpired(now: Milliseconds): boolean {
    if (now < this.#expiresAt) return false;
    this.#expiresAt = Infinity;
    this.#over = true;
    return true;
  }
}

function toMilliseconds(sessionExpiryInterval: number): Milliseconds {
  return sessionExpiryInterval === NEVER ? Infinity : sessionExpiryInterval * 1_000;
}
