import { decodeUtf8, encodeUtf8 } from "@petrel/codec";
import { OptionError } from "@petrel/session";
import type { AuthenticationMethod } from "./authenticator.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { checkNames } from "./option-names.ts";
import { saslprep } from "./saslprep.ts";

/** What SCRAM needs of WebCrypto; the global `crypto` of every runtime fits. */
export interface WebCrypto {
  /** For the nonce. */
  getRandomValues(bytes: Uint8Array): unknown;
  /** For the proofs. */
  readonly subtle: {
    /** Of the password, and of HMAC. */
    importKey(
      format: "raw",
      bytes: Uint8Array,
      algorithm: "PBKDF2" | { readonly name: "HMAC"; readonly hash: string },
      extractable: false,
      usages: readonly ("deriveBits" | "sign")[],
    ): Promise<unknown>;
    /** PBKDF2. */
    deriveBits(
      algorithm: {
        readonly name: "PBKDF2";
        readonly hash: string;
        readonly salt: Uint8Array;
        readonly iterations: number;
      },
      key: unknown,
      bits: number,
    ): Promise<ArrayBuffer>;
    /** HMAC. */
    sign(algorithm: "HMAC", key: unknown, bytes: Uint8Array): Promise<ArrayBuffer>;
    /** SHA-1, SHA-256 or SHA-512. */
    digest(hash: string, bytes: Uint8Array): Promise<ArrayBuffer>;
  };
}

/** What of SCRAM may be otherwise. */
export interface ScramOptions {
  /** Fewer make a stolen or tricked-out proof easy to guess the password from. Default 4,096, which RFC 7677 asks for. */
  readonly minimumIterations?: number | undefined;
  /** More would let a hostile server keep us busy. Default 1,000,000, about half a second. */
  readonly maximumIterations?: number | undefined;
  /** Default: the runtime's. */
  readonly crypto?: WebCrypto | undefined;
  /** For tests: the client's part of the nonce, printable and without a comma. Default: 24 random bytes each time. */
  readonly nonce?: string | undefined;
}

/** The server, or somebody between, does not keep to SCRAM or does not know the password. Trying again won't help. */
class ScramError extends Error {
  override readonly name = "ScramError";
  readonly retryable = false;
}

/** SCRAM-SHA-1 (RFC 5802), for servers that know nothing newer. Throws for a name or password that SASLprep prohibits. */
export function scramSha1(username: string, password: string, options: ScramOptions = {}): AuthenticationMethod {
  return new Scram("SCRAM-SHA-1", "SHA-1", 160, username, password, options);
}

/** SCRAM-SHA-256 (RFC 7677). Throws for a name or password that SASLprep prohibits. */
export function scramSha256(username: string, password: string, options: ScramOptions = {}): AuthenticationMethod {
  return new Scram("SCRAM-SHA-256", "SHA-256", 256, username, password, options);
}

/** SCRAM-SHA-512, as SCRAM-SHA-256 with a longer hash. Throws for a name or password that SASLprep prohibits. */
export function scramSha512(username: string, password: string, options: ScramOptions = {}): AuthenticationMethod {
  return new Scram("SCRAM-SHA-512", "SHA-512", 512, username, password, options);
}

const OPTIONS: Required<Readonly<Record<keyof ScramOptions, 0>>> = {
  minimumIterations: 0,
  maximumIterations: 0,
  crypto: 0,
  nonce: 0,
};

/** A limit that is none would let every number pass. Throws {@link OptionError}. */
function iterations(option: string, given: number | undefined, otherwise: number): number {
  if (given === undefined || (typeof given === "number" && given >= 1)) return given ?? otherwise;
  throw new OptionError(option, given, "it must be a number of iterations, 1 or more");
}

declare const crypto: WebCrypto; // in every runtime but not in lib ES2023; see the codec's utf8.ts

/** "n": there is no channel binding, and we don't support it. */
const GS2_HEADER = "n,,";

/** One exchange. A connection that is lost in the middle leaves its own behind, whose answers change no later one. */
interface Exchange {
  readonly clientNonce: string;
  readonly clientFirstBare: string;
  /** What the server has to send to prove itself; undefined until we have sent our proof. */
  serverSignature: Uint8Array | undefined;
  isVerified: boolean;
}

class Scram implements AuthenticationMethod {
  readonly method: string;
  readonly #hash: string;
  readonly #bits: number;
  readonly #username: string;
  readonly #password: Uint8Array;
  readonly #minimumIterations: number;
  readonly #maximumIterations: number;
  readonly #crypto: WebCrypto;
  readonly #nonce: string | undefined;
  #exchange: Exchange | undefined;

  constructor(method: string, hash: string, bits: number, username: string, password: string, options: ScramOptions) {
    this.method = method;
    this.#hash = hash;
    this.#bits = bits;
    // "The characters ',' or '=' in usernames are sent as '=2C' and '=3D' respectively." (RFC 5802, section 5.1)
    this.#username = saslprep(username, "user name").replaceAll("=", "=3D").replaceAll(",", "=2C");
    this.#password = encodeUtf8(saslprep(password, "password"));
    checkNames(options, OPTIONS, "SCRAM");
    this.#minimumIterations = iterations("minimumIterations", options.minimumIterations, 4_096);
    this.#maximumIterations = iterations("maximumIterations", options.maximumIterations, 1_000_000);
    this.#crypto = options.crypto ?? crypto;
    this.#nonce = options.nonce;
  }

