import type { MqttSession, SessionEvent } from "@petrel/session";
import type { Connector, Signal, Transport, TransportHandler } from "@petrel/transport";
import type { Clock, Timer } from "./clock.ts";

/** Rounds of output and events in one turn; what is left then waits for the next, so that input and timers get theirs. */
const ROUNDS_PER_TURN = 16;

export interface DriverHandler<Context> {
  /** In order, and never from inside a call to the session. Must not throw. */
  onEvent(event: SessionEvent<Context>): void;
  /** The network connection is gone. Called once for each. */
  onClosed(): void;
}

/**
 * Pumps session ⇄ transport ⇄ clock. A burst of commands becomes one write, a chunk of any number of packets one
 * round of events. It serves one network connection after another, and the session's deadlines in between.
 */
export class Driver<Context> {
  readonly #session: MqttSession<Context>;
  readonly #clock: Clock;
  readonly #handler: DriverHandler<Context>;
  #link: Link<Context> | undefined;
  #woken = false;
  #pumping = false;
  #timer: Timer | undefined;
  #timerAt: number | undefined;

  constructor(session: MqttSession<Context>, clock: Clock, handler: DriverHandler<Context>) {
    this.#session = session;
    this.#clock = clock;
    this.#handler = handler;
  }

  /** Opens a network connection and begins the protocol on it. Rejects as the connector does. */
  async open(connector: Connector, signal: Signal): Promise<void> {
    const link = new Link(this);
    link.transport = await connector(link, signal);
    this.#link = link;
    this.#session.handleOpen(this.#clock.now());
    this.#pump();
  }

  /** Call after any command to the session. A burst of publishes becomes one write. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.#clock.microtask(() => {
      this.#woken = false;
      this.#pump();
    });
  }

  /** Stops or continues reading from the network, for consumers that are slower than it. */
  setReading(reading: boolean): void {
    const link = this.#link;
    if (link === undefined || link.reading === reading) return;
    link.reading = reading;
    const now = this.#clock.now();
    if (reading) {
      this.#session.handleReadingResumed(now);
      link.transport?.resume();
    } else {
      link.transport?.pause();
      this.#session.handleReadingPaused(now);
    }
  }

  /** Drops the network connection now. */
  destroy(cause?: Error): void {
    this.#link?.transport?.destroy(cause);
  }

  /** @internal */
  handleData(link: Link<Context>, bytes: Uint8Array): void {
    if (link !== this.#link) return;
    this.#session.handleBytes(bytes, this.#clock.now()); // one clock read per chunk, not per packet
    this.#pump();
  }

  /** @internal */
  handleDrain(link: Link<Context>): void {
    if (link === this.#link) this.#pump();
  }

  /** @internal */
  handleClose(link: Link<Context>, cause: Error | undefined): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#session.handleClose(this.#clock.now(), cause);
    this.#pump(Infinity); // the last events of this connection come before its end is told
    this.#handler.onClosed();
  }

  #pump(maximumRounds = ROUNDS_PER_TURN): void {
    if (this.#pumping) return; // an event's handler came back here: the loop below takes what it did
    this.#pumping = true;
    try {
      let events = this.#round();
      for (let rounds = 1; events > 0 && rounds < maximumRounds; rounds++) events = this.#round();
      if (events > 0) this.wake();
    } finally {
      this.#pumping = false;
    }
    this.#finish();
    this.#arm();
  }

  /** Output, then events: each may cause the other. Returns how many events there were. */
  #round(): number {
    this.#flush();
    const events = this.#session.takeEvents();
    for (const event of events) this.#handler.onEvent(event);
    return events.length;
  }

  #flush(): void {
    const link = this.#link;
    while (link?.writable === true) {
      const bytes = this.#session.takeOutput();
      if (bytes === undefined) return;
      link.writable = link.transport!.write(bytes);
    }
  }

  /** The session has ended the connection: once its last bytes are out, so is the transport. */
  #finish(): void {
    const link = this.#link;
    if (link === undefined || link.closing || this.#session.phase !== "disconnecting" || !link.writable) return;
    link.closing = true;
    this.setReading(true); // a paused transport does not see the peer's end
    link.transport?.close();
  }

  #arm(): void {
    const at = this.#session.nextTimeout();
    if (at === this.#timerAt) return;
    this.#timer?.clear();
    this.#timerAt = at;
    this.#timer = at === undefined ? undefined : this.#clock.timer(at, this.#handleTimer);
  }

  readonly #handleTimer = (): void => {
    this.#timer = this.#timerAt = undefined;
    this.#session.handleTimeout(this.#clock.now());
    this.#pump();
  };
}

/** What belongs to one network connection; events of one that was replaced are ignored. */
class Link<Context> implements TransportHandler {
  transport: Transport | undefined = undefined;
  writable = true;
  reading = true;
  closing = false;
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
