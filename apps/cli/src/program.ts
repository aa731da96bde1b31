import { Command, CommanderError } from "commander";
import { createRequire } from "node:module";
import { expandShortOptions } from "./argv.ts";
import { errorLine, ExitCode, exitCodeOf, UsageError } from "./exit-codes.ts";

/** Fills in a command's options and its action, which rejects unless the command succeeds. */
type DefineCommand = (command: Command) => void;

interface CommandEntry {
  readonly description: string;
  /** A command is loaded only when it is asked for, with all it imports. */
  readonly load: () => Promise<DefineCommand>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  pub: {
    description: "publish a message, or a line of stdin each",
    load: async () => (await import("./commands/pub.ts")).definePub,
  },
  sub: {
    description: "subscribe, and print what comes",
    load: async () => (await import("./commands/sub.ts")).defineSub,
  },
  broker: {
    description: "run a small broker in memory, for development",
    load: async () => (await import("./commands/broker.ts")).defineBroker,
  },
  demo: {
    description: "watch a publisher and a subscriber exchange messages through a broker of their own",
    load: async () => (await import("./commands/demo.ts")).defineDemo,
  },
};

/** Runs one command line; resolves with the exit status. Errors are one line on stderr; `--debug` adds where they came from. */
export async function run(argv: readonly string[]): Promise<number> {
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
    const command = program.commands.find((command) => command.name() === name);
    const takesValue = (option: string): boolean =>
      command?.options.some(({ short, long, required }) => required && (short === option || long === option)) ?? false;
    await program.parseAsync(expandShortOptions(argv, takesValue), { from: "user" });
    return ExitCode.success;
  } catch (error) {
    // Commander has said what was wrong already, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.success : ExitCode.usage;
    process.stderr.write(`petrel: ${errorLine(error)}\n`);
    if (argv.includes("--debug")) process.stderr.write(`${describeChain(error)}\n`);
    return exitCodeOf(error);
  }
}

async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command("petrel")
    .description("MQTT on the command line: publish, subscribe, and a broker to try things with")
    .option("--version", "show the version") // answered in run(), before anything is loaded
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .enablePositionalOptions() // what follows the command is the command's: `pub -m --version` publishes "--version"
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) });
  for (const [name, { description, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(description).helpOption("--help", "show help");
    if (name === asked) (await load())(command);
  }
  return program;
}

/** Commander's words, in one line. What follows the = of a misspelt option may be a secret. */
function usageLine(text: string): string {
  const line = text
    .replace(/^error: /, "")
    .replace(/^(unknown option '[^'=]*)=.*'/s, "$1'")
    .trim()
    .replaceAll(/\s*\n\s*/g, " ");
  return `petrel: ${line}\n`;
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
