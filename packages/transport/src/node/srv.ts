import dns from "node:dns/promises";
import { abortedError, InvalidAddressError, InvalidOptionError, TransportError } from "../errors.ts";
import type { Connector, Signal, Transport, TransportHandler } from "../transport.ts";
import { checkRange, LONGEST_TIMER } from "./dial.ts";
import { formatTarget } from "./target.ts";

/** One server that a domain names in DNS (RFC 2782). */
export interface SrvRecord {
  /** The host; `.` or empty: the domain has no such service. */
  readonly name: string;
  readonly port: number;
  /** Servers with the lowest are tried first. */
  readonly priority: number;
  /** Among those of one priority, how often a server comes first, in proportion. */
  readonly weight: number;
}

/** Where {@link srv} looks, and what it does with what it finds. */
export interface SrvOptions {
  readonly domain: string;
  /** Such as `_mqtt._tcp` or `_secure-mqtt._tcp`. */
  readonly service: string;
  /** Makes the connector for one server; it is called once for each, and again when the server was gone meanwhile. */
  readonly connectorTo: (target: SrvTarget) => Connector;
  /** Asks DNS. Rejects with an error that has Node's `code`. Default: the system's name servers. */
  readonly resolve?: ((name: string, signal: Signal) => Promise<readonly SrvRecord[]>) | undefined;
  /** Milliseconds for the records; 0 is no limit. Default: 10,000. */
  readonly dnsTimeoutMs?: number | undefined;
  /** For tests: randomness, from 0 (included) to 1 (excluded). */
  readonly random?: (() => number) | undefined;
}

/** A server as {@link srv} hands it to `connectorTo`. */
export interface SrvTarget {
  readonly host: string;
  readonly port: number;
}

/** A {@link Connector} to one of several servers. */
export interface SrvConnector extends Connector {
  /**
   * Tells how the last connection ended. One that was of no use, because the server refused what was asked of it, say,
   * puts that server behind those that were not tried yet. Returns whether there are such: when all have been tried, or
   * a connection was of use, all begin anew.
   */
  handleEnded(wasUseful: boolean): boolean;
}

/**
 * Makes a {@link Connector} for the servers that a domain names in DNS. For each connection it asks DNS, puts the servers
 * in the order of RFC 2782, and takes the first that can be reached.
 *
 * ```ts
 * const connector = srv({ domain: "example.net", service: "_mqtt._tcp", connectorTo: (target) => tcp(target) });
 * ```
 *
 * Throws `InvalidAddressError` without a domain, `InvalidOptionError` for an option out of range. The connector rejects
 * with a `TransportError` of stage `"dns"`, or that of the server; of several servers, it tells about each.
 */
export function srv(options: SrvOptions): SrvConnector {
  const { domain, service } = options;
  if (domain === "") throw new InvalidAddressError("host", "no domain given to look for servers in");
  if (service === "") throw new InvalidOptionError("service", "empty", "it is a service in DNS, such as _mqtt._tcp");
  checkRange("dnsTimeoutMs", options.dnsTimeoutMs, 0, LONGEST_TIMER);
  const connectors = new Map<string, Connector>();
  let names: ReadonlySet<string> = new Set();
  /** For the last connection. */
  let asked: string[] = [];
  /** Since a connection was of use: the servers that were not, and those that could not be reached. */
  const tried = new Set<string>();

  const connect: Connector = async (handler, signal) => {
    names = new Set();
    asked = [];
    const records = orderSrvRecords(await lookUp(options, signal), options.random ?? Math.random);
    const targets = records.map(({ name, port }) => ({ host: name.replace(/\.$/, ""), port }));
    names = new Set(targets.map(formatTarget));
    for (const known of connectors.keys()) if (!names.has(known)) connectors.delete(known);
    const wasTried = (target: SrvTarget): boolean => tried.has(formatTarget(target));
    const inOrder = [...targets.filter((target) => !wasTried(target)), ...targets.filter(wasTried)];
    return connectFirst(inOrder, domain, handler, signal, (target) => {
      const name = formatTarget(target);
      const connector = connectors.get(name) ?? options.connectorTo(target);
      connectors.set(name, connector);
      asked.push(name);
      return connector;
    });
  };
  const handleEnded = (wasUseful: boolean): boolean => {
    for (const name of asked) tried.add(name);
    const areOthers = !wasUseful && [...names].some((name) => !tried.has(name));
    if (!areOthers) tried.clear();
    return areOthers;
  };
  return Object.assign(connect, { handleEnded });
}

