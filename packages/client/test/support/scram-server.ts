import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

interface Account {
  /** As in `sha256`, for node:crypto. */
  readonly hash: string;
  readonly username: string;
  readonly password: string;
}

/** The server's side of SCRAM (RFC 5802, section 3), written with node:crypto for comparison. */
export class ScramServer {
  readonly salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  iterations = 4_096;
  /** What it adds to the client's nonce. */
  nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  readonly #account: Account;
  #clientFirstBare = "";
  #serverFirst = "";

  constructor(account: Account) {
    this.#account = account;
  }

  first(clientFirst: string): string {
    const [, bare, username, clientNonce] = /^n,,(n=([^,]*),r=([^,]+))$/.exec(clientFirst) ?? [];
    if (username !== this.#account.username) throw new Error(`who is ${username}?`);
    this.#clientFirstBare = bare!;
    this.#serverFirst = `r=${clientNonce}${this.nonce},s=${this.salt.toString("base64")},i=${this.iterations}`;
    return this.#serverFirst;
  }

  final(clientFinal: string): string {
    const [, withoutProof = "", proof = ""] = /^(c=biws,r=[^,]+),p=(.+)$/.exec(clientFinal) ?? [];
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const { hash, password } = this.#account;
    const hmac = (key: Uint8Array, text: string) => createHmac(hash, key).update(text).digest();
    const length = createHash(hash).digest().length;
    const saltedPassword = pbkdf2Sync(password, this.salt, this.iterations, length, hash);
    const clientKey = hmac(saltedPassword, "Client Key");
    const signature = hmac(createHash(hash).update(clientKey).digest(), authMessage);
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!));
    if (!timingSafeEqual(expected, Buffer.from(proof, "base64"))) return "e=invalid-proof";
    return `v=${hmac(hmac(saltedPassword, "Server Key"), authMessage).toString("base64")}`;
  }
}
