import { ReasonCode } from "@petrel/codec";
import { ConnectRefusedError, ServerDisconnectError } from "@petrel/session";
import { parseAddress } from "@petrel/transport";

/** What is known about an attempt, or a connection, that ended. */
export interface Outcome {
  readonly cause: Error;
  /** CONNACK had come. */
  readonly wasConnected: boolean;
}

const NONE: readonly never[] = [];

/**
 * The servers that a client may try, in order, then from the start; and where they send it (5.0 section 4.13): "use
 * another server" counts for one connection, "server moved" for good.
 */
export class ServerList {
  readonly #servers: string[];
  readonly #maximumRedirects: number;
  #index = 0;
  /** Servers of the list that failed one after the other. */
  #failed = 0;
  /** Where the server of the list sent us. */
  #redirect: string | undefined;
  /** Those that sent us on since a connection lasted: nobody is asked twice. */
  #visited: readonly string[] = NONE;

  constructor(servers: readonly string[], maximumRedirects: number) {
    this.#servers = [...servers];
    this.#maximumRedirects = maximumRedirects;
  }

  /** The URL to try. */
  get current(): string {
    return this.#redirect ?? this.#servers[this.#index]!;
  }

  /** A connection lasted: what was tried before is forgotten. */
  handleStable(): void {
    this.#visited = NONE;
  }

  /**
   * Chooses the next server. Returns whether it shall be tried at once: it was not asked yet, or we were sent there.
   *
   * @param hasAnother whether the URL stands for several servers, with one among them that was not asked yet
   */
  handleEnded({ cause, wasConnected }: Outcome, hasAnother: () => boolean): boolean {
    if (this.#follow(cause)) return true;
    this.#visited = NONE;
    this.#redirect = undefined;
    if (hasAnother()) return true;
    if (wasConnected) {
      this.#failed = 0;
      return false; // the network, or the server, has failed: after a wait the same server, which has our session
    }
    this.#index = (this.#index + 1) % this.#servers.length;
    this.#failed++;
    if (this.#failed < this.#servers.length) return true;
    this.#failed = 0;
    return false;
  }

  #follow(cause: Error): boolean {
    const reference = serverReference(cause);
    if (reference === undefined || this.#visited.length >= this.#maximumRedirects) return false;
    this.#visited = [...this.#visited, this.current];
    const target = referencedUrl(this.current, reference.servers);
    if (target === undefined || this.#visited.includes(target)) return false;
    if (reference.moved) this.#servers[this.#index] = target;
    this.#redirect = reference.moved ? undefined : target;
    return true;
  }
}

function serverReference(cause: Error): { readonly servers: string; readonly moved: boolean } | undefined {
  if (!(cause instanceof ConnectRefusedError || cause instanceof ServerDisconnectError)) return undefined;
  const { reasonCode, packet } = cause;
  const moved = reasonCode === ReasonCode.serverMoved;
  const servers = packet.properties?.serverReference;
  if (servers === undefined || !(moved || reasonCode === ReasonCode.useAnotherServer)) return undefined;
  return { servers, moved };
}

/**
 * The first server of a Server Reference that makes a URL: "host", "host:port" or "[address]:port", separated by spaces
 * (section 4.11). Scheme, credentials and path stay as they are, so nobody is led from TLS to plain text.
 */
export function referencedUrl(url: string, reference: string): string | undefined {
  const parts = /^([a-z+]+):\/\/([^/?#]*@)?[^/?#@]*(.*)$/i.exec(url);
  if (parts === null) return undefined;
  const [, scheme = "", credentials = "", rest = ""] = parts;
  for (const server of reference.split(/\s+/)) {
    if (server === "") continue;
    const candidate = `${scheme.replace("+srv", "")}://${credentials}${server}${rest}`;
    if (!/[/?#@]/.test(server) && isAddress(candidate)) return candidate;
  }
  return undefined;
}

function isAddress(url: string): boolean {
  try {
    return parseAddress(url).transport !== "unix";
  } catch {
    return false;
  }
}