async function connectFirst(
  targets: readonly SrvTarget[],
  domain: string,
  handler: TransportHandler,
  signal: Signal | undefined,
  connectorTo: (target: SrvTarget) => Connector,
): Promise<Transport> {
  const errors: unknown[] = [];
  for (const target of targets) {
    try {
      return await connectorTo(target)(handler, signal);
    } catch (error) {
      errors.push(error);
      if (signal?.aborted === true) throw error;
    }
  }
  const first = errors[0];
  if (errors.length === 1) throw first;
  const says = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  const message = `none of the ${errors.length} servers that ${domain} names in DNS could be reached: ${says.join("; ")}`;
  throw new TransportError(message, {
    stage: first instanceof TransportError ? first.stage : "connect",
    code: first instanceof TransportError ? first.code : "PETREL_TRANSPORT_FAILED",
    cause: new AggregateError(errors, message),
  });
}

/**
 * In the order to try them: by priority, and among those of one priority at random by weight (RFC 2782).
 *
 * @param random from 0 (included) to 1 (excluded)
 */
export function orderSrvRecords<Item extends SrvRecord>(records: readonly Item[], random: () => number): Item[] {
  // "… arrange all SRV RRs (that have not been ordered yet) in any order, except that all those with weight 0 are
  // placed at the beginning of the list." (RFC 2782, Weight)
  const rest = [...records].sort((a, b) => a.priority - b.priority || Math.sign(a.weight) - Math.sign(b.weight));
  const ordered: Item[] = [];
  while (rest.length > 0) {
    const { priority } = rest[0]!;
    const group = rest.filter((record) => record.priority === priority);
    const total = group.reduce((sum, { weight }) => sum + weight, 0);
    // "… a uniform random number between 0 and the sum computed (inclusive)"
    let left = Math.floor(random() * (total + 1));
    // "… the RR whose running sum value is the first in the selected order which is greater than or equal to …"
    const index = group.findIndex(({ weight }) => (left -= weight) <= 0);
    ordered.push(...rest.splice(index, 1));
  }
  return ordered;
}

function lookUp(options: SrvOptions, signal: Signal | undefined): Promise<readonly SrvRecord[]> {
  const { domain, service, resolve: ask = resolveWithNode } = options;
  const timeoutMs = options.dnsTimeoutMs ?? 10_000;
  const name = `${service}.${domain}`;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw abortedError(domain, "dns", signal);
    const controller = new AbortController();
    const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined;
    signal?.addEventListener("abort", onAbort);
    ask(name, controller.signal).then(onRecords, (error: unknown) => fail(lookupError(error, name, domain)));

    function onRecords(records: readonly SrvRecord[]): void {
      forget();
      const servers = records.filter((record) => record.name !== "" && record.name !== ".");
      if (servers.length > 0) resolve(servers);
      else reject(records.length > 0 ? serviceRefused(name, domain) : lookupError({ code: "ENODATA" }, name, domain));
    }
    function onAbort(): void {
      fail(abortedError(domain, "dns", signal!));
    }
    function onTimeout(): void {
      const message = `the SRV record ${name} was not looked up within ${timeoutMs} ms (DNS timeout); does the name server answer?`;
      fail(new TransportError(message, { stage: "dns", code: "PETREL_TRANSPORT_TIMED_OUT" }));
    }
    function fail(error: TransportError): void {
      forget();
      reject(error);
      controller.abort(error);
    }
    function forget(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  });
}

async function resolveWithNode(name: string, signal: Signal): Promise<readonly SrvRecord[]> {
  const resolver = new dns.Resolver(); // one of its own, because to cancel is to cancel all its questions
  resolver.setServers(dns.getServers()); // what `setServers` has set; a named import would not hear of it
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel);
  try {
    return await resolver.resolveSrv(name);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** "A Target of "." means that the service is decidedly not available at this domain." (RFC 2782) */
function serviceRefused(name: string, domain: string): TransportError {
  return new TransportError(`${domain} says in DNS that it has no MQTT server (the target of ${name} is ".")`, {
    stage: "dns",
    code: "PETREL_TRANSPORT_HOST_NOT_FOUND",
  });
}

function lookupError(error: unknown, name: string, domain: string): TransportError {
  const why = (error as { code?: string }).code ?? String(error);
  const cause = error instanceof Error ? { cause: error } : {};
  if (why === "ENOTFOUND" || why === "ENODATA") {
    const message = `${domain} names no MQTT server in DNS: there is no SRV record ${name} (${why}); is it the right domain?`;
    return new TransportError(message, { stage: "dns", code: "PETREL_TRANSPORT_HOST_NOT_FOUND", ...cause });
  }
  const message = `the SRV record ${name} could not be looked up (DNS: ${why}); is this machine online, and does its name server answer?`;
  return new TransportError(message, { stage: "dns", code: "PETREL_TRANSPORT_DNS_UNAVAILABLE", ...cause });
}
