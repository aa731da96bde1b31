import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findExamples, type Example } from "./examples.ts";

export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));

export interface Readme {
  /** Its path from the root of the repository. */
  readonly path: string;
  /** The package whose imports its examples use. */
  readonly packageFolder: string;
  readonly examples: readonly Example[];
}

/** The README of every published package. One that is missing has no examples. */
export function packageReadmes(): Readme[] {
  const folders = ["packages", "apps"].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).map((name) => `${kind}/${name}`),
  );
  return folders.filter(isPublished).map((folder) => readReadme(`${folder}/README.md`, folder));
}

/** The README at the root shows the client. */
export function rootReadme(): Readme {
  return readReadme("README.md", "packages/client");
}

function isPublished(folder: string): boolean {
  const file = join(ROOT, folder, "package.json");
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { private?: boolean };
  return manifest.private !== true;
}

function readReadme(path: string, folder: string): Readme {
  const file = join(ROOT, path);
  const examples = existsSync(file) ? findExamples(readFileSync(file, "utf8")) : [];
  return { path, packageFolder: join(ROOT, folder), examples };
}
