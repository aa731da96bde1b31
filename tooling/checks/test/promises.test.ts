import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { promiseProblems, tableRows, unprovenMappings } from "../src/promises.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = (name: string): string => readFileSync(join(root, "docs", name), "utf8");

test("each promise about reliability, and each of the 25 pains, has its tests or says why not", () => {
  const markdown = page("reliability.md");
  const pains = tableRows(markdown).filter(({ section }) => section === "What hurts with other clients");
  expect(pains.map(({ cells }) => Number(cells[0]))).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  expect(tableRows(markdown).length).toBeGreaterThan(60);
  expect(promiseProblems(markdown, join(root, "packages/client/test"))).toEqual([]);
});

test("each defence has its tests", () => {
  const markdown = page("security.md");
  expect(tableRows(markdown).length).toBeGreaterThan(25);
  expect(promiseProblems(markdown, join(root, "packages/client/test"))).toEqual([]);
});

test("each row about another library is a test of the same name, and each of these tests a row", () => {
  const folder = join(root, "packages/client/test/integration/founding-documents");
  const files = readdirSync(folder).map((file) => join(folder, file));
  const markdown = page("migrating.md");
  expect(unprovenMappings(markdown, files)).toEqual([]);
  const tests = files.flatMap((file) => readFileSync(file, "utf8").match(/^  test\(/gm) ?? []);
  expect(tests.length).toBe(tableRows(markdown).length);
});

test("a test that is gone, a row without one, and a mapping that nothing proves are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "petrel-promises-"));
  try {
    writeFileSync(join(folder, "a.test.ts"), `test('it\\'s kept', () => {});\ntest("there → here", () => {});\n`);
    const promises = [
      "## Promises",
      "| Promise | Tests |",
      "| --- | --- |",
      "| kept | `a.test.ts` “it's kept” |",
      "| forgotten | |",
      "| gone | `a.test.ts` “it is not”, `b.test.ts` “it's kept” |",
      "| another's | **not here:** the weather |",
    ].join("\n");
    expect(promiseProblems(promises, folder)).toEqual([
      "Promises, “forgotten” has neither a test nor an explanation",
      "Promises, “gone”: there is no test “it is not” in a.test.ts",
      "Promises, “gone”: there is no test “it's kept” in b.test.ts",
    ]);
    const mappings = "| There | Here |\n| --- | --- |\n| `there` | here |\n| nowhere | `here` |";
    expect(unprovenMappings(mappings, [join(folder, "a.test.ts")])).toEqual(["nowhere → here"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
