/** How long to wait before which attempt. */
export interface BackoffOptions {
  /** Milliseconds before the first new attempt, at most. */
  readonly initialDelay: number;
  /** Milliseconds; no wait is longer. */
  readonly maximumDelay: number;
  /** Each wait is this many times longer than the one before. */
  readonly factor: number;
  /** "full": anything from 0 to the delay; "none": the delay itself. */
  readonly jitter: "full" | "none";
}

/**
 * Milliseconds to wait before attempt `attempt` (1 is the first after a loss). With full jitter it is anything from 0
 * to the computed wait, so that a thousand clients which lose the same server don't come back at the same moment.
 *
 * @param random from 0 (included) to 1 (excluded)
 */
export function backoffDelay(attempt: number, options: BackoffOptions, random: number): number {
  const { initialDelay, maximumDelay, factor, jitter } = options;
  const ceiling = Math.min(maximumDelay, initialDelay * factor ** (attempt - 1));
  return Math.round(jitter === "full" ? ceiling * random : ceiling);
}
