import type { Command, Option } from "commander";
import { commandPaths, takesFiles, valueOf, visibleOptions } from "./words.ts";

/** The script that teaches fish what petrel's words may be, and what each does. */
export function fishCompletion(program: Command): string {
  const lines = [HEAD];
  const offer = (condition: string, rest: string): number =>
    lines.push(`complete -c petrel -n '__petrel_at ${condition}'${rest}`);
  for (const one of program.commands) offer("-x", subcommand(one));
  for (const { path, command } of commandPaths(program)) {
    const at = path.join(" ");
    for (const one of command.commands) offer(`-x ${at}`, subcommand(one));
    for (const option of visibleOptions(command)) offer(at, optionOf(option));
    if (takesFiles(command)) offer(at, " -F");
  }
  return `${lines.join("\n")}\n`;
}

/** Whether the words so far begin with these, or with -x are these. */
const HEAD = `# petrel: completion for fish
function __petrel_at
  set -l typed
  for word in (commandline -opc)[2..]
    string match -q -- '-*' $word; and break
    set -a typed $word
  end
  if test "$argv[1]" = -x
    test "$typed" = "$argv[2..]"
  else
    string match -q -- "$argv *" "$typed "
  end
end
complete -c petrel -f`;

function subcommand(command: Command): string {
  return ` -a ${command.name()} -d '${quoted(command.description())}'`;
}

function optionOf(option: Option): string {
  const short = option.short === undefined ? "" : ` -s ${option.short.slice(1)}`;
  return `${short} -l ${option.long!.slice(2)}${valueText(option)} -d '${quoted(option.description)}'`;
}

function valueText(option: Option): string {
  const value = valueOf(option);
  switch (value?.kind) {
    case "choice":
      return ` -x -a '${value.words.join(" ")}'`;
    case "file":
      return " -r -F";
    case "profile":
      return " -x -a \"(petrel profile list 2>/dev/null | string replace -r ' .*' '')\"";
    case "any":
      return " -x";
    case undefined:
      return "";
  }
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}
