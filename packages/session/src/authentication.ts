import {
  type AuthPacket,
  type AuthPacketInit,
  type ConnackPacket,
  packetSize,
  ProtocolError,
  ReasonCode,
} from "@petrel/codec";
import type { Connection } from "./connection.ts";
import { AuthenticationError, ServerLimitError } from "./errors.ts";
import type { EventQueue } from "./events.ts";

/**
 * What the authentication method is asked; the answer goes to `MqttSession.authenticate`, or `refuseChallenge`, together
 * with this object. It may come at any time later. One that a newer challenge or the connection's end has overtaken does
 * nothing.
 */
export interface Challenge {
  /**
   * initial: the first data of an exchange, for CONNECT or to re-authenticate. respond: the answer to the server's
   * `data`. verify: whether the server may be believed; its answer has no data.
   */
  readonly step: "initial" | "respond" | "verify";
  readonly method: string;
  /** What the server said; undefined: nothing. */
  readonly data: Uint8Array | undefined;
}

/** What a server may send while its CONNACK is being verified; a method that takes long meets one that sends much. */
const MOST_BYTES_HELD = 16 * 1_048_576;

/** Enhanced authentication on one connection (section 4.12): whose turn it is, and what is waited for. */
export class Authentication<Context> {
  readonly method: string;
  readonly #events: EventQueue<Context>;
  /** undefined: nobody's turn, the last exchange has succeeded. */
  #turn: "ours" | "server's" | undefined = undefined;
  /** What the application was asked and has not answered. */
  #asked: Challenge | undefined = undefined;
  /** Who wants to know how the re-authentication under way ends. */
  #reauthentication: { readonly context: Context } | undefined = undefined;
  /** The server's success, until it is verified. */
  #connack: ConnackPacket | undefined = undefined;
  #bytesHeld = 0;

  constructor(method: string, events: EventQueue<Context>) {
    this.method = method;
    this.#events = events;
  }

  /** What the application was asked and has not answered. */
  get asked(): Challenge | undefined {
    return this.#asked;
  }

  /** Before CONNECT: its data is needed. */
  begin(): void {
    this.#ask("initial", undefined);
  }

  /** "… the Client can initiate re-authentication at any time after receiving a CONNACK" (section 4.12.1). */
  reauthenticate(context: Context): void {
    if (this.#turn !== undefined) {
      throw new AuthenticationError(this.method, new Error("a re-authentication is under way; wait for its end"));
    }
    this.#reauthentication = { context };
    this.#ask("initial", undefined);
  }

  /** Throws ProtocolError. */
  handleAuth({ reasonCode, properties }: AuthPacket): void {
    this.#checkMethod(properties?.authenticationMethod, "auth");
    if (this.#turn !== "server's") {
      throw new ProtocolError("an AUTH came while no answer of the server was awaited", { packetType: "auth" });
    }
    if (reasonCode === ReasonCode.continueAuthentication) {
      this.#ask("respond", properties?.authenticationData);
    } else if (reasonCode === ReasonCode.success && this.#reauthentication !== undefined) {
      this.#ask("verify", properties?.authenticationData);
    } else {
      // "This packet MUST contain a Reason Code of 0x18" [MQTT-4.12.0-2]; success comes in the CONNACK, and 0x19 is the client's.
      const clause = this.#reauthentication === undefined ? "MQTT-4.12.0-2" : undefined;
      throw new ProtocolError(`an AUTH with the reason code 0x${reasonCode.toString(16)} came`, {
        packetType: "auth",
        clause,
      });
    }
  }

  /** A successful CONNACK waits until the application believes the server. Throws ProtocolError. */
  handleConnack(packet: ConnackPacket): void {
    if (this.#asked?.step === "initial") {
      throw new ProtocolError("it came before CONNECT was sent", { packetType: "connack" });
    }
    this.#checkMethod(packet.properties?.authenticationMethod, "connack");
    this.#connack = packet;
    this.#ask("verify", packet.properties?.authenticationData);
  }

  /** More came while CONNACK is being verified. Throws AuthenticationError when it is too much. */
  hold(bytes: number): void {
    this.#bytesHeld += bytes;
    if (this.#bytesHeld <= MOST_BYTES_HELD) return;
    throw new AuthenticationError(
      this.method,
      new Error(`the server has sent ${this.#bytesHeld} bytes before its CONNACK was verified`),
    );
  }

  /** Sends what the method says. Throws EncodeError or ServerLimitError, and then nothing has happened. */
  send(challenge: Challenge, authenticationData: Uint8Array | undefined, connection: Connection<Context>): void {
    const packet: AuthPacketInit = {
      type: "auth",
      // "… by sending a further AUTH packet. This packet MUST contain a Reason Code of 0x18" [MQTT-4.12.0-3]
      reasonCode: challenge.step === "initial" ? ReasonCode.reAuthenticate : ReasonCode.continueAuthentication,
      // "The Client MUST set the Authentication Method to the same value as the Authentication Method originally used" [MQTT-4.12.1-1]
      properties: { authenticationMethod: this.method, authenticationData },
    };
    const limit = connection.negotiated?.send.maximumPacketSize ?? Infinity;
    const size = packetSize(packet, 5);
    if (size > limit) {
      const message = `the AUTH takes ${size} bytes; the server accepts packets of at most ${limit} bytes`;
      // "The Client MUST NOT send packets exceeding Maximum Packet Size to the Server" [MQTT-3.2.2-15]
      throw new ServerLimitError(message, {
        limit: "maximumPacketSize",
        allowed: limit,
        found: size,
        reasonCode: ReasonCode.packetTooLarge,
      });
    }
    connection.write(packet);
    this.handleSent();
  }

  /** What was asked is on its way: it is the server's turn. */
  handleSent(): void {
    this.#asked = undefined;
    this.#turn = "server's";
  }

  /** The application believes the server. Returns the CONNACK that may be acted upon now, if the exchange was the first. */
  handleVerified(): ConnackPacket | undefined {
    this.#asked = this.#turn = undefined;
    const connack = this.#connack;
    this.#connack = undefined;
    const reauthentication = this.#reauthentication;
    this.#reauthentication = undefined;
    if (reauthentication !== undefined) this.#events.push({ type: "reauthenticated", ...reauthentication });
    return connack;
  }

  /** The connection ends, or its user has given up: answers come too late, and the re-authentication has failed. */
  handleEnd(error: Error): void {
    this.#asked = this.#turn = this.#connack = undefined;
    const reauthentication = this.#reauthentication;
    this.#reauthentication = undefined;
    if (reauthentication !== undefined) this.#events.push({ type: "failed", ...reauthentication, error });
  }

  #ask(step: Challenge["step"], data: Uint8Array | undefined): void {
    this.#turn = "ours";
    this.#asked = { step, method: this.method, data };
    this.#events.push({ type: "challenge", challenge: this.#asked });
  }

  /** "… all AUTH packets, and any successful CONNACK packet MUST include an Authentication Method Property with the same value as in the CONNECT packet" [MQTT-4.12.0-5] */
  #checkMethod(method: string | undefined, packetType: "auth" | "connack"): void {
    if (method === this.method) return;
    const found = method === undefined ? "no authentication method" : `the authentication method "${method}"`;
    throw new ProtocolError(`it has ${found}, not "${this.method}"`, { packetType, clause: "MQTT-4.12.0-5" });
  }
}
