import { type ConnackPacket, type DisconnectPacket, type Packet, ReasonCode } from "@petrel/codec";
import { Authentication } from "./authentication.ts";
import { Changes } from "./changes.ts";
import { connectPacket, type SessionConfig } from "./config.ts";
import { Connection } from "./connection.ts";
import { describeSilentClose, reasonCodeFor } from "./disconnect.ts";
import {
  AuthenticationError,
  ConnectionLostError,
  ConnectRefusedError,
  ServerDisconnectError,
  TimeoutError,
} from "./errors.ts";
import { EventQueue, type Milliseconds } from "./events.ts";
import { IncomingPublish } from "./incoming-publish.ts";
import { negotiate } from "./negotiated.ts";
import { PacketIdentifiers } from "./packet-identifiers.ts";
import { Publisher } from "./publisher.ts";
import { Requests } from "./requests.ts";
import {
  checkBeforeConnack,
  checkProblemInformation,
  onlyFromClients,
  secondConnack,
  unaskedAuthentication,
} from "./server-mistakes.ts";
import { SessionLife } from "./session-life.ts";
import { TimerTable } from "./timers.ts";
import { Traffic, withoutSecrets } from "./traffic.ts";

type TimerName = "connack" | "authentication" | "keepAlive" | "request" | "sessionExpiry";

/**
 * What goes on between a session's parts when the network, the clock or the server do something: connections begin, their
 * packets go to whoever they are for, and connections end.
 */
export class Protocol<Context> {
  /** The options of the next connection. */
  config: SessionConfig;

  // valid for the session
  readonly events: EventQueue<Context> = new EventQueue();
  readonly traffic: Traffic<Context> = new Traffic(this.events);
  readonly #identifiers = new PacketIdentifiers();
  readonly publisher: Publisher<Context>;
  readonly incoming: IncomingPublish<Context>;
  readonly requests: Requests<Context>;
  /** Undefined: nothing has to survive a restart. */
  readonly changes: Changes<Context> | undefined;
  readonly life: SessionLife;
  readonly timers: TimerTable<TimerName> = new TimerTable();
  clientIdentifier: string;
  /** The time of the last call, for calls that take none. */
  now: Milliseconds = 0;

  // valid for one connection
  connection: Connection<Context> | undefined;

  constructor(config: SessionConfig) {
    this.config = config;
    this.clientIdentifier = config.clientIdentifier;
    this.life = new SessionLife(config);
    this.changes = config.durable ? new Changes() : undefined;
    this.publisher = new Publisher(config, this.#identifiers, this.events, this.changes);
    this.incoming = new IncomingPublish(this.events, this.changes);
    this.requests = new Requests(this.#identifiers, this.events, this.changes, {
      maximumConcurrent: config.maximumConcurrentRequests,
      timeoutMs: config.timeouts.request,
      version: config.protocolVersion,
    });
  }

  // ── what the network and the clock did ────────────────────────────────────────────────────────

  handleOpen(now: Milliseconds): void {
    this.now = now;
    if (this.connection !== undefined) this.handleClose(now, new Error("another connection took its place"));
    this.timers.clear("sessionExpiry");
    if (this.life.takeExpired(now)) this.#loseSession();
    const { config } = this;
    const { cleanStart } = this.life;
    const connection = new Connection<Context>(config, cleanStart, now, this.traffic);
    this.connection = connection;
    this.timers.set("connack", now + config.timeouts.connack);
    if (config.authenticationMethod === undefined) {
      this.sendConnect(connection, undefined);
    } else {
      connection.authentication = new Authentication(config.authenticationMethod, this.events);
      connection.authentication.begin();
    }
  }

  handleBytes(bytes: Uint8Array, now: Milliseconds): void {
    this.now = now;
    const connection = this.connection;
    if (connection === undefined || connection.isEnding) return;
    this.traffic.handleBytesReceived(bytes.length);
    connection.decoder.push(bytes);
    this.#handlePackets(connection, bytes.length);
  }

