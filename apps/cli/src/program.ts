import { Command, CommanderError } from "commander";
import { expandShortOptions } from "./argv.ts";
import { errorLine, ExitCode, exitCodeOf } from "./exit-codes.ts";

/** Fills in a command's options and its action. */
export type DefineCommand = (command: Command, setStatus: (status: number) => void) => void;

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
  let status: number = ExitCode.success;
  try {
    const program = await createProgram(argv, (exitCode) => (status = exitCode));
    await program.parseAsync(expandShortOptions(argv), { from: "user" });
    return status;
  } catch (error) {
    // Commander has said what was wrong already, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.success : ExitCode.usage;
    process.stderr.write(`petrel: ${errorLine(error)}\n`);
    if (argv.includes("--debug")) process.stderr.write(`${describeChain(error)}\n`);
    return exitCodeOf(error);
  }
}

async function createProgram(argv: readonly string[], setStatus: (status: number) => void): Promise<Command> {
  const program = new Command("petrel")
    .description("MQTT on the command line: publish, subscribe, and a broker to try things with")
    .helpOption("--help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`petrel: ${text.replace(/^error: /, "")}`) });
  const asked = argv.find((word) => word !== "help" && !word.startsWith("-"));
  for (const [name, { description, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(description).helpOption("--help", "show help");
    if (name === asked) (await load())(command, setStatus);
  }
  return program;
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
