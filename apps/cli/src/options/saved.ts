import type { Command, Option } from "commander";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { profilePath, profileNames } from "./profile-folder.ts";

/** Options as files keep them: by their long names without dashes; a list where one may be given several times. */
export type SavedOptions = Readonly<Record<string, SavedValue>>;
type SavedValue = string | number | boolean | readonly (string | number)[];

interface Typed {
  readonly option: Option;
  /** One for each time it was given; null for those that take none. */
  readonly values: (string | null)[];
}

/** What `--profile` and `--load-options` add to the command line, and what `--save-options` does before the action. */
export interface SavedOptionsRead {
  readonly loaded: readonly string[];
  readonly save: (() => Promise<void>) | undefined;
}

/**
 * @param command a command of its own: its options are parsed, to see which were typed
 * @param section of the file that is the command's: "pub", "bench pub"
 * @param words the command line, the command's name included
 */
export async function readSavedOptions(
  command: Command,
  section: string,
  words: readonly string[],
): Promise<SavedOptionsRead> {
  const typed = recordTyped(command);
  command.parseOptions([...words]);
  const fileOf = (name: string): string | undefined => typed.get(name)?.values.at(-1) ?? undefined;
  const profile = fileOf("profile");
  const load = fileOf("load-options");
  const save = fileOf("save-options");
  const saved: Record<string, SavedValue> = {
    ...(profile === undefined ? {} : optionsIn(await readProfile(profile), section, `profile "${profile}"`)),
    ...(load === undefined ? {} : optionsIn(await readDocument(load, load), section, load)),
  };
  const isTyped = (name: string): boolean =>
    typed.has(name) || [...typed.values()].some(({ option }) => attribute(option.name()) === attribute(name));
  const added = Object.entries(saved).filter(([name]) => !isTyped(name) && !isOverridden(name, isTyped));
  return {
    loaded: added.flatMap(([name, value]) => wordsFor(command, name, value)),
    save:
      save === undefined
        ? undefined
        : () => saveOptions(save, section, { ...Object.fromEntries(added), ...savable(typed) }),
  };
}

/** The options that will have been typed when the command has been parsed, by name. */
export function recordTyped(command: Command): ReadonlyMap<string, Typed> {
  const typed = new Map<string, Typed>();
  for (const option of command.options) {
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      const before = typed.get(option.name());
      if (before === undefined) typed.set(option.name(), { option, values: [value ?? null] });
      else before.values.push(value ?? null);
    });
  }
  return typed;
}

/** What says the same thing in other words: who typed one does not mean the saved other. */
const PLACES = ["url", "unix", "srv"];
const SAME: readonly (readonly [typed: readonly string[], saved: readonly string[]])[] = [
  [PLACES, ["host", "port", "protocol", ...PLACES]],
  [["host", "port", "protocol"], PLACES],
  [
    ["password", "password-file", "ask-password"],
    ["password", "password-file"],
  ],
];

function isOverridden(name: string, isTyped: (name: string) => boolean): boolean {
  return SAME.some(([typed, saved]) => saved.some((one) => attribute(one) === attribute(name)) && typed.some(isTyped));
}

/** `--clean=false` is not how it is typed: `--no-clean` is. */
function wordsFor(command: Command, name: string, value: SavedValue): readonly string[] {
  const option = command.options.find((one) => attribute(one.name()) === attribute(name));
  const long = option?.long ?? `--${name}`;
  if (value === true) return [long];
  if (value === false) {
    const negation = `--no-${name}`;
    return command.options.some((one) => one.long === negation) ? [negation] : [];
  }
  return (Array.isArray(value) ? value : [value]).map((one) => `${long}=${String(one)}`);
}

/** `ws-headers` and `wsHeaders` are the same. */
function attribute(name: string): string {
  return name.replaceAll("-", "").toLowerCase();
}

