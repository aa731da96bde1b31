import { ReasonCode, type UserProperty } from "@petrel/codec";
import type { Dispatch } from "@petrel/session";
import { Deferred } from "./deferred.ts";

/** What became of a message that was published. */
export interface PublishResult {
  /** The server's answer; 0 for QoS 0, which has none. */
  readonly reasonCode: number;
  /** 5.0: why, in the server's words. */
  readonly reasonString: string | undefined;
  /** 5.0: what else the server said. */
  readonly userProperties: readonly UserProperty[] | undefined;
  /** Undefined for QoS 0. */
  readonly packetIdentifier: number | undefined;
}

/** All that there is to say about a QoS 0 message: nobody answers. */
export const WRITTEN: PublishResult = Object.freeze({
  reasonCode: ReasonCode.success,
  reasonString: undefined,
  userProperties: undefined,
  packetIdentifier: undefined,
});
const written = /* @__PURE__ */ Promise.resolve(WRITTEN);

/** queued: accepted, not sent. inflight: sent, and the answer is awaited. settled: acknowledged (QoS 0: written). failed: it never will be. */
export type PublicationState = "queued" | "inflight" | "settled" | "failed";

/** Takes messages back. */
export interface PublicationOwner {
  /** Returns false if it is too late. */
  cancel(publication: Publication): boolean;
}

/**
 * A message on its way. Await it for the server's acknowledgement (QoS 0: for its bytes to be handed to the network);
 * leave it, and a failure is an "error" event. The promise is made only when somebody asks for it: one per message
 * would halve the rate.
 */
export class Publication implements PromiseLike<PublishResult> {
  /** Where the message goes. */
  readonly topic: string;
  /** @internal When it was published. */
  publishedAt = 0;
  /** @internal Where the message is in the session; undefined if it was not accepted. */
  dispatch: Dispatch | undefined = undefined;
  readonly #owner: PublicationOwner;
  #state: "pending" | "settled" | "failed" = "pending";
  /** Settled: the result. Failed: the error. One field, for every field is paid for by every message. */
  #outcome: PublishResult | Error | undefined = undefined;
  #awaited: Deferred<PublishResult> | undefined = undefined;
  #onEnd: (() => void) | undefined = undefined;

  /** @internal */
  constructor(topic: string, owner: PublicationOwner) {
    this.topic = topic;
    this.#owner = owner;
  }

  /** Where it is on its way. */
  get state(): PublicationState {
    if (this.#state !== "pending") return this.#state;
    return this.dispatch === undefined || this.dispatch.state === "queued" ? "queued" : "inflight";
  }

  /** The number that the message has on the wire; undefined until it is sent, and for QoS 0. */
  get packetIdentifier(): number | undefined {
    const answered = this.#state === "settled" ? (this.#outcome as PublishResult).packetIdentifier : undefined;
    return answered ?? this.dispatch?.packetIdentifier;
  }

  /** Whether the outcome is known. */
  get settled(): boolean {
    return this.#state !== "pending";
  }

  /** Why it failed. */
  get error(): Error | undefined {
    return this.#state === "failed" ? (this.#outcome as Error) : undefined;
  }

  /** Whether somebody waits for the outcome, and so will hear of a failure. */
  get isAwaited(): boolean {
    return this.#awaited !== undefined;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- awaitable is what it is for
  then<Fulfilled = PublishResult, Rejected = never>(
    onFulfilled?: ((result: PublishResult) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((error: Error) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    const promise = this.#outcome === WRITTEN ? written : (this.#awaited ??= this.#await()).promise;
    return promise.then(onFulfilled, onRejected);
  }

  /** As of a promise. */
  catch<Rejected = never>(
    onRejected?: ((error: Error) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<PublishResult | Rejected> {
    return this.then(undefined, onRejected);
  }

  /** As of a promise. */
  finally(onFinally?: (() => void) | null): Promise<PublishResult> {
    return this.then().finally(onFinally);
  }

  /** Takes the message back if it was not sent yet: it fails with AbortedError. Returns false if it is too late. */
  cancel(): boolean {
    return this.#owner.cancel(this);
  }

  /** @internal */
  settle(result: PublishResult): void {
    if (this.#state !== "pending") return;
    this.#state = "settled";
    this.#outcome = result;
    this.#awaited?.resolve(result);
    this.#onEnd?.();
  }

  /** @internal Returns false if the outcome was known already. */
  fail(error: Error): boolean {
    if (this.#state !== "pending") return false;
    this.#state = "failed";
    this.#outcome = error;
    this.#awaited?.reject(error);
    this.#onEnd?.();
    return true;
  }

  /** @internal Runs when the outcome is known; for the timer and the signal that came with the call. */
  onEnd(run: () => void): void {
    this.#onEnd = run;
  }

  #await(): Deferred<PublishResult> {
    const awaited = new Deferred<PublishResult>();
    if (this.#state === "settled") awaited.resolve(this.#outcome as PublishResult);
    else if (this.#state === "failed") awaited.reject(this.#outcome as Error);
    return awaited;
  }
}
