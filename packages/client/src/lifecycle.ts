import type { ConnackPacket } from "@petrel/codec";
import { type Milliseconds, type MqttSession, type Negotiated, NotConnectedError } from "@petrel/session";
import type { Connector, Signal } from "@petrel/transport";
import type { Approach, Way } from "./approach.ts";
import { type Cancellation, onAbort } from "./cancellation.ts";
import type { ClientEmitter } from "./client-emitter.ts";
import type { Clock } from "./clock.ts";
import type { Context } from "./context.ts";
import { Deferred } from "./deferred.ts";
import type { Driver } from "./driver.ts";
import { AbortedError, ClientClosedError } from "./errors.ts";
import type { ClientEvents, ClientState } from "./events.ts";
import type { ReconnectPolicy } from "./resolved-options.ts";
import type { Publisher } from "./publisher.ts";
import type { disconnectRequest } from "./requests.ts";
import type { Outcome } from "./server-list.ts";
import { Supervisor, type SupervisorHandler } from "./supervisor.ts";

/** What the "disconnected" event says, before it is decided what comes next. */
type Ending = Pick<ClientEvents["disconnected"], "by" | "cause" | "packet">;

/** The parts of a client that its connections come and go with. */
export interface LifecycleHost {
  readonly session: MqttSession<Context>;
  readonly driver: Driver<Context>;
  readonly publisher: Publisher;
  readonly approach: Approach;
  readonly events: ClientEmitter;
  readonly clock: Clock;
  /** The next connection goes this way. */
  take(way: Way): Connector;
  /** CONNACK came. `isAsked`: somebody waits in `connect()`. */
  onConnected(connection: Negotiated, isAsked: boolean): void;
  /** Whoever waits for anything but a connection is told why it will not come. */
  failWaiting(error: Error): void;
}

/**
 * From `connect()` to "closed": what state a client is in, when it makes another attempt, and who is told what when it
 * makes none. Each "connecting" is followed by exactly one "disconnected", with at most one "connected" in between.
 */
export class Lifecycle implements SupervisorHandler {
  readonly #host: LifecycleHost;
  readonly #supervisor: Supervisor;

  #state: ClientState = "offline";
  /** Why no more attempts are made: until `connect()`, everything fails with this. */
  #givenUp: Error | undefined;
  /** Why no commands are taken, once closed. */
  #closedBecause: Error | undefined;
  #connecting: Deferred<void> | undefined;
  /** The end under way, until "closed" was told. */
  #closing: Promise<void> | undefined;
  /** Calls that end the client so far: a `connect()` that waits for one end must not outlive the next. */
  #ends = 0;
  #lastConnection: Negotiated | undefined;
  #connections = 0;

