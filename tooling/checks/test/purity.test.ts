import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { impurities } from "../src/purity.ts";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));

test.each([
  ["codec", []],
  ["session", ["@petrel/codec"]],
])("%s knows no clock, timer, socket, Buffer or runtime", (name, allowed) => {
  expect(impurities(join(packages, name, "src"), allowed)).toEqual([]);
});

test("what is not pure is found, and words in comments and texts are not", () => {
  const folder = mkdtempSync(join(tmpdir(), "petrel-purity-"));
  try {
    writeFileSync(
      join(folder, "a.ts"),
      [
        'import { connect } from "node:net";',
        'import { b } from "./b.ts";',
        "declare const setTimeout: (run: () => void, ms: number) => unknown;",
        "const now = () => Date.now(); // a Buffer would be worse",
        'throw new Error("the process has no performance");',
        "export async function later() { await b; return globalThis.fetch(connect); }",
      ].join("\n"),
    );
    expect(impurities(folder, []).toSorted()).toEqual([
      "a.ts imports node:net",
      "a.ts mentions Date",
      "a.ts mentions async",
      "a.ts mentions await",
      "a.ts mentions fetch",
      "a.ts mentions globalThis",
      "a.ts mentions setTimeout",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
