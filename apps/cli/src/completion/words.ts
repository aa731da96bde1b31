import type { Command, Option } from "commander";

/** A command and the words that ask for it: ["pub"], ["bench", "pub"]. */
export interface CommandPath {
  readonly path: readonly string[];
  readonly command: Command;
}

/** All commands below this one, each before its own. */
export function commandPaths(command: Command, path: readonly string[] = []): readonly CommandPath[] {
  return command.commands.flatMap((one) => [
    { path: [...path, one.name()], command: one },
    ...commandPaths(one, [...path, one.name()]),
  ]);
}

/** The options that are shown, all with a long name. */
export function visibleOptions(command: Command): readonly Option[] {
  return command.options.filter(({ hidden, long }) => !hidden && long !== undefined);
}

/** Whether files may follow the command, as in `petrel decode capture.pcap`. */
export function takesFiles(command: Command): boolean {
  return command.registeredArguments.some((argument) => argument.name() === "file");
}

/** What follows an option: one of some words, a file, the name of a profile, or what nobody can guess. */
export type OptionValue =
  | { readonly kind: "choice"; readonly words: readonly string[] }
  | { readonly kind: "file" | "profile" | "any" };

export function valueOf({ long, argChoices, required }: Option): OptionValue | undefined {
  if (argChoices !== undefined) return { kind: "choice", words: argChoices };
  if (long === "--profile") return { kind: "profile" };
  if (FILE_OPTIONS.has(long!)) return { kind: "file" };
  return required ? { kind: "any" } : undefined;
}

const FILE_OPTIONS = new Set([
  ...["--ca", "--cert", "--key", "--password-file", "--unix"],
  ...["--load-options", "--save-options", "--protobuf-path", "--avsc-path"],
  ...["--file", "--file-write", "--file-save", "--out"],
]);

/** What follows each option, by its names, where all commands agree on the kind; of words, those of all commands. */
export function valuesByName(commands: readonly CommandPath[]): ReadonlyMap<string, OptionValue> {
  const values = new Map<string, OptionValue | undefined>();
  for (const { command } of commands) {
    for (const option of visibleOptions(command)) {
      const value = valueOf(option);
      for (const name of [option.long!, ...(option.short === undefined ? [] : [option.short])]) {
        values.set(name, values.has(name) ? both(values.get(name), value) : value);
      }
    }
  }
  const known = (entry: [string, OptionValue | undefined]): entry is [string, OptionValue] => entry[1] !== undefined;
  return new Map([...values].filter(known));
}

function both(one: OptionValue | undefined, other: OptionValue | undefined): OptionValue | undefined {
  if (one?.kind !== other?.kind) return undefined;
  if (one?.kind !== "choice" || other?.kind !== "choice") return one;
  return { kind: "choice", words: [...new Set([...one.words, ...other.words])] };
}

/** The names that have each value, so that a shell's `case` needs one line for it. */
export function namesByValue(values: ReadonlyMap<string, OptionValue>): readonly (readonly [string[], OptionValue])[] {
  const groups = new Map<string, [string[], OptionValue]>();
  for (const [name, value] of values) {
    const key = JSON.stringify(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [[name], value]);
    else group[0].push(name);
  }
  return [...groups.values()];
}
