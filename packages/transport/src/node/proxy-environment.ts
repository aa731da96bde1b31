import { BlockList, isIP } from "node:net";

/** A server that may be behind a proxy. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  /** Whether it is spoken to over TLS. */
  readonly secure: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The URL of the proxy that the environment names for this server, or undefined if there is none: `HTTPS_PROXY` for
 * TLS, `HTTP_PROXY` for the others, and otherwise `ALL_PROXY`. `NO_PROXY` exempts. Small letters go first.
 */
export function proxyFromEnvironment(target: ProxyTarget, environment: Environment = process.env): string | undefined {
  const value = (name: string): string => environment[name.toLowerCase()] || environment[name] || "";
  const url = value(target.secure ? "HTTPS_PROXY" : "HTTP_PROXY") || value("ALL_PROXY");
  if (url === "" || isExempt(target, value("NO_PROXY"))) return undefined;
  return url.includes("://") ? url : `http://${url}`;
}

/**
 * Whether a list like `NO_PROXY` names the server: `*`; a domain, with or without a leading dot, and all below it; an
 * address; a range of addresses (`10.0.0.0/8`). Each may be followed by `:port`.
 */
function isExempt(target: ProxyTarget, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && matches(entry, target));
}

function matches(entry: string, { host, port }: ProxyTarget): boolean {
  if (entry === "*") return true;
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry);
  const [name = entry, onlyPort] = match === null ? [entry] : [match[1]!, match[2]]; // no match: IPv6 without brackets
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  const bare = withoutBrackets(name);
  const wanted = host.toLowerCase().replace(/\.$/, "");
  if (isIP(wanted) !== 0) return addressMatches(bare, wanted);
  const domain = bare.replace(/^\*?\.+/, "").replace(/\.$/, "");
  return domain !== "" && (wanted === domain || wanted.endsWith(`.${domain}`));
}

function addressMatches(entry: string, address: string): boolean {
  const [network = "", prefix] = entry.split("/");
  const version = isIP(network);
  if (version === 0) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(address.replace(/%.*/s, ""), isIP(address) === 4 ? "ipv4" : "ipv6");
}

function withoutBrackets(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}
