import type { PublishPacket } from "@petrel/codec";

/** Who of those that match a message gets it. */
export type Meant = "all" | "own" | "nobody";

/**
 * What a message means that carries the identifiers of some of the subscriptions that match it, and not of others. "If
 * the Server sends multiple copies", each is for its own (section 3.3.4). But servers are known that send one copy with
 * one identifier, whoever else matches. So a server is believed to send copies when it was seen to: until two of them
 * came in a row, the first of each goes to all, and those that follow to nobody.
 */
export class Copies {
  #areSent = false;
  /** The last message of this kind that went to all, and the identifiers of its copies so far. Few servers send any. */
  #first: PublishPacket | undefined;
  #identifiers: Set<number> | undefined;

  /** Another connection: it may be another server. */
  reset(): void {
    this.#areSent = false;
    this.#first = undefined;
  }

  /** Other filters: which identifier comes with a message may be another one for that reason alone. */
  handleFiltersChanged(): void {
    this.#first = undefined;
  }

  judge(packet: PublishPacket, identifiers: readonly number[]): Meant {
    const first = this.#first;
    const seen = (this.#identifiers ??= new Set());
    if (first !== undefined && !identifiers.some((each) => seen.has(each)) && isCopy(packet, first)) {
      this.#areSent = true;
      for (const identifier of identifiers) seen.add(identifier);
      // The first copy went to all. One of a higher QoS promises more than that one did.
      return packet.qos > first.qos ? "own" : "nobody";
    }
    this.#first = undefined;
    if (this.#areSent) return "own";
    this.#first = packet;
    seen.clear();
    for (const identifier of identifiers) seen.add(identifier);
    return "all";
  }
}

function isCopy(packet: PublishPacket, first: PublishPacket): boolean {
  const { payload } = packet;
  return (
    packet.topicName === first.topicName &&
    payload.length === first.payload.length &&
    !packet.retain &&
    !first.retain &&
    payload.every((byte, index) => byte === first.payload[index])
  );
}
