import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What is published. */
const manifests: readonly Manifest[] = ["packages", "apps"]
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name, "package.json")))
  .map((file) => JSON.parse(readFileSync(file, "utf8")) as Manifest)
  .filter((manifest) => manifest.private !== true);

test("each runtime dependency has a reason in CONTRIBUTING.md, and each reason its dependency", () => {
  const installed = manifests.flatMap(({ name, dependencies = {} }) =>
    Object.keys(dependencies)
      .filter((dependency) => !dependency.startsWith("@petrel/"))
      .map((dependency) => `${name} ${dependency}`),
  );
  const text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const reasons = [...text.matchAll(/^\| `(@petrel\/[a-z]+)` \| `([^`]+)` \| [^|]{20,} \|$/gm)].map(
    ([, name, dependency]) => `${name} ${dependency}`,
  );
  expect(reasons.toSorted()).toEqual(installed.toSorted());
  expect(installed.length).toBeGreaterThan(0);
});

test("no published package runs a script when it is installed", () => {
  expect(manifests.length).toBeGreaterThan(4);
  for (const { scripts = {} } of manifests) {
    for (const name of ["preinstall", "install", "postinstall", "prepare"]) expect(scripts).not.toHaveProperty(name);
  }
});
