// npm run demo: install, build, and let the CLI show a publisher and a subscriber at work.

import { attached, install, run, step, turbo } from "./bootstrap.mjs";

await run(async () => {
  await install();
  await step("build", ...turbo("run", "build", "--filter=@petrel/cli..."));
  return attached(process.execPath, ["apps/cli/bin/petrel.js", "demo"]);
});
