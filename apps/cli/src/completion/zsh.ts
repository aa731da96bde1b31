import type { Command } from "commander";
import { commandPaths, namesByValue, type OptionValue, takesFiles, valuesByName, visibleOptions } from "./words.ts";

/** The script that teaches zsh what petrel's words may be, and what each does. */
export function zshCompletion(program: Command): string {
  const commands = commandPaths(program);
  const cases = commands.map(({ path, command }) => {
    const below = command.commands.map((one) => described(one.name(), one.description()));
    const options = visibleOptions(command).map(({ long, description }) => described(long!, description));
    const at = `"${path.join(" ")}"`;
    return [
      `    ${at}${takesFiles(command) ? `|"${path.join(" ")} "*` : ""})`,
      ...(below.length === 0 ? [] : [`      commands=(${below.join(" ")})`]),
      `      options=(${[...options, described("--help", "show help")].join(" ")})`,
      ...(takesFiles(command) ? ["      [[ $PREFIX == -* ]] || _files"] : []),
      "      ;;",
    ].join("\n");
  });
  const values = namesByValue(valuesByName(commands)).map(
    ([names, value]) => `    ${names.join("|")}) ${completionOf(value)}; return ;;`,
  );
  const first = program.commands.map((one) => described(one.name(), one.description()));
  // `path` and `words` are zsh's own.
  return `#compdef petrel
# petrel: completion for zsh
_petrel() {
  local at="" word
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && break
    at+="\${at:+ }$word"
  done
  case "\${words[CURRENT-1]}" in
${values.join("\n")}
  esac
  case "$at" in
    "")
      commands=(${[...first, described("help", "show the help of a command")].join(" ")})
      options=(${described("--version", "show the version")} ${described("--help", "show help")})
      ;;
${cases.join("\n")}
  esac
  (( $#commands )) && _describe command commands
  (( $#options )) && _describe -o option options
}
compdef _petrel petrel
`;
}

function completionOf(value: OptionValue): string {
  switch (value.kind) {
    case "choice":
      return `compadd -- ${value.words.join(" ")}`;
    case "file":
      return "_files";
    case "profile":
      return "compadd -- ${(f)\"$(petrel profile list 2>/dev/null | cut -d' ' -f1)\"}";
    case "any":
      return "_message value";
  }
}

/** What `_describe` takes: the word, a colon, what it does. */
function described(word: string, description: string): string {
  const text = `${word.replaceAll(":", "\\:")}:${description.replaceAll("\\", "\\\\")}`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
