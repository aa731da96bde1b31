import { MqttError, reasonText } from "@petrel/codec";
import type { FilterFailure } from "@petrel/session";

/** The client was closed, by you, before this could be done. Call `connect()` to use it again. */
export class ClientClosedError extends MqttError {
  override readonly name = "ClientClosedError";
  override readonly code = "PETREL_CLIENT_CLOSED";

  constructor(message = "the client is closed; call connect() first") {
    super(message);
  }
}

/** You gave up waiting, through the `signal` of the call. Its reason is the `cause`. */
export class AbortedError extends MqttError {
  override readonly name = "AbortedError";
  override readonly code = "PETREL_ABORTED";

  constructor(what: string, reason: unknown) {
    super(`${what} was aborted`, { cause: reason });
  }
}

/** The server took the request, and knows of nobody who subscribes to its topic: no reply will come. */
export class NoResponderError extends MqttError {
  override readonly name = "NoResponderError";
  override readonly code = "PETREL_NO_RESPONDER";

  constructor(topic: string) {
    super(`nobody subscribes to "${topic}", so no reply will come; is the responder running?`);
  }
}

/** The server lost the session and did not grant the subscription again: its iteration ends with this. */
export class SubscriptionLostError extends MqttError {
  override readonly name = "SubscriptionLostError";
  override readonly code = "PETREL_SUBSCRIPTION_LOST";
  /** The filters that were not granted, with the server's reason codes. */
  readonly failures: readonly FilterFailure[];

  constructor(failures: readonly FilterFailure[]) {
    const why = failures.map(({ topicFilter, reasonCode }) => `"${topicFilter}" ${reasonText(reasonCode)}`).join(", ");
    super(`the server did not grant the subscription again after it had lost the session: ${why}`);
    this.failures = failures;
  }
}

/**
 * A consumer makes no progress, and others feel it: its buffer is full, or a message was not acknowledged and
 * acknowledgements of later messages wait for it. An "error" event.
 */
export class ConsumerStalledError extends MqttError {
  override readonly name = "ConsumerStalledError";
  override readonly code = "PETREL_CONSUMER_STALLED";
  /** Milliseconds that were waited. */
  readonly afterMs: number;
  /** Of the message that was not acknowledged, if that is what others wait for. */
  readonly topic: string | undefined;

  constructor(message: string, afterMs: number, topic?: string) {
    super(message);
    this.afterMs = afterMs;
    this.topic = topic;
  }
}

/** What was thrown, as an error: strings and the like are thrown too. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
