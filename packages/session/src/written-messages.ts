import { type AcknowledgementPacket, ReasonCode } from "@petrel/codec";
import type { EventQueue } from "./events.ts";
import { type Dispatch, type DispatchState, OutgoingEntry, type OutgoingMessage } from "./outgoing-entry.ts";

/**
 * A QoS 0 message in the output. It is the "published" event that follows, too: of QoS 0 messages there are many, and
 * an object more for each is one more to make and to collect.
 */
export class WrittenMessage<Context> implements Dispatch {
  // `declare`: see OutgoingEntry.
  declare readonly type: "published";
  declare readonly context: Context;
  declare readonly packetIdentifier: undefined;
  declare readonly reasonCode: number;
  declare readonly packet: AcknowledgementPacket | undefined;
  /** Undefined: it was taken, or is lost. */
  #message: OutgoingMessage | undefined;
  /** Where it ends in the connection's output. */
  readonly #end: number;

  constructor(message: OutgoingMessage, context: Context, end: number) {
    this.type = "published";
    this.context = context;
    this.packetIdentifier = undefined;
    this.reasonCode = ReasonCode.success;
    this.packet = undefined;
    this.#message = message;
    this.#end = end;
  }

  get state(): DispatchState {
    return this.#message === undefined ? "settled" : "written";
  }

  /** Whether it ends before this position, which is at most 2³¹ bytes away. */
  isBefore(position: number): boolean {
    return ((position - this.#end) | 0) >= 0;
  }

  /** Its story is over. */
  settle(): OutgoingMessage {
    const message = this.#message!;
    this.#message = undefined;
    if (message instanceof OutgoingEntry) message.state = "settled";
    return message;
  }
}

/** The QoS 0 messages in one connection's output that nobody has taken yet, in order. */
export class WrittenMessages<Context> {
  /** A new list for each burst, which becomes the list of its events. */
  #messages: WrittenMessage<Context>[] = [];

  push(written: WrittenMessage<Context>): void {
    this.#messages.push(written);
  }

  /** The output was taken, up to this position: that is all that the senders of these messages can know. */
  handleTaken(position: number, events: EventQueue<Context>): void {
    const messages = this.#messages;
    if (messages.length === 0) return;
    let taken = 0;
    while (taken < messages.length && messages[taken]!.isBefore(position)) messages[taken++]!.settle();
    this.#messages = messages.splice(taken);
    events.pushAll(messages);
  }

  /** Those that nobody will take any more. */
  takeAll(): readonly OutgoingEntry<Context>[] {
    const lost = this.#messages.map((written) => {
      const message = written.settle();
      return message instanceof OutgoingEntry ? message : new OutgoingEntry(message, written.context, 0, 0);
    });
    this.#messages = [];
    return lost;
  }
}
