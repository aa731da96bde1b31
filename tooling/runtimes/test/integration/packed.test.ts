import { type Chromium, startChromium } from "@petrel/browser";
import { describeServer } from "@petrel/servers";
import { build as esbuild } from "esbuild";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webpack, type StatsModule } from "webpack";
import { makeProject, type Project } from "../../src/packed.ts";
import { setStage } from "../../src/stage.ts";
import { allPassed, type Outcomes } from "../../src/stories.ts";

/** On a machine that is busy with other things. */
const TIMEOUT_MS = 120_000;

let project: Project;
beforeAll(async () => void (project = await makeProject()), TIMEOUT_MS);
afterAll(() => project[Symbol.asyncDispose]());

describe("the packages as they are published", () => {
  test.each(["@petrel/client", "@petrel/client/core", "@petrel/codec", "@petrel/session", "@petrel/transport/tls"])(
    "CommonJS requires %s, and gets what an import gets",
    async (name) => {
      const script = `
        const required = require("${name}");
        import("${name}").then((imported) => console.log(Object.keys(required).length, required === imported));`;
      const args = ["--input-type=commonjs", "--no-warnings", "-e", script];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project.folder });
      expect(stdout).toMatch(/^[1-9]\d* true\n$/);
    },
  );
});

/** What a bundler made: its folder, and the modules in it, relative to the project. */
interface Made {
  readonly folder: string;
  readonly modules: readonly string[];
}

const SCRIPT = 'import { main } from "../stories.mjs";\nwindow.main = main;\n';
const PAGE = '<!doctype html><script type="module" src="./main.js"></script>';

/** The page itself, and what Vite gives to every page that loads modules. */
const ALSO_THERE = /(^|\/)(stories\.mjs|main\.js|index\.html|modulepreload-polyfill\.js)$/;

/** Each as its users have it: without a word about Node, conditions or polyfills. */
const BUNDLERS: Readonly<Record<string, (source: string, folder: string) => Promise<Made>>> = {
  async Vite(source, folder) {
    const modules: string[] = [];
    await vite({
      root: source,
      base: "./",
      configFile: false,
      logLevel: "error",
      build: { outDir: folder },
      plugins: [{ name: "modules", moduleParsed: ({ id }) => void modules.push(id) }],
    });
    return { folder, modules: modules.map((id) => relative(project.folder, id)) };
  },
  async esbuild(source, folder) {
    const { metafile, warnings } = await esbuild({
      entryPoints: [join(source, "main.js")],
      absWorkingDir: project.folder,
      outdir: folder,
      bundle: true,
      minify: true,
      format: "esm",
      metafile: true,
      logLevel: "silent",
    });
    expect(warnings).toEqual([]);
    return { folder, modules: Object.keys(metafile.inputs) };
  },
  async webpack(source, folder) {
    const compiler = webpack({
      mode: "production",
      context: source,
      entry: "./main.js",
      output: { path: folder, filename: "main.js" },
      performance: false,
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    const wanted = { modules: true, nestedModules: true, errors: true, warnings: true };
    const { errors, warnings, modules = [] } = stats!.toJson({ all: false, ...wanted });
    expect([errors, warnings]).toEqual([[], []]);
    return { folder, modules: modules.flatMap(filesOf).map((file) => relative(project.folder, file)) };
  },
};

/** webpack joins modules: those inside are the files. Its own runtime has none, and the unjoined ones count no more. */
function filesOf({ modules, nameForCondition, moduleType, orphan }: StatsModule): string[] {
  if (modules !== undefined) return modules.flatMap(filesOf);
  return moduleType === "runtime" || orphan === true ? [] : [nameForCondition!];
}

describeServer(["mosquitto", "openssl", "chromium"], () => {
  let chromium: Chromium;
  beforeAll(async () => void (chromium = await startChromium()), TIMEOUT_MS);
  afterAll(() => chromium.close());

  test.each(Object.keys(BUNDLERS))(
    "%s makes a page of them that works, without a module of Node, ws or a polyfill",
    { timeout: TIMEOUT_MS },
    async (name) => {
      const source = join(project.folder, name);
      await mkdir(source);
      await writeFile(join(source, "index.html"), PAGE);
      await writeFile(join(source, "main.js"), SCRIPT);
      const { folder, modules } = await BUNDLERS[name]!(source, join(project.folder, `${name}-page`));

      const packaged = modules.filter((module) => /^node_modules\/@petrel\/\w+\/dist\/(?!node\/)/.test(module));
      expect(packaged.length).toBeGreaterThan(50);
      expect(modules.filter((module) => !packaged.includes(module) && !ALSO_THERE.test(module))).toEqual([]);

      await using site = await serve(folder);
      for (const text of site.scripts) expect(text).not.toMatch(/["']node:|\brequire\(|\bBuffer\b|\bprocess\b/);
      await using stage = await setStage();
      const setting = { ...stage.inPages, brief: true };
      expect(await chromium.visit<Outcomes>(site.url, setting)).toEqual(allPassed(setting));
    },
  );
});

/** A web server for what a bundler made. One that made no page gets ours. */
async function serve(folder: string) {
  const files = new Map<string, string>([["index.html", PAGE]]);
  for (const name of await readdir(folder, { recursive: true })) {
    if (/\.(html|js)$/.test(name)) files.set(name, await readFile(join(folder, name), "utf8"));
  }
  const server = createServer(({ url }, response) => {
    const name = url === "/" ? "index.html" : url!.slice(1);
    const text = files.get(name);
    const type = name.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(text === undefined ? 404 : 200, { "content-type": type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    scripts: [...files].filter(([name]) => name.endsWith(".js")).map(([, text]) => text),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
