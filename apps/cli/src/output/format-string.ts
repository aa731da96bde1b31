import type { Message } from "@petrel/client";
import { UsageError } from "../exit-codes.ts";
import { OutputBytes } from "./bytes.ts";
import { visibleText } from "./control-characters.ts";
import { mosquittoJson } from "./mosquitto-json.ts";
import { strftime } from "./strftime.ts";

/** One piece of a format string: what it prints of a message. */
type Piece = (message: Message, out: OutputBytes) => void;

/** `%-08.3p`: how wide, at which end, filled with what, and at most how much. */
interface Field {
  readonly left: boolean;
  readonly fill: " " | "0";
  readonly width: number;
  readonly precision: number | undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "0": "\0",
  a: "\u0007",
  e: "\u001b",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** `\n`, `\t`, `\0` and so on in what was typed. Throws UsageError for one that there is not. */
export function unescape(typed: string): string {
  return typed.replaceAll(/\\(.?)/gs, (_all, letter: string) => {
    const meant = ESCAPES[letter];
    if (meant !== undefined) return meant;
    throw new UsageError(
      letter === ""
        ? "it ends within an escape: \\\\ is a backslash"
        : `there is no escape \\${letter}; known are \\\\ \\0 \\a \\e \\n \\r \\t \\v`,
    );
  });
}

const SPECIFIER = /%(-?)(0?)(\d*)(?:\.(\d*))?(.?)|@(.?)|\\(.?)|[^%@\\]+/gsu;

interface FormatForm {
  /** JSON over several lines. */
  readonly pretty: boolean;
  /** Somebody looks at it: of the message, what a terminal would obey is shown. The format's own escapes are obeyed. */
  readonly terminal?: boolean;
  readonly mark?: ((text: string) => string) | undefined;
}

/** Compiles a format string of mosquitto_sub's `-F`. Throws UsageError for what it does not know. */
export function compileFormat(format: string, { pretty, terminal = false, mark }: FormatForm): Piece {
  const pieces: Piece[] = [];
  for (const [typed, minus, zero, width, precision, letter, time, escape] of format.matchAll(SPECIFIER)) {
    if (letter !== undefined) {
      const field: Field = {
        left: minus === "-",
        fill: zero === "0" ? "0" : " ",
        width: Number(width),
        precision: precision === undefined ? undefined : Number(precision),
      };
      const piece = specifier(letter, field, pretty);
      pieces.push(terminal ? visible(piece, mark) : piece);
    } else if (time !== undefined) {
      pieces.push(timePiece(time));
    } else {
      const text = escape === undefined ? typed : unescape(typed);
      pieces.push((_message, out) => out.text(text));
    }
  }
  return (message, out) => {
    for (const piece of pieces) piece(message, out);
  };
}

function visible(piece: Piece, mark: FormatForm["mark"]): Piece {
  const bytes = new OutputBytes();
  return (message, out) => {
    piece(message, bytes);
    out.text(visibleText(bytes.take(), mark));
  };
}

function specifier(letter: string, field: Field, pretty: boolean): Piece {
  switch (letter) {
    case "%":
      return (_message, out) => out.text("%");
    case "A":
      return numberPiece(field, ({ properties }) => properties?.topicAlias);
    case "C":
      return textPiece(field, ({ properties }) => properties?.contentType);
    case "D":
      return ({ properties }, out) => {
        if (properties?.correlationData !== undefined) out.bytes(properties.correlationData);
      };
    case "E":
      return numberPiece(field, ({ properties }) => properties?.messageExpiryInterval);
    case "F":
      return numberPiece(field, ({ properties }) => properties?.payloadFormatIndicator);
    case "I":
      return textPiece(field, ({ receivedAt }) => {
        const time = new Date(receivedAt);
        return `${strftime("F", time)}T${strftime("T", time)}${strftime("z", time)}`;
      });
    case "j":
      return (message, out) => out.text(mosquittoJson(message, { payload: "text", pretty }));
    case "J":
      return (message, out) => out.text(mosquittoJson(message, { payload: "json", pretty }));
    case "l":
      return numberPiece(field, ({ payload }) => payload.length);
    case "m":
      return numberPiece(field, ({ packetIdentifier }) => packetIdentifier ?? 0);
    case "P":
      return ({ properties }, out) =>
        out.text((properties?.userProperties ?? []).map(([name, value]) => `${name}:${value}`).join(" "));
    case "p":
      return payloadPiece(field);
    case "q":
      return ({ qos }, out) => out.text(String(qos));
    case "R":
      return textPiece(field, ({ properties }) => properties?.responseTopic);
    case "r":
      return ({ retain }, out) => out.text(retain ? "1" : "0");
    case "S":
      return numberPiece(field, ({ properties }) => properties?.subscriptionIdentifiers?.[0]);
    case "t":
      return textPiece(field, ({ topic }) => topic);
    case "U":
      return textPiece(field, ({ receivedAt }) => `${Math.floor(receivedAt / 1_000)}.${nanoseconds(receivedAt)}`);
    case "x":
      return hexPiece(field, (hex) => hex);
    case "X":
      return hexPiece(field, (hex) => hex.toUpperCase());
    default:
      throw new UsageError(
        letter === ""
          ? "-F ends within a specifier; %% is a percent sign"
          : `-F knows no %${letter}; %% is a percent sign`,
      );
  }
}

function timePiece(letter: string): Piece {
  if (letter === "@") return (_message, out) => out.text("@");
  if (letter === "N") return ({ receivedAt }, out) => out.text(nanoseconds(receivedAt));
  if (letter === "") throw new UsageError("-F ends within a time; @@ is an at sign");
  if (strftime(letter, new Date(0)) === undefined) {
    throw new UsageError(`-F knows no @${letter}; what follows @ is a letter of strftime, and @@ is an at sign`);
  }
  return ({ receivedAt }, out) => out.text(strftime(letter, new Date(receivedAt))!);
}

/** We know milliseconds. */
function nanoseconds(time: number): string {
  return `${String(time % 1_000).padStart(3, "0")}000000`;
}

/** A property that is absent prints the width of its field. */
function numberPiece({ left, fill, width }: Field, valueOf: (message: Message) => number | undefined): Piece {
  return (message, out) => {
    const value = valueOf(message);
    if (value === undefined) out.text(fill.repeat(width));
    else out.text(left ? String(value).padEnd(width) : String(value).padStart(width, fill));
  };
}

/** Width and precision count bytes, as in C; half a character is left out. */
function textPiece({ left, width, precision }: Field, valueOf: (message: Message) => string | undefined): Piece {
  if (width === 0 && precision === undefined) return (message, out) => out.text(valueOf(message) ?? "");
  return (message, out) => {
    const text = cut(valueOf(message) ?? "", precision ?? Infinity);
    const missing = " ".repeat(Math.max(0, width - Buffer.byteLength(text)));
    out.text(left ? text + missing : missing + text);
  };
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let length = 0;
  let end = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** The width is the most that is printed, too. */
function payloadPiece({ left, fill, width }: Field): Piece {
  return ({ payload }, out) => {
    const shown = width > 0 && payload.length > width ? payload.subarray(0, width) : payload;
    const missing = fill.repeat(Math.max(0, width - shown.length));
    if (!left) out.text(missing);
    out.bytes(shown);
    if (left) out.text(missing);
  };
}

/** The width counts characters; half a byte is not printed. */
function hexPiece({ left, fill, width }: Field, letterCase: (hex: string) => string): Piece {
  return ({ payload }, out) => {
    const shown = width > 0 ? payload.subarray(0, Math.floor(width / 2)) : payload;
    const hex = letterCase(Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength).toString("hex"));
    out.text(left ? hex.padEnd(width, fill) : hex.padStart(width, fill));
  };
}
