import { existsSync, readFileSync } from "node:fs";

/** A test that a table names, as in `folder/file.test.ts` “the test's title”. */
export interface TestReference {
  readonly file: string;
  /** As it is written in the source: with `${…}` and `%j`, if it has these. */
  readonly title: string;
}

/** The tests that a cell of a table names. */
export function testReferences(cell: string): TestReference[] {
  return [...cell.matchAll(/`([^`]+)` “([^”]+)”/g)].map(([, file = "", title = ""]) => ({ file, title }));
}

/** Whether a source has the title as a whole string, behind `title:`, `test(` or the list of a `test.each`. */
export function hasTitle(file: string, title: string): boolean {
  if (!existsSync(file)) return false;
  const escaped = title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/["'`]/g, String.raw`\\?$&`);
  return new RegExp(`(?:title:|[([])\\s*(["'\`])${escaped}\\1`).test(readFileSync(file, "utf8"));
}
