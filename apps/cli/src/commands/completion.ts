import type { Command } from "commander";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { UsageError } from "../exit-codes.ts";

const SHELLS: Readonly<Record<string, (program: Command) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The program's other commands have been loaded with their options before this one acts. */
export function defineCompletion(command: Command): void {
  const names = Object.keys(SHELLS).join(", ");
  command
    .argument("<shell>", names)
    .addHelpText("after", EXAMPLES)
    .action((shell: string) => {
      const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (script === undefined) throw new UsageError(`"${shell}" is no shell that is known here; there are ${names}`);
      process.stdout.write(script(command.parent!));
    });
}

const EXAMPLES = `
Examples:
  source <(petrel completion bash)     in ~/.bashrc
  source <(petrel completion zsh)      in ~/.zshrc, after compinit
  petrel completion fish > ~/.config/fish/completions/petrel.fish`;
