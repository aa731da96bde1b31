import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../exit-codes.ts";

/** Where profiles are, as the XDG Base Directory Specification has it. */
function profileFolder(): string {
  const { XDG_CONFIG_HOME: config } = process.env;
  return join(config === undefined || config === "" ? join(homedir(), ".config") : config, "petrel", "profiles");
}

/** The file of a profile. Throws UsageError for what can not be the name of one. */
export function profilePath(name: string): string {
  if (!/^[\w][\w.-]*$/.test(name)) {
    throw new UsageError(`a profile's name has letters, digits, ".", "-" and "_"; "${name}" does not fit`);
  }
  return join(profileFolder(), `${name}.json`);
}

/** Those there are, sorted. */
export async function profileNames(): Promise<readonly string[]> {
  try {
    const files = await readdir(profileFolder());
    return files
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
