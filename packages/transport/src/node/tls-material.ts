import { createHash, createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { TransportError } from "../errors.ts";
import { nameOf } from "./tls-error.ts";
import type { Fresh, TlsBytes, TlsOptions } from "../tls-options.ts";

/**
 * Makes a function that reads the certificates and keys of `options` and makes a context of them. As long as they stay
 * the same, so does the context. It rejects with a `TransportError` that says which of them can not be used, and why.
 */
export function createContextReader(options: TlsOptions): () => Promise<SecureContext> {
  let fingerprint: string | undefined;
  let context: SecureContext | undefined;
  return async () => {
    if (options.secureContext !== undefined) return ask<SecureContext>("secureContext", options.secureContext);
    const material = await readMaterial(options);
    const print = fingerprintOf(material);
    if (context === undefined || print !== fingerprint) {
      context = contextOf(material, options);
      fingerprint = print;
    }
    return context;
  };
}

/** What was read, and the name of the option it was read for. */
interface Read<Value> {
  readonly option: string;
  readonly value: Value;
}

interface Material {
  readonly ca: readonly Read<TlsBytes>[] | undefined;
  readonly crl: readonly Read<TlsBytes>[] | undefined;
  readonly cert: Read<TlsBytes> | undefined;
  readonly key: Read<TlsBytes> | undefined;
  readonly pfx: Read<TlsBytes> | undefined;
  readonly passphrase: string | undefined;
}

async function readMaterial(options: TlsOptions): Promise<Material> {
  const { ca, caFile, caPath, crl, crlFile, passphrase } = options;
  const [authorities, authoritiesOfFolder, lists, cert, key, pfx, phrase] = await Promise.all([
    readList(["ca", ca], ["caFile", caFile]),
    caPath === undefined ? [] : readFolder("caPath", caPath),
    readList(["crl", crl], ["crlFile", crlFile]),
    readOne(["cert", options.cert], ["certFile", options.certFile]),
    readOne(["key", options.key], ["keyFile", options.keyFile]),
    readOne(["pfx", options.pfx], ["pfxFile", options.pfxFile]),
    passphrase === undefined ? undefined : ask("passphrase", passphrase),
  ]);
  const trustsOwn = ca !== undefined || caFile !== undefined || caPath !== undefined;
  return {
    ca: trustsOwn ? [...authorities, ...authoritiesOfFolder] : undefined,
    crl: lists.length === 0 ? undefined : lists,
    cert,
    key,
    pfx,
    passphrase: phrase,
  };
}

async function readList(
  [option, value]: readonly [string, Fresh<TlsBytes | readonly TlsBytes[]> | undefined],
  [fileOption, file]: readonly [string, string | undefined],
): Promise<readonly Read<TlsBytes>[]> {
  const given = value === undefined ? [] : await ask(option, value);
  const list = isList(given) ? given : [given];
  const fromFile = file === undefined ? [] : [await readAt(fileOption, file)];
  return [...list.map((value) => ({ option, value })), ...fromFile];
}

async function readOne(
  [option, value]: readonly [string, Fresh<TlsBytes> | undefined],
  [fileOption, file]: readonly [string, string | undefined],
): Promise<Read<TlsBytes> | undefined> {
  if (value !== undefined) return { option, value: await ask(option, value) };
  return file === undefined ? undefined : readAt(fileOption, file);
}

async function readAt(option: string, file: string): Promise<Read<TlsBytes>> {
  try {
    return { option: `${option} ${file}`, value: await readFile(file) };
  } catch (error) {
    throw unusable(`${option} ${file} can not be read (${codeOf(error)})`, error);
  }
}

/** The files of a folder that hold certificates; others, such as a README, may lie there too. */
async function readFolder(option: string, folder: string): Promise<readonly Read<TlsBytes>[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw unusable(`${option} ${folder} can not be read (${codeOf(error)})`, error);
  }
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name);
  const found: Read<TlsBytes>[] = [];
  for (const name of files.sort()) {
    const read = await readAt(option, join(folder, name));
    if (CERTIFICATE.test(textOf(read.value))) found.push(read);
  }
  if (found.length === 0) throw unusable(`${option} ${folder} has no file with a certificate in PEM`);
  return found;
}

async function ask<Value>(option: string, value: Fresh<Value>): Promise<Value> {
  if (typeof value !== "function") return value;
  try {
    return await (value as () => Value | Promise<Value>)();
  } catch (error) {
    throw unusable(
      `the function given as ${option} failed: ${error instanceof Error ? error.message : "no error"}`,
      error,
    );
  }
}

