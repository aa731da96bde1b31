import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The full path of an installed program. Servers often live in sbin, which is not on everybody's PATH; `first` are folders to look into before. */
export function findProgram(name: string, first: readonly string[] = []): string | undefined {
  const folders = [
    ...first,
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    "/opt/homebrew/sbin",
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
