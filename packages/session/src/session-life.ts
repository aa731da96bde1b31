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
    const { cleanStart } = this.#config;
    if (this.#over) return true;
    return cleanStart === "first" ? !this.#connectedBefore : cleanStart;
  }

  /** When it ends; Infinity: never, or not while the connection lasts. */
  get expiresAt(): Milliseconds {
    return this.#expiresAt;
  }

  /** CONNACK came: there is a session, the one there was or a new one. */
  handleConnected({ protocolVersion, sessionExpiryInterval }: Negotiated): void {
    this.#connectedBefore = true;
    this.#over = false;
    this.#expiresAt = Infinity;
    if (protocolVersion === 5) this.#outlives = toMilliseconds(sessionExpiryInterval);
    else this.#outlives = this.#config.cleanStart === true ? 0 : Infinity;
  }

  /** DISCONNECT goes out; it may say anew how long the session outlives the connection (section 3.14.2.2.2). */
  handleDisconnect(sessionExpiryInterval: number | undefined): void {
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
