import { run } from "./program.ts";

// A reader that has gone away, as in `petrel --help | head -1`, is no error; whoever writes much listens for it too.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// Set, not called: process.exit() would cut off output that is still on its way.
process.exitCode = await run(process.argv.slice(2));
