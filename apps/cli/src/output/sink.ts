/** Where output goes. */
export interface Sink {
  /** Aborted when it takes no more. */
  readonly closed: AbortSignal;
  /** Writes all parts at once. Resolves with true when there is room for more, with false when `end` comes first. */
  write(parts: readonly Uint8Array[], end: AbortSignal): Promise<boolean>;
}
