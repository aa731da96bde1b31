import type { Message } from "@petrel/client";
import type { Decode } from "../payload/decoding.ts";
import type { OutputBytes } from "./bytes.ts";
import { colourJson, inverse } from "./colour.ts";
import { jsonWithoutControls } from "./control-characters.ts";
import { compileFormat } from "./format-string.ts";
import { messageJson, mqttxJson } from "./json.ts";
import { appendText } from "./text.ts";

export const OUTPUTS = ["text", "json", "ndjson", "clean"] as const;

/** How messages are printed. */
export interface PrintForm {
  readonly output: (typeof OUTPUTS)[number];
  readonly verbose: boolean;
  /** After each message that is not JSON. */
  readonly delimiter: string;
  /** mosquitto_sub's -F. */
  readonly format?: string | undefined;
  /** JSON over several lines. */
  readonly pretty: boolean;
  /** Somebody looks at it. */
  readonly terminal: boolean;
  readonly colour: boolean;
  readonly decode?: Decode | undefined;
}

/** Prints a message. Throws if the payload is not what was announced. */
export type Print = (message: Message, out: OutputBytes) => void;

/** Throws UsageError for a format string that is none. */
export function printerFor(form: PrintForm): Print {
  const { output, format, delimiter, decode, pretty, terminal, colour } = form;
  if (format !== undefined) {
    const piece = compileFormat(format, { pretty, terminal, mark: colour ? inverse : undefined });
    return (message, out) => {
      piece(message, out);
      out.text(delimiter);
    };
  }
  switch (output) {
    case "text":
      return (message, out) => appendText(out, message, form);
    case "ndjson":
      return jsonPrinter((message) => messageJson(message, decode), { ...form, pretty: false });
    case "json":
      return jsonPrinter((message) => messageJson(message, decode), { ...form, pretty: pretty || terminal });
    case "clean":
      return jsonPrinter((message) => mqttxJson(message, decode), { ...form, pretty: true });
  }
}

function jsonPrinter(jsonOf: (message: Message) => string, { pretty, terminal, colour }: PrintForm): Print {
  return (message, out) => {
    const line = jsonOf(message);
    const json = pretty ? JSON.stringify(JSON.parse(line), undefined, 2) : line;
    const shown = terminal ? jsonWithoutControls(json) : json;
    out.text(`${colour ? colourJson(shown) : shown}\n`);
  };
}
