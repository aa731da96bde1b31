/**
 * One connection that carries bytes in order, both ways. It knows nothing of MQTT.
 *
 * A {@link Connector} opens it and gives it the one {@link TransportHandler} it talks to. No method throws, and each may
 * be called at any time, also from inside a handler's method and after the connection is gone.
 */
export interface Transport {
  /**
   * Sends bytes after all those sent before.
   *
   * The transport owns `bytes` from now on: whoever wrote them never changes them again. The transport neither changes
   * nor copies them.
   *
   * Returns `true` while more may be written at once. `false` means that enough is waiting: these bytes are not lost,
   * but write no more before {@link TransportHandler.onDrain}. After {@link close}, {@link destroy} or the end of the
   * connection, it does nothing and returns `false`, and no `onDrain` follows.
   */
  write(bytes: Uint8Array): boolean;

  /**
   * Stops `onData`: none is called after `pause()` has returned, until {@link resume}. What arrives meanwhile is held
   * back, and once the buffers on the way are full the peer's `write` returns `false`.
   *
   * The peer's end comes after its data, so a paused transport does not see it: a transport that is closed while paused
   * calls `onClose` only after `resume()` or {@link destroy}.
   */
  pause(): void;

  /** Continues after {@link pause}; `onData` is never called from inside. */
  resume(): void;

  /**
   * Ends this side politely: sends what was written, then tells the peer that no more follows. The peer's bytes still
   * arrive until it ends its side too; then `onClose()` is called, without a cause.
   *
   * It has no deadline of its own: call {@link destroy} when yours has passed.
   */
  close(): void;

  /**
   * Ends the connection now. What was not sent yet is lost. After it has returned, the handler hears `onClose(cause)`
   * and nothing else; a second call, or one after the connection is gone, does nothing.
   */
  destroy(cause?: Error): void;

  /** Bytes written that the transport still holds: not yet taken by the network (or, in memory, by the peer). */
  readonly bufferedBytes: number;
}

/**
 * What a connection tells its owner. No method is called from inside a call to the {@link Transport}, and none before
 * the connector's promise has resolved. Nothing catches what these methods throw.
 */
export interface TransportHandler {
  /**
   * Bytes from the peer, at least one, after all those before. The transport never changes or reuses them, so views of
   * them may be kept for ever; they are read-only for the handler too.
   */
  onData(bytes: Uint8Array): void;

  /** `write` returned `false` earlier, and what was waiting then has been sent: write again. */
  onDrain(): void;

  /**
   * The connection is over. Called exactly once, and last.
   *
   * Without a cause: both sides ended politely. The peer's end also ends this side: what was written before is sent, and
   * then this is called. With one: what went wrong (as a rule a `TransportError`), or the cause given to
   * {@link Transport.destroy}, which is passed on as it is.
   */
  onClose(cause?: Error): void;
}

/**
 * Opens one connection and resolves when it carries bytes. Each call opens another one.
 *
 * Rejects with a `TransportError` that names the stage which failed; then the handler was not and will not be called,
 * and nothing is left open. The same happens when `signal` is aborted before the connection stands; afterwards the
 * signal is forgotten. Await the connector directly: the handler may be called as soon as the promise jobs that follow
 * from its resolution have run.
 */
export type Connector = (handler: TransportHandler, signal?: Signal) => Promise<Transport>;

/** The part of the platform's `AbortSignal` that transports use; every `AbortSignal` is one. */
export interface Signal {
  /** It is too late. */
  readonly aborted: boolean;
  /** Why it was aborted; becomes the error's `cause`. */
  readonly reason: unknown;
  /** Calls back when it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Calls back no more. */
  removeEventListener(type: "abort", listener: () => void): void;
}
