// Everything a machine with only Node and npm needs before it can build: pnpm through npx, then the dependencies.
// Plain Node without dependencies, because it runs before anything is installed.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const verbose = process.argv.includes("--verbose");

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const stampFile = join(root, "node_modules", ".cache", "petrel-install");

/** A failure that one line explains: shown without a stack trace. */
export class StepError extends Error {}

/** Runs `main`; a StepError becomes one line and exit code 1. Otherwise what `main` returns is the exit code. */
export async function run(main) {
  try {
    requireNode();
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`petrel: ${error.message}`);
    process.exitCode = 1;
  }
}

function requireNode() {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(manifest.engines.node).map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  throw new StepError(`Node ${major}.${minor} or newer is required; this is Node ${process.versions.node}`);
}

/** Installs the dependencies, unless the lock file and every manifest are as they were at the last install. */
export async function install() {
  const stamp = installStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  await step("install", ...withPnpm("pnpm", ["install", "--frozen-lockfile"]));
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function installStamp() {
  const hash = createHash("sha256").update(process.version);
  for (const file of [...installInputs()].sort()) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function* installInputs() {
  yield* ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"];
  for (const folder of ["packages", "apps", "tooling"]) {
    for (const name of readdirSync(join(root, folder))) {
      const file = `${folder}/${name}/package.json`;
      if (existsSync(join(root, file))) yield file;
    }
  }
}

/** Runs turbo. It starts each package's scripts with pnpm, so pnpm has to be on its PATH. */
export function turbo(...args) {
  return withPnpm("turbo", args);
}

/** `npx --package pnpm@… -- command`: the pinned pnpm is on the command's PATH, whatever the machine has installed. */
function withPnpm(command, args) {
  return ["npx", ["--yes", "--package", manifest.packageManager, "--", command, ...args]];
}

/** Runs a command quietly: one line when it ends, its output only when it fails (or with --verbose). */
export async function step(title, command, args) {
  const started = performance.now();
  const { code, output } = await execute(command, args, verbose ? "inherit" : "pipe");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? "✓" : "✗"} ${title} ${seconds} s`);
  if (code === 0) return;
  if (output !== "") console.log(output.trimEnd());
  throw new StepError(`${title} failed (exit code ${code})`);
}

/** Runs a command on the caller's terminal and resolves with its exit code. */
export async function attached(command, args) {
  const { code } = await execute(command, args, "inherit");
  return code;
}

function execute(command, args, stdio) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: environment(),
      shell: process.platform === "win32", // npx and the files in .bin are .cmd scripts there
      stdio: ["ignore", stdio, stdio],
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (output += text));
    child.once("error", (error) => reject(new StepError(`${command} could not be started: ${error.message}`)));
    child.once("close", (code) => resolve({ code: code ?? 1, output })); // no code: a signal ended it
  });
}

function environment() {
  const separator = process.platform === "win32" ? ";" : ":";
  return {
    ...process.env,
    PATH: `${join(root, "node_modules", ".bin")}${separator}${process.env.PATH}`,
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
    NPM_CONFIG_UPDATE_NOTIFIER: "false",
  };
}
