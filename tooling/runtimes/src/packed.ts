import { execFile } from "node:child_process";
import { transform } from "esbuild";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const STORIES = fileURLToPath(new URL("stories.ts", import.meta.url));

/** A project that has installed the client as it would be published, and the stories as `stories.mjs`. */
export interface Project extends AsyncDisposable {
  readonly folder: string;
}

/** Packs what was built last (`npm run build`), and installs it in a folder of its own. No network is needed. */
export async function makeProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "petrel-project-"));
  const project = { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  try {
    await writeFile(join(folder, "package.json"), '{ "name": "project", "private": true, "type": "module" }\n');
    await installClient(folder);
    const { code } = await transform(await readFile(STORIES, "utf8"), { loader: "ts", target: "es2022" });
    await writeFile(join(folder, "stories.mjs"), code);
    return project;
  } catch (error) {
    await project[Symbol.asyncDispose]();
    throw error;
  }
}

async function installClient(folder: string): Promise<void> {
  const { packageManager } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    packageManager: string;
  };
  const pnpm = ["--yes", "--package", packageManager, "--", "pnpm", "--filter-prod", "@petrel/client..."];
  await run("npx", [...pnpm, "pack", "--pack-destination", folder], { cwd: ROOT });
  const archives = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  for (const archive of archives) {
    const target = join(folder, "node_modules/@petrel", /^petrel-(\w+)-/.exec(archive)![1]!);
    await mkdir(target, { recursive: true });
    await run("tar", ["-xzf", join(folder, archive), "-C", target, "--strip-components=1"]);
  }
  const ws = await realpath(join(ROOT, "packages/transport/node_modules/ws"));
  await cp(ws, join(folder, "node_modules/ws"), { recursive: true });
}
