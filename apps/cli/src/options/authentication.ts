import { type AuthenticationMethod, scramSha1, scramSha256, scramSha512 } from "@petrel/client";
import { UsageError } from "../exit-codes.ts";
import { type AuthMethod, type CredentialOptions, passwordOf } from "./credentials.ts";

const SCRAM = { "SCRAM-SHA-1": scramSha1, "SCRAM-SHA-256": scramSha256, "SCRAM-SHA-512": scramSha512 } as const;

/** The method that `--auth-method` names: the password stays here, only its proof is sent. */
export function authenticationBy(method: AuthMethod, options: CredentialOptions): AuthenticationMethod {
  const { username } = options;
  const password = passwordOf(options);
  if (username === undefined || password === undefined) {
    throw new UsageError(
      `--auth-method ${method} proves a password: give -u, and -P, --password-file or PETREL_PASSWORD`,
    );
  }
  return SCRAM[method](username, password);
}
