import { Command, CommanderError, type Option } from "commander";
import { createRequire } from "node:module";
import { expandShortOptions, type KnownOptions } from "./argv.ts";
import { errorLine, ExitCode, exitCodeOf, UsageError } from "./exit-codes.ts";
import { bold, wantsColour } from "./output/colour.ts";
import { complain } from "./output/status-line.ts";

/** Fills in a command's options and its action, which rejects unless the command succeeds. */
type DefineCommand = (command: Command) => void;

interface CommandEntry {
  readonly group: "Messages" | "Servers" | "Load" | "Settings";
  readonly description: string;
  /** A command is loaded only when it is asked for, with all it imports. */
  readonly load: () => Promise<DefineCommand>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  pub: {
    group: "Messages",
    description: "publish a message, or a line of stdin each",
    load: async () => (await import("./commands/pub.ts")).definePub,
  },
  sub: {
    group: "Messages",
    description: "subscribe, and print what comes",
    load: async () => (await import("./commands/sub.ts")).defineSub,
  },
  request: {
    group: "Messages",
    description: "publish a request, and print the reply",
    load: async () => (await import("./commands/request.ts")).defineRequest,
  },
  record: {
    group: "Messages",
    description: "write down what comes, and when",
    load: async () => (await import("./commands/record.ts")).defineRecord,
  },
  replay: {
    group: "Messages",
    description: "publish again what record wrote down, at its pace or another",
    load: async () => (await import("./commands/replay.ts")).defineReplay,
  },
  conn: {
    group: "Servers",
    description: "connect, and print what was agreed",
    load: async () => (await import("./commands/conn.ts")).defineConn,
  },
  probe: {
    group: "Servers",
    description: "find out what a server supports",
    load: async () => (await import("./commands/probe.ts")).defineProbe,
  },
  broker: {
    group: "Servers",
    description: "run a small broker in memory, for development",
    load: async () => (await import("./commands/broker.ts")).defineBroker,
  },
  decode: {
    group: "Servers",
    description: "read MQTT packets from hexadecimal, bytes or a capture",
    load: async () => (await import("./commands/decode.ts")).defineDecode,
  },
  bench: {
    group: "Load",
    description: "measure connections, messages and round trips",
    load: async () => (await import("./commands/bench.ts")).defineBench,
  },
  simulate: {
    group: "Load",
    description: "publish what devices of a scenario would",
    load: async () => (await import("./commands/simulate.ts")).defineSimulate,
  },
  demo: {
    group: "Load",
    description: "watch a publisher and a subscriber exchange messages through a broker of their own",
    load: async () => (await import("./commands/demo.ts")).defineDemo,
  },
  profile: {
    group: "Settings",
    description: "save connection options under a name",
    load: async () => (await import("./commands/profile.ts")).defineProfile,
  },
  completion: {
    group: "Settings",
    description: "make the shell complete commands and options",
    load: async () => (await import("./commands/completion.ts")).defineCompletion,
  },
};

/** Runs one command line; resolves with the exit status. Errors are one line on stderr; `--debug` adds where they came from. */
export async function run(argv: readonly string[]): Promise<number> {
  let asked = ""; // as petrel knows it: "pub", "bench pub"
  try {
    if (argv[0] === "--version") {
      process.stdout.write(`${ownVersion()}\n`);
      return ExitCode.success;
    }
    const name = argv.find((word) => word !== "help" && !word.startsWith("-"));
    if (argv[0] === "help" && name !== undefined && !Object.hasOwn(COMMANDS, name)) {
      throw new UsageError(`there is no command '${name}'; petrel --help lists them`);
    }
    const program = await createProgram(name);
    const command = commandAsked(program, argv);
    asked = pathOf(command);
    const words = expandShortOptions(argv, optionsOf(command));
    await program.parseAsync(await withSavedOptions(program, name, words), { from: "user" });
    return ExitCode.success;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return ExitCode.success; // the help that was asked for
      if (error.code === "commander.help") return ExitCode.usage; // shown because nothing was asked for
      const { usageLine } = await import("./usage.ts");
      complain(usageLine(error, asked));
      return ExitCode.usage;
    }
    complain(errorLine(error));
    if (argv.includes("--debug")) process.stderr.write(`${describeChain(error)}\n`);
    return exitCodeOf(error);
  }
}

