import type { ClientOptions } from "@petrel/client";
import { type Command, Option } from "commander";
import { statSync } from "node:fs";
import { UsageError } from "../exit-codes.ts";
import { collect } from "./parsers.ts";

/** The options for TLS, as they were typed. */
export interface TlsCommandOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly keyPassphrase?: string;
  readonly insecure?: boolean;
  readonly insecureHostname?: boolean;
  readonly alpn?: readonly string[];
  readonly tlsMinVersion?: TlsVersionNumber;
  readonly ciphers?: string;
  readonly servername?: string;
}

const VERSIONS = ["1.0", "1.1", "1.2", "1.3"] as const;
type TlsVersionNumber = (typeof VERSIONS)[number];

/** Adds them to a command, in a group of their own. */
export function addTlsOptions(command: Command): void {
  command
    .optionsGroup("TLS:")
    .option("--ca <file or folder>", "certificates of the authorities to trust (default: Node's list)")
    .option("--cert <file>", "this client's certificate; .p12 and .pfx files hold the key, too")
    .option("--key <file>", "its private key")
    .option(
      "--key-passphrase <text>",
      "opens an encrypted key; others can see it in the process list: prefer PETREL_KEY_PASSPHRASE",
    )
    .option("--insecure", "take any certificate: anybody can pose as the server and read along")
    .option("--insecure-hostname", "take a trusted certificate of another host")
    .option("--alpn <protocol>", "protocol to offer (ALPN), repeatable", collect)
    .addOption(
      new Option("--tls-min-version <version>", "oldest to accept").choices(VERSIONS).default(undefined, "1.2"),
    )
    .option("--ciphers <list>", "cipher suites, in OpenSSL's notation")
    .option("--servername <name>", "name to ask for, and to find in the server's certificate (default: the host)");
}

/** The client's options for what was typed; undefined if nothing was. Throws UsageError for what contradicts itself. */
export function tlsOptionsOf(options: TlsCommandOptions, url: string): ClientOptions["tls"] {
  const given = NAMES.filter(([name]) => options[name] !== undefined).map(([, typed]) => typed);
  if (given.length === 0) return undefined;
  if (!/^(mqtts|tls|ssl|wss|mqtts\+srv):/i.test(url)) {
    throw new UsageError(`${given[0]} is for TLS, and ${url.slice(0, url.indexOf(":"))}:// is not; add -l mqtts`);
  }
  const { ca, cert, key, tlsMinVersion } = options;
  const isPkcs12 = cert !== undefined && /\.(p12|pfx)$/i.test(cert);
  if (isPkcs12 && key !== undefined) throw new UsageError(`${cert} holds the key, too; leave --key out`);
  if (!isPkcs12 && (cert === undefined) !== (key === undefined)) {
    throw new UsageError("--cert and --key are of use only together");
  }
  const encrypts = key !== undefined || isPkcs12;
  return {
    ...(ca !== undefined && (isFolder(ca) ? { caPath: ca } : { caFile: ca })),
    ...(isPkcs12 ? { pfxFile: cert } : { certFile: cert, keyFile: key }),
    passphrase: options.keyPassphrase ?? (encrypts ? process.env["PETREL_KEY_PASSPHRASE"] : undefined),
    rejectUnauthorized: options.insecure === true ? false : undefined,
    checkHostname: options.insecureHostname === true ? false : undefined,
    alpnProtocols: options.alpn,
    minVersion: tlsMinVersion === undefined ? undefined : MIN_VERSIONS[tlsMinVersion],
    ciphers: options.ciphers,
    servername: options.servername,
  };
}

const NAMES: readonly (readonly [keyof TlsCommandOptions, string])[] = [
  ["ca", "--ca"],
  ["cert", "--cert"],
  ["key", "--key"],
  ["keyPassphrase", "--key-passphrase"],
  ["insecure", "--insecure"],
  ["insecureHostname", "--insecure-hostname"],
  ["alpn", "--alpn"],
  ["tlsMinVersion", "--tls-min-version"],
  ["ciphers", "--ciphers"],
  ["servername", "--servername"],
];

const MIN_VERSIONS = { "1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3" } as const;

/** What is not there is a file that cannot be read: the client says so. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
