import type { Command } from "commander";
import { Option } from "commander";
import { fstatSync } from "node:fs";
import { clientAsTyped } from "../connecting.ts";
import { CommandError, ExitCode, UsageError } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { addConnectionOptions, type ConnectionOptions } from "../options/connection.ts";
import { collect, parsePercentage, parseSeconds, parseWhole, single } from "../options/parsers.ts";
import {
  addSubscriptionOptions,
  checkFilters,
  checkSubscriptionOptions,
  firstSubscriptionProperty,
  type SubscriptionOptions,
} from "../options/subscribe.ts";
import { needingV5 } from "../options/version.ts";
import { wantsColour } from "../output/colour.ts";
import { AppendedFile, NumberedFiles } from "../output/files.ts";
import { unescape } from "../output/format-string.ts";
import { OUTPUTS, printerFor, type PrintForm } from "../output/printer.ts";
import { StatusLine, withCommas } from "../output/status-line.ts";
import { StdoutWriter } from "../output/stdout.ts";
import { decoderOf } from "../payload/decoding.ts";
import { addPayloadOptions, type PayloadOptions } from "../payload/options.ts";
import { type Output, PrintedOutput, SavedOutput } from "../received-output.ts";
import { Receiving, type Selection } from "../receiving.ts";

interface SubOptions extends ConnectionOptions, SubscriptionOptions, PayloadOptions, Omit<Selection, "retained"> {
  readonly timeout?: number;
  readonly exitAfterSubscribing?: boolean;
  /** `-R`: false. */
  readonly retained: boolean;
  readonly retainedOnly?: boolean;
  readonly verbose?: boolean;
  /** `-N`: false. */
  readonly newline: boolean;
  readonly delimiter?: string;
  readonly formatString?: string;
  readonly pretty?: boolean;
  readonly output: PrintForm["output"];
  readonly fileWrite?: string;
  readonly fileSave?: string;
}

export function defineSub(command: Command): void {
  addSubscriptionOptions(command);
  command
    .optionsGroup("When to end:")
    .option("-C, --count <n>", "end after n messages", parseWhole("--count", 1, Number.MAX_SAFE_INTEGER))
    .option("-W, --timeout <seconds>", "end after this time, with status 27", parseSeconds)
    .option("-E, --exit-after-subscribing", "end when the server has granted the subscription")
    .optionsGroup("Which messages:")
    .option("-R, --no-retained", "none that the server had kept")
    .option("--retained-only", "only those that the server had kept; end when another comes")
    .option("--remove-retained", "remove from the server what it had kept")
    .option("-T, --filter-out <filter>", "none on these topics, repeatable", collect)
    .option("--random-filter <percentage>", "print only so many of a hundred, at random", parsePercentage)
    .optionsGroup("How to print:")
    .option("-v, --verbose", "print the topic before each message")
    .option("-N, --no-newline", "no line feed after each message")
    .option("--delimiter <text>", "after each message, instead of a line feed; \\0 and \\t are known", single)
    .option("-F, --format-string <format>", "as of mosquitto_sub: %t %p %x %j %J %q %I @H …", single)
    .addOption(
      new Option("--output <form>", "text: the payload; json: objects; ndjson: one a line; clean: as of MQTTX")
        .choices(OUTPUTS)
        .default("text"),
    )
    .option("--pretty", "JSON over several lines")
    .option("--file-write <file>", "append to a file instead", single)
    .option("--file-save <file>", "a file for each payload instead: name.bin, name(1).bin, …", single);
  addPayloadOptions(
    command,
    "print payloads as text (the bytes themselves), json (checked), … or their values as JSON",
  );
  command.addHelpText("after", EXAMPLES).action((options: SubOptions) => sub(options));
  addConnectionOptions(command);
}

const EXAMPLES = `
Examples:
  petrel sub -t 'kitchen/#' -v
  petrel sub -t numbers -q 1 -C 1000 -W 60
  petrel sub -t alarms -t 'sensors/+' -q 2 -q 0 --output json
  petrel sub -t '#' -F '@H:@M:@S %-30t %l bytes: %.20x'
  petrel sub -t 'old/#' --retained-only --remove-retained -W 2`;

