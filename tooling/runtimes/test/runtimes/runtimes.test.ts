import { bundle } from "@petrel/browser";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeProject, type Project } from "../../src/packed.ts";
import { fetchRuntime, type Runtime, RUNTIMES, runScript } from "../../src/runtimes.ts";
import { setStage, type Stage } from "../../src/stage.ts";
import { allPassed, type Setting } from "../../src/stories.ts";

/** A runtime is fetched first, a hundred megabytes or less. */
const TIMEOUT_MS = 240_000;

let project: Project;
let stage: Stage;
beforeAll(async () => {
  [project, stage] = await Promise.all([makeProject(), setStage()]);
  const vectors = await bundle('export { checkAllVectors } from "../../packages/codec/test/vectors/check-all.ts";');
  const tell = (setting: Setting): string =>
    `import { main } from "./stories.mjs"; console.log(JSON.stringify(await main(${JSON.stringify(setting)})));`;
  await write("version.mjs", "const { deno, bun, node } = process.versions; console.log(deno ?? bun ?? node);");
  await write("vectors.mjs", `${vectors}\nconsole.log(JSON.stringify(checkAllVectors()));`);
  await write("tell.mjs", tell(stage.everywhere));
  await write("tell-page.mjs", tell(stage.inPages));
  await write("required.cjs", 'console.log(typeof require("@petrel/client").connect);');
}, TIMEOUT_MS);
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const write = (name: string, text: string): Promise<void> => writeFile(join(project.folder, name), text);

describe.each(RUNTIMES)("in $name", { timeout: TIMEOUT_MS }, (runtime) => {
  const run = runner(runtime);

  test("the version is the one that was asked for", async () => {
    expect(await run("version.mjs")).toBe(`${runtime.specifier.replace(/^.*@/, "")}\n`);
  });

  test("the codec passes all its vectors", async () => {
    const { checks, failures } = JSON.parse(await run("vectors.mjs")) as { checks: number; failures: string[] };
    expect(failures).toEqual([]);
    expect(checks).toBeGreaterThan(1_000);
  });

  test("the client does what it does everywhere, over TCP, TLS and WebSockets", async () => {
    expect(JSON.parse(await run("tell.mjs"))).toEqual(allPassed(stage.everywhere));
  });

  test("CommonJS can require the client", async () => {
    expect(await run("required.cjs")).toBe("function\n");
  });
});

describe.each(RUNTIMES.filter(({ hasWebSocket }) => hasWebSocket))("in $name", { timeout: TIMEOUT_MS }, (runtime) => {
  const run = runner(runtime);

  test("the browser's entry does what it does in pages, over the runtime's own WebSocket", async () => {
    expect(JSON.parse(await run("--conditions=browser", "tell-page.mjs"))).toEqual(allPassed(stage.inPages));
  });
});

/** Runs a script of the project, after options if there are any. */
function runner(runtime: Runtime): (...script: string[]) => Promise<string> {
  let program: string;
  beforeAll(async () => void (program = await fetchRuntime(runtime)), TIMEOUT_MS);
  return (...script) => runScript(program, [...runtime.run, ...script], project.folder);
}
