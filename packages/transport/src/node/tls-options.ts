import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { InvalidOptionError } from "../errors.ts";
import type { TlsOptions, TlsVersion } from "../tls-options.ts";

const VERSIONS: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

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
