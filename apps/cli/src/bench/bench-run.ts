import { setMaxListeners } from "node:events";
import type { Client, Version } from "@petrel/client";
import { clientAsTyped } from "../connecting.ts";
import { errorLine } from "../exit-codes.ts";
import { aborted } from "../interruption.ts";
import { waitUntil } from "../outgoing.ts";
import {
  type BenchKind,
  type BenchOptions,
  connectionNumbers,
  dueAfter,
  fillIn,
  limitOf,
  type Share,
} from "./bench-options.ts";
import { Measurements } from "./measurements.ts";
import { Sequences } from "./sequences.ts";
import { readStamp, stampedPayload, stampTime } from "./stamp.ts";

/** Milliseconds that what is on its way has at the end. */
const DRAIN = 5_000;
/** Messages between two pauses in which others get their turn, when it goes as fast as it can. */
const BURST = 64;

/** A benchmark's connections in this process. */
export class BenchRun {
  readonly measurements: Measurements = new Measurements();
  /** The first connection that failed. */
  firstError: Error | undefined;
  readonly #kind: BenchKind;
  readonly #options: BenchOptions;
  readonly #share: Share;
  readonly #stop = new AbortController();
  readonly #stopped: AbortSignal;
  readonly #run = Math.floor(Math.random() * 2 ** 32);
  readonly #clients: Client<Version>[] = [];
  readonly #sequences: Sequences[] = [];
  /** What to publish; undefined for stamped bytes. */
  readonly #payload: Uint8Array | undefined;
  #left: number;

