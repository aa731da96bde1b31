import { isIP } from "node:net";
import { createSecureContext, type SecureContext, type SecureVersion } from "node:tls";
import { InvalidOptionError } from "../errors.ts";

/** A value, or a function that is asked for it anew for each connection. */
export type Fresh<Value> = Value | (() => Value | Promise<Value>);

/** PEM text, or the bytes of a PEM or DER file. */
export type TlsBytes = string | Uint8Array;

/**
 * How a TLS connection is made. Files are read anew for each connection, and functions called, so that a certificate
 * that was renewed meanwhile is used by the next attempt.
 */
export interface TlsOptions {
  /** Certificates of the authorities to trust, instead of Node's own list. PEM may hold several. */
  readonly ca?: Fresh<TlsBytes | readonly TlsBytes[]> | undefined;
  /** A file with the certificates of authorities, as {@link ca}. */
  readonly caFile?: string | undefined;
  /** A folder whose files hold the certificates of authorities, as {@link ca}. */
  readonly caPath?: string | undefined;
  /** The client's own certificate, followed by those of its intermediate authorities. */
  readonly cert?: Fresh<TlsBytes> | undefined;
  readonly certFile?: string | undefined;
  /** The private key of {@link cert}. */
  readonly key?: Fresh<TlsBytes> | undefined;
  readonly keyFile?: string | undefined;
  /** Opens {@link key} or {@link pfx} when it is encrypted. */
  readonly passphrase?: Fresh<string> | undefined;
  /** The client's certificate and key in one, as PKCS#12. */
  readonly pfx?: Fresh<Uint8Array> | undefined;
  readonly pfxFile?: string | undefined;
  /** Lists of certificates that their authorities have revoked. With one, every authority in the chain needs its own. */
  readonly crl?: Fresh<TlsBytes | readonly TlsBytes[]> | undefined;
  readonly crlFile?: string | undefined;
  /** Protocols to offer to the server (ALPN), such as `["mqtt"]`. A server without ALPN takes no notice. */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** Cipher suites in OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string | undefined;
  /** The oldest version to accept. Default: `"TLSv1.2"`. */
  readonly minVersion?: SecureVersion | undefined;
  /** The newest version to use. Default: Node's, `"TLSv1.3"`. */
  readonly maxVersion?: SecureVersion | undefined;
  /** The name to ask the server for (SNI), and to find in its certificate. Default: the target's host. */
  readonly servername?: string | undefined;
  /** `false` takes any certificate, of anybody: then nobody knows who reads along. Default: true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** `false` takes a certificate of another host if an authority has signed it. Default: true. */
  readonly checkHostname?: boolean | undefined;
  /** A context of `tls.createSecureContext()`, instead of the certificates, keys, ciphers and versions above. */
  readonly secureContext?: Fresh<SecureContext> | undefined;
  /** Whether a further connection resumes the TLS session of the last one, which is faster. Default: true. */
  readonly resumeSession?: boolean | undefined;
}

const VERSIONS: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** What a context is made of, and what stands in for it. */
const OF_THE_CONTEXT = [
  ...["ca", "caFile", "caPath", "cert", "certFile", "key", "keyFile", "passphrase", "pfx", "pfxFile", "crl", "crlFile"],
  ...["ciphers", "minVersion", "maxVersion"],
] as readonly (keyof TlsOptions)[];

/** Of these, one at a time. */
const SAME_THING: readonly (readonly (keyof TlsOptions)[])[] = [
  ["cert", "certFile", "pfx", "pfxFile"],
  ["key", "keyFile", "pfx", "pfxFile"],
];

/** Throws {@link InvalidOptionError} for what can not work, before anything is opened. */
export function checkTlsOptions(options: TlsOptions): void {
  const given = (name: keyof TlsOptions): boolean => options[name] !== undefined;
  for (const names of SAME_THING) {
    const [first, second] = names.filter(given);
    if (second !== undefined) {
      throw new InvalidOptionError(second, "given", `it says the same thing as ${first}; give one of them`);
    }
  }
  const [hasCert, hasKey] = [given("cert") || given("certFile"), given("key") || given("keyFile")];
  if (hasCert && !hasKey) throw new InvalidOptionError("key", undefined, "a certificate is of no use without its key");
  if (hasKey && !hasCert) throw new InvalidOptionError("cert", undefined, "a key is of no use without its certificate");
  if (given("passphrase") && !hasKey && !given("pfx") && !given("pfxFile")) {
    throw new InvalidOptionError("passphrase", "given", "there is no key or pfx that it could open");
  }
  if (given("secureContext")) {
    const other = OF_THE_CONTEXT.find(given);
    if (other !== undefined) {
      throw new InvalidOptionError(other, "given", "it is part of the secureContext, which was given too");
    }
  }
  checkVersions(options);
  checkCiphers(options);
  checkNames(options);
}

function checkVersions({ minVersion = "TLSv1.2", maxVersion = "TLSv1.3" }: TlsOptions): void {
  for (const [name, version] of Object.entries({ minVersion, maxVersion })) {
    if (!VERSIONS.includes(version)) throw new InvalidOptionError(name, version, `it is one of ${VERSIONS.join(", ")}`);
  }
  if (VERSIONS.indexOf(minVersion) > VERSIONS.indexOf(maxVersion)) {
    throw new InvalidOptionError("maxVersion", maxVersion, `it is older than minVersion, ${minVersion}`);
  }
}

function checkCiphers({ ciphers }: TlsOptions): void {
  if (ciphers === undefined) return;
  try {
    createSecureContext({ ciphers, ca: [] }); // without `ca`, it would read all of Node's
  } catch {
    throw new InvalidOptionError(
      "ciphers",
      ciphers,
      "OpenSSL knows no such cipher; it lists them with `openssl ciphers`",
    );
  }
}

function checkNames({ servername, alpnProtocols }: TlsOptions): void {
  if (servername !== undefined && (servername === "" || isIP(servername) !== 0)) {
    throw new InvalidOptionError("servername", servername, "it is a host name, not an address (RFC 6066, section 3)");
  }
  if (alpnProtocols === undefined) return;
  if (alpnProtocols.length === 0) throw new InvalidOptionError("alpnProtocols", "[]", "it names at least one protocol");
  for (const protocol of alpnProtocols) {
    const length = Buffer.byteLength(protocol);
    if (length >= 1 && length <= 255) continue;
    throw new InvalidOptionError("alpnProtocols", protocol, "a protocol's name has 1 to 255 bytes");
  }
}