  constructor(
    host: LifecycleHost,
    policy: ReconnectPolicy,
    options: { readonly connectTimeoutMs: number | undefined; readonly random: () => number },
  ) {
    this.#host = host;
    this.#supervisor = new Supervisor(policy, { ...options, clock: host.clock }, this);
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Calls of `disconnect()` and `destroy()` so far. */
  get ends(): number {
    return this.#ends;
  }

  /** What the last CONNACK settled. */
  get lastConnection(): Negotiated | undefined {
    return this.#lastConnection;
  }

  /** Connections that got as far as CONNACK. */
  get connections(): number {
    return this.#connections;
  }

  /** Throws unless commands are taken. */
  requireOpen(): void {
    if (this.#state === "closed") throw new ClientClosedError();
    if (this.#givenUp !== undefined) throw this.#givenUp;
  }

  /** That the connection ended before a QoS 0 message was sent is nobody's fault but ours if we closed the client. */
  blame(error: Error): Error {
    return error instanceof NotConnectedError && this.#state === "closed" ? this.#closedBecause! : error;
  }

  // ── connecting ────────────────────────────────────────────────────────────────────────────────

  async connect(signal: Signal | undefined): Promise<void> {
    if (this.#closing !== undefined) await this.#untilClosed();
    if (this.#state === "online") return;
    if (signal?.aborted === true) throw new AbortedError("connecting", signal.reason);
    const connecting = (this.#connecting ??= new Deferred());
    const forget = onAbort(signal, (reason) => this.#giveUp(new AbortedError("connecting", reason)));
    if (!this.#supervisor.running) {
      this.#state = "connecting";
      this.#givenUp = undefined;
      this.#supervisor.start();
    }
    try {
      await connecting.promise;
    } finally {
      forget();
    }
  }

  async reconnect(signal: Signal | undefined): Promise<void> {
    const { session, driver, clock } = this.#host;
    if (this.#state === "online") {
      const ends = this.#ends;
      session.disconnect({}, clock.now());
      this.#state = "reconnecting";
      await driver.told();
      if (this.#ends !== ends) throw new ClientClosedError("the client was closed before it was connected again");
      if (this.#supervisor.running) this.#supervisor.restart();
    } else {
      this.hurry();
    }
    await this.connect(signal);
  }

  /** Tries now, if it waits for the next attempt. */
  hurry(): void {
    this.#supervisor.hurry();
  }

  handleConnected(connack: ConnackPacket, connection: Negotiated): void {
    if (!this.#supervisor.running) return; // ended by a listener, when CONNACK was here already
    const { approach, events } = this.#host;
    this.#state = "online";
    this.#supervisor.handleConnected();
    approach.handleConnected();
    this.#lastConnection = connection;
    this.#connections++;
    this.#host.onConnected(connection, this.#connecting !== undefined);
    const { sessionPresent } = connack;
    events.emit("connected", { sessionPresent, connection, packet: connack, server: approach.server });
    this.#connecting?.resolve();
    this.#connecting = undefined;
  }

  /** A connection, or an attempt to make one, has ended; without a cause, because the application wanted it. */
  handleEnded({ by, cause, packet }: Ending): void {
    const { approach, events } = this.#host;
    const { server } = approach;
    if (cause === undefined) {
      const asked = { by, reasonCode: undefined, packet, cause, server, willReconnectIn: undefined };
      events.emit("disconnected", asked);
      return;
    }
    const decision = this.#supervisor.decide(cause);
    const { retryIn } = decision;
    if (this.#state !== "closed") this.#state = retryIn === undefined ? "offline" : "reconnecting";
    const reasonCode = packet?.reasonCode;
    events.emit("disconnected", { by, reasonCode, packet, cause, server, willReconnectIn: retryIn });
    this.#supervisor.carryOut(decision);
  }

  /** The application does not want to be connected any more. */
  #giveUp(error: Error): void {
    if (!this.#supervisor.running) return;
    this.#stopConnecting(error);
    this.onGivenUp(error);
    this.#host.driver.destroy(error);
  }

  #stopConnecting(error: Error): void {
    const attempting = this.#supervisor.stop(error);
    if (attempting && this.#host.session.phase === "offline") {
      this.handleEnded({ by: "client", cause: undefined, packet: undefined });
    }
  }

  /** Whoever waits for anything is told why it will not come. A connection there is ends without a word. */
  #failAll(error: Error): void {
    this.#host.session.abandon(error);
    this.#host.failWaiting(error);
    this.#connecting?.reject(error);
    this.#connecting = undefined;
    this.#host.driver.wake();
  }

  // ── what the supervisor says and asks ─────────────────────────────────────────────────────────

  onAttempt(attempt: number): void {
    this.#host.events.emit("connecting", { attempt });
  }

  prepare(attempt: number): Connector | Promise<Connector> {
    const way = this.#host.approach.next(attempt);
    return way instanceof Promise ? way.then((asked) => this.#host.take(asked)) : this.#host.take(way);
  }

  open(connector: Connector, cancellation: Cancellation): Promise<void> {
    return this.#host.driver.open(connector, cancellation);
  }

  onAttemptFailed(cause: Error): void {
    this.handleEnded({ by: "network", cause, packet: undefined });
  }

  hasAnotherWay(outcome: Outcome): boolean {
    return this.#host.approach.handleEnded(outcome);
  }

  onStable(): void {
    this.#host.approach.handleStable();
  }

  onPolicyError(error: Error): void {
    this.#host.events.reportError(error);
  }

  onWaiting(attempt: number, delay: Milliseconds, cause: Error): void {
    this.#host.events.emit("reconnecting", { attempt, delay, cause });
  }

  /** Whoever waits for anything is told why. */
  onGivenUp(cause: Error): void {
    this.#state = "offline";
    this.#givenUp = cause;
    if (this.#connecting === undefined) this.#host.events.reportError(cause);
    this.#failAll(cause);
  }

  // ── the end ───────────────────────────────────────────────────────────────────────────────────

  async disconnect(request: ReturnType<typeof disconnectRequest>, drain: number): Promise<void> {
    this.#ends++;
    this.#host.publisher.limitIdle(drain); // asked again: the sooner end counts
    if (this.#state !== "closed") this.#closing ??= this.#disconnect(request, drain);
    await this.#closing;
    // Streams that were made since the end are for a connection that is not wanted now.
    if (this.#state === "closed") this.#host.failWaiting(this.#closedBecause!);
  }

  destroy(cause: Error | undefined): void {
    this.#ends++;
    const error = cause ?? new ClientClosedError("the client was destroyed before this was done");
    if (this.#state !== "closed") {
      this.#close(error);
      this.#closing ??= this.#finish(error);
    }
    this.#failAll(error);
    this.#host.publisher.stopWaitingForIdle();
    this.#host.driver.destroy(cause);
  }

  async #disconnect(request: ReturnType<typeof disconnectRequest>, drain: number): Promise<void> {
    const { session, publisher, clock } = this.#host;
    if (drain > 0 && !publisher.isIdle && this.#supervisor.running) await publisher.idle(drain);
    const error = new ClientClosedError("the client was disconnected before this was done");
    if (this.#state !== "closed") {
      session.disconnect(request, clock.now());
      this.#close(error);
    }
    await this.#finish(error);
  }

  /** No more attempts, and no more commands. */
  #close(error: Error): void {
    this.#state = "closed";
    this.#closedBecause = error;
    this.#givenUp = undefined;
    this.#stopConnecting(error);
  }

  /** Waits until the connection is gone, tells everybody who still waits, and rests. */
  async #finish(error: Error): Promise<void> {
    const { driver, publisher, events } = this.#host;
    await driver.told();
    await driver.closed();
    this.#failAll(error);
    await driver.told();
    await publisher.told();
    this.#closing = undefined;
    events.emit("closed", undefined);
  }

  async #untilClosed(): Promise<void> {
    const ends = this.#ends;
    await this.#closing;
    if (this.#ends !== ends) throw new ClientClosedError("the client was closed again before it was connected");
  }
}
