import type { Message } from "@petrel/client";
import type { Decode } from "../payload/decoding.ts";
import type { OutputBytes } from "./bytes.ts";
import { colourTopic } from "./colour.ts";

export interface TextForm {
  /** The topic before each payload. */
  readonly verbose: boolean;
  /** After each message; usually a line feed. */
  readonly delimiter: string;
  readonly decode?: Decode | undefined;
  readonly colour?: boolean;
}

/**
 * A message as mosquitto_sub prints it: the payload's own bytes, or "topic payload"; an empty payload prints nothing,
 * or "topic (null)". Throws if the payload is not what `decode` takes.
 */
export function appendText(out: OutputBytes, { topic, payload }: Message, form: TextForm): void {
  const { verbose, delimiter, decode, colour = false } = form;
  const empty = payload.length === 0;
  if (empty && !(verbose && delimiter !== "")) return;
  const text = empty ? "(null)" : decode?.(payload).text;
  if (verbose) {
    out.text(colour ? colourTopic(topic) : topic);
    out.text(" ");
  }
  if (text === undefined) out.bytes(payload);
  else out.text(text);
  if (delimiter === "\n") out.byte(0x0a);
  else out.text(delimiter);
}
