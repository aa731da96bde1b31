import { type Command, type Option } from "commander";
import { UsageError } from "../exit-codes.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** The program's other commands have been loaded with their options before this one acts. */
export function defineCompletion(command: Command): void {
  command
    .argument("<shell>", SHELLS.join(", "))
    .addHelpText("after", EXAMPLES)
    .action((shell: string) => {
      const program = command.parent!;
      if (shell === "bash") process.stdout.write(bash(program));
      else if (shell === "zsh") process.stdout.write(`autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`);
      else if (shell === "fish") process.stdout.write(fish(program));
      else throw new UsageError(`"${shell}" is no shell that is known here; there are ${SHELLS.join(", ")}`);
    });
}

const EXAMPLES = `
Examples:
  source <(petrel completion bash)     in ~/.bashrc
  source <(petrel completion zsh)      in ~/.zshrc, after compinit
  petrel completion fish > ~/.config/fish/completions/petrel.fish`;

/** The words a command line may begin with, up to where options begin: "pub", "bench", "bench pub", … */
function commandPaths(
  command: Command,
  path: readonly string[] = [],
): readonly (readonly [readonly string[], Command])[] {
  return command.commands.flatMap((one) => [
    [[...path, one.name()], one] as const,
    ...commandPaths(one, [...path, one.name()]),
  ]);
}

function bash(program: Command): string {
  const commands = commandPaths(program);
  const options = commands.map(([path, command]) => {
    const words = [
      ...command.commands.map((one) => one.name()),
      ...visible(command).map(({ long }) => long!),
      "--help",
    ];
    return `    "${path.join(" ")}") words="${words.join(" ")}" ;;`;
  });
  const values = [...choices(commands)].map(
    ([option, words]) => `    ${option}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current")); return ;;`,
  );
  return `# petrel: completion for bash
_petrel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" words word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; esac
    path="\${path:+$path }$word"
  done
  case "$previous" in
${values.join("\n")}
    ${FILE_OPTIONS.join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --profile) COMPREPLY=($(compgen -W "$(petrel profile list 2>/dev/null | cut -d' ' -f1)" -- "$current")); return ;;
  esac
  case "$path" in
${options.join("\n")}
    "") words="${program.commands.map((one) => one.name()).join(" ")} help --version --help" ;;
    *) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _petrel petrel
`;
}

function fish(program: Command): string {
  const lines = ["# petrel: completion for fish", "complete -c petrel -f"];
  for (const command of program.commands) {
    lines.push(
      `complete -c petrel -n __fish_use_subcommand -a ${command.name()} -d '${quoted(command.description())}'`,
    );
  }
  for (const [path, command] of commandPaths(program)) {
    const under = `'${path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ")}'`;
    for (const one of command.commands) {
      lines.push(`complete -c petrel -n ${under} -a ${one.name()} -d '${quoted(one.description())}'`);
    }
    for (const option of visible(command)) {
      const short = option.short === undefined ? "" : ` -s ${option.short.slice(1)}`;
      const value = valueOf(option);
      lines.push(
        `complete -c petrel -n ${under}${short} -l ${option.long!.slice(2)}${value} -d '${quoted(option.description)}'`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

function valueOf(option: Option): string {
  if (option.argChoices !== undefined) return ` -x -a '${option.argChoices.join(" ")}'`;
  if (FILE_OPTIONS.includes(option.long!)) return " -r -F";
  return option.required ? " -x" : "";
}

/** Those whose value is a file. */
const FILE_OPTIONS = ["--ca", "--cert", "--key", "--password-file", "--load-options", "--save-options", "--file"];

function visible(command: Command): readonly Option[] {
  return command.options.filter(({ hidden, long }) => !hidden && long !== undefined);
}

/** The options with a fixed set of values, where all commands agree on it. */
function choices(commands: readonly (readonly [unknown, Command])[]): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>();
  for (const [, command] of commands) {
    for (const { long, argChoices } of visible(command)) {
      if (argChoices !== undefined) known.set(long!, [...new Set([...(known.get(long!) ?? []), ...argChoices])]);
    }
  }
  return known;
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}
