import type { Message } from "@petrel/client";

const SPACE = Buffer.from(" ");
const NULL = Buffer.from(" (null)");
const NEWLINE = Buffer.from("\n");

export interface TextForm {
  /** The topic before each payload. */
  readonly verbose: boolean;
  /** A line feed after each. */
  readonly newline: boolean;
}

/**
 * A message as mosquitto_sub prints it: the payload's own bytes, or "topic payload"; an empty payload prints nothing,
 * or "topic (null)". The parts are appended: what many messages print is written at once.
 */
export function appendText(parts: Uint8Array[], { topic, payload }: Message, { verbose, newline }: TextForm): void {
  if (payload.length === 0 && !(verbose && newline)) return;
  if (verbose) parts.push(Buffer.from(topic), ...(payload.length === 0 ? [NULL] : [SPACE]));
  if (payload.length > 0) parts.push(payload);
  if (newline) parts.push(NEWLINE);
}
