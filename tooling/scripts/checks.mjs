// The checks around the tests, in the order that fails fastest.

import { step, StepError, turbo } from "./bootstrap.mjs";

const QUIET = ["--output-logs=errors-only", "--continue=dependencies-successful"];

const CHECKS = {
  format: () =>
    step("format", "oxfmt", ["--config", "tooling/lint/oxfmtrc.json", "--check", "**/*.{ts,js,mjs}", "!**/*.api.d.ts"]),
  lint: () =>
    step("lint", "oxlint", [
      "--config",
      "tooling/lint/oxlintrc.json",
      "--type-aware",
      "--ignore-pattern=**/*.api.d.ts",
    ]),
  boundaries: () => step("boundaries", ...turbo("boundaries")),
  build: () => step("build", ...turbo("run", "build", ...QUIET)),
  packages: () => step("packages", ...turbo("run", "typecheck", "check:package", ...QUIET)),
  unused: () => step("unused", "knip", ["--config", "tooling/checks/knip.json"]),
  api: () => step("api", process.execPath, ["tooling/checks/src/api-report.mjs"]),
  reference: () => step("reference", process.execPath, ["tooling/reference/src/reference.mjs"]),
  size: () => step("size", "size-limit", ["--config", "tooling/checks/size-limit.json"]),
};

export const BEFORE_TESTS = ["format", "lint", "boundaries", "build", "packages"];
export const AFTER_TESTS = ["unused", "api", "reference", "size"];

const NEEDS_BUILD = ["api", "size"];

/** Runs the named checks, one after the other, and adds the names of those that failed to `failed`. */
export async function runChecks(names, failed) {
  for (const name of names) {
    if (NEEDS_BUILD.includes(name) && failed.includes("build")) {
      console.log(`- ${name} left out, because the build failed`);
      continue;
    }
    try {
      await CHECKS[name]();
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      failed.push(name);
    }
  }
}
