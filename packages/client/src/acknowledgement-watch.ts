import type { Delivery, OldestUnacknowledged } from "@petrel/session";
import type { Clock, Timer } from "./clock.ts";

export interface AcknowledgementWatchHost {
  /** What was received first and has no acknowledgement yet. */
  oldestUnacknowledged(qos: 1 | 2): OldestUnacknowledged | undefined;
  /** It has been first for long. Told once for each. */
  onOverdue(oldest: OldestUnacknowledged): void;
}

class Look {
  seen: Delivery | undefined = undefined;
  told: Delivery | undefined = undefined;
}

/**
 * Watches over acknowledgements. MQTT sends those of a QoS in the order of arrival [MQTT-4.6.0-2], so the first one
 * that is missing holds back all that follow: it is told when it stays first for long.
 */
export class AcknowledgementWatch {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #host: AcknowledgementWatchHost;
  /** By QoS: what was first at the last look, and what was told. */
  readonly #looks: readonly Look[] = [new Look(), new Look()];
  #timer: Timer | undefined;

  /** @param patienceMs 0: nothing is told */
  constructor(clock: Clock, patienceMs: number, host: AcknowledgementWatchHost) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#host = host;
  }

  /** A message came that wants an acknowledgement. Cheap: it looks now and then, not at each message. */
  start(): void {
    if (this.#timer !== undefined || this.#patienceMs === 0) return;
    this.#timer = this.#clock.timer(this.#clock.now() + this.#patienceMs, () => {
      this.#timer = undefined;
      const waits = this.#look(1);
      if (this.#look(2) || waits) this.start();
    });
  }

  /** The connection is gone: what it has not acknowledged comes again on the next. */
  stop(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  /** What is first at two looks has been first in between. Returns whether there is any. */
  #look(qos: 1 | 2): boolean {
    const oldest = this.#host.oldestUnacknowledged(qos);
    const delivery = oldest?.delivery;
    const last = this.#looks[qos - 1]!;
    const isOverdue = oldest !== undefined && delivery === last.seen && delivery !== last.told;
    last.seen = delivery;
    if (isOverdue) {
      last.told = delivery;
      this.#host.onOverdue(oldest);
    }
    return oldest !== undefined;
  }
}
