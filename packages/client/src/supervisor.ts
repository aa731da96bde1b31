import { ReasonCode } from "@petrel/codec";
import {
  AuthenticationError,
  ConnectRefusedError,
  type Milliseconds,
  OptionError,
  ServerDisconnectError,
  TimeoutError,
} from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { backoffDelay } from "./backoff.ts";
import { Cancellation, onAbort } from "./cancellation.ts";
import type { Clock, Timer } from "./clock.ts";
import { toError } from "./errors.ts";
import type { ReconnectPolicy } from "./resolved-options.ts";
import type { Outcome } from "./server-list.ts";

export interface SupervisorHandler {
  /** Readies everything for an attempt and says how to open its network connection. */
  prepare(attempt: number): Connector | Promise<Connector>;
  /** Opens a network connection and begins the protocol on it; rejects if there is none to be had. */
  open(connector: Connector, cancellation: Cancellation): Promise<void>;
  onAttempt(attempt: number): void;
  /** An attempt, or a connection, has ended. Returns whether there is another way to try at once. */
  hasAnotherWay(outcome: Outcome): boolean;
  /** The connection that has ended had lasted. */
  onStable(): void;
  /** The application's own policy threw. */
  onPolicyError(error: Error): void;
  /** No network connection could be opened. As for a connection that ended, {@link Supervisor.decide} comes next. */
  onAttemptFailed(error: Error): void;
  onWaiting(attempt: number, delay: Milliseconds, cause: Error): void;
  /** It will not be tried again. */
  onGivenUp(cause: Error): void;
}

/** What happens after a connection, or an attempt, has ended. */
export interface Decision {
  readonly cause: Error;
  /** Milliseconds until the next attempt; undefined: there will be none. */
  readonly retryIn: Milliseconds | undefined;
}

/** A DISCONNECT with one of these would come again: somebody has to change something first. */
const HOPELESS: ReadonlySet<number> = new Set([
  ReasonCode.notAuthorized,
  ReasonCode.banned,
  ReasonCode.badAuthenticationMethod,
  ReasonCode.serverMoved, // and it did not say where, or too often
  ReasonCode.sessionTakenOver, // two clients of one name would take the session from each other for ever
]);

/** How long the application may take to say what is different for an attempt. */
const OPTIONS_TIMEOUT_MS = 30_000;

/** Connects, loses, waits, connects again. It owns the attempts and the timer between them; the protocol is not its business. */
export class Supervisor {
  readonly #policy: ReconnectPolicy;
  /** Undefined: the connector has a deadline of its own. */
  readonly #connectTimeoutMs: Milliseconds | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #handler: SupervisorHandler;

  /** Since the last stable connection: attempts, those that were not made at once, and waits between these. */
  #attempts = 0;
  #rounds = 0;
  #waits = 0;
  /** Whether a connection has stood since `start()`. */
  #everConnected = false;
  #connectedAt: Milliseconds | undefined;
  /** Of the attempt whose network connection does not stand yet. */
  #cancellation: Cancellation | undefined;
  /** Decided and not carried out yet. */
  #next: Decision | undefined;
  #waiting: Timer | undefined;
  #running = false;

  constructor(
    policy: ReconnectPolicy,
    options: {
      readonly connectTimeoutMs: Milliseconds | undefined;
      readonly clock: Clock;
      readonly random: () => number;
    },
    handler: SupervisorHandler,
  ) {
    this.#policy = policy;
    this.#connectTimeoutMs = options.connectTimeoutMs;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#handler = handler;
  }

  /** Whether attempts are being made or a connection is being kept. */
  get running(): boolean {
    return this.#running;
  }

  start(): void {
    this.#running = true;
    this.#attempts = this.#waits = 0;
    this.#rounds = 1;
    this.#everConnected = false;
    this.#connectedAt = undefined;
    this.#next = undefined;
    void this.#try();
  }

