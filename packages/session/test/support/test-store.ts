import type { ChangeBatch, ChangeRecord, MqttSession } from "@petrel/session";

/** A store that is as slow as the test says, keeps the order, and fails on purpose. What it has survives the session. */
export class TestStore {
  /** Safe. */
  readonly records: ChangeRecord[] = [];
  /** Taken from the session and not safe. */
  #waiting: ChangeBatch[] = [];

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Takes what has changed. */
  take<Context>(session: MqttSession<Context>): void {
    for (let batch = session.takeChanges(); batch !== undefined; batch = session.takeChanges()) {
      this.#waiting.push(batch);
    }
  }

  /** The next batches become safe. */
  store<Context>(session: MqttSession<Context>, now: number, count = Infinity): void {
    for (const batch of this.#waiting.splice(0, count)) {
      // As a disk would: what is written is a copy, and in plain data.
      this.records.push(...structuredClone(batch.records));
      session.handleStored(batch, now);
    }
  }

  /** The next batch could not be written. It is still there, to be tried again. */
  fail<Context>(session: MqttSession<Context>, now: number): void {
    const [batch] = this.#waiting;
    if (batch !== undefined) session.handleStoreFailed(batch, new Error("disk full"), now);
  }

  /** The process is gone, and what was not written with it. */
  crash(): void {
    this.#waiting = [];
  }
}
