/** Two integers, or two things, belong to a node: it is known by where the first of them is. */
const WIDTH = 2;
const FIRST_NODE_BITS = 3;
/** Bytes that belong to a node. */
export const NODE_BYTES = 48;

/** No node is here. */
export const NO_NODE = -1;

/**
 * Nodes by hash, which is never 0. A node has a number, a pair of things, and 48 bytes. They lie in arrays, at places that
 * follow from the hash, so the processor fetches all of them at once; with an object in a Map it has to wait four times in
 * a row. A place is valid until the next {@link PrefixTable.make} or {@link PrefixTable.delete}.
 */
export class PrefixTable<First, Second> {
  /** Hashes, 0 where there is no node, and numbers. */
  nodes: Int32Array = new Int32Array(WIDTH << FIRST_NODE_BITS);
  pairs: (First | Second | undefined)[] = emptyPairs(FIRST_NODE_BITS);
  bytes: Uint8Array = new Uint8Array(NODE_BYTES << FIRST_NODE_BITS);
  #nodeBits = FIRST_NODE_BITS;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(hash: number): number {
    const { nodes } = this;
    const mask = nodes.length - 1;
    for (let node = this.#home(hash); ; node = (node + WIDTH) & mask) {
      const found = nodes[node]!;
      if (found === hash) return node;
      if (found === 0) return NO_NODE;
    }
  }

  /** Where a node's bytes begin. */
  bytesOf(node: number): number {
    return node * (NODE_BYTES / WIDTH);
  }

  /** A node that was not there, with 0, nothing, and any bytes. */
  make(hash: number): number {
    // At most three quarters full: what is there is mostly where it is looked for first, or next to it.
    if (++this.#size > 3 << (this.#nodeBits - 2)) this.#resize(this.#nodeBits + 1);
    return this.#take(hash);
  }

  delete(node: number): void {
    const { nodes } = this;
    const mask = nodes.length - 1;
    let free = node;
    // What had to give way to this node, or to one that did, moves up: there are no marks of what is gone.
    for (let next = (free + WIDTH) & mask; nodes[next] !== 0; next = (next + WIDTH) & mask) {
      const fromHome = (next - this.#home(nodes[next]!)) & mask;
      if (fromHome < ((next - free) & mask)) continue; // it would be before where it is looked for
      this.#move(nodes, this.pairs, this.bytes, next, free);
      free = next;
    }
    nodes[free] = nodes[free + 1] = 0;
    this.pairs[free] = this.pairs[free + 1] = undefined;
    this.#size--;
    if (this.#nodeBits > FIRST_NODE_BITS && this.#size < 1 << (this.#nodeBits - 3)) this.#resize(this.#nodeBits - 1);
  }

  /** Where a node with this hash is if no other one is. A product has its bits spread in the upper half. */
  #home(hash: number): number {
    return (hash >>> (32 - this.#nodeBits)) * WIDTH;
  }

  #take(hash: number): number {
    const { nodes } = this;
    const mask = nodes.length - 1;
    let node = this.#home(hash);
    while (nodes[node] !== 0) node = (node + WIDTH) & mask;
    nodes[node] = hash;
    return node;
  }

  #resize(nodeBits: number): void {
    const { nodes, pairs, bytes } = this;
    this.bytes = new Uint8Array(NODE_BYTES << nodeBits);
    this.nodes = new Int32Array(WIDTH << nodeBits);
    this.pairs = emptyPairs(nodeBits);
    this.#nodeBits = nodeBits;
    for (let node = 0; node < nodes.length; node += WIDTH) {
      if (nodes[node] !== 0) this.#move(nodes, pairs, bytes, node, this.#take(nodes[node]!));
    }
  }

  #move(
    nodes: Int32Array,
    pairs: readonly (First | Second | undefined)[],
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    this.nodes[to] = nodes[from]!;
    this.nodes[to + 1] = nodes[from + 1]!;
    this.pairs[to] = pairs[from];
    this.pairs[to + 1] = pairs[from + 1];
    const start = this.bytesOf(from);
    this.bytes.set(bytes.subarray(start, start + NODE_BYTES), this.bytesOf(to));
  }
}

function emptyPairs(nodeBits: number): undefined[] {
  return Array.from({ length: WIDTH << nodeBits });
}
