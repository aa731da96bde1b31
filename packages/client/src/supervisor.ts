import { ReasonCode } from "@petrel/codec";
import { ConnectRefusedError, type Milliseconds, ServerDisconnectError, TimeoutError } from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { backoffDelay } from "./backoff.ts";
import { Cancellation } from "./cancellation.ts";
import type { Clock, Timer } from "./clock.ts";
import { toError } from "./errors.ts";
import type { ReconnectPolicy } from "./options.ts";

export interface SupervisorHandler {
  /** Opens a network connection and begins the protocol on it; rejects if there is none to be had. */
  open(connector: Connector, cancellation: Cancellation): Promise<void>;
  onAttempt(attempt: number): void;
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
  ReasonCode.sessionTakenOver, // two clients of one name would take the session from each other for ever
]);

/** Connects, loses, waits, connects again. It owns the attempts and the timer between them; the protocol is not its business. */
export class Supervisor {
  readonly #connector: Connector;
  readonly #policy: ReconnectPolicy;
  /** Undefined: the connector has a deadline of its own. */
  readonly #connectTimeoutMs: Milliseconds | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #handler: SupervisorHandler;

  /** Attempts since the last stable connection, and waits between them. */
  #attempts = 0;
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
    connector: Connector,
    policy: ReconnectPolicy,
    options: {
      readonly connectTimeoutMs: Milliseconds | undefined;
      readonly clock: Clock;
      readonly random: () => number;
    },
    handler: SupervisorHandler,
  ) {
    this.#connector = connector;
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
    this.#everConnected = false;
    this.#connectedAt = undefined;
    this.#next = undefined;
    void this.#try();
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
    const policy = this.#policy;
    if (this.#connectedAt !== undefined) {
      // Only a connection that lasted starts anew: one that is dropped right after CONNACK must not loop fast.
      if (this.#clock.now() - this.#connectedAt >= policy.resetAfter) this.#attempts = this.#waits = 0;
      this.#connectedAt = undefined;
    }
    const mayRetry = policy.enabled && (this.#everConnected || policy.retryInitial);
    const retry = this.#running && mayRetry && !isHopeless(cause) && this.#attempts < policy.maximumAttempts;
    const retryIn = retry ? backoffDelay(++this.#waits, policy, this.#random()) : undefined;
    const decision: Decision = { cause, retryIn };
    this.#next = this.#running ? decision : undefined;
    this.#running = retry;
    return decision;
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
    const deadline = this.#startDeadline(cancellation);
    try {
      this.#handler.onAttempt(this.#attempts);
      await this.#handler.open(this.#connector, cancellation);
      if (this.#cancellation === cancellation) this.#cancellation = undefined;
    } catch (failure) {
      if (this.#cancellation !== cancellation) return; // stopped meanwhile
      this.#cancellation = undefined;
      this.#handler.onAttemptFailed(toError(failure));
    } finally {
      deadline?.clear();
    }
  }

  #startDeadline(cancellation: Cancellation): Timer | undefined {
    const afterMs = this.#connectTimeoutMs;
    if (afterMs === undefined || afterMs === 0) return undefined;
    return this.#clock.timer(this.#clock.now() + afterMs, () => {
      cancellation.abort(new TimeoutError("network connection", afterMs));
    });
  }
}

function isHopeless(error: Error): boolean {
  if (error instanceof ConnectRefusedError) return !error.retryable;
  return error instanceof ServerDisconnectError && HOPELESS.has(error.reasonCode);
}
