import { ReasonCode } from "@petrel/codec";
import { type FilterFailure, type Milliseconds, type Negotiated, OptionError, TimeoutError } from "@petrel/session";
import { onAbort } from "./cancellation.ts";
import type { Clock } from "./clock.ts";
import { AbortedError, NoResponderError, SubscriptionLostError, toError } from "./errors.ts";
import type { Message } from "./message.ts";
import { areOptions, checkCallOptions } from "./option-names.ts";
import type { Publisher } from "./publisher.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import type { Payload, PublishOptionsV5, Reply, RequestOptions, Respond, RespondOptions } from "./types.ts";
import type { Version } from "./version.ts";

/** What request and response need of the client they are part of. */
export interface RequestResponseHost {
  readonly version: Version;
  readonly connection: Negotiated | undefined;
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;
  readonly clock: Clock;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Replies of one request that may wait for their consumer. */
const MOST_REPLIES_WAITING = 1_000;

/** A request whose replies are awaited. */
interface Pending {
  onReply(message: Message): void;
  onFailure(error: Error): void;
}

/** Requests over MQTT 5.0: a response topic, correlation data, a deadline (section 4.10). */
export class RequestResponse {
  readonly #host: RequestResponseHost;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #pending = new Map<string, Pending>();
  /** Where replies come to, by topic: one for all requests, which are told apart by their correlation data, and those of callers. */
  readonly #inboxes = new Map<string, Promise<Subscription>>();
  #ownTopic: { readonly base: string; readonly topic: string } | undefined;
  #count = 0;

  constructor(host: RequestResponseHost, random: () => number) {
    this.#host = host;
    this.#clock = host.clock;
    this.#random = random;
  }

