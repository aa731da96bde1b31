import type { Milliseconds, MqttSession, SessionEvent } from "@petrel/session";
import type { Connector, Transport, TransportHandler } from "@petrel/transport";
import { type Cancellation, onAbort } from "./cancellation.ts";
import type { Clock, Timer } from "./clock.ts";
import { Deferred } from "./deferred.ts";

/** Rounds of output and events in one turn; what is left then waits for the next, so that input and timers get theirs. */
const ROUNDS_PER_TURN = 16;

/** Milliseconds of reading in one turn; then timers get their turn. A turn can bring 2 MB: hundreds of thousands of small messages. */
const READING_PER_TURN_MS = 50;
/** Whoever spends less of the time on what comes waits in between, as in a dialogue, and has had many turns. */
const SHARE_OF_A_TURN = 0.9;

/** Milliseconds of writing in one turn. A loop that awaits one QoS 0 message after the other would never end its own. */
const WRITING_PER_TURN_MS = 50;
/** So many writes without an answer, and their turn is measured: who publishes now and then does not pay for that. */
const UNMEASURED_WRITES = 64;

/** So many microtasks without an acknowledgement, and a consumer is done with what it has, or busy with something else. */
const QUIET_MICROTASKS = 3;
/** So many acknowledgements go out however busy the consumer is. */
const MOST_ACKNOWLEDGEMENTS = 256;

/** How long a polite end waits for the server to close its side, once it has everything. */
const LINGER_MS = 2_000;
/** How long it waits for a network that takes none of the last bytes. One that takes some, however slowly, gets its time. */
const STUCK_MS = 30_000;

const NONE: readonly never[] = [];

export interface DriverHandler<Context> {
  /** In order, and never from inside a call to the session. Must not throw. */
  onEvent(event: SessionEvent<Context>, now: Milliseconds): void;
  /** Whether to read from the network: false while consumers are slower than it. */
  wantsData(): boolean;
  /** A polite end was cut short: the network did not take the last bytes in this time. */
  onBytesLost(bytes: number, afterMs: number): void;
}

/**
 * Pumps session ⇄ transport ⇄ clock. A burst of commands becomes one write, a chunk of any number of packets one
 * round of events. It serves one network connection after another, and the session's deadlines in between.
 */
export class Driver<Context> {
  readonly #session: MqttSession<Context>;
  readonly #clock: Clock;
  readonly #handler: DriverHandler<Context>;
  /** The connection that the session speaks on. */
  #link: Link<Context> | undefined;
  /** All that are not closed yet: the one above, and those that only have to end. */
  #links: readonly Link<Context>[] = NONE;
  /** Somebody waits until there are none. */
  #closed: Deferred<void> | undefined;
  #woken = false;
  #burstAt = 0;
  /** Made when they are needed, for an idle client shall be small, and then kept: a wake is no time to allocate. */
  #handleWake: (() => void) | undefined;
  #handleQuiet: (() => void) | undefined;
  #handleTimer: (() => void) | undefined;
  /** Acknowledgements since the last pump, and microtasks since the last of them. */
  #acknowledgements = 0;
  #quietMicrotasks = 0;
  #awaitsQuiet = false;
  #pumping = false;
  #pumped: Deferred<void> | undefined;
  #timer: Timer | undefined;
  #timerAt: number | undefined;
  /** When the chunks that came one right after the other began, when the last was done with, and how long all took. */
  #readingSince = 0;
  #readAt = 0;
  #readingTook = 0;
  /** Reading stopped, so that timers get their turn. */
  #yielding = false;
  /** Writes since something came, when their turn began, and what tells that it is over. */
  #writes = 0;
  #writingSince = 0;
  #writingTurn: Timer | undefined;
  /** Writing stopped, so that input and timers get their turn. */
  #resting = false;

  constructor(session: MqttSession<Context>, clock: Clock, handler: DriverHandler<Context>) {
    this.#session = session;
    this.#clock = clock;
    this.#handler = handler;
  }

