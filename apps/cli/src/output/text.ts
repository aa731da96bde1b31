import type { Message } from "@petrel/client";

const NOTHING = new Uint8Array(0);

/**
 * A message as mosquitto_sub prints it: the payload's own bytes, or "topic payload"; an empty payload prints nothing,
 * or "topic (null)".
 */
export function textLine(
  message: Message,
  { verbose, newline }: { readonly verbose: boolean; readonly newline: boolean },
): Uint8Array {
  const { payload } = message;
  const end = newline ? "\n" : "";
  if (!verbose) return payload.length === 0 ? NOTHING : newline ? Buffer.concat([payload, Buffer.from(end)]) : payload;
  if (payload.length === 0) return newline ? Buffer.from(`${message.topic} (null)${end}`) : NOTHING;
  return Buffer.concat([Buffer.from(`${message.topic} `), payload, Buffer.from(end)]);
}
