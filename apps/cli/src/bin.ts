import { run } from "./program.ts";

// Set, not called: process.exit() would cut off output that is still on its way.
process.exitCode = await run(process.argv.slice(2));
