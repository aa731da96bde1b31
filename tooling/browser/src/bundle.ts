import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** The folder of the whole toolkit. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * One script for a browser, as an ECMAScript module, from a module's text. It may import the toolkit's packages and, by
 * paths like `./packages/codec/test/…`, its files; anything of Node is an error.
 */
export async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2023",
    conditions: ["petrel-source"],
    logLevel: "silent",
    // The toolkit's folder itself depends on none of its packages.
    alias: Object.fromEntries(PACKAGES.map((name) => [`@petrel/${name}`, `${ROOT}/packages/${name}`])),
  });
  return outputFiles[0]!.text;
}

const PACKAGES = ["codec", "session", "transport", "testing", "client"];
