import type { Message } from "@petrel/client";
import type { Decode } from "../payload/decoding.ts";
import type { OutputBytes } from "./bytes.ts";
import { colourTopic, inverse } from "./colour.ts";
import { visibleText, withoutControls } from "./control-characters.ts";

export interface TextForm {
  /** The topic before each payload. */
  readonly verbose: boolean;
  /** After each message; usually a line feed. */
  readonly delimiter: string;
  readonly decode?: Decode | undefined;
  readonly colour?: boolean;
  /** Somebody looks at it: what a terminal would obey is shown. */
  readonly terminal?: boolean;
}

/**
 * A message as mosquitto_sub prints it: the payload's own bytes, or "topic payload"; an empty payload prints nothing,
 * or "topic (null)". Throws if the payload is not what `decode` takes. On a terminal, what would control it is visible.
 */
export function appendText(out: OutputBytes, { topic, payload }: Message, form: TextForm): void {
  const { verbose, delimiter, decode, colour = false, terminal = false } = form;
  const empty = payload.length === 0;
  if (empty && !(verbose && delimiter !== "")) return;
  const text = empty ? "(null)" : decode?.(payload).text;
  if (verbose) {
    const shown = terminal ? withoutControls(topic) : topic;
    out.text(colour ? colourTopic(shown) : shown);
    out.text(" ");
  }
  if (terminal) out.text(visibleText(text === undefined ? payload : Buffer.from(text), colour ? inverse : undefined));
  else if (text === undefined) out.bytes(payload);
  else out.text(text);
  if (delimiter === "\n") out.byte(0x0a);
  else out.text(delimiter);
}
