import { startAedes } from "@petrel/servers";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageReadmes, ROOT, rootReadme } from "../../src/readmes.ts";
import { runExample } from "../../src/run-example.ts";

let binFolder: string;

beforeAll(async () => {
  if (!existsSync(join(ROOT, "apps/cli/dist/bin.js"))) {
    throw new Error("the examples run against the built packages: run `npm run build` first");
  }
  binFolder = await mkdtemp(join(tmpdir(), "petrel-bin-"));
  await symlink(join(ROOT, "apps/cli/bin/petrel.js"), join(binFolder, "petrel"));
});
afterAll(() => rm(binFolder, { recursive: true, force: true }));

for (const { path, examples } of packageReadmes()) {
  test(`${path} has a runnable example`, () => {
    expect(examples.length, "blocks that begin with ```ts runnable or ```sh runnable").toBeGreaterThan(0);
  });
}

for (const { path, packageFolder, examples } of [rootReadme(), ...packageReadmes()]) {
  for (const example of examples) {
    test(`${path}: the example in line ${example.line} runs`, async () => {
      await using server = await startAedes();
      const name = `line-${example.line}`;
      const run = await runExample(example, { packageFolder, name, serverUrl: server.url, binFolder });
      expect(run, run.stderr).toMatchObject({ exitCode: 0, stdout: example.output ?? run.stdout });
    });
  }
}