  constructor(
    kind: BenchKind,
    options: BenchOptions,
    payload: Uint8Array | undefined,
    share: Share,
    interrupted: AbortSignal,
  ) {
    this.#kind = kind;
    this.#options = options;
    this.#payload = payload;
    this.#share = share;
    this.#stopped = AbortSignal.any([interrupted, this.#stop.signal]);
    this.#left = limitOf(options.limit, share);
    setMaxListeners(0, this.#stopped); // each connection has some
  }

  /**
   * Resolves when the limit or the time is reached, or it is interrupted; nothing is connected any more then. Rejects if
   * the server refuses a subscription.
   */
  async run(): Promise<void> {
    const { count, interval, duration, once } = this.#options;
    const begin = performance.now();
    const timer = duration === undefined ? undefined : setTimeout(() => this.#stop.abort(), duration * 1_000);
    const work = connectionNumbers(count, this.#share).map(async (number) => {
      if (await waitUntil(begin + (number - 1) * interval, this.#stopped)) await this.#connection(number);
    });
    try {
      await Promise.all(work);
      const waits = (this.#kind === "conn" && once !== true) || this.#kind === "sub";
      if (waits && this.measurements.connected > 0) await aborted(this.#stopped);
    } finally {
      this.#stop.abort(); // what one connection can't do, the others need not go on with
      clearTimeout(timer);
      await this.#end();
    }
  }

  /** Counts that are known only by looking at all. */
  look(): Measurements {
    const { measurements } = this;
    measurements.duplicates = this.#sequences.reduce((sum, { duplicates }) => sum + duplicates, 0);
    // A round trip's own messages are all known; others are missed when later ones come.
    measurements.lost =
      this.#kind === "rtt"
        ? Math.max(0, measurements.sent - measurements.failed - (measurements.received - measurements.duplicates))
        : this.#sequences.reduce((sum, { lost }) => sum + lost, 0);
    return measurements;
  }

  async #connection(number: number): Promise<void> {
    const { measurements } = this;
    const options = this.#options;
    const names = { i: number, c: "", u: options.username ?? "" };
    const clientId = fillIn(options.clientId, names);
    const topic = fillIn(options.topic, { ...names, c: clientId });
    const client = clientAsTyped({ ...options, clientId, quiet: true }, this.#stopped);
    client.on("error", (error) => (measurements.failure ??= errorLine(error)));
    const begin = performance.now();
    if (this.#kind === "conn") measurements.note(stampTime());
    let isUp = false;
    client.on("connected", () => (isUp = true));
    client.on("disconnected", ({ cause }) => {
      if (isUp && cause !== undefined) measurements.connectionsLost++;
      isUp = false;
    });
    try {
      await client.connect();
    } catch (error) {
      if (this.#stopped.aborted) return;
      measurements.connectFailed++;
      this.firstError ??= error as Error;
      measurements.failure ??= errorLine(error);
      return;
    }
    measurements.connected++;
    this.#clients.push(client);
    const took = performance.now() - begin;
    if (this.#kind === "conn") {
      measurements.note(stampTime());
      measurements.latencies.add(took);
      return;
    }
    if (this.#kind !== "pub") await this.#subscribe(client, topic);
    if (this.#kind !== "sub") await this.#publish(client, topic, number);
  }

  async #publish(client: Client<Version>, topic: string, connection: number): Promise<void> {
    const { messageInterval, ramp, payloadSize, qos, retain } = this.#options;
    const { measurements } = this;
    const begin = performance.now();
    for (let sequence = 0; this.#left > 0 && !this.#stopped.aborted; sequence++) {
      if (messageInterval > 0) {
        if (!(await waitUntil(begin + dueAfter(sequence, messageInterval, ramp), this.#stopped))) return;
      } else if (!(await hasRoom(client, sequence))) return;
      if (this.#left <= 0) return; // others went on meanwhile
      this.#left--;
      const time = stampTime();
      measurements.note(time);
      measurements.sent++;
      const payload = this.#payload ?? stampedPayload({ run: this.#run, connection, sequence, time }, payloadSize);
      measurements.bytes += payload.length;
      client.publish(topic, payload, { qos, retain }).then(
        () => this.#handleAcknowledged(time),
        (error: Error) => {
          measurements.failed++;
          measurements.failure ??= errorLine(error);
        },
      );
    }
  }

  #handleAcknowledged(sentAt: number): void {
    const now = stampTime();
    this.measurements.note(now);
    this.measurements.acknowledged++;
    if (this.#kind === "pub" && this.#options.qos > 0) this.measurements.latencies.add(now - sentAt);
  }

  async #subscribe(client: Client<Version>, filter: string): Promise<void> {
    const { measurements } = this;
    const subscription = await client.subscribe(filter, { qos: this.#options.qos, acknowledge: "received" });
    // Of a shared subscription each connection gets a part: what is missing is seen by looking at all.
    const isShared = filter.startsWith("$share/");
    const sequences = isShared && this.#sequences.length > 0 ? this.#sequences[0]! : new Sequences();
    if (!this.#sequences.includes(sequences)) this.#sequences.push(sequences);
    const read = async (): Promise<void> => {
      for await (const batch of subscription.batches()) {
        const now = stampTime();
        measurements.note(now);
        for (const { payload } of batch) {
          const stamp = readStamp(payload);
          if (this.#kind === "rtt" && stamp?.run !== this.#run) continue; // somebody else's
          measurements.received++;
          measurements.bytes += payload.length;
          if (stamp !== undefined && sequences.add(stamp)) measurements.latencies.add(Math.max(0, now - stamp.time));
        }
        if (this.#kind === "sub" && (this.#left -= batch.length) <= 0) this.#stop.abort();
      }
    };
    read().catch((error: Error) => (measurements.failure ??= errorLine(error)));
  }

  async #end(): Promise<void> {
    if (this.#kind === "rtt") await this.#awaitReplies();
    const publishes = this.#kind === "pub" || this.#kind === "rtt"; // a reply may overtake its acknowledgement
    await Promise.all(this.#clients.map((client) => client.disconnect({ drain: publishes ? DRAIN : 0 })));
  }

  /** Waits for round trips under way. */
  async #awaitReplies(): Promise<void> {
    const until = performance.now() + DRAIN;
    while (this.look().lost > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits for room in the queue, and now and then for the others. */
async function hasRoom(client: Client<Version>, sequence: number): Promise<boolean> {
  if (sequence % BURST === BURST - 1) await new Promise((resolve) => setImmediate(resolve));
  if (client.writable) return true;
  try {
    await client.drained();
    return true;
  } catch {
    return false; // closed: the end
  }
}
