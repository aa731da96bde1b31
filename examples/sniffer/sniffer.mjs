// Reads the bytes that one side of an MQTT connection sent, as hexadecimal digits, and prints a line of JSON for each
// packet, with everything that is wrong with it. White space does not matter.
//
//   echo "c0 00 36 06 00 01 61 00 00 21" | node sniffer.mjs 4
//
// The argument is the version: 3, 4 or 5. Without one it is learnt from the CONNECT.

import { createLenientDecoder } from "@petrel/codec";

const version = process.argv[2] === undefined ? undefined : Number(process.argv[2]);
const decoder = createLenientDecoder({ version, validatePayloadFormat: true });

/** A digit that waits for the second one of its byte. */
let digits = "";
for await (const text of process.stdin.setEncoding("utf8")) {
  digits += text.replaceAll(/\s/g, "");
  if (/[^0-9a-f]/i.test(digits)) {
    console.error("the input must be hexadecimal digits");
    process.exit(1);
  }
  const even = digits.length - (digits.length % 2);
  decoder.push(new Uint8Array(Buffer.from(digits.slice(0, even), "hex")));
  digits = digits.slice(even);
  for (let result = decoder.next(); result !== undefined; result = decoder.next()) print(result);
}
if (decoder.pendingBytes > 0) console.log(JSON.stringify({ incompleteBytes: decoder.pendingBytes }));

function print({ packet, violations, bytes }) {
  const problems = violations.map(({ code, reasonCode, offset, clause, message }) => ({
    code,
    reasonCode,
    offset,
    clause,
    message,
  }));
  console.log(JSON.stringify({ packet, violations: problems, bytes }, withHexadecimal));
}

/** Bytes are hexadecimal on the way out, too. */
function withHexadecimal(_, value) {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
