import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** This package's folder: it depends on those that are bundled. */
const FOLDER = fileURLToPath(new URL("..", import.meta.url));

/**
 * One ECMAScript module for a browser, from a module's text. It may import the toolkit's packages, and files by paths
 * from this package's folder; a module of Node is an error.
 */
export async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: FOLDER, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2023",
    conditions: ["petrel-source"],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
