import { transform } from "esbuild";
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Example } from "./examples.ts";

const TIME_LIMIT_MS = 20_000;

export interface ExampleRun {
  /** The exit code, or the signal that ended it. */
  readonly exitCode: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExampleSetting {
  /** The package whose imports the example uses. */
  readonly packageFolder: string;
  /** Tells this example's file from the others of the package. */
  readonly name: string;
  /** The server that `mqtt://localhost` in the example stands for. */
  readonly serverUrl: string;
  /** Where the command `petrel` is found. */
  readonly binFolder: string;
}

/** Runs an example as a reader would: TypeScript against the built packages, shell commands with `petrel` on PATH. */
export async function runExample(example: Example, setting: ExampleSetting): Promise<ExampleRun> {
  const code = example.code.replaceAll(/mqtt:\/\/localhost(:1883)?(?!\d)/g, setting.serverUrl);
  if (example.language === "sh") return run("sh", ["-e", "-c", code], setting);

  // Not below node_modules: a package can import itself by name only from its own folder.
  const folder = join(setting.packageFolder, ".examples");
  const file = join(folder, `${setting.name}.mjs`);
  const { code: javaScript } = await transform(code, { loader: "ts", format: "esm", target: "node20" });
  await mkdir(folder, { recursive: true });
  await writeFile(file, javaScript);
  return run(process.execPath, [file], setting);
}

function run(program: string, args: readonly string[], setting: ExampleSetting): Promise<ExampleRun> {
  const child = spawn(program, args, {
    cwd: setting.packageFolder,
    detached: true, // its own process group: the time limit ends what it started in the background, too
    env: {
      ...process.env,
      PATH: `${setting.binFolder}${delimiter}${process.env["PATH"] ?? ""}`,
      PETREL_EXAMPLE_URL: setting.serverUrl,
      NO_COLOR: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));

  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      stderr += `ended by the time limit of ${TIME_LIMIT_MS} ms\n`;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, TIME_LIMIT_MS);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ exitCode: code ?? signal, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() });
    });
  });
}