  /** Takes what the decoder has. */
  #handlePackets(connection: Connection<Context>, newBytes: number): void {
    const { decoder } = connection;
    const now = this.now;
    try {
      if (connection.isHeld) {
        connection.authentication!.hold(newBytes);
        return;
      }
      let packet = decoder.next();
      if (packet === undefined) connection.keepAlive.handleBytes(newBytes);
      else connection.keepAlive.handleReceived(now);
      while (packet !== undefined) {
        this.traffic.handleReceived(packet);
        this.#handlePacket(packet, connection);
        packet = connection.isEnding || connection.isHeld ? undefined : decoder.next();
      }
      connection.checkAnswersWaiting();
    } catch (error) {
      this.fail(error as Error, connection);
    }
    this.publisher.refill(connection, now); // once for all acknowledgements in the chunk
  }

  handleClose(now: Milliseconds, cause?: Error): void {
    this.now = now;
    const connection = this.connection;
    if (connection === undefined) {
      this.requests.handleOffline(cause);
      return;
    }
    if (!connection.isEnding) {
      const error = new ConnectionLostError(cause?.message ?? describeSilentClose(connection.phase), { cause });
      this.endConnection(connection, "network", error);
    }
    this.publisher.handleConnectionLost(connection);
    this.connection = undefined;
    this.changes?.handleClosed();
    if (connection.negotiated !== undefined) this.life.handleClosed(now);
    if (this.life.takeExpired(now)) this.#loseSession();
    // Somebody waits for these, and is told when their time is over. What else the session holds can wait for the next connection.
    else if (this.publisher.inflightCount > 0) this.timers.set("sessionExpiry", this.life.expiresAt);
  }

  handleTimeout(now: Milliseconds): void {
    this.now = now;
    const connection = this.connection;
    for (const name of this.timers.takeExpired(now)) {
      if (name === "request") {
        this.requests.handleTimeout(now);
        this.armRequests();
      } else if (name === "sessionExpiry") {
        if (this.life.takeExpired(now)) this.#loseSession();
      } else if (connection !== undefined && !connection.isEnding) {
        if (name === "keepAlive") this.#handleKeepAlive(connection);
        else this.#handleSilence(connection, name === "connack" ? "CONNACK" : "AUTH");
      }
    }
    this.publisher.handleTimeout(now, connection); // last: a session that ends puts messages back in the queue
  }

  // ── packets ───────────────────────────────────────────────────────────────────────────────────

  sendConnect(connection: Connection<Context>, authenticationData: Uint8Array | undefined): void {
    // "After a Network Connection is established …, the first packet sent … MUST be a CONNECT packet" [MQTT-3.1.0-1]
    connection.write(
      connectPacket(connection.config, this.clientIdentifier, connection.cleanStart, authenticationData),
    );
    connection.connectWritten = true;
  }

  #handlePacket(packet: Packet, connection: Connection<Context>): void {
    if (connection.phase === "connecting") checkBeforeConnack(packet);
    if (!connection.config.requestProblemInformation) checkProblemInformation(packet);
    switch (packet.type) {
      case "publish":
        this.incoming.handlePublish(connection.aliases.resolve(packet), connection, this.now);
        return;
      case "puback":
        this.publisher.outgoing.handlePuback(packet, connection);
        return;
      case "pubrec":
        this.publisher.outgoing.handlePubrec(packet, connection);
        return;
      case "pubcomp":
        this.publisher.outgoing.handlePubcomp(packet, connection);
        return;
      case "pubrel":
        this.incoming.handlePubrel(packet, connection);
        return;
      case "suback":
        this.requests.handleSuback(packet);
        this.flushRequests();
        return;
      case "unsuback":
        this.requests.handleUnsuback(packet);
        this.flushRequests();
        return;
      case "pingresp":
        connection.keepAlive.handlePingresp(this.now, this.events);
        return;
      case "connack":
        this.#handleConnack(packet, connection);
        return;
      case "disconnect":
        this.#handleDisconnect(packet, connection);
        return;
      case "auth":
        if (connection.authentication === undefined) throw unaskedAuthentication("auth");
        connection.authentication.handleAuth(packet);
        return;
      case "connect":
      case "subscribe":
      case "unsubscribe":
      case "pingreq":
        throw onlyFromClients(packet);
    }
  }

  #handleConnack(packet: ConnackPacket, connection: Connection<Context>): void {
    if (connection.phase !== "connecting") throw secondConnack(connection.config.protocolVersion);
    if (packet.reasonCode !== ReasonCode.success) {
      const shown = withoutSecrets(packet) as ConnackPacket;
      this.endConnection(connection, "server", new ConnectRefusedError(shown), shown);
      return;
    }
    this.life.checkSessionPresent(packet, connection.cleanStart);
    if (connection.authentication !== undefined) {
      connection.authentication.handleConnack(packet);
      connection.isHeld = true;
      return;
    }
    if (packet.properties?.authenticationMethod !== undefined) throw unaskedAuthentication("connack");
    this.#handleAccepted(packet, connection);
  }

  /** The authentication method believes the server: what came after its success goes on. */
  handleVerified(authentication: Authentication<Context>, connection: Connection<Context>): void {
    const connack = authentication.handleVerified();
    this.timers.clear("authentication");
    if (connack === undefined) return;
    connection.isHeld = false;
    this.#handleAccepted(connack, connection);
    this.#handlePackets(connection, 0);
  }

  /** The server has accepted us, and we the server. */
  #handleAccepted(packet: ConnackPacket, connection: Connection<Context>): void {
    const { config } = connection;
    const negotiated = negotiate(config, packet, this.clientIdentifier);
    this.clientIdentifier = negotiated.clientIdentifier;
    const { mayBeNew } = this.life;
    this.life.handleConnected(negotiated, connection.cleanStart);
    connection.handleAccepted(negotiated, this.now);
    this.timers.clear("connack");
    this.armKeepAlive(connection);
    this.events.push({ type: "connected", connack: withoutSecrets(packet) as ConnackPacket, negotiated });
    this.changes?.handleOnline(connection);

    // MQTT 3.1 has no Session Present. There the session is taken to be what we asked for; subscribing once more does no harm.
    const isKnown = config.protocolVersion !== 3;
    const sessionPresent = isKnown ? packet.sessionPresent : !connection.cleanStart;
    if (sessionPresent) {
      if (mayBeNew || !isKnown) this.incoming.handleDoubtful();
      this.publisher.handleSessionResumed(connection);
    } else {
      this.#loseSession();
    }
    this.changes?.handleConnected(negotiated.clientIdentifier);
    const mayBeLost = !sessionPresent || !isKnown || mayBeNew;
    if (config.resubscribe === "always" || (config.resubscribe === "when-session-lost" && mayBeLost)) {
      this.requests.resubscribe();
    }
    this.flushRequests();
  }

  #handleDisconnect(packet: DisconnectPacket, connection: Connection<Context>): void {
    if (connection.config.protocolVersion !== 5) throw onlyFromClients(packet);
    this.endConnection(connection, "server", new ServerDisconnectError(packet), packet);
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────

  /** Ends the connection because of an error; a server that broke the protocol is told so (section 4.13). */
  fail(error: Error, connection: Connection<Context>): void {
    if (connection.isEnding) return;
    const reasonCode = reasonCodeFor(error);
    // 3.x knows no reason to give: there the connection is just closed, and the server may publish the will.
    if (reasonCode !== undefined && connection.config.protocolVersion === 5 && connection.connectWritten) {
      connection.write({ type: "disconnect", reasonCode });
    }
    this.endConnection(connection, reasonCode === undefined ? "network" : "client", error);
  }

  endConnection(
    connection: Connection<Context>,
    by: "client" | "server" | "network",
    error: Error | undefined,
    packet?: DisconnectPacket | ConnackPacket,
  ): void {
    const isUnanswered = connection.phase === "connecting" && packet === undefined && connection.taken !== 0;
    if (isUnanswered) this.life.handleUnanswered();
    connection.phase = "disconnecting";
    this.timers.clear("connack");
    this.timers.clear("authentication");
    this.timers.clear("keepAlive");
    connection.authentication?.handleEnd(
      error ?? new ConnectionLostError("the connection was ended before the server had answered"),
    );
    this.requests.handleConnectionLost(error);
    this.incoming.handleConnectionLost();
    this.events.push({ type: "disconnected", by, error, packet });
    this.failPings(error ?? new ConnectionLostError("the connection ended before the server answered"), connection);
  }

  failPings(error: Error, connection: Connection<Context>): void {
    for (const context of connection.keepAlive.takeContexts()) this.events.push({ type: "failed", context, error });
  }

  /**
   * "If the Client does have Session State and receives Session Present set to 0 it MUST discard its Session State if it
   * continues with the Network Connection" [MQTT-3.2.2-5]; so it does when its time is over.
   */
  #loseSession(): void {
    this.changes?.handleSessionLost();
    this.incoming.handleSessionLost();
    this.publisher.handleSessionLost();
  }

  flushRequests(): void {
    const connection = this.connection;
    if (connection?.phase === "online") this.requests.flush(connection);
    this.armRequests();
  }

  // ── deadlines ─────────────────────────────────────────────────────────────────────────────────

  armRequests(): void {
    const deadline = this.requests.nextDeadline();
    if (deadline === undefined) this.timers.clear("request");
    else this.timers.set("request", deadline);
  }

  armKeepAlive(connection: Connection<Context>): void {
    this.timers.set("keepAlive", connection.keepAlive.nextDeadline());
  }

  /** The server has not answered in time, or the authentication method hasn't. */
  #handleSilence(connection: Connection<Context>, awaited: "CONNACK" | "AUTH"): void {
    const { authentication, config } = connection;
    const asked = authentication?.asked;
    const what = asked === undefined ? awaited : `answer of the authentication method to "${asked.step}"`;
    const error = new TimeoutError(what, config.timeouts.connack);
    const isTheirs = authentication === undefined || what === "CONNACK";
    this.fail(isTheirs ? error : new AuthenticationError(authentication.method, error), connection);
  }

  #handleKeepAlive(connection: Connection<Context>): void {
    try {
      connection.keepAlive.handleTimeout(this.now, connection);
      this.armKeepAlive(connection);
    } catch (error) {
      this.fail(error as Error, connection);
    }
  }
}
