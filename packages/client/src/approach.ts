import type { SessionOptions } from "@petrel/session";
import type { Connector } from "@petrel/transport";
import type { AuthenticationMethod } from "./authenticator.ts";
import { checkAttemptKinds } from "./option-kinds.ts";
import type { AttemptOptions, ClientOptions, OptionsV5 } from "./options.ts";
import { sessionOptions } from "./resolved-options.ts";
import { type Outcome, ServerList } from "./server-list.ts";
import type { Version } from "./version.ts";
import { VersionChoice } from "./version-choice.ts";

/** What a URL and the options say about reaching a server and introducing oneself. */
export interface Destination {
  readonly connector: Connector;
  readonly username: string | undefined;
  readonly password: string | Uint8Array | undefined;
  /**
   * Of a URL that stands for several servers: the connection to one of them has ended, with or without CONNACK. Returns
   * whether another one shall be tried at once.
   */
  readonly handleEnded?: ((wasConnected: boolean) => boolean) | undefined;
}

/** Throws InvalidAddressError for a URL that is none, OptionError for one that cannot be served. */
export type Reach = (url: string, options: ClientOptions) => Destination;

/** A way to a server: how to open the network connection, and how to introduce oneself on it. */
export interface Way {
  readonly connector: Connector;
  readonly session: SessionOptions;
  readonly authentication: AuthenticationMethod | undefined;
}

const NONE: readonly never[] = [];

/** What a connector is made from. */
const CONNECTOR_OPTIONS = [
  ...(["connector", "tls", "websocket", "proxy", "localAddress", "localPort", "socket"] as const),
  ...(["timeouts", "maximumPacketSize"] as const),
] as const;

/** Which way the next attempt goes: to which server, in which version, with which options. */
export class Approach {
  readonly #reach: Reach;
  readonly #options: ClientOptions;
  readonly #servers: ServerList;
  readonly #versions: VersionChoice;
  /** They are kept, for a connector may remember something: the last TLS session, say. One or a few, mostly. */
  #destinations: readonly { readonly url: string; readonly destination: Destination }[] = NONE;
  /** Of the last attempt. */
  #tried: Destination | undefined;
  /** Of the last attempt; "" if it failed before that was known. */
  #url = "";

  /** Throws OptionError or InvalidAddressError if a URL is of no use. */
  constructor(reach: Reach, url: string, options: ClientOptions) {
    const urls = [url, ...(options.servers ?? [])];
    this.#reach = reach;
    this.#options = options;
    this.#servers = new ServerList(urls, options.followRedirects ?? 3);
    this.#versions = new VersionChoice(options.version ?? "5.0");
    for (const server of urls) this.#destination(server);
  }

  /** The version of the next attempt, or of the connection. */
  get version(): Version {
    return this.#versions.current;
  }

  /** Where the last attempt went: for people, so without credentials, and without a query, which may be a token. */
  get server(): string {
    return this.#url.replace(/[?#].*/s, "").replace(/\/\/[^/]*@/, "//");
  }

  /** The way that the options lead, without those of the attempt. Throws OptionError. */
  get usual(): Way {
    return this.#way(this.#destination(this.#servers.current), this.#options);
  }

  /** The way of the next attempt. Fails as the application's `optionsForAttempt` does, and as a constructor would. */
  next(attempt: number): Way | Promise<Way> {
    const { optionsForAttempt } = this.#options;
    this.#url = "";
    if (optionsForAttempt !== undefined) return this.#ask(optionsForAttempt, attempt);
    this.#url = this.#servers.current;
    this.#tried = this.#destination(this.#url);
    return this.usual;
  }

  handleConnected(): void {
    this.#versions.handleConnected();
  }

  /** A connection lasted. */
  handleStable(): void {
    this.#servers.handleStable();
  }

  /** Returns whether there is another way, to be tried at once. */
  handleEnded(outcome: Outcome): boolean {
    const { wasConnected } = outcome;
    return (
      this.#versions.handleEnded(outcome) ||
      this.#servers.handleEnded(outcome, () => this.#tried?.handleEnded?.(wasConnected) === true)
    );
  }

  async #ask(ask: NonNullable<ClientOptions["optionsForAttempt"]>, attempt: number): Promise<Way> {
    const current = this.#servers.current;
    const changes: AttemptOptions = (await ask({ attempt, url: current, version: this.version })) ?? {};
    checkAttemptKinds(changes);
    const { url = current, ...others } = changes;
    const options = { ...this.#options, ...others } as ClientOptions;
    // Another token is no other way: the connector goes on, and with it what it remembers.
    const isUsual = url === current && !CONNECTOR_OPTIONS.some((name) => others[name] !== undefined);
    const destination = isUsual ? this.#destination(url) : this.#reach(url, options);
    const { username = destination.username, password = destination.password } = others;
    this.#tried = destination;
    this.#url = url;
    return this.#way({ ...destination, username, password }, options);
  }

  #destination(url: string): Destination {
    const known = this.#destinations.find((each) => each.url === url);
    if (known !== undefined) return known.destination;
    const destination = this.#reach(url, this.#options);
    this.#destinations = this.#destinations.concat({ url, destination }); // push() would leave room for sixteen more
    return destination;
  }

  #way({ connector, username, password }: Destination, options: ClientOptions): Way {
    const { authentication } = options as OptionsV5;
    return { connector, session: sessionOptions({ ...options, username, password }, this.version), authentication };
  }
}
