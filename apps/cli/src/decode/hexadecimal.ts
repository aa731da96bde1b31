import { UsageError } from "../exit-codes.ts";

/** Whether this looks like hexadecimal in writing, and not like bytes of MQTT: those begin with control characters. */
export function looksHexadecimal(beginning: Uint8Array): boolean {
  return beginning.length > 0 && /^[\s0-9a-fx:,;|.!-~-]*$/i.test(Buffer.from(beginning).toString("latin1"));
}

/** The bytes of hexadecimal: digits with what people put between them, or a dump of xxd, hexdump -C or tcpdump -X. */
export function bytesOfHexadecimal(text: string): Uint8Array {
  const digits = text
    .split("\n")
    .map((line) => withoutDecoration(line).replaceAll(/0x|[\s:,;-]/gi, ""))
    .join("");
  const wrong = /[^0-9a-f]/i.exec(digits)?.[0];
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is no hexadecimal digit; --input says what else it is`);
  if (digits.length % 2 === 1)
    throw new UsageError(`there are ${digits.length} hexadecimal digits, and a byte has two`);
  return Buffer.from(digits, "hex");
}

/** Without the offset before the bytes and the characters after them. */
function withoutDecoration(line: string): string {
  if (/^[0-9a-f]{8} {2}/i.test(line)) return line.slice(10).split("  |", 1)[0]!; // hexdump -C
  if (/^[0-9a-f]{8}$/i.test(line)) return ""; // its last line, which says how many bytes there were
  const dump = /^\s*(?:0x)?[0-9a-f]{4,16}:\s+(?<bytes>\S.*)$/i.exec(line); // xxd, tcpdump -X
  return dump === null ? line : dump.groups!["bytes"]!.split("  ", 1)[0]!;
}