/** What may be kept: all but where options come from, and what must stay secret; stderr tells what is left out. */
export function savable(typed: ReadonlyMap<string, Typed>, withPassword = false): SavedOptions {
  const saved: Record<string, SavedValue> = {};
  const leftOut = new Set<string>();
  for (const [name, { option, values }] of typed) {
    if (NOT_SAVED.has(name)) continue;
    const texts = textsOf(option, values);
    const shown = withPassword ? texts : texts.map((text) => withoutSecret(name, text)).filter((text) => text !== "");
    if (shown.join("\n") !== texts.join("\n")) leftOut.add(`the secret in --${name}`);
    if (texts.length === 0) saved[name.replace(/^no-/, "")] = !name.startsWith("no-");
    else if (shown.length > 0) saved[name] = shown.length === 1 ? shown[0]! : shown;
  }
  if (leftOut.size > 0) process.stderr.write(`petrel: not saved: ${[...leftOut].join(", ")}\n`);
  return saved;
}

const NOT_SAVED = new Set(["profile", "load-options", "save-options", "ask-password", "with-password"]);

/** What was given, each time; nothing if it was never more than the option alone. */
function textsOf({ presetArg }: Option, values: readonly (string | null)[]): readonly string[] {
  if (values.every((value) => value === null)) return [];
  return values.map((value) => value ?? String(presetArg));
}

/** "" where all of it is. */
export function withoutSecret(name: string, text: string): string {
  if (name === "password" || name === "key-passphrase") return "";
  if (name === "ws-headers") return /^\s*((proxy-)?authorization|cookie)\s*:/i.test(text) ? "" : text;
  if (name === "url" || name === "proxy") return text.replace(/^([a-z0-9+.-]+:\/\/[^/?#@:]*):[^/?#]*@/i, "$1@");
  return text;
}

async function saveOptions(file: string, section: string, options: SavedOptions): Promise<void> {
  const before = await readDocument(file, file).catch((error: Error) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return {};
    throw error;
  });
  await writeDocument(file, { ...before, [section]: options });
}

/** What holds for a command: what its own section says, and what stands outside of sections. */
function optionsIn(document: Readonly<Record<string, unknown>>, section: string, what: string): SavedOptions {
  const options: Record<string, SavedValue> = {};
  for (const [name, value] of Object.entries(document))
    if (!isSection(value)) options[name] = checked(name, value, what);
  const own = document[section];
  if (isSection(own)) for (const [name, value] of Object.entries(own)) options[name] = checked(name, value, what);
  return options;
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checked(name: string, value: unknown, what: string): SavedValue {
  const isOne = (one: unknown): one is string | number => typeof one === "string" || typeof one === "number";
  if (isOne(value) || typeof value === "boolean" || (Array.isArray(value) && value.every(isOne))) return value;
  throw new UsageError(`${what}: "${name}" is neither text, a number, true, false nor a list of them`);
}

/** Throws UsageError if there is none of this name. */
export async function readProfile(name: string): Promise<Readonly<Record<string, unknown>>> {
  const file = profilePath(name);
  const names = await profileNames();
  if (names.includes(name)) return await readDocument(file, `profile "${name}"`);
  const others = names.length === 0 ? "none is saved" : `there are: ${names.join(", ")}`;
  throw new UsageError(`there is no profile "${name}"; ${others}`);
}

/** Reads JSON, or YAML by the name of the file. */
async function readDocument(file: string, what: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let document: unknown; // the bundle has the names of CommonJS, which yaml is, under `default` alone
  try {
    document = isYaml(file) ? (await import("yaml")).default.parse(text) : JSON.parse(text);
  } catch (error) {
    const form = isYaml(file) ? "YAML" : "JSON";
    throw new UsageError(`${what} is not ${form}: ${(error as Error).message.split("\n", 1)[0]}`, { cause: error });
  }
  if (!isSection(document)) throw new UsageError(`${what} has no options: it must be an object`);
  return document;
}

/** For its owner alone: it may say who one is. */
export async function writeDocument(file: string, document: object): Promise<void> {
  const text = isYaml(file)
    ? (await import("yaml")).default.stringify(document)
    : `${JSON.stringify(document, undefined, 2)}\n`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600); // one that was there keeps its mode
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/i.test(file);
}
