import type { Command } from "commander";
import { commandPaths, namesByValue, type OptionValue, takesFiles, valuesByName, visibleOptions } from "./words.ts";

/** The script that teaches bash what petrel's words may be. */
export function bashCompletion(program: Command): string {
  const commands = commandPaths(program);
  const words = commands.map(({ path, command }) => {
    const known = [
      ...command.commands.map((one) => one.name()),
      ...visibleOptions(command).map(({ long }) => long!),
      "--help",
    ];
    const at = path.join(" ");
    if (takesFiles(command)) return `    "${at}"|"${at} "*) files=-f words="${known.join(" ")}" ;;`;
    return `    "${at}") words="${known.join(" ")}" ;;`;
  });
  const values = namesByValue(valuesByName(commands)).map(
    ([names, value]) => `    ${names.join("|")}) ${replyOf(value)}; return ;;`,
  );
  return `# petrel: completion for bash
_petrel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" files="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; esac
    path="\${path:+$path }$word"
  done
  case "$previous" in
${values.join("\n")}
  esac
  case "$path" in
${words.join("\n")}
    "") words="${program.commands.map((one) => one.name()).join(" ")} help --version --help" ;;
  esac
  COMPREPLY=($(compgen $files -W "$words" -- "$current"))
}
complete -F _petrel petrel
`;
}

function replyOf(value: OptionValue): string {
  switch (value.kind) {
    case "choice":
      return `COMPREPLY=($(compgen -W "${value.words.join(" ")}" -- "$current"))`;
    case "file":
      return 'COMPREPLY=($(compgen -f -- "$current"))';
    case "profile":
      return `COMPREPLY=($(compgen -W "$(petrel profile list 2>/dev/null | cut -d' ' -f1)" -- "$current"))`;
    case "any":
      return "COMPREPLY=()";
  }
}
