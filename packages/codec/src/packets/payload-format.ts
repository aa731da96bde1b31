/** What the Payload Format Indicator says of a payload (sections 3.3.2.3.2 and 3.1.3.2.3). */

import type { PacketReader } from "../reader.ts";
import { refuse } from "../refusal.ts";
import { isUtf8 } from "../utf8.ts";

const UTF8 = 1;
const PAYLOAD_FORMAT_INVALID = 0x99;

/**
 * "The receiver MAY validate that the Payload is of the format indicated, and if it is not send a PUBACK, PUBREC, or
 * DISCONNECT with Reason Code of 0x99 (Payload format invalid)" (§3.3.2.3.2). This one does if it was asked to.
 */
export function checkPayloadFormat(
  reader: PacketReader,
  at: number,
  payload: Uint8Array,
  indicator: number | undefined,
): void {
  if (indicator !== UTF8 || !reader.validatePayloadFormat || isUtf8(payload)) return;
  const message = "the payload is not well-formed UTF-8 although payloadFormatIndicator is 1";
  reader.violation(at, message, undefined, PAYLOAD_FORMAT_INVALID);
}

/** For a sender that says so: "1 (0x01) Byte Indicates that the Payload is UTF-8 Encoded Character Data." The value may be secret. */
export function requirePayloadFormat(payload: Uint8Array, field: string): void {
  if (isUtf8(payload)) return;
  refuse(field, "must be well-formed UTF-8, because payloadFormatIndicator is 1");
}