  initial(): Uint8Array {
    const clientNonce = this.#nonce ?? this.#randomNonce();
    const clientFirstBare = `n=${this.#username},r=${clientNonce}`;
    this.#exchange = { clientNonce, clientFirstBare, serverSignature: undefined, isVerified: false };
    return encodeUtf8(GS2_HEADER + clientFirstBare);
  }

  async respond(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const exchange = this.#exchange!;
    if (exchange.serverSignature !== undefined) {
      // Some servers send their proof in an AUTH of its own, before their success.
      this.#check(challenge, exchange);
      return undefined;
    }
    const serverFirst = textOf(challenge);
    const { nonce, salt, iterations } = this.#parseServerFirst(serverFirst, exchange);

    // RFC 5802, section 3
    const withoutProof = `c=${toBase64(encodeUtf8(GS2_HEADER))},r=${nonce}`;
    const authMessage = encodeUtf8(`${exchange.clientFirstBare},${serverFirst},${withoutProof}`);
    const saltedPassword = await this.#saltedPassword(salt, iterations);
    const clientKey = await this.#hmac(saltedPassword, encodeUtf8("Client Key"));
    const storedKey = new Uint8Array(await this.#crypto.subtle.digest(this.#hash, clientKey));
    const clientSignature = await this.#hmac(storedKey, authMessage);
    const proof = clientKey.map((byte, index) => byte ^ clientSignature[index]!);
    const serverKey = await this.#hmac(saltedPassword, encodeUtf8("Server Key"));
    exchange.serverSignature = await this.#hmac(serverKey, authMessage);
    return encodeUtf8(`${withoutProof},p=${toBase64(proof)}`);
  }

  verify(data: Uint8Array | undefined): void {
    const exchange = this.#exchange!;
    if (!exchange.isVerified) this.#check(data, exchange);
  }

  #check(data: Uint8Array | undefined, exchange: Exchange): void {
    if (exchange.serverSignature === undefined || data === undefined) {
      throw new ScramError("the server reports success without a proof that it knows the password");
    }
    const serverFinal = textOf(data);
    const [first = ""] = serverFinal.split(",");
    if (first.startsWith("e=")) throw new ScramError(`the server says: ${printable(first.slice(2))}`);
    const signature = first.startsWith("v=") ? fromBase64(first.slice(2)) : undefined;
    if (signature === undefined) throw malformed(serverFinal);
    if (!isEqual(signature, exchange.serverSignature)) {
      throw new ScramError(
        "the server's proof is wrong: it does not know the password, so it is not the server it should be",
      );
    }
    exchange.isVerified = true;
  }

  #parseServerFirst(
    message: string,
    { clientNonce }: Exchange,
  ): { nonce: string; salt: Uint8Array; iterations: number } {
    if (message.startsWith("e=")) throw new ScramError(`the server says: ${printable(message.slice(2))}`);
    if (message.startsWith("m="))
      throw new ScramError("the server demands an extension of SCRAM that is not known here");
    const [, nonce, encodedSalt, count] =
      /^r=([\x21-\x2b\x2d-\x7e]+),s=([^,]+),i=([1-9]\d{0,9})(?:,|$)/.exec(message) ?? [];
    const salt = fromBase64(encodedSalt ?? "*");
    if (nonce === undefined || salt === undefined) throw malformed(message);
    // "The client MUST verify that the initial part of the nonce … is the same as the nonce it sent" (RFC 5802, section 5.1)
    if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
      throw new ScramError("the server's nonce does not continue ours: the answer belongs to another exchange");
    }
    const iterations = Number(count);
    if (iterations < this.#minimumIterations || iterations > this.#maximumIterations) {
      throw new ScramError(
        `the server asks for ${iterations} iterations; from ${this.#minimumIterations} to ${this.#maximumIterations} are allowed (minimumIterations, maximumIterations)`,
      );
    }
    return { nonce, salt, iterations };
  }

  #randomNonce(): string {
    const bytes = new Uint8Array(24);
    this.#crypto.getRandomValues(bytes);
    return toBase64(bytes); // 32 characters, without "="
  }

  async #saltedPassword(salt: Uint8Array, iterations: number): Promise<Uint8Array> {
    const { subtle } = this.#crypto;
    const key = await subtle.importKey("raw", this.#password, "PBKDF2", false, ["deriveBits"]);
    return new Uint8Array(
      await subtle.deriveBits({ name: "PBKDF2", hash: this.#hash, salt, iterations }, key, this.#bits),
    );
  }

  async #hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
    const { subtle } = this.#crypto;
    const imported = await subtle.importKey("raw", key, { name: "HMAC", hash: this.#hash }, false, ["sign"]);
    return new Uint8Array(await subtle.sign("HMAC", imported, message));
  }
}

function textOf(data: Uint8Array | undefined): string {
  try {
    return decodeUtf8(data ?? new Uint8Array(0));
  } catch (cause) {
    throw new ScramError("the server sent text that is not UTF-8", { cause });
  }
}

function malformed(message: string): ScramError {
  return new ScramError(`the server sent what SCRAM does not know: "${printable(message)}"`);
}

/** What a server sent, for an error's message. */
function printable(text: string): string {
  return text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, "?");
}

/** Looks at every byte, wherever the first difference is: the time it takes tells nothing. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < right.length; index++) difference |= (left[index] ?? 0) ^ right[index]!;
  return difference === 0;
}