  /** The first reply. */
  request(topic: string, payload: Payload, options: RequestOptions): Promise<Message> {
    return new Promise((resolve, reject) => {
      const end = this.#begin(topic, payload, options, {
        onReply: (message) => {
          end();
          resolve(message);
        },
        onFailure: (error) => {
          end();
          reject(error);
        },
      });
    });
  }

  /** All replies until the time is up. */
  async *requestMany(topic: string, payload: Payload, options: RequestOptions): AsyncGenerator<Message, undefined> {
    const replies: Message[] = [];
    let failure: Error | undefined;
    let wake: (() => void) | undefined;
    const end = this.#begin(topic, payload, options, {
      onReply: (message) => {
        if (replies.length === MOST_REPLIES_WAITING) {
          failure ??= new Error(`more than ${MOST_REPLIES_WAITING} replies to "${topic}" wait; take them faster`);
        } else {
          replies.push(message);
        }
        wake?.();
      },
      onFailure: (error) => {
        failure ??= error;
        wake?.();
      },
    });
    try {
      for (;;) {
        const reply = replies.shift();
        if (reply !== undefined) yield reply;
        else if (failure instanceof TimeoutError && failure.what === whatIsAwaited(topic)) return undefined;
        else if (failure !== undefined) throw failure;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      end();
    }
  }

  /** Answers what comes to `filter`. */
  respond(filter: string, respond: Respond, given: RespondOptions): Promise<Subscription> {
    this.#requireVersion("respond()");
    checkCallOptions("respond()", given);
    const { qos, ...options } = given;
    return this.#host.subscriber.subscribe(filter, { qos: qos ?? 1, ...options }, async (message) => {
      const answer = await respond(message);
      const { responseTopic, correlationData } = message.properties ?? {};
      if (responseTopic === undefined) return;
      const { payload, properties } = isReply(answer) ? answer : { payload: answer, properties: undefined };
      // A request that had to arrive wants a reply that does.
      await this.#host.publisher.publish(responseTopic, payload, {
        qos: message.qos,
        properties: { ...properties, correlationData },
      });
    });
  }

  /** The server does not send to these filters any more. */
  handleLost(failures: readonly FilterFailure[]): void {
    if (failures.some(({ topicFilter }) => this.#inboxes.has(topicFilter))) {
      this.failAll(new SubscriptionLostError(failures));
    }
  }

  failAll(error: Error): void {
    this.#inboxes.clear();
    for (const pending of [...this.#pending.values()]) pending.onFailure(error);
  }

  /** Sends a request. Returns what ends the waiting for replies. */
  #begin(topic: string, payload: Payload, options: RequestOptions, pending: Pending): () => void {
    // What is no options is refused below, where failures are told.
    const { timeout = DEFAULT_TIMEOUT_MS, signal, qos = 1, properties } = areOptions(options) ? options : {};
    const key = this.#correlationData();
    const hex = toHex(properties?.correlationData ?? key);
    let timer: ReturnType<Clock["timer"]> | undefined;
    let forget: (() => void) | undefined;
    const end = (): void => {
      if (this.#pending.get(hex) === pending) this.#pending.delete(hex);
      timer?.clear();
      forget?.();
    };
    // In a microtask: what fails at once shall find `end` in the caller's hands.
    this.#clock.microtask(() => {
      try {
        this.#requireVersion("request()");
        checkCallOptions("request()", options);
        if (!(timeout >= 0)) throw new OptionError("timeout", timeout, "it must be 0 or more milliseconds");
        if (this.#pending.has(hex)) {
          throw new OptionError("properties.correlationData", hex, "another request that waits has the same");
        }
        this.#pending.set(hex, pending);
        if (timeout !== Infinity) {
          const at: Milliseconds = this.#clock.now() + timeout;
          timer = this.#clock.timer(at, () => pending.onFailure(new TimeoutError(whatIsAwaited(topic), timeout)));
        }
        forget = onAbort(signal, (reason) => pending.onFailure(new AbortedError("the request", reason)));
        if (signal?.aborted === true) return;
        const { responseTopic = this.#responseTopic() } = options;
        const publishOptions = { qos, properties: { correlationData: key, ...properties, responseTopic } };
        this.#open(responseTopic)
          .then(() => (this.#pending.get(hex) === pending ? this.#publish(topic, payload, publishOptions) : undefined))
          .catch((error: unknown) => pending.onFailure(toError(error)));
      } catch (error) {
        pending.onFailure(toError(error));
      }
    });
    return end;
  }

  async #publish(topic: string, payload: Payload, options: PublishOptionsV5): Promise<void> {
    const { reasonCode } = await this.#host.publisher.publish(topic, payload, options);
    if (reasonCode === ReasonCode.noMatchingSubscribers) throw new NoResponderError(topic);
  }

  /** Begins as the server wishes, "as the basis for creating a Response Topic" (section 3.2.2.3.15). */
  #responseTopic(): string {
    const base = this.#host.connection?.responseInformation ?? this.#ownTopic?.base ?? "petrel/response";
    if (this.#ownTopic?.base !== base) {
      const topic = `${base.replace(/\/$/, "")}/${hex32(this.#random())}${hex32(this.#random())}`;
      this.#ownTopic = { base, topic };
    }
    return this.#ownTopic.topic;
  }

  /** Resolves once the server sends us what comes to `responseTopic`. */
  async #open(responseTopic: string): Promise<void> {
    let inbox = this.#inboxes.get(responseTopic);
    if (inbox === undefined) {
      inbox = this.#host.subscriber.subscribe(responseTopic, { qos: 1, acknowledge: "received" }, this.#handleReply);
      this.#inboxes.set(responseTopic, inbox);
    }
    const forget = (): void => {
      if (this.#inboxes.get(responseTopic) === inbox) this.#inboxes.delete(responseTopic);
    };
    try {
      if (!(await inbox).isEnded) return;
    } catch (error) {
      forget(); // the next request tries anew
      throw error;
    }
    forget(); // somebody has unsubscribed it
    await this.#open(responseTopic);
  }

  readonly #handleReply = (message: Message): void => {
    const correlationData = message.properties?.correlationData;
    if (correlationData === undefined) return;
    this.#pending.get(toHex(correlationData))?.onReply(message); // one that comes too late, or twice, is nobody's
  };

  /** Not to be met by chance, and not to be guessed from the last one. */
  #correlationData(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.#count++);
    view.setUint32(4, Math.floor(this.#random() * 2 ** 32));
    return bytes;
  }

  #requireVersion(what: string): void {
    const { version } = this.#host;
    if (version !== "5.0") throw new OptionError("version", version, `${what} needs MQTT 5.0`);
  }
}

function whatIsAwaited(topic: string): string {
  return `reply to "${topic}"`;
}

function isReply(answer: Reply): answer is Exclude<Reply, Payload> {
  return typeof answer === "object" && answer !== null && ("payload" in answer || "properties" in answer);
}

function hex32(random: number): string {
  return Math.floor(random * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
