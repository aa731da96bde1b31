// npm run test:runtimes: fetches Node 20.19, 22 and 24, Deno and Bun from npm, and runs the packages in them as they are
// published. With PETREL_RUNTIMES=1, `npm test` does it, too.

import { attached, install, run, step, turbo } from "./bootstrap.mjs";

await run(async () => {
  await install();
  await step("build", ...turbo("run", "build", "--filter=@petrel/client..."));
  process.env.PETREL_RUNTIMES = "1";
  return attached("vitest", ["run", "--config", "tooling/vitest/vitest.config.ts", "--project", "runtimes"]);
});
