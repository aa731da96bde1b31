import type { ClientEmitter } from "./client-emitter.ts";
import type { Clock } from "./clock.ts";
import { Deferred } from "./deferred.ts";
import type { Publication } from "./publication.ts";

/**
 * Publications that failed while nobody awaited them. They are told a turn later, each once, if still nobody does: the
 * caller of a publish that fails at once is about to await it.
 */
export class UnheardFailures {
  readonly #clock: Clock;
  readonly #events: ClientEmitter;
  #failed: Publication[] = [];
  #told: Deferred<void> | undefined;

  constructor(clock: Clock, events: ClientEmitter) {
    this.#clock = clock;
    this.#events = events;
  }

  add(publication: Publication): void {
    this.#failed.push(publication);
    if (this.#told !== undefined) return;
    this.#told = new Deferred();
    this.#clock.timer(this.#clock.now(), () => this.#tell());
  }

  /** Resolves when all failures so far were told. */
  async told(): Promise<void> {
    await this.#told?.promise;
  }

  #tell(): void {
    const failed = this.#failed;
    const told = this.#told;
    this.#failed = [];
    this.#told = undefined;
    for (const { error, isAwaited } of failed) if (!isAwaited) this.#events.reportError(error!);
    told?.resolve();
  }
}
