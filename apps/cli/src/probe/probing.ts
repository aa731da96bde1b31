import {
  type Client,
  type ClientOptions,
  createClient,
  type Message,
  type OptionsV5,
  type SubscribeOptions,
} from "@petrel/client";

/** How a server is asked. */
export interface ProbingOptions {
  readonly url: string;
  /** What was typed, for 5.0. Of it counts how to get there and who one is; the rest is what the questions are about. */
  readonly options: OptionsV5;
  /** Milliseconds that the answer to one question may take. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Connections and messages whose fate says what a server supports. */
export class Probing {
  /** A part of the topic tree for this run alone. */
  readonly prefix: string = `petrel-probe/${Math.random().toString(36).slice(2, 10)}`;
  readonly #options: ProbingOptions;
  #count = 0;

  constructor(options: ProbingOptions) {
    this.#options = options;
  }

  /** A topic that nobody else has used. */
  topic(): string {
    return `${this.prefix}/${++this.#count}`;
  }

  /** Connects, asks, and disconnects, whatever comes of it. */
  async with<Answer>(options: ClientOptions, ask: (client: Client) => Promise<Answer>): Promise<Answer> {
    const { url, options: typed, signal, timeout } = this.#options;
    const { username, password, tls, websocket, proxy, localAddress, timeouts, authentication } = typed;
    const way = { username, password, tls, websocket, proxy, localAddress, timeouts };
    const identity = options.version === "5.0" ? { ...way, authentication } : way;
    const fixed = { reconnect: false, followRedirects: 0, signal } as const;
    const client = createClient(url, { ...identity, ...options, ...fixed } as ClientOptions) as Client;
    client.on("error", () => undefined); // the promise that is awaited tells
    const end = (): void => client.destroy();
    signal.addEventListener("abort", end, { once: true });
    const timer = setTimeout(end, timeout);
    try {
      await client.connect();
      timer.refresh();
      return await ask(client);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      await client.disconnect();
    }
  }

  /** Whether it works. What fails because of an interruption is thrown. */
  async works(options: ClientOptions, ask: (client: Client) => Promise<unknown>): Promise<boolean> {
    try {
      return (await this.with(options, ask)) !== false;
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      return false;
    }
  }

  /** The largest number from `low` to `high` that works, whereof `low` is taken to; most servers take `high`. */
  async largest(low: number, high: number, works: (size: number) => Promise<boolean>): Promise<number> {
    if (await works(high)) return high;
    let yes = low;
    let no = high;
    while (no - yes > 1) {
      const middle = Math.floor((yes + no) / 2);
      if (await works(middle)) yes = middle;
      else no = middle;
    }
    return yes;
  }

  /** Subscribes, publishes, and waits for the message; undefined if it does not come. */
  async roundTrip(client: Client, { filter, topic, qos = 1, subscribe = {} }: RoundTrip): Promise<Message | undefined> {
    const { timeout } = this.#options;
    const subscription = await client.subscribe(filter, { qos, ...subscribe });
    try {
      await client.publish(topic, "probe", { qos, timeout });
      return await subscription.next({ timeout });
    } catch {
      return undefined; // refused or not delivered: either way it does not work
    } finally {
      await subscription.unsubscribe().catch(() => undefined); // the connection may be gone, which the answer shows
    }
  }
}

export interface RoundTrip {
  readonly filter: string;
  readonly topic: string;
  readonly qos?: 0 | 1 | 2;
  readonly subscribe?: SubscribeOptions<"5.0">;
}
