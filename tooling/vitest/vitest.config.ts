import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Workspace packages resolve to their sources: tests run without a build, and stack traces show what was written.
const conditions = ["petrel-source"];

// Other runtimes are fetched first, some hundred megabytes: only where somebody wants that.
const runtimes = {
  extends: true,
  test: {
    name: "runtimes",
    include: ["tooling/runtimes/test/runtimes/**/*.test.ts"],
    hookTimeout: 30_000,
    sequence: { groupOrder: 3 },
  },
} as const;

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { conditions: [...conditions, "module", "node", "development|production"] },
  ssr: { resolve: { conditions: [...conditions, "module", "node", "development|production"] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,apps,tooling}/*/test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/test/integration/**", "**/test/runtimes/**"],
          testTimeout: 30_000, // properties run thousands of cases, on machines that are busy with other things
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["{packages,apps,tooling}/*/test/integration/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2, // each test file brings its own servers and clients
          sequence: { groupOrder: 1 }, // after the unit tests, which fail faster
        },
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            tsconfig: "tooling/vitest/types.tsconfig.json",
            include: ["{packages,apps}/*/test/**/*.test-d.ts"],
          },
          sequence: { groupOrder: 2 },
        },
      },
      ...(process.env["PETREL_RUNTIMES"] === "1" ? [runtimes] : []),
    ],
  },
});
