/** Keeps the last 256 results, so that no compiler may leave out making them; in a check it keeps all. */
export class Sink {
  count = 0;
  all = undefined;
  #last = Array.from({ length: 256 });

  keep(result) {
    this.#last[this.count++ & 255] = result;
    if (this.all !== undefined) this.all.push(result);
  }
}

/** Packets that a writer gets before its output is taken: what a busy turn of the event loop writes. */
export const BATCH = 256;
