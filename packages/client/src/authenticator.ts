import type { Challenge, MqttSession } from "@petrel/session";
import type { Clock } from "./clock.ts";
import { toError } from "./errors.ts";

/**
 * An enhanced authentication method of MQTT 5.0 (section 4.12). All of it may be asynchronous, and what throws or rejects
 * ends the connection with an AuthenticationError, whose cause it is; an error with `retryable: false` stops reconnecting.
 *
 * Each exchange begins with `initial()`: a connection that is lost in the middle has no other end.
 */
export interface AuthenticationMethod {
  /** As the server knows it, as in "SCRAM-SHA-256". */
  readonly method: string;
  /** The data of CONNECT, or of the AUTH that begins to re-authenticate. */
  initial(): AuthenticationAnswer | PromiseLike<AuthenticationAnswer>;
  /** The answer to the server's data; undefined: it sent none. */
  respond(challenge: Uint8Array | undefined): AuthenticationAnswer | PromiseLike<AuthenticationAnswer>;
  /** Throws unless the server's last data, with its success, proves that it is who it should be. Default: believe it. */
  verify?(data: Uint8Array | undefined): void | PromiseLike<void>;
}

/** Authentication Data; undefined: none is sent. */
export type AuthenticationAnswer = Uint8Array | undefined | void;

/** What the authenticator needs of its client. */
export interface AuthenticatorHost {
  readonly session: Pick<MqttSession, "authenticate" | "refuseChallenge">;
  readonly clock: Clock;
  /** Is told when the session has something to send, or to tell. */
  readonly driver: { wake(): void };
}

/** Asks the authentication method of a connection what the session wants to know. */
export class Authenticator {
  readonly #host: AuthenticatorHost;
  readonly #method: AuthenticationMethod;

  constructor(host: AuthenticatorHost, method: AuthenticationMethod) {
    this.#host = host;
    this.#method = method;
  }

  handleChallenge(challenge: Challenge): void {
    try {
      const answer = this.#ask(challenge);
      if (isThenable(answer)) this.#await(answer, challenge);
      else this.#answer(challenge, answer);
    } catch (error) {
      this.#refuse(challenge, error);
    }
  }

  #ask({ step, data }: Challenge): AuthenticationAnswer | PromiseLike<AuthenticationAnswer> {
    const method = this.#method;
    switch (step) {
      case "initial":
        return method.initial();
      case "respond":
        return method.respond(data);
      case "verify":
        return method.verify?.(data);
    }
  }

  #await(answer: PromiseLike<AuthenticationAnswer>, challenge: Challenge): void {
    answer.then(
      (data) => this.#answer(challenge, data),
      (error: unknown) => this.#refuse(challenge, error),
    );
  }

  #answer(challenge: Challenge, data: AuthenticationAnswer): void {
    try {
      this.#host.session.authenticate(challenge, data ?? undefined, this.#host.clock.now());
      this.#host.driver.wake();
    } catch (error) {
      this.#refuse(challenge, error); // more data than a packet can carry
    }
  }

  #refuse(challenge: Challenge, error: unknown): void {
    this.#host.session.refuseChallenge(challenge, toError(error), this.#host.clock.now());
    this.#host.driver.wake();
  }
}

function isThenable(
  answer: AuthenticationAnswer | PromiseLike<AuthenticationAnswer>,
): answer is PromiseLike<AuthenticationAnswer> {
  return typeof (answer as { readonly then?: unknown } | undefined)?.then === "function";
}
