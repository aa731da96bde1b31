import type { Stamp } from "./stamp.ts";

/** Numbers that are looked for. Beyond, they count as lost for good. */
const MOST_MISSING = 1_000_000;

interface Sender {
  next: number;
  readonly missing: Set<number>;
}

/** What has come of what was sent, by sender. It begins with the first message of each that is seen. */
export class Sequences {
  duplicates = 0;
  #lostForGood = 0;
  readonly #senders = new Map<string, Sender>();

  /** Returns whether it came for the first time. */
  add({ run, connection, sequence }: Stamp): boolean {
    const key = `${run} ${connection}`;
    const sender = this.#senders.get(key);
    if (sender === undefined) {
      this.#senders.set(key, { next: sequence + 1, missing: new Set() });
      return true;
    }
    if (sequence >= sender.next) {
      for (let missing = sender.next; missing < sequence; missing++) {
        if (sender.missing.size < MOST_MISSING) sender.missing.add(missing);
        else this.#lostForGood++;
      }
      sender.next = sequence + 1;
      return true;
    }
    if (sender.missing.delete(sequence)) return true; // late, but here
    this.duplicates++;
    return false;
  }

  /** Messages before which later ones came, and that have not come yet. */
  get lost(): number {
    let lost = this.#lostForGood;
    for (const { missing } of this.#senders.values()) lost += missing.size;
    return lost;
  }
}
