import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A runtime that npm has, in a version of ours. */
export interface Runtime {
  readonly name: string;
  /** What of npm it is. */
  readonly specifier: string;
  /** What makes it print where it is. */
  readonly whereabouts: readonly string[];
  /** What goes before options and the script. */
  readonly run: readonly string[];
  /** Whether it has the WebSocket of browsers, so that the client's entry for them runs, too. */
  readonly hasWebSocket: boolean;
}

const NODE = { whereabouts: ["-p", "process.execPath"], run: [] } as const;

/** The oldest Node that is supported, those that are current, and others that run what is made for Node. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "Node 20.19", specifier: "node@20.19.0", ...NODE, hasWebSocket: false },
  { name: "Node 22", specifier: "node@22.23.3", ...NODE, hasWebSocket: true },
  { name: "Node 24", specifier: "node@24.21.0", ...NODE, hasWebSocket: true },
  {
    name: "Deno 2",
    specifier: "deno@2.9.6",
    whereabouts: ["eval", "console.log(Deno.execPath())"],
    // The packages are there, and it is not to fetch any.
    run: ["run", "--quiet", "--no-remote", "--node-modules-dir=manual", "--allow-all"],
    hasWebSocket: true,
  },
  { name: "Bun 1", specifier: "bun@1.4.5", ...NODE, hasWebSocket: true },
];

/** The path of its program; npx fetches it if it is not there yet. */
export async function fetchRuntime({ specifier, whereabouts }: Runtime): Promise<string> {
  const { stdout } = await run("npx", ["--yes", specifier, ...whereabouts]);
  return stdout.trim();
}

/** Resolves with what a script prints. Rejects when it fails. */
export async function runScript(program: string, args: readonly string[], folder: string): Promise<string> {
  const { stdout } = await run(program, args, { cwd: folder });
  return stdout;
}
