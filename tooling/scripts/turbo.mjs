// turbo.mjs TASK…: runs turbo tasks after making sure that everything is installed.

import { attached, install, run, turbo } from "./bootstrap.mjs";

await run(async () => {
  await install();
  return attached(...turbo("run", ...process.argv.slice(2)));
});
