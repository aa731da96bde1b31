import { ConnectRefusedError, type Milliseconds, TimeoutError } from "@petrel/session";
import type { Connector } from "@petrel/transport";
import { backoffDelay } from "./backoff.ts";
import { Cancellation } from "./cancellation.ts";
import type { Clock, Timer } from "./clock.ts";
import type { ReconnectPolicy } from "./options.ts";

export interface SupervisorHandler {
  /** Opens a network connection and begins the protocol on it; rejects if there is none to be had. */
  open(connector: Connector, cancellation: Cancellation): Promise<void>;
  onAttempt(attempt: number): void;
  /** No network connection could be opened. */
  onAttemptFailed(error: Error, decision: Decision): void;
  onWaiting(attempt: number, delay: Milliseconds, cause: Error | undefined): void;
  /** It will not be tried again. */
  onGivenUp(cause: Error): void;
}

/** What happens after a connection ended: another attempt after a delay, or none. */
export type Decision = { readonly retryIn: Milliseconds } | { readonly giveUp: true };

/** Connects, loses, waits, connects again. It owns the attempts and the timer between them; the protocol is not its business. */
export class Supervisor {
  readonly #connector: Connector;
  readonly #policy: ReconnectPolicy;
  /** Undefined: the connector has deadlines of its own. */
  readonly #connectTimeoutMs: Milliseconds | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #handler: SupervisorHandler;

  /** Attempts since the last stable connection. */
  #attempt = 0;
  /** Whether a connection has stood since `start()`. */
  #everConnected = false;
  #connectedAt: Milliseconds | undefined;
  #cancellation: Cancellation | undefined;
  #waiting: Timer | undefined;
  #running = false;

  constructor(
    connector: Connector,
    policy: ReconnectPolicy,
    options: { readonly connectTimeoutMs: Milliseconds | undefined; readonly clock: Clock; readonly random: () => number },
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
    this.#attempt = 0;
    this.#everConnected = false;
    void this.#try();
  }

  /** Makes no more attempts; cancels the one that is under way. */
  stop(reason: unknown): void {
    this.#running = false;
    this.#waiting?.clear();
    this.#waiting = undefined;
    this.#cancellation?.abort(reason);
    this.#cancellation = undefined;
  }

  handleConnected(): void {
    this.#everConnected = true;
    this.#connectedAt = this.#clock.now();
  }

  /** A connection, or an attempt, ended with `error`: decides what comes next. Call {@link Supervisor.carryOut} to do it. */
  decide(error: Error | undefined): Decision {
    const policy = this.#policy;
    if (this.#connectedAt !== undefined) {
      // Only a connection that lasted starts the delays anew: one that is dropped right after CONNACK must not loop fast.
      if (this.#clock.now() - this.#connectedAt >= policy.resetAfter) this.#attempt = 0;
      this.#connectedAt = undefined;
    }
    const hopeless = error instanceof ConnectRefusedError && !error.retryable;
    const mayRetry = policy.enabled && (this.#everConnected || policy.retryInitial);
    if (!this.#running || hopeless || !mayRetry || this.#attempt >= policy.maximumAttempts) return { giveUp: true };
    return { retryIn: backoffDelay(this.#attempt + 1, policy, this.#random()) };
  }

  carryOut(decision: Decision, error: Error | undefined): void {
    if ("giveUp" in decision) {
      if (!this.#running) return;
      this.#running = false;
      this.#handler.onGivenUp(error ?? new Error("the connection ended"));
      return;
    }
    this.#handler.onWaiting(this.#attempt + 1, decision.retryIn, error);
    this.#waiting = this.#clock.timer(this.#clock.now() + decision.retryIn, () => {
      this.#waiting = undefined;
      void this.#try();
    });
  }

  async #try(): Promise<void> {
    this.#attempt++;
    const cancellation = new Cancellation();
    this.#cancellation = cancellation;
    const timer = this.#startDeadline(cancellation);
    try {
      this.#handler.onAttempt(this.#attempt);
      await this.#handler.open(this.#connector, cancellation);
    } catch (failure) {
      if (this.#cancellation !== cancellation) return; // stopped meanwhile
      const error = cancellation.aborted ? (cancellation.reason as Error) : (failure as Error);
      const decision = this.decide(error);
      this.#handler.onAttemptFailed(error, decision);
      this.carryOut(decision, error);
    } finally {
      timer?.clear();
    }
  }

  #startDeadline(cancellation: Cancellation): Timer | undefined {
    const afterMs = this.#connectTimeoutMs;
    if (afterMs === undefined) return undefined;
    return this.#clock.timer(this.#clock.now() + afterMs, () => {
      cancellation.abort(new TimeoutError("network connection", afterMs));
    });
  }
}