function contextOf(material: Material, options: TlsOptions): SecureContext {
  const { ca, crl, cert, key, pfx, passphrase } = material;
  const made: SecureContextOptions = {
    minVersion: options.minVersion ?? "TLSv1.2",
    ...(options.maxVersion !== undefined && { maxVersion: options.maxVersion }),
    ...(options.ciphers !== undefined && { ciphers: options.ciphers }),
    ...(ca !== undefined && { ca: ca.flatMap(certificatesIn).map(String) }),
  };
  if (cert !== undefined && key !== undefined) {
    const chain = certificatesIn(cert);
    const privateKey = privateKeyIn(key, passphrase);
    if (!chain[0]!.checkPrivateKey(privateKey)) {
      throw unusable(`${key.option} is not the key of ${cert.option}, the certificate "${nameOf(chain[0]!)}"`);
    }
    made.cert = chain.map(String).join("");
    made.key = privateKey.export({ type: "pkcs8", format: "pem" });
  }
  if (crl !== undefined) {
    made.crl = crl.map(({ option, value }) => {
      const text = textOf(value);
      if (!text.includes("-----BEGIN X509 CRL-----"))
        throw unusable(`${option} has no certificate revocation list in PEM`);
      return text;
    });
  }
  if (pfx === undefined) return createContext(made, "the TLS options can not be used");
  made.pfx = Buffer.from(pfx.value as Uint8Array);
  if (passphrase !== undefined) made.passphrase = passphrase;
  return createContext(made, `${pfx.option} can not be opened`, passphrase === undefined ? "give" : "check");
}

function createContext(made: SecureContextOptions, what: string, verb = ""): SecureContext {
  try {
    return createSecureContext(made);
  } catch (error) {
    const { message } = error as Error;
    if (/mac verify failure/i.test(message)) throw unusable(`${what}; ${verb} its passphrase`, error);
    if (/unsupported/i.test(message)) throw unusable(`${what}: it is encrypted as OpenSSL 3 no longer does`, error);
    throw unusable(`${what}: ${message}`, error);
  }
}

const CERTIFICATE = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END \1?CERTIFICATE-----\r?\n?/;

/** The certificates in PEM, or the one in DER. Node would leave out those it can't read, without a word. */
function certificatesIn({ option, value }: Read<TlsBytes>): readonly X509Certificate[] {
  const text = textOf(value);
  const blocks = text.includes("-----BEGIN") ? (text.match(new RegExp(CERTIFICATE, "g")) ?? []) : [value];
  if (blocks.length === 0) throw unusable(`${option} has no certificate in it`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      const which =
        blocks.length === 1
          ? "no certificate that can be read"
          : `a certificate, number ${index + 1}, that can not be read`;
      throw unusable(`${option} has ${which}`, error);
    }
  });
}

function privateKeyIn({ option, value }: Read<TlsBytes>, passphrase: string | undefined): KeyObject {
  const isPem = textOf(value).includes("-----BEGIN");
  try {
    return createPrivateKey({
      key: typeof value === "string" ? value : Buffer.from(value),
      ...(isPem ? { format: "pem" } : { format: "der", type: "pkcs8" }),
      ...(passphrase !== undefined && { passphrase }),
    });
  } catch (error) {
    const code = codeOf(error);
    if (code === "ERR_MISSING_PASSPHRASE" || code === "ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED") {
      throw unusable(`${option} is encrypted; give its passphrase`, error);
    }
    if (/BAD_DECRYPT|BAD_PASSWORD/.test(code)) throw unusable(`${option} is not opened by this passphrase`, error);
    throw unusable(`${option} has no private key that can be read`, error);
  }
}

function fingerprintOf({ ca, crl, cert, key, pfx, passphrase }: Material): string {
  const hash = createHash("sha256");
  for (const parts of [ca, crl, cert && [cert], key && [key], pfx && [pfx]]) {
    hash.update(`${parts?.length ?? "none"};`);
    for (const { value } of parts ?? []) hash.update(`${value.length};`).update(value);
  }
  return hash.update(passphrase ?? "").digest("hex");
}

function textOf(value: TlsBytes): string {
  return typeof value === "string"
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
}

function isList(value: TlsBytes | readonly TlsBytes[]): value is readonly TlsBytes[] {
  return Array.isArray(value);
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? "no code";
}

function unusable(message: string, cause?: unknown): TransportError {
  return new TransportError(`TLS: ${message}`, { stage: "tls", code: "PETREL_TRANSPORT_TLS_MATERIAL", cause });
}