async function sub(typed: SubOptions): Promise<void> {
  checkOptions(typed);
  const options = needingV5(typed, firstSubscriptionProperty(typed));
  using interruption = new Interruption();
  using limit = new TimeLimit(options.timeout);
  await using output = await outputOf(options);
  // Each of them ends it; a closed output because the reader of the pipe has got all it wanted.
  const end = AbortSignal.any([interruption.signal, limit.signal, output.closed]);

  const client = clientAsTyped(options, end);
  const receiving = new Receiving(client, selectionOf(options), options, output, end);
  using _status = new StatusLine(
    (seconds) => `${withCommas(receiving.count)} messages, ${withCommas(receiving.count / seconds)}/s`,
    { wanted: options.quiet !== true && goesToFile(options) },
  );
  try {
    await receiving.run();
  } catch (error) {
    // After the end, what it cut off is no error; what it was to remove and did not is one.
    if (!end.aborted || error instanceof CommandError) throw error;
  } finally {
    await client.disconnect();
  }
  if (receiving.complete || output.closed.aborted) return;
  if (limit.signal.aborted) throw new CommandError("timed out", ExitCode.timedOut);
  // Without a count or a time, the interruption is how one ends it, once it has begun.
  const endless = options.count === undefined && options.timeout === undefined;
  if (!(endless && receiving.subscribed)) interruption.throwIfInterrupted();
}

/** Then nothing shows that it works. What a pipe leads to may print on the same terminal. */
function goesToFile({ fileWrite, fileSave }: SubOptions): boolean {
  if ((fileWrite ?? fileSave) !== undefined) return true;
  try {
    return fstatSync(1).isFile();
  } catch {
    return false; // closed, as by `>&-`
  }
}

function checkOptions(options: SubOptions): void {
  checkSubscriptionOptions(options);
  checkFilters(options.filterOut ?? []);
  const { newline, delimiter, output, formatString, pretty, retained, retainedOnly, fileWrite, fileSave } = options;
  const payloadOptions = [options.format, options.protobufPath, options.avscPath];
  if (!retained && retainedOnly === true) {
    throw new UsageError("-R and --retained-only leave nothing; give one");
  }
  if (!newline && delimiter !== undefined) throw new UsageError("-N and --delimiter each say what follows; give one");
  if (output !== "text") {
    if (!newline)
      throw new UsageError(`--output ${output} ends each object with a line feed, which -N would leave out`);
    if (delimiter !== undefined) throw new UsageError(`--delimiter is for text, not for --output ${output}`);
    if (formatString !== undefined) throw new UsageError(`-F and --output ${output} each say how; give one`);
  }
  if (formatString !== undefined && payloadOptions.some((given) => given !== undefined)) {
    throw new UsageError(
      "-F prints payloads as they are, or with %x in hexadecimal; --format and schemas go without it",
    );
  }
  if (pretty === true && output === "text" && !/%[jJ]/.test(formatString ?? "")) {
    throw new UsageError("--pretty is for JSON, as of --output json, or of -F with %j or %J");
  }
  if (fileWrite !== undefined && fileSave !== undefined) {
    throw new UsageError("--file-write is one file, and --file-save many; give one");
  }
  if (fileSave !== undefined && (output !== "text" || formatString !== undefined)) {
    throw new UsageError("--file-save saves payloads and nothing else; --output and -F go with --file-write");
  }
}

function selectionOf(options: SubOptions): Selection {
  const { count, retained, retainedOnly, removeRetained, filterOut, randomFilter, exitAfterSubscribing } = options;
  return {
    count,
    retained: retainedOnly === true ? "only" : retained ? "also" : "not",
    removeRetained,
    filterOut,
    randomFilter,
    exitAfterSubscribing,
  };
}

async function outputOf(options: SubOptions): Promise<Output> {
  const { fileSave, fileWrite, newline, delimiter = "\n" } = options;
  const decode = await decoderOf(options);
  if (fileSave !== undefined) return new SavedOutput(new NumberedFiles(fileSave), decode);
  const toFile = fileWrite !== undefined;
  const print = printerFor({
    output: options.output,
    verbose: options.verbose === true,
    delimiter: newline ? unescape(delimiter) : "",
    format: options.formatString,
    pretty: options.pretty === true,
    terminal: !toFile && process.stdout.isTTY,
    colour: !toFile && wantsColour(process.stdout),
    decode,
  });
  return new PrintedOutput(print, toFile ? await AppendedFile.open(fileWrite) : new StdoutWriter());
}

/** `-W`: from the start, connecting included. */
class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number | undefined) {
    if (seconds !== undefined) this.#timer = setTimeout(() => this.#controller.abort(), seconds * 1_000);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