async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command("petrel")
    .description("MQTT on the command line: publish, subscribe, look at servers, and measure them")
    .option("--version", "show the version") // answered in run(), before anything is loaded
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .enablePositionalOptions() // what follows the command is the command's: `pub -m --version` publishes "--version"
    .addHelpText("after", EXAMPLES)
    .configureHelp({
      minWidthToWrap: 24, // options are long, and a terminal of 80 columns shall wrap between words
      optionDescription: describeOption,
    })
    .exitOverride()
    .configureOutput({ writeOut: writeHelp, outputError: () => undefined }); // run() says what was wrong
  for (const [name, { group, description, load }] of Object.entries(COMMANDS)) {
    const command = program
      .command(name)
      .helpGroup(`${group}:`)
      .description(description)
      .helpOption("--help", "show help");
    // Completion is about all of them.
    if (name === asked || asked === "completion") (await load())(command);
  }
  return program;
}

/** What it does, what may be given, and what holds if nothing is. Commander's own also tells what goes without saying. */
function describeOption(option: Option): string {
  const { description, argChoices, defaultValue, defaultValueDescription, required, optional } = option;
  const notes: string[] = [];
  if (argChoices !== undefined) notes.push(`choices: ${argChoices.map((choice) => JSON.stringify(choice)).join(", ")}`);
  const takesValue = required || optional;
  if (takesValue && defaultValueDescription !== undefined) notes.push(`default: ${defaultValueDescription}`);
  else if (takesValue && defaultValue !== undefined && defaultValue !== "")
    notes.push(`default: ${JSON.stringify(defaultValue)}`);
  return notes.length === 0 ? description : `${description} (${notes.join(", ")})`;
}

const EXAMPLES = `
Examples:
  petrel sub -t 'kitchen/#' -v                     print what comes
  petrel pub -t kitchen/temperature -m 21.5 -q 1   publish a message
  petrel probe mqtt://localhost                    see what a server supports

petrel help COMMAND shows the options of a command.`;

/** The command that the words ask for, of the second level if need be: bench pub. */
function commandAsked(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next !== undefined) command = next;
    else if (!word.startsWith("-")) break;
  }
  return command;
}

/** Without the program's own name: "bench pub". */
function pathOf(command: Command): string {
  return command.parent === null ? "" : `${pathOf(command.parent)} ${command.name()}`.trim();
}

function optionsOf(command: Command): KnownOptions {
  const find = (word: string): Option | undefined =>
    command.options.find(({ short, long }) => short === word || long === word);
  return {
    has: (word) => find(word) !== undefined,
    takesValue: (word) => find(word)?.required === true,
  };
}

/** With --profile, --load-options or --save-options: the words with those that were saved. */
async function withSavedOptions(
  program: Command,
  name: string | undefined,
  words: readonly string[],
): Promise<readonly string[]> {
  if (!words.some((word) => /^--(profile|load-options|save-options)(=|$)/.test(word))) return words;
  const { readSavedOptions } = await import("./options/saved.ts");
  // Commander reads a command line once: another program finds out what was typed.
  const typed = commandAsked(await createProgram(name), words);
  const { loaded, save } = await readSavedOptions(typed, pathOf(typed), words);
  if (save !== undefined) program.hook("preAction", save);
  const afterCommand = words.indexOf(typed.name()) + 1;
  return [...words.slice(0, afterCommand), ...loaded, ...words.slice(afterCommand)];
}

function writeHelp(text: string): void {
  const titled = wantsColour(process.stdout) ? text.replaceAll(/^(Usage|[A-Z].*(?=:$)):/gm, bold) : text;
  process.stdout.write(titled);
}

function ownVersion(): string {
  const manifest = createRequire(import.meta.url)("#manifest") as { readonly version: string };
  return manifest.version;
}

/** The stack, and that of every cause below it. */
function describeChain(error: unknown): string {
  const lines: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    const stack = current.stack ?? current.message;
    lines.push(lines.length === 0 ? stack : `caused by ${stack}`);
  }
  return lines.join("\n");
}
