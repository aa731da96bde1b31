import type { Connection } from "./connection.ts";
import { TimeoutError } from "./errors.ts";
import type { EventQueue, Milliseconds } from "./events.ts";
import { Fifo } from "./fifo.ts";
import { SLEPT } from "./timers.ts";

/**
 * While a packet comes in pieces, this many bytes of it in the time of an answer show that the server lives and the
 * network is slow: the answer queues behind them. Fewer show nothing: a packet that drips would keep the connection for
 * ever.
 */
const SIGN_OF_LIFE = 1_024;

/** A PINGREQ that has no answer. */
interface Question<Context> {
  /** Those who asked for it; a PINGREQ of keep alive has none. */
  readonly contexts: Context[];
  /** Where it ends in the output. */
  readonly position: number;
  /** When it went out; while it waits in the output, when something before it did. */
  sentAt: Milliseconds;
  /** From when its answer's time counts. */
  countsFrom: Milliseconds;
  /** The answer's time was slept through, and it got another. */
  extended: boolean;
}

/**
 * Keep Alive (section 3.1.2.10): when to send PINGREQ, and when to give up waiting for its answer. Sending and
 * receiving cost one store; the deadline moves only when it fires, so a busy connection re-arms its timer once an
 * interval, not once a packet.
 */
export class KeepAlive<Context> {
  readonly #interval: Milliseconds;
  readonly #responseTimeout: Milliseconds;
  #lastSent: Milliseconds;
  #lastReceived: Milliseconds;
  /** Bytes since a whole packet came, or since they last counted as a sign of life. */
  #bytesReceived = 0;
  #readingPaused = false;

  /** PINGREQ packets without an answer, in order: "The Server MUST send a PINGRESP packet in response to a PINGREQ packet" [MQTT-3.12.4-1]. */
  readonly #questions = new Fifo<Question<Context>>();
  /** The last of them, while it waits in the output. */
  #unsent: Question<Context> | undefined;
  #roundTrip: Milliseconds | undefined;

  /** `keepAlive` in seconds, as in CONNECT; 0 is off. */
  constructor(keepAlive: number, responseTimeout: Milliseconds, now: Milliseconds) {
    // A little early, so that the timer's own lateness does not stretch the interval past what was promised.
    this.#interval = keepAlive === 0 ? Infinity : keepAlive * 1_000 - Math.min(keepAlive * 50, 500);
    this.#responseTimeout = responseTimeout;
    this.#lastSent = now;
    this.#lastReceived = now;
  }

  /** How long the last answer took. */
  get roundTrip(): Milliseconds | undefined {
    return this.#roundTrip;
  }

  /** Output was taken, up to this position. */
  handleSent(now: Milliseconds, position: number): void {
    this.#lastSent = now;
    const question = this.#unsent;
    if (question === undefined) return;
    // The network is slow but takes something: the answer can not be due before the question is out.
    question.sentAt = question.countsFrom = now;
    if (((position - question.position) | 0) >= 0) this.#unsent = undefined;
  }

  /** Bytes came that complete no packet. */
  handleBytes(count: number): void {
    this.#bytesReceived += count;
  }

  /** A whole packet came. */
  handleReceived(now: Milliseconds): void {
    this.#lastReceived = now;
    this.#bytesReceived = 0;
  }

  /** The application asks: `context` comes back with the answer, or from {@link takeContexts}. */
  ping(context: Context, now: Milliseconds, connection: Connection<Context>): void {
    (this.#unsent ?? this.#ask(now, connection)).contexts.push(context);
  }

  handlePingresp(now: Milliseconds, events: EventQueue<Context>): void {
    const question = this.#questions.take();
    if (question === undefined) return;
    if (question === this.#unsent) this.#unsent = undefined;
    this.#roundTrip = now - question.sentAt;
    for (const context of question.contexts) events.push({ type: "pinged", context, roundTripMs: this.#roundTrip });
  }

  /** The contexts of all who still wait for an answer. */
  takeContexts(): readonly Context[] {
    this.#unsent = undefined;
    return this.#questions.takeAll().flatMap(({ contexts }) => contexts);
  }

  /** The application is slow and reading has stopped: the answer may be waiting in the network, so its deadline waits too. */
  handleReadingPaused(): void {
    this.#readingPaused = true;
  }

  handleReadingResumed(now: Milliseconds): void {
    this.#readingPaused = false;
    const question = this.#questions.peek();
    if (question !== undefined) question.countsFrom = now;
  }

  /** When to call {@link handleTimeout}; Infinity: never. */
  nextDeadline(): Milliseconds {
    return Math.min(this.#pingDue(), this.#answerDue());
  }

  /** Asks if it is time to. Throws TimeoutError if an answer did not come in time. */
  handleTimeout(now: Milliseconds, connection: Connection<Context>): void {
    if (now >= this.#answerDue() && !this.#mayAnswerStillCome(now, connection)) {
      throw new TimeoutError("PINGRESP", this.#responseTimeout);
    }
    if (now < this.#pingDue()) return;
    // While the network takes nothing, one PINGREQ in the output is enough.
    if (this.#questions.length > 0 && connection.pendingBytes > 0) this.#lastSent = now;
    else this.#ask(now, connection);
  }

  #ask(now: Milliseconds, connection: Connection<Context>): Question<Context> {
    connection.write({ type: "pingreq" });
    const { position } = connection;
    const question: Question<Context> = { contexts: [], position, sentAt: now, countsFrom: now, extended: false };
    this.#questions.push(question);
    this.#unsent = question;
    this.#lastSent = now;
    return question;
  }

  /** The answer is due. Whether there is a reason to wait for it once more. */
  #mayAnswerStillCome(now: Milliseconds, connection: Connection<Context>): boolean {
    if (this.#bytesReceived >= SIGN_OF_LIFE) {
      this.handleReceived(now);
      return true;
    }
    const question = this.#questions.peek()!;
    if (question.extended || now - this.#answerDue() <= SLEPT) return false;
    // Nobody was awake to see the answer come, or to let it in: it gets its time once more, and the network something to do.
    question.countsFrom = now;
    question.extended = true;
    if (connection.pendingBytes === 0) this.#ask(now, connection);
    return true;
  }

  /**
   * "If Keep Alive is non-zero and in the absence of sending any other MQTT Control Packets, the Client MUST send a
   * PINGREQ packet" [MQTT-3.1.2-20]: an interval after the last packet was sent, or received. A client that only
   * publishes at QoS 0 hears nothing, so without a PINGREQ now and then it would never learn that the server is gone.
   */
  #pingDue(): Milliseconds {
    const isAsking = this.#questions.length > 0;
    return (isAsking ? this.#lastSent : Math.min(this.#lastSent, this.#lastReceived)) + this.#interval;
  }

  /** Other packets that still come prove that the server lives: the answer queues behind them. */
  #answerDue(): Milliseconds {
    const question = this.#questions.peek();
    if (question === undefined || this.#readingPaused) return Infinity;
    return Math.max(question.countsFrom, this.#lastReceived) + this.#responseTimeout;
  }
}
