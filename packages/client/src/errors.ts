import { MqttError } from "@petrel/codec";

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
