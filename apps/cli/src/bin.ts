import { errorLine, ExitCode } from "./exit-codes.ts";
import { complain } from "./output/status-line.ts";
import { run } from "./program.ts";

let failed = false;

// A reader that has gone away, as in `petrel --help | head -1`, is no error; a full disk is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || failed) return; // each write fails, and once is enough
  failed = true;
  process.exitCode = ExitCode.unexpected; // it may come after the last line of this file, too
  tell(error, "stdout: ");
});
process.stderr.on("error", () => undefined); // there is nobody left to tell

// A mistake of ours, outside every command's own handling: one line, as for all errors.
process.on("uncaughtException", (error) => {
  tell(error, "unexpected: ");
  process.exit(ExitCode.unexpected);
});

function tell(error: Error, what: string): void {
  complain(`${what}${errorLine(error)}`);
  if (process.argv.includes("--debug")) process.stderr.write(`${error.stack}\n`);
}

// Set, not called: process.exit() would cut off output that is still on its way.
const status = await run(process.argv.slice(2));
if (!failed) process.exitCode = status;