  /** Tries at once, as after a connection that lasted. */
  restart(): void {
    this.#running = true;
    this.#connectedAt = undefined;
    this.#attempts = this.#rounds = this.#waits = 0;
    if (this.#cancellation === undefined) this.#tryNow();
  }

  /** Makes no more attempts. Returns whether one was under way that had no network connection yet. */
  stop(reason: Error): boolean {
    this.#running = false;
    this.#next = undefined;
    this.#waiting?.clear();
    this.#waiting = undefined;
    const cancellation = this.#cancellation;
    this.#cancellation = undefined;
    cancellation?.abort(reason);
    return cancellation !== undefined;
  }

  handleConnected(): void {
    this.#everConnected = true;
    this.#connectedAt = this.#clock.now();
  }

  /** A connection, or an attempt, ended with `cause`: decides what comes next. {@link Supervisor.carryOut} does it. */
  decide(cause: Error): Decision {
    const outcome: Outcome = { cause, wasConnected: this.#connectedAt !== undefined };
    this.#noteDuration();
    const retryIn = this.#running ? this.#retryIn(outcome) : undefined;
    const decision: Decision = { cause, retryIn };
    this.#next = this.#running ? decision : undefined;
    this.#running = retryIn !== undefined;
    return decision;
  }

  /** Only a connection that lasted starts anew: one that is dropped right after CONNACK must not loop fast. */
  #noteDuration(): void {
    if (this.#connectedAt === undefined) return;
    const lasted = this.#clock.now() - this.#connectedAt;
    this.#connectedAt = undefined;
    if (lasted < this.#policy.resetAfter) return;
    this.#attempts = this.#rounds = this.#waits = 0;
    this.#handler.onStable();
  }

  #retryIn(outcome: Outcome): Milliseconds | undefined {
    const policy = this.#policy;
    if (!policy.enabled && this.#everConnected) return undefined;
    if (this.#handler.hasAnotherWay(outcome)) return 0;
    const mayRetry = policy.enabled && (this.#everConnected || policy.retryInitial);
    const retry = mayRetry && !isHopeless(outcome.cause) && this.#rounds < policy.maximumAttempts;
    const delay = retry ? backoffDelay(this.#waits + 1, policy, this.#random()) : undefined;
    const retryIn = policy.decide === undefined ? delay : this.#ask(policy.decide, outcome.cause, delay);
    if (retryIn !== undefined) {
      this.#waits++;
      this.#rounds++;
    }
    return retryIn;
  }

  /** What the application's own policy says. */
  #ask(decide: NonNullable<ReconnectPolicy["decide"]>, cause: Error, delay: Milliseconds | undefined) {
    try {
      const decided = decide({ attempt: this.#attempts, cause, delay });
      if (decided === undefined) return delay;
      if (decided === "stop") return undefined;
      if (decided >= 0) return decided;
      throw new OptionError("reconnect.decide", decided, 'it must return 0 or more milliseconds, "stop" or undefined');
    } catch (error) {
      this.#handler.onPolicyError(toError(error));
      return delay;
    }
  }

  /** Tries now, if it waits for the next attempt, or is about to. */
  hurry(): void {
    if (this.#waiting !== undefined || this.#next?.retryIn !== undefined) this.#tryNow();
  }

  #tryNow(): void {
    this.#next = undefined;
    this.#waiting?.clear();
    this.#waiting = undefined;
    void this.#try();
  }

  /** Does what was decided, unless `stop()` or `start()` came in between. */
  carryOut(decision: Decision): void {
    if (decision !== this.#next) return;
    this.#next = undefined;
    const { cause, retryIn } = decision;
    if (retryIn === undefined) {
      this.#handler.onGivenUp(cause);
      return;
    }
    this.#waiting = this.#clock.timer(this.#clock.now() + retryIn, () => {
      this.#waiting = undefined;
      void this.#try();
    });
    this.#handler.onWaiting(this.#attempts + 1, retryIn, cause);
  }

  async #try(): Promise<void> {
    this.#attempts++;
    const cancellation = new Cancellation();
    this.#cancellation = cancellation;
    let deadline: Timer | undefined;
    try {
      this.#handler.onAttempt(this.#attempts);
      if (this.#cancellation !== cancellation) return; // a listener has stopped it
      const prepared = this.#handler.prepare(this.#attempts);
      const connector = typeof prepared === "function" ? prepared : await this.#options(prepared, cancellation);
      deadline = this.#startDeadline("network connection", this.#connectTimeoutMs, cancellation);
      await this.#handler.open(connector, cancellation);
      if (this.#cancellation === cancellation) this.#cancellation = undefined;
    } catch (failure) {
      if (this.#cancellation !== cancellation) return; // stopped meanwhile
      this.#cancellation = undefined;
      this.#handler.onAttemptFailed(toError(failure));
    } finally {
      deadline?.clear();
    }
  }

  /** The application's options for the attempt: it may be slow, or never answer. */
  async #options(prepared: Promise<Connector>, cancellation: Cancellation): Promise<Connector> {
    const deadline = this.#startDeadline("answer of optionsForAttempt", OPTIONS_TIMEOUT_MS, cancellation);
    try {
      return await new Promise<Connector>((resolve, reject) => {
        onAbort(cancellation, reject);
        prepared.then(resolve, reject);
      });
    } finally {
      deadline?.clear();
    }
  }

  #startDeadline(what: string, afterMs: number | undefined, cancellation: Cancellation): Timer | undefined {
    if (afterMs === undefined || afterMs === 0) return undefined;
    return this.#clock.timer(this.#clock.now() + afterMs, () => {
      cancellation.abort(new TimeoutError(what, afterMs));
    });
  }
}

function isHopeless(error: Error): boolean {
  if (error instanceof ConnectRefusedError || error instanceof AuthenticationError) return !error.retryable;
  return error instanceof ServerDisconnectError && HOPELESS.has(error.reasonCode);
}
