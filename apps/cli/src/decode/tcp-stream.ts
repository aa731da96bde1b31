import type { Segment } from "./segment.ts";

/** Segments that wait for one before them. Then that one is taken to be missing from the capture. */
const MOST_WAITING = 1_000;

/** What one side of a connection has sent, in order and once, however the segments came. */
export class TcpStream {
  /** Bytes were missing from the capture: what follows begins somewhere. */
  onGap: (bytes: number) => void = () => undefined;
  onBytes: (bytes: Uint8Array, time: number) => void = () => undefined;
  #next: number | undefined;
  /** The number behind its last byte, when a FIN has told it. */
  #last: number | undefined;
  readonly #waiting = new Map<number, Segment>();

  /** All that was sent has come, and no more is sent. */
  get isOver(): boolean {
    return this.#last !== undefined && (this.#next === undefined || distance(this.#last, this.#next) <= 0);
  }

  add(segment: Segment): void {
    if (segment.syn) {
      this.#next = (segment.sequence + 1) >>> 0;
      this.#last = undefined;
      this.#waiting.clear();
      return;
    }
    if (segment.fin) this.#last = (segment.sequence + segment.payload.length) >>> 0;
    if (segment.payload.length === 0) return;
    this.#next ??= segment.sequence; // the capture began later than the connection
    const ahead = distance(segment.sequence, this.#next);
    if (ahead <= 0) {
      this.#deliver(segment, -ahead);
      this.#deliverWaiting();
      return;
    }
    const before = this.#waiting.get(segment.sequence);
    if (before === undefined || before.payload.length < segment.payload.length)
      this.#waiting.set(segment.sequence, segment);
    if (this.#waiting.size > MOST_WAITING) this.#skip();
  }

  /** No more segments: what waits comes now. */
  end(): void {
    while (this.#waiting.size > 0) this.#skip();
  }

  /** @param known bytes of it that came before: it was sent again */
  #deliver({ payload, sequence, time }: Segment, known: number): void {
    if (known >= payload.length) return;
    this.#next = (sequence + payload.length) >>> 0;
    this.onBytes(payload.subarray(known), time);
  }

  #deliverWaiting(): void {
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const [sequence, segment] of this.#waiting) {
        const ahead = distance(sequence, this.#next!);
        if (ahead > 0) continue;
        this.#waiting.delete(sequence);
        this.#deliver(segment, -ahead);
        isNew = true;
      }
    }
  }

  #skip(): void {
    const first = [...this.#waiting.values()].reduce((a, b) => (distance(a.sequence, b.sequence) < 0 ? a : b));
    this.onGap(distance(first.sequence, this.#next!));
    this.#next = first.sequence;
    this.#deliverWaiting();
  }
}

/** How far `a` is ahead of `b`, in numbers that begin anew after 2³². */
function distance(a: number, b: number): number {
  return (a - b) | 0;
}
