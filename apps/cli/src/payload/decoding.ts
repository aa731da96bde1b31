import { bytesOf, parseJson, stringifyJson } from "./json.ts";
import { checkPayloadOptions, type Format, type PayloadOptions } from "./options.ts";
import { schemaOf } from "./schema.ts";

/** A payload as it is shown. */
interface Shown {
  /** Where lines are printed: in one line. */
  readonly text: string;
  /** Where JSON is printed: the same, as JSON. */
  readonly json: string;
  /** What turns the JSON string into bytes again, if it is not UTF-8. */
  readonly encoding?: "base64" | "hex";
}

/** Throws if the payload is not of the format. */
export type Decode = (payload: Uint8Array) => Shown;

/** What `--format` or a schema asks for; undefined: bytes are shown as they are. A library is loaded only here. */
export async function decoderOf(options: PayloadOptions): Promise<Decode | undefined> {
  checkPayloadOptions(options);
  const schema = await schemaOf(options);
  if (schema !== undefined) return (payload) => same(schema.decode(payload));
  return await formatDecoder(options.format ?? "text");
}

async function formatDecoder(format: Format): Promise<Decode | undefined> {
  switch (format) {
    case "text":
      return undefined;
    case "json":
      return (payload) => same(jsonLineOf(payload));
    case "base64":
    case "hex":
      return (payload) => {
        const text = bytesOf(payload).toString(format);
        return { text, json: `"${text}"`, encoding: format };
      };
    case "cbor": {
      const { Decoder } = await import("cbor-x");
      const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });
      return (payload) => same(stringifyJson(decoder.decode(bytesOf(payload))));
    }
    case "msgpack": {
      const { decode } = await import("@msgpack/msgpack");
      return (payload) => same(stringifyJson(decode(payload)));
    }
  }
}

function same(json: string): Shown {
  return { text: json, json };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** In one line, numbers as they were written: a line feed in JSON is never within a string. */
export function jsonLineOf(payload: Uint8Array): string {
  const text = utf8.decode(payload);
  parseJson(text);
  return text.trim().replaceAll(/\s*[\r\n]\s*/g, "");
}
