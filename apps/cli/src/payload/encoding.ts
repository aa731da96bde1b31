import { checkPayloadOptions, type Format, type PayloadOptions } from "./options.ts";
import { parseJson } from "./json.ts";
import { schemaOf } from "./schema.ts";

/** Makes a payload of what was typed or read. Throws if that is not of the format. */
export type Encode = (typed: Uint8Array) => Uint8Array;

/** What `--format` or a schema asks for; undefined: bytes go as they are. A library is loaded only here. */
export async function encoderOf(options: PayloadOptions): Promise<Encode | undefined> {
  checkPayloadOptions(options);
  const schema = await schemaOf(options);
  if (schema !== undefined) return (typed) => schema.encode(textOf(typed));
  return await formatEncoder(options.format ?? "text");
}

async function formatEncoder(format: Format): Promise<Encode | undefined> {
  switch (format) {
    case "text":
      return undefined;
    case "json":
      return (typed) => {
        parseJson(textOf(typed));
        return typed;
      };
    case "base64":
      return (typed) => bytesIn(textOf(typed), "base64", /^(?:[\w+/-]{4})*(?:[\w+/-]{2,3}={0,2})?$/);
    case "hex":
      return (typed) => bytesIn(textOf(typed).replace(/^\s*0x/i, ""), "hex", /^(?:[0-9a-f]{2})*$/i);
    case "cbor": {
      const { Encoder } = await import("cbor-x");
      // Maps as short as they can be, and none of the library's own extensions.
      const encoder = new Encoder({ useRecords: false, variableMapSize: true });
      return (typed) => Uint8Array.from(encoder.encode(parseJson(textOf(typed))));
    }
    case "msgpack": {
      const { encode } = await import("@msgpack/msgpack");
      return (typed) => encode(parseJson(textOf(typed)));
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(typed: Uint8Array): string {
  return utf8.decode(typed);
}

/** Characters of a message that an error quotes. */
const SHOWN = 32;

function bytesIn(text: string, encoding: "base64" | "hex", form: RegExp): Uint8Array {
  const compact = text.replaceAll(/\s+/g, "");
  if (!form.test(compact)) {
    const start = JSON.stringify(compact.length <= SHOWN ? compact : `${compact.slice(0, SHOWN)}…`);
    throw new Error(`it is no ${encoding}: ${start}${encoding === "hex" ? ", two digits are a byte" : ""}`);
  }
  return Buffer.from(compact, encoding);
}
