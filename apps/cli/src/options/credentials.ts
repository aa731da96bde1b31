import type { AuthenticationMethod } from "@petrel/client";
import { type Command, Option } from "commander";
import { readFileSync } from "node:fs";
import { UsageError } from "../exit-codes.ts";

/** Who connects, as it was typed. */
export interface CredentialOptions {
  readonly url?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  /** `-P` without a value. */
  readonly askPassword?: boolean;
  readonly authMethod?: AuthMethod;
  /** Made of the above before the command's action. */
  readonly authentication?: AuthenticationMethod;
}

const AUTH_METHODS = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** Adds the options to a command. */
export function addCredentialOptions(command: Command): void {
  command
    .option("-u, --username <name>", "user name")
    .option(
      "-P, --password <password>",
      "password; others can see it in the process list. Without a value: asks for it",
    )
    .addOption(new Option("--ask-password").hideHelp())
    .option("--password-file <file>", "file whose first line is the password; or set PETREL_PASSWORD")
    .addOption(
      new Option("--auth-method <method>", "5.0: prove the password without sending it (also -am)").choices(
        AUTH_METHODS,
      ),
    );
}

/** What has to be asked for, and what is loaded only where it is asked for. */
export async function completeCredentials(action: Command): Promise<void> {
  const { askPassword, password, passwordFile, authMethod } = action.opts<CredentialOptions>();
  if (askPassword === true) {
    if (password !== undefined || passwordFile !== undefined) {
      throw new UsageError("-P without a value asks for the password, and it is given already; leave one out");
    }
    const { askSecret } = await import("../input/secret.ts");
    action.setOptionValue("password", await askSecret("password: "));
  }
  if (authMethod === undefined) return;
  const { authenticationBy } = await import("./authentication.ts");
  action.setOptionValue("authentication", authenticationBy(authMethod, action.opts()));
}

/** The password that goes with CONNECT, or into the proof of it. */
export function passwordOf({ password, passwordFile, username, url = "" }: CredentialOptions): string | undefined {
  if (password !== undefined && passwordFile !== undefined) {
    throw new UsageError("--password and --password-file both give the password; give one");
  }
  if (password !== undefined) return password;
  if (passwordFile !== undefined) return passwordIn(passwordFile);
  // The environment's password goes only with a user name, and only where nothing typed is nearer.
  const { name, password: inUrl } = CREDENTIALS.exec(url)?.groups ?? {};
  const applies = inUrl === undefined && (username ?? name) !== undefined;
  return applies ? process.env["PETREL_PASSWORD"] : undefined;
}

const CREDENTIALS = /^[a-z0-9+.-]+:\/\/(?<name>[^:/?#@]+)(?<password>:[^/?#]*)?@/i;

function passwordIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/, 1)[0];
  } catch (error) {
    throw new UsageError(`the password file cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
