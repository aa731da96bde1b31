import { type Command, Option } from "commander";
import { rm } from "node:fs/promises";
import { askSecret } from "../input/secret.ts";
import { addConnectionOptions, type ConnectionOptions, urlOf } from "../options/connection.ts";
import { profileNames, profilePath } from "../options/profile-folder.ts";
import {
  readProfile,
  recordTyped,
  savable,
  type SavedOptions,
  withoutSecret,
  writeDocument,
} from "../options/saved.ts";
import { writeTable } from "../output/table.ts";

interface OutputOption {
  readonly output: "text" | "json";
}

interface SaveOptions {
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
    .action(async (name: string, { withPassword = false, askPassword = false }: SaveOptions) => {
      const options = savable(typed, withPassword);
      await saveProfile(
        name,
        askPassword && withPassword ? { ...options, password: await askSecret("password: ") } : options,
      );
    });
  addConnectionOptions(save, { connects: false });
  const typed = recordTyped(save);
  const output = (): Option =>
    new Option("--output <form>", "how to print it").choices(["text", "json"]).default("text");
  command
    .command("list")
    .description("list the profiles there are")
    .addOption(output())
    .action((options: OutputOption) => listProfiles(options));
  command
    .command("show")
    .argument("<name>")
    .description("show what a profile says; secrets as ***")
    .addOption(output())
    .action((name: string, options: OutputOption) => showProfile(name, options));
  command
    .command("remove")
    .argument("<name>")
    .description("remove a profile")
    .action((name: string) => removeProfile(name));
}

const EXAMPLES = `
Examples:
  petrel profile save home -h broker.local -u anna
  petrel sub --profile home -t '#'

Profiles are in $XDG_CONFIG_HOME/petrel/profiles, or ~/.config/petrel/profiles.
What is typed goes before what is saved.`;

async function saveProfile(name: string, options: SavedOptions): Promise<void> {
  const file = profilePath(name);
  await writeDocument(file, options);
  process.stderr.write(`petrel: saved as ${file}\n`);
}

async function listProfiles({ output }: OutputOption): Promise<void> {
  const profiles = [];
  for (const name of await profileNames()) {
    profiles.push({ name, ...publicOptions(await readProfile(name)) });
  }
  if (output === "json") process.stdout.write(`${JSON.stringify(profiles)}\n`);
  else writeTable(profiles.map(({ name, ...options }) => [name, urlOf(options as unknown as ConnectionOptions)]));
}

async function showProfile(name: string, { output }: OutputOption): Promise<void> {
  const options = publicOptions(await readProfile(name));
  if (output === "json") process.stdout.write(`${JSON.stringify(options)}\n`);
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

async function removeProfile(name: string): Promise<void> {
  await readProfile(name);
  await rm(profilePath(name));
}