  /**
   * Opens a network connection and begins the protocol on it. Rejects as the connector does, and with the reason of
   * the cancellation as soon as that comes, whether the connector heeds it or not.
   */
  open(connector: Connector, cancellation: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = onAbort(cancellation, (reason) => reject(reason));
      if (cancellation.aborted) return;
      const link = new Link(this);
      connector(link, cancellation).then(
        (transport) => {
          forget();
          if (typeof (transport as Transport | undefined)?.write !== "function") {
            reject(new TypeError("the connector resolved with something that is no transport"));
            return;
          }
          if (cancellation.aborted) {
            transport.destroy(); // too late: nobody waits for it any more
            return;
          }
          this.#begin(link, transport); // at once, for the transport may call its handler from now on
          resolve();
        },
        (error: Error) => {
          if (this.#link === undefined) this.#session.handleClose(this.#clock.now(), error); // the reason why requests wait
          reject(error);
        },
      );
    });
  }

  /** When the burst of commands began that {@link Driver.wake} has not pumped yet; without one, what time it is. */
  burstTime(): Milliseconds {
    if (!this.#woken) this.#burstAt = this.#clock.now();
    return this.#burstAt;
  }

  /** Call after any command to the session. A burst of publishes becomes one write. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.#clock.microtask((this.#handleWake ??= () => this.#onWake()));
  }

  /**
   * Call after a message was acknowledged. A loop takes a microtask or two for each message; a write for each would cost
   * more than the message itself (measured), so it waits until the consumer pauses. Once all are acknowledged there is
   * nothing to wait for, and what the program publishes because of them goes out after it: a server that leaves Nagle's
   * algorithm on, as Mosquitto does, holds its next packet back until something has come for its last one, 40 ms else.
   */
  handleAcknowledged(): void {
    if (this.#session.receivingCount === 0) {
      this.#pump();
      return;
    }
    this.#acknowledgements++;
    this.#quietMicrotasks = 0;
    if (this.#woken || this.#awaitsQuiet) return;
    this.#awaitsQuiet = true;
    this.#clock.microtask((this.#handleQuiet ??= () => this.#onQuiet()));
  }

  /** Resolves when everything that the session has to say was told. */
  told(): Promise<void> {
    this.#pumped ??= new Deferred();
    this.wake();
    return this.#pumped.promise;
  }

  /** Drops all network connections now. */
  destroy(cause?: Error): void {
    const link = this.#link;
    if (link !== undefined) {
      this.#link = undefined;
      this.#session.handleClose(this.#clock.now(), cause);
    }
    for (const { transport } of this.#links) transport!.destroy(cause);
    for (const each of this.#links) this.#forget(each);
    this.#pump();
  }

  /** Resolves when no network connection is left. */
  async closed(): Promise<void> {
    if (this.#links.length === 0) return;
    this.#closed ??= new Deferred();
    await this.#closed.promise;
  }

  /** @internal */
  handleData(link: Link<Context>, bytes: Uint8Array): void {
    if (link !== this.#link) return;
    const now = this.#clock.now(); // once per chunk, not per packet
    this.#writes = 0;
    if (now - this.#readAt > 1) this.#readFrom(now);
    this.#session.handleBytes(bytes, now);
    this.#pump();
    this.#readAt = this.#clock.now();
    this.#readingTook += this.#readAt - now;
    const elapsed = this.#readAt - this.#readingSince;
    if (elapsed <= READING_PER_TURN_MS) return;
    const isOneTurn = this.#readingTook > elapsed * SHARE_OF_A_TURN;
    this.#readFrom(this.#readAt);
    if (isOneTurn) this.#yield();
  }

  #readFrom(now: Milliseconds): void {
    this.#readingSince = now;
    this.#readingTook = 0;
  }

  #yield(): void {
    if (this.#yielding) return;
    this.#yielding = true;
    this.#clock.timer(this.#readAt, () => {
      this.#yielding = false;
      this.#regulate();
    });
    this.#regulate();
  }

  /** @internal */
  handleDrain(link: Link<Context>): void {
    if (link === this.#link) this.#pump();
  }

  /** @internal */
  handleClose(link: Link<Context>, cause: Error | undefined): void {
    this.#forget(link);
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#session.handleClose(this.#clock.now(), cause);
    this.#pump();
  }

  #begin(link: Link<Context>, transport: Transport): void {
    link.transport = transport;
    this.#link = link;
    this.#links = this.#links.concat(link); // a spread would leave room for sixteen more
    this.#session.handleOpen(this.#clock.now());
    this.#pump();
  }

  /** A connection is over. */
  #forget(link: Link<Context>): void {
    link.lingering?.clear();
    this.#links = this.#links.filter((other) => other !== link);
    if (this.#links.length > 0) return;
    this.#closed?.resolve();
    this.#closed = undefined;
  }

  #onWake(): void {
    this.#woken = false;
    this.#pump();
  }

  #onQuiet(): void {
    const isWaiting = ++this.#quietMicrotasks <= QUIET_MICROTASKS && this.#acknowledgements < MOST_ACKNOWLEDGEMENTS;
    if (isWaiting && this.#acknowledgements > 0) {
      this.#clock.microtask(this.#handleQuiet!);
      return;
    }
    this.#awaitsQuiet = false;
    if (this.#acknowledgements > 0) this.#pump();
  }

  #pump(): void {
    if (this.#pumping) return; // an event's handler came back here: the loop below takes what it did
    this.#acknowledgements = 0;
    this.#pumping = true;
    try {
      let events = this.#round();
      for (let rounds = 1; events > 0 && rounds < ROUNDS_PER_TURN; rounds++) events = this.#round();
      if (events > 0) this.#clock.timer(this.#clock.now(), () => this.#onWake());
      else this.#tellPumped();
    } finally {
      this.#pumping = false;
    }
    this.#regulate();
    this.#arm();
  }

  /** Output, then events: each may cause the other. Returns how many events there were. */
  #round(): number {
    const link = this.#link;
    if (link !== undefined) {
      if (this.#session.phase === "disconnecting") this.#leave(link);
      else this.#flush(link);
    }
    const events = this.#session.takeEvents();
    if (events.length === 0) return 0;
    const now = this.#clock.now();
    for (const event of events) this.#handler.onEvent(event, now);
    return events.length;
  }

  #flush(link: Link<Context>): void {
    while (link.writable && !this.#resting) {
      const now = this.#clock.now();
      const bytes = this.#session.takeOutput(now);
      if (bytes === undefined) return;
      link.writable = link.transport!.write(bytes);
      if (++this.#writes > UNMEASURED_WRITES) this.#measureWriting(now);
    }
  }

  /** A network that takes everything at once settles QoS 0 messages within the turn, and then the next may be published. */
  #measureWriting(now: Milliseconds): void {
    if (this.#writingTurn === undefined) {
      this.#writingSince = now;
      this.#startWritingTurn(now);
    } else if (now - this.#writingSince > WRITING_PER_TURN_MS) {
      this.#resting = true;
      this.#writingTurn.clear(); // it is due: before what comes in is looked at
      // Due again when the application has filled the queue, and Node runs all timers that are due before it looks at
      // input. One that is set when nothing else is left to do is not: it comes after.
      this.#writingTurn = this.#clock.timer(now, () => this.#startWritingTurn(this.#clock.now()));
    }
  }

  #startWritingTurn(now: Milliseconds): void {
    this.#writingTurn = this.#clock.timer(now, () => this.#onWritingTurn());
  }

  #onWritingTurn(): void {
    this.#writingTurn = undefined;
    this.#writes = 0;
    if (!this.#resting) return;
    this.#resting = false;
    this.#pump();
  }

  /** The session has ended the connection. Its last bytes go out, and the transport ends by itself, or a moment later by force. */
  #leave(link: Link<Context>): void {
    const transport = link.transport!;
    const now = this.#clock.now();
    for (let bytes = this.#session.takeOutput(now); bytes !== undefined; bytes = this.#session.takeOutput(now)) {
      transport.write(bytes); // `false` loses nothing, and no more will follow
    }
    this.#link = undefined;
    this.#session.handleClose(now);
    transport.resume(); // a paused transport does not see the peer's end
    transport.close();
    this.#linger(link, transport.bufferedBytes, now);
  }

  /** Waits for the transport to end, as long as it still sends. `waiting` bytes were left when the last of them went out. */
  #linger(link: Link<Context>, waiting: number, progressAt: number): void {
    link.lingering = this.#clock.timer(this.#clock.now() + LINGER_MS, () => {
      const transport = link.transport!;
      const left = transport.bufferedBytes;
      const now = this.#clock.now();
      if (left < waiting) {
        this.#linger(link, left, now);
      } else if (left > 0 && now - progressAt < STUCK_MS) {
        this.#linger(link, waiting, progressAt);
      } else {
        if (left > 0) this.#handler.onBytesLost(left, STUCK_MS);
        transport.destroy();
        this.#forget(link);
      }
    });
  }

  #tellPumped(): void {
    this.#pumped?.resolve();
    this.#pumped = undefined;
  }

  /** While the network takes nothing from us, reading goes on: the peer may be waiting for just that. */
  #regulate(): void {
    const link = this.#link;
    if (link === undefined) return;
    const reading = !this.#yielding && (!link.writable || this.#handler.wantsData());
    if (link.reading === reading) return;
    link.reading = reading;
    const now = this.#clock.now();
    if (reading) {
      this.#session.handleReadingResumed(now);
      link.transport!.resume();
    } else {
      link.transport!.pause();
      this.#session.handleReadingPaused(now);
    }
  }

  #arm(): void {
    const at = this.#session.nextTimeout();
    if (at === this.#timerAt) return;
    this.#timer?.clear();
    this.#timerAt = at;
    this.#timer = at === undefined ? undefined : this.#clock.timer(at, (this.#handleTimer ??= () => this.#onTimer()));
  }

  #onTimer(): void {
    this.#timer = this.#timerAt = undefined;
    this.#session.handleTimeout(this.#clock.now());
    this.#pump();
  }
}

/** What belongs to one network connection; what one that was replaced still says is ignored. */
class Link<Context> implements TransportHandler {
  transport: Transport | undefined = undefined;
  writable = true;
  reading = true;
  /** Runs while the transport is given time to end by itself. */
  lingering: Timer | undefined = undefined;
  readonly #driver: Driver<Context>;

  constructor(driver: Driver<Context>) {
    this.#driver = driver;
  }

  onData(bytes: Uint8Array): void {
    this.#driver.handleData(this, bytes);
  }

  onDrain(): void {
    this.writable = true;
    this.#driver.handleDrain(this);
  }

  onClose(cause?: Error): void {
    this.#driver.handleClose(this, cause);
  }
}
