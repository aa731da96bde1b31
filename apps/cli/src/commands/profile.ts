import type { Command } from "commander";
import { rm } from "node:fs/promises";
import { askSecret } from "../input/secret.ts";
import { addConnectionOptions, type ConnectionOptions, urlOf } from "../options/connection.ts";
import { outputOption, type OutputOption, writeJson } from "../options/output.ts";
import { profileNames, profilePath } from "../options/profile-folder.ts";
import {
  readProfile,
  recordTyped,
  savable,
  type SavedOptions,
  withoutSecret,
  writeDocument,
} from "../options/saved.ts";
import { note } from "../output/status-line.ts";
import { writeTable } from "../output/table.ts";

interface SaveOptions extends OutputOption {
  readonly withPassword?: boolean;
  readonly askPassword?: boolean;
}

/** `petrel profile save | list | show | remove`. */
export function defineProfile(command: Command): void {
  command.addHelpText("after", EXAMPLES);
  const save = command
    .command("save")
    .argument("<name>", "for --profile")
    .description("save connection options under a name")
    .option("--with-password", "save the password too, readable by you alone")
    .addOption(outputOption("how to say what was saved"))
    .addHelpText("after", EXAMPLES_OF.save)
    .action(async (name: string, { withPassword = false, askPassword = false, output }: SaveOptions) => {
      const { output: _output, debug: _debug, ...options } = savable(typed, withPassword); // these two are about saving
      const asked = askPassword && withPassword ? { password: await askSecret("password: ") } : {};
      await saveProfile(name, { ...options, ...asked }, output);
    });
  addConnectionOptions(save, { connects: false });
  const typed = recordTyped(save);
  command
    .command("list")
    .description("list the profiles there are")
    .addOption(outputOption("how to print it"))
    .addHelpText("after", EXAMPLES_OF.list)
    .action((options: OutputOption) => listProfiles(options));
  command
    .command("show")
    .argument("<name>")
    .description("show what a profile says; secrets as ***")
    .addOption(outputOption("how to print it"))
    .addHelpText("after", EXAMPLES_OF.show)
    .action((name: string, options: OutputOption) => showProfile(name, options));
  command
    .command("remove")
    .argument("<name>")
    .description("remove a profile")
    .addOption(outputOption("how to say what was removed"))
    .addHelpText("after", EXAMPLES_OF.remove)
    .action((name: string, options: OutputOption) => removeProfile(name, options));
}

const EXAMPLES = `
Examples:
  petrel profile save home -h broker.local -u anna
  petrel sub --profile home -t '#'

Profiles are in $XDG_CONFIG_HOME/petrel/profiles, or ~/.config/petrel/profiles.
What is typed goes before what is saved.`;

const EXAMPLES_OF = {
  save: `
Examples:
  petrel profile save home -h broker.local -u anna
  petrel profile save home -L mqtts://broker.local -u anna -P --with-password

What is typed replaces the profile of that name.`,
  list: `
Examples:
  petrel profile list
  petrel profile list --output json`,
  show: `
Examples:
  petrel profile show home`,
  remove: `
Examples:
  petrel profile remove home`,
} as const;

async function saveProfile(name: string, options: SavedOptions, output: OutputOption["output"]): Promise<void> {
  const file = profilePath(name);
  await writeDocument(file, options);
  if (output === "json") writeJson({ name, file, options: publicOptions(options) });
  else note(`saved as ${file}`);
}

async function listProfiles({ output }: OutputOption): Promise<void> {
  const profiles = [];
  for (const name of await profileNames()) {
    profiles.push({ name, ...publicOptions(await readProfile(name)) });
  }
  if (output === "json") writeJson(profiles);
  else writeTable(profiles.map(({ name, ...options }) => [name, urlOf(options as unknown as ConnectionOptions)]));
}

async function showProfile(name: string, { output }: OutputOption): Promise<void> {
  const options = publicOptions(await readProfile(name));
  if (output === "json") writeJson(options);
  else writeTable(Object.entries(options).map(([option, value]) => [option, [value].flat().map(String).join(", ")]));
}

/** Secrets as ***. */
function publicOptions(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shown = (name: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((one) => shown(name, one));
    return typeof value === "string" && value !== "" ? withoutSecret(name, value) || "***" : value;
  };
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, shown(name, value)]));
}

async function removeProfile(name: string, { output }: OutputOption): Promise<void> {
  await readProfile(name);
  await rm(profilePath(name));
  if (output === "json") writeJson({ name, file: profilePath(name) });
}
