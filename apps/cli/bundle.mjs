// Joins what tsc has made, and the packages it stands on, into a few files: Node reads a hundred small ones in more time
// than all else takes until the first message is acknowledged. What a command loads on demand stays a file of its own.

import { build } from "esbuild";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const outdir = join(here, "dist/bundle");

/** Commander can start programs as commands. None of ours is one, and loading what that takes is work for nothing. */
const withoutChildProcesses = {
  name: "without-child-processes",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("node_modules/commander/") ? { path: "none", namespace: "nothing" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "module.exports = {};" }));
  },
};

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [join(here, "dist/bin.js")],
  outdir,
  absWorkingDir: here,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  minify: true,
  external: [...Object.keys(dependencies), "bufferutil", "utf-8-validate"],
  // Packages in CommonJS ask for Node's modules with require().
  banner: { js: 'import{createRequire as $require}from"node:module";const require=$require(import.meta.url);' },
  plugins: [withoutChildProcesses],
  metafile: true,
  logLevel: "warning",
});

// The packages inside want their licences to go with them.
const licences = new Map();
for (const input of Object.keys(metafile.inputs)) {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
  if (folder === undefined || licences.has(folder)) continue;
  const { name, version } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
  licences.set(folder, `${name} ${version}\n\n${readFileSync(join(here, folder, "LICENSE"), "utf8").trim()}\n`);
}
writeFileSync(join(outdir, "LICENSES.txt"), [...licences.values()].join("\n\n"));
