// Joins what tsc has made of a package into a file for each of its entries, and one for what they share: Node takes half a
// millisecond for each file, and a client has 150. Bundlers get the modules, of which they leave out what is not used.
// Run in the package's folder.

import { build } from "esbuild";
import { readFileSync, rmSync } from "node:fs";

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.values(exports).filter((entry) => entry.default.startsWith("./dist/bundle/"));

rmSync("dist/bundle", { recursive: true, force: true });
await build({
  entryPoints: entries.map((entry) => entry.module),
  outbase: "dist",
  outdir: "dist/bundle",
  bundle: true,
  packages: "external",
  splitting: true,
  format: "esm",
  platform: "neutral",
  external: ["node:*"],
  target: "es2023",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
