// Keeps packages/<name>/etc/<name>.api.d.ts equal to what the package exports, so that a change of the public types is
// a diff to review. Without arguments it fails on a difference; with --update it writes the files.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { publicTypes } from "./public-types.mjs";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const update = process.argv.includes("--update");

for (const name of readdirSync(packages).sort()) {
  const folder = join(packages, name);
  if (existsSync(join(folder, "package.json"))) keep(folder, join(folder, "etc", `${name}.api.d.ts`));
}

function keep(folder, file) {
  const report = reportOf(folder);
  const committed = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (report === committed) return;
  const path = relative(process.cwd(), file);
  if (update) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, report);
    console.log(`wrote ${path}`);
  } else {
    console.log(`${path} is not what the package exports; they part in ${firstDifference(committed, report)}`);
    console.log("If the change of the public types is wanted: npm run api:update, and commit the result.");
    process.exitCode = 1;
  }
}

function reportOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return publicTypes(folder, [...new Set(typesIn(exports))]);
}

/** The declaration files that an `exports` object names, under whatever conditions. */
function typesIn(target) {
  if (typeof target !== "object") return [];
  return Object.entries(target).flatMap(([key, value]) => (key === "types" ? [join(value)] : typesIn(value)));
}

function firstDifference(before, after) {
  const [old, current] = [before.split("\n"), after.split("\n")];
  const index = current.findIndex((line, at) => line !== old[at]);
  return index === -1 ? `line ${current.length + 1}` : `line ${index + 1}: ${current[index].trim() || "(empty)"}`;
}
