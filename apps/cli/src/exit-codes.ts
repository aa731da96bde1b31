import { inTypedWords } from "./typed-words.ts";

/** What the shell is told. Documented in the README; scripts rely on it. */
export const ExitCode = {
  success: 0,
  unexpected: 1,
  usage: 2,
  network: 3,
  connectRefused: 4,
  rejected: 5,
  timedOut: 27,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Something that ends the command, with a status of its own. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What was typed, or came on stdin, cannot be done. */
export class UsageError extends CommandError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.usage, options);
  }
}

/** By the error's stable code, so that telling errors apart loads no class that the command did not need. */
const EXIT_CODE_OF: Readonly<Record<string, ExitCode>> = {
  PETREL_ENCODE: ExitCode.usage,
  PETREL_OPTION: ExitCode.usage,
  PETREL_INVALID_ADDRESS: ExitCode.usage,
  PETREL_TRANSPORT_TLS_MATERIAL: ExitCode.usage, // the files of --ca, --cert and --key; nothing was connected to
  PETREL_CONNECT_REFUSED: ExitCode.connectRefused,
  PETREL_PUBLISH_REJECTED: ExitCode.rejected,
  PETREL_SUBSCRIBE_REJECTED: ExitCode.rejected,
  PETREL_SUBSCRIPTION_LOST: ExitCode.rejected,
  PETREL_UNSUBSCRIBE_REJECTED: ExitCode.rejected,
  PETREL_NO_RESPONDER: ExitCode.rejected,
  PETREL_AUTHENTICATION: ExitCode.connectRefused,
  PETREL_SERVER_LIMIT: ExitCode.rejected,
  PETREL_SESSION_LOST: ExitCode.rejected,
  PETREL_CONNECTION_LOST: ExitCode.network,
  PETREL_NOT_CONNECTED: ExitCode.network,
  PETREL_SERVER_DISCONNECT: ExitCode.network,
  PETREL_TIMEOUT: ExitCode.network,
  PETREL_MALFORMED_PACKET: ExitCode.network,
  PETREL_PROTOCOL_ERROR: ExitCode.network,
  PETREL_ABORTED: ExitCode.interrupted,
};

/** The status for an error of any kind. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (typeof code !== "string") return ExitCode.unexpected;
  return EXIT_CODE_OF[code] ?? (code.startsWith("PETREL_TRANSPORT_") ? ExitCode.network : ExitCode.unexpected);
}

/** One line: what happened, why, what to try. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const coded = error as Error & { readonly code?: string; readonly reasonCode?: number; readonly option?: string };
  const isClients = coded.code === "PETREL_OPTION" || coded.code?.startsWith("PETREL_TRANSPORT_") === true;
  const message = isClients ? inTypedWords(error.message) : error.message;
  const hint = hintFor(coded);
  const line = hint === undefined ? message : `${message}; ${hint}`;
  return line.replaceAll(/\s*\n\s*/g, " ");
}

function hintFor(error: {
  readonly code?: string;
  readonly reasonCode?: number;
  readonly option?: string;
}): string | undefined {
  if (error.code === "PETREL_OPTION" && error.option === "clientId") return "-i gives one";
  if (error.code === "PETREL_MALFORMED_PACKET") return "is it an MQTT server that listens there?";
  if (error.code !== "PETREL_CONNECT_REFUSED") return undefined;
  if (error.reasonCode === 0x84) return "try another version, as in -V 3.1.1";
  if (error.reasonCode === 0x85) return "try another client id with -i";
  if (error.reasonCode === 0x86 || error.reasonCode === 0x87) return "check -u and -P";
  return undefined;
}
