import {
  type Client,
  matchTopic,
  type Message,
  type Publication,
  type Subscription,
  type Version,
} from "@petrel/client";
import { noteAmongPackets } from "./connecting.ts";
import { CommandError, errorLine, exitCodeOf } from "./exit-codes.ts";
import { filtersOf, subscribePropertiesOf, type SubscriptionOptions } from "./options/subscribe.ts";
import { note } from "./output/status-line.ts";
import type { Output } from "./received-output.ts";

/** Milliseconds that removals under way have at the end. */
const DRAIN = 30_000;

/** Which messages count, and how many. */
export interface Selection {
  readonly count?: number | undefined;
  /** What the server had kept: as everything else, not at all, or nothing else. */
  readonly retained: "also" | "not" | "only";
  readonly removeRetained?: boolean | undefined;
  readonly filterOut?: readonly string[] | undefined;
  /** Percent of the messages that are printed. */
  readonly randomFilter?: number | undefined;
  /** There is nothing to do but to subscribe. */
  readonly exitAfterSubscribing?: boolean | undefined;
}

interface ReceivingOptions extends SubscriptionOptions {
  readonly debug?: boolean;
  readonly clean: boolean;
}

/** One subscription, from connecting to its last message. */
export class Receiving {
  subscribed = false;
  /** All that was asked for was done. */
  complete = false;
  /** Messages that were printed, or would have been but for chance. */
  count = 0;
  readonly #client: Client<Version>;
  readonly #selection: Selection;
  readonly #options: ReceivingOptions;
  readonly #output: Output;
  readonly #end: AbortSignal;
  /** Removals of retained messages, under way or failed. */
  readonly #removals = new Set<Publication>();

  constructor(
    client: Client<Version>,
    selection: Selection,
    options: ReceivingOptions,
    output: Output,
    end: AbortSignal,
  ) {
    this.#client = client;
    this.#selection = selection;
    this.#options = options;
    this.#output = output;
    this.#end = end;
  }

  async run(): Promise<void> {
    const client = this.#client;
    this.#reportLosses();
    // Removals that are under way go on: nobody knows without an acknowledgement what is left on the server.
    this.#end.addEventListener("abort", () => void client.disconnect({ drain: this.#removals.size > 0 ? DRAIN : 0 }));
    const subscription = await this.#subscribe();
    this.subscribed = true;
    const { topic = [], debug } = this.#options;
    if (debug === true) noteAmongPackets(`subscribed to ${topic.join(", ")}`);
    if (subscription === undefined || this.#selection.exitAfterSubscribing === true) this.complete = true;
    else {
      await this.#receive(subscription).catch((error: Error) => {
        if (!this.#end.aborted) throw error; // after the end, what it cut off is no error
      });
    }
    await this.#untilRemoved();
  }

  async #subscribe(): Promise<Subscription | undefined> {
    const client = this.#client;
    const { topic = [], unsubscribe = [], clean } = this.#options;
    // What a server shall not send can be said in 5.0, and whether it speaks that shows when it is connected.
    if (this.#selection.retained === "not" && clean) await client.connect();
    // Subscribed before it is connected: a resumed session brings its messages together with the CONNACK.
    // By hand: a message counts as consumed when it was written, and those beyond --count are not.
    const [subscription] = await Promise.all([
      topic.length === 0
        ? undefined
        : client.subscribe(this.#filters(), {
            ...subscribePropertiesOf(this.#options),
            acknowledge: "manual",
            signal: this.#end,
          }),
      unsubscribe.length === 0 ? undefined : client.unsubscribe(unsubscribe),
      client.connect(),
    ]);
    return subscription;
  }

  #filters(): ReturnType<typeof filtersOf> {
    const { retained, removeRetained } = this.#selection;
    const unwanted = retained === "not" && removeRetained !== true && this.#client.connection?.protocolVersion === 5;
    return filtersOf(this.#options, { retainHandling: unwanted ? 2 : undefined });
  }

  async #receive(subscription: Subscription): Promise<void> {
    for await (const batch of subscription.batches()) {
      const { chosen, taken, isLast } = this.#choose(batch);
      if (!(await this.#output.write(chosen, this.#end))) return;
      for (let index = 0; index < taken; index++) batch[index]!.acknowledge();
      if (isLast) {
        this.complete = true;
        return;
      }
    }
  }

  /** The messages to print; how many of the batch are done with; and whether no more are wanted. */
  #choose(batch: readonly Message[]): {
    readonly chosen: readonly Message[];
    readonly taken: number;
    readonly isLast: boolean;
  } {
    const { count = Infinity, retained, filterOut, randomFilter, removeRetained } = this.#selection;
    const left = count - this.count;
    if (retained === "also" && filterOut === undefined && randomFilter === undefined && removeRetained !== true) {
      const taken = Math.min(batch.length, left);
      this.count += taken;
      return { chosen: taken === batch.length ? batch : batch.slice(0, taken), taken, isLast: taken === left };
    }
    const chosen: Message[] = [];
    for (const [index, message] of batch.entries()) {
      if (retained === "only" && !message.retain) return { chosen, taken: index + 1, isLast: true };
      if (!this.#concerns(message)) continue;
      this.count++;
      if (randomFilter === undefined || Math.random() * 100 < randomFilter) chosen.push(message);
      if (this.count === count) return { chosen, taken: index + 1, isLast: true };
    }
    return { chosen, taken: batch.length, isLast: false };
  }

  /** Whether a message counts. What is filtered out stays on the server, too. */
  #concerns(message: Message): boolean {
    const { filterOut = [], removeRetained, retained } = this.#selection;
    if (filterOut.some((filter) => matchTopic(filter, message.topic))) return false;
    if (removeRetained === true && message.retain && message.payload.length > 0) this.#remove(message.topic);
    return !(retained === "not" && message.retain);
  }

  #remove(topic: string): void {
    const removal = this.#client.publish(topic, "", { qos: 1, retain: true });
    this.#removals.add(removal);
    void removal.then(
      () => this.#removals.delete(removal),
      () => undefined, // it stays, and #untilRemoved tells
    );
  }

  /** What was to be removed is removed, or it is an error. */
  async #untilRemoved(): Promise<void> {
    const failures: Error[] = [];
    for (const removal of this.#removals) await removal.catch((error: Error) => failures.push(error));
    const [first] = failures;
    if (first === undefined) return;
    throw new CommandError(
      `${failures.length} retained message${failures.length === 1 ? " was" : "s were"} not removed: ${errorLine(first)}`,
      exitCodeOf(first),
      { cause: first },
    );
  }

  /** On stderr: what does not come any more, and what comes and is not printed. */
  #reportLosses(): void {
    const granted = new Set(this.#options.topic);
    this.#client.on("resubscribeFailed", ({ failures }) => {
      for (const { topicFilter } of failures) granted.delete(topicFilter);
      if (granted.size === 0) return; // the iteration ends with an error that says the same
      const lost = failures.map(({ topicFilter }) => `"${topicFilter}"`).join(", ");
      note(`the server lost the session, and does not grant ${lost} again`);
    });
    let told = false;
    this.#client.on("message", ({ topic }) => {
      if (!told) {
        note(`a message on "${topic}" is dropped: the session subscribes to it from earlier, and no -t does now`);
      }
      told = true;
    });
    this.#client.on("error", () => undefined); // the iteration ends with it, too
  }
}
